/*
 * A VM by raw ioctls of /dev/kvm: run code, read a storage key. Static C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* lghi %r2,0x5000; lghi %r1,0x30; sske %r1,%r2; diag %r1,%r2,0x501 */
static const unsigned char code[] = {
    0xa7, 0x29, 0x50, 0x00, 0xa7, 0x19, 0x00, 0x30,
    0xb2, 0x2b, 0x00, 0x12, 0x83, 0x12, 0x05, 0x01,
};

int main(void)
{
    int kvm = open("/dev/kvm", O_RDWR);
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    unsigned char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region slot = {
        .memory_size = 1 << 20, .userspace_addr = (unsigned long)memory,
    };
    unsigned char key = 0;
    struct kvm_s390_skeys keys = {
        .start_gfn = 5, .count = 1, .skeydata_addr = (unsigned long)&key,
    };
    struct kvm_run *run;
    int vcpu;

    memcpy(memory + 0x1000, code, sizeof(code));
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot)) {
        perror("slot");
        return 1;
    }
    vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
               PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    run->psw_mask = 0x180000000;
    run->psw_addr = 0x1000;
    if (ioctl(vcpu, KVM_RUN, 0) || ioctl(vm, KVM_S390_GET_SKEYS, &keys)) {
        perror("run");
        return 1;
    }
    printf("exit %u at 0x%llx, key 0x%x\n", run->exit_reason,
           (unsigned long long)run->psw_addr, key);
    return 0;
}
