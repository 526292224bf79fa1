/*
 * /dev/kvm inside user-mode emulation: where QEMU's system calls come by
 *
 * With the environment's KVM390 set, an s390x program under qemu-s390x finds
 * /dev/kvm: every system call that could name it, its descriptors or the memory
 * of a slot is looked at first. What is not KVM's goes on as before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KVM390_USER_DOOR_H
#define KVM390_USER_DOOR_H

#ifdef TARGET_S390X
/**
 * kvm390_user_syscall: is this system call KVM's?
 * @num: its number
 * @arg: its six arguments
 * @ret: what it returns, if so
 *
 * Returns whether it is done. Context: the thread that makes the call.
 */
bool kvm390_user_syscall(int num, const abi_long arg[6], abi_long *ret);

/** kvm390_user_done: one that was not has returned @ret */
void kvm390_user_done(int num, const abi_long arg[6], abi_long ret);

/**
 * kvm390_user_plo: PERFORM LOCKED OPERATION that asks for a function
 *
 * User-mode emulation has no PLO, not even the form that tells which functions
 * there are, which programs ask of the CPU to compare with KVM's answer. The
 * CPU that a program runs on answers as the VM's CPU model does.
 *
 * Returns whether the instruction at the PSW is that one, which is done then.
 */
bool kvm390_user_plo(CPUS390XState *env);
#else
static inline bool kvm390_user_syscall(int num, const abi_long arg[6],
                                       abi_long *ret)
{
    return false;
}

static inline void kvm390_user_done(int num, const abi_long arg[6],
                                    abi_long ret)
{
}
#endif

#endif
