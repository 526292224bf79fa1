/*
 * Look into a live guest: its memory, storage keys and page states
 *
 *     peek SOCKET [ADDRESS [LENGTH]]
 *
 * SOCKET is that of the guest's -object kvm390-api,id=ID,path=SOCKET. The
 * guest goes on running.
 *
 * SPDX-License-Identifier: MIT
 */
#include <kvm390/uapi.h>
#include <libkvm390.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

static void show_memory(struct kvm390_vm *vm, uint64_t addr, uint32_t len)
{
    unsigned char *buf = calloc(1, len);
    struct kvm_s390_mem_op op = {
        .gaddr = addr,
        .size = len,
        .op = KVM_S390_MEMOP_ABSOLUTE_READ,
        .buf = (uintptr_t)buf,
    };
    int ret = kvm390_vm_ioctl(vm, KVM_S390_MEM_OP, &op);
    uint32_t i;

    if (ret) {
        printf("memory: %s\n", ret < 0 ? strerror(errno) :
               "program interruption");
    }
    for (i = 0; !ret && i < len; i++) {
        if (i % 16 == 0) {
            printf("%s%016llx:", i ? "\n" : "", (unsigned long long)addr + i);
        }
        printf(" %02x", buf[i]);
    }
    putchar('\n');
    free(buf);
}

static void show_keys(struct kvm390_vm *vm, uint64_t gfn, uint64_t count)
{
    unsigned char *keys = calloc(1, count);
    struct kvm_s390_skeys args = {
        .start_gfn = gfn,
        .count = count,
        .skeydata_addr = (uintptr_t)keys,
    };
    int ret = kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &args);
    uint64_t i;

    if (ret) {
        printf("keys: %s\n", ret < 0 ? strerror(errno) : "none in use");
    }
    for (i = 0; !ret && i < count; i++) {
        printf("key of page 0x%llx: ACC %u%s%s%s\n",
               (unsigned long long)(gfn + i), keys[i] >> 4,
               keys[i] & 8 ? " F" : "", keys[i] & 4 ? " R" : "",
               keys[i] & 2 ? " C" : "");
    }
    free(keys);
}

static void show_states(struct kvm390_vm *vm, uint64_t gfn, uint32_t count)
{
    static const char *const usage[] = {
        "stable", "unused", "potentially volatile", "volatile",
    };
    unsigned char *values = calloc(1, count);
    struct kvm_s390_cmma_log log = {
        .start_gfn = gfn,
        .count = count,
        .flags = KVM_S390_CMMA_PEEK,
        .values = (uintptr_t)values,
    };
    uint32_t i;

    if (kvm390_vm_ioctl(vm, KVM_S390_GET_CMMA_BITS, &log)) {
        printf("page states: %s\n", strerror(errno));
    } else {
        for (i = 0; i < log.count; i++) {
            printf("state of page 0x%llx: %s%s\n",
                   (unsigned long long)(gfn + i), usage[values[i] & 3],
                   values[i] & 0x40 ? ", no DAT" : "");
        }
    }
    free(values);
}

int main(int argc, char **argv)
{
    uint64_t addr = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
    uint32_t len = argc > 3 ? strtoul(argv[3], NULL, 0) : 64;
    struct kvm390_vm *vm;

    if (argc < 2) {
        fprintf(stderr, "usage: %s SOCKET [ADDRESS [LENGTH]]\n", argv[0]);
        return 2;
    }
    vm = kvm390_vm_attach(argv[1]);
    if (!vm) {
        perror(argv[1]);
        return 1;
    }
    if (len == 0 || len > 65536) {
        len = 65536;
    }
    show_memory(vm, addr, len);
    show_keys(vm, addr / PAGE, (addr % PAGE + len + PAGE - 1) / PAGE);
    show_states(vm, addr / PAGE, (addr % PAGE + len + PAGE - 1) / PAGE);
    kvm390_vm_close(vm);
    return 0;
}
