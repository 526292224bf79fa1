/*
 * The descriptors of KVM in an emulated program
 *
 * They are descriptors of the host, so that dup(), fork(), exec(), CLOEXEC,
 * close() and SCM_RIGHTS are the kernel's work, and nothing counts them:
 * /dev/kvm is a sealed memfd of a certain size, which any process knows again;
 * a VM, a vCPU and a device are a socket each, known by its inode and watched
 * by an epoll instance, which forgets it when its last copy is closed.
 * A VM ends when that is so for all that it consists of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_USER_OBJECTS_H
#define KVM390_USER_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

enum kvm390_object_type {
    KVM390_OBJECT_NONE, /* not KVM's */
    KVM390_OBJECT_KVM,
    KVM390_OBJECT_VM,
    KVM390_OBJECT_VCPU,
    KVM390_OBJECT_DEVICE,
};

/**
 * kvm390_object_of: what is this descriptor?
 * @id: if not NULL, a vCPU's number
 */
enum kvm390_object_type kvm390_object_of(int fd, unsigned *id);

/**
 * kvm390_object_open: open /dev/kvm
 * @flags: O_CLOEXEC
 *
 * Returns a descriptor, or -1 with errno set.
 */
int kvm390_object_open(int flags);

/**
 * kvm390_object_ioctl: an ioctl of KVM's
 * @arg: as the program passes it
 *
 * Returns what ioctl() does, with errno; ENOTTY if @fd is not KVM's.
 */
int kvm390_object_ioctl(int fd, uint32_t request, uint64_t arg);

/** kvm390_object_file: the file to map for a vCPU's descriptor, or -1 */
int kvm390_object_file(int fd);

/** kvm390_objects: has this process opened /dev/kvm? */
bool kvm390_objects(void);

/** kvm390_objects_closed: descriptors were closed; end the VMs without any. */
void kvm390_objects_closed(void);

/** kvm390_object_plo: has the latest VM's CPU model this function of PLO? */
bool kvm390_object_plo(unsigned function);

#endif
