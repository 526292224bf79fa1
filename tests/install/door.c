/*
 * An s390x Linux program that asks /dev/kvm for a VM, as any VMM begins
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(void)
{
    int kvm = open("/dev/kvm", O_RDWR);
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);

    printf("version %d, vm %d, vcpu %d\n",
           ioctl(kvm, KVM_GET_API_VERSION, 0), vm >= 0, vcpu >= 0);
    return 0;
}
