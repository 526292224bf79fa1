/*
 * A VMM in a hundred lines: run a few s390x instructions, print the exit
 *
 * Runs on any host. The guest adds two numbers and says the sum by a
 * DIAGNOSE that KVM leaves to user space; then it goes into a disabled wait.
 *
 * SPDX-License-Identifier: MIT
 */
#include <kvm390/uapi.h>
#include <libkvm390.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEMORY (1 << 20)
#define START  0x10000

static const unsigned char guest_code[] = {
    0xa7, 0x29, 0x00, 0x28,             /* lghi %r2,40 */
    0xa7, 0x2b, 0x00, 0x02,             /* aghi %r2,2 */
    0x83, 0x20, 0x05, 0x01,             /* diag %r2,%r0,0x501 */
    0xb2, 0xb2, 0x00, 0x00,             /* lpswe 0 */
};

/* Big-endian, as the guest has it: a wait with nothing enabled. */
static const unsigned char wait_psw[16] = { 0x00, 0x02, 0, 0x01, 0x80 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void print_exit(const struct kvm_run *run)
{
    printf("exit %u: icptcode 0x%02x ipa 0x%04x ipb 0x%08x, "
           "PSW %016llx %016llx, r2 = %llu\n", run->exit_reason,
           run->s390_sieic.icptcode, run->s390_sieic.ipa,
           run->s390_sieic.ipb, (unsigned long long)run->psw_mask,
           (unsigned long long)run->psw_addr,
           (unsigned long long)run->s.regs.gprs[2]);
}

int main(int argc, char **argv)
{
    struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
    struct kvm390_vm *vm;
    struct kvm390_vcpu *vcpu;
    struct kvm_run *run;
    unsigned char *memory;
    int ok;

    vm = kvm390_vm_start(argc > 1 ? argv[1] : NULL);
    if (!vm) {
        die("cannot start a VM");
    }
    printf("KVM API version %d\n",
           kvm390_system_ioctl(vm, KVM_GET_API_VERSION, NULL));

    memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        die("memory");
    }
    memcpy(memory + START, guest_code, sizeof(guest_code));
    memcpy(memory, wait_psw, sizeof(wait_psw));
    region.userspace_addr = (unsigned long)memory;
    if (kvm390_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region)) {
        die("KVM_SET_USER_MEMORY_REGION");
    }

    vcpu = kvm390_vcpu_create(vm, 0);
    if (!vcpu) {
        die("KVM_CREATE_VCPU");
    }
    run = kvm390_vcpu_run(vcpu);
    run->psw_mask = 0x180000000; /* 64-bit addressing, DAT off */
    run->psw_addr = START;
    do {
        if (kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL)) {
            die("KVM_RUN");
        }
        print_exit(run);
    } while (run->exit_reason == KVM_EXIT_S390_SIEIC &&
             run->s390_sieic.icptcode == 4);
    ok = run->s390_sieic.icptcode == 0x1c;
    kvm390_vm_close(vm); /* and with it, run */
    return ok ? 0 : 1;
}
