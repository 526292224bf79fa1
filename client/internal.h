/*
 * Between the files of libkvm390
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_CLIENT_INTERNAL_H
#define KVM390_CLIENT_INTERNAL_H

#include "kvm390/include/uapi.h"
#include "kvm390/include/protmap.h"
#include "kvm390/include/wire.h"
#include "libkvm390.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* One mapping of this process, or the part of it that was asked for. */
struct kvm390_mapping {
    uintptr_t from, to;
    int prot;
    unsigned long inode;
};

/*
 * A list of them. It lies outside of the heap: a program may rely on what a
 * heap that nobody has used yet holds.
 */
struct kvm390_mappings {
    struct kvm390_mapping *m;
    size_t n, room;
};

/*
 * Whose structs, buffers and memory these are: this process's, or those of a
 * program that this process emulates (user/). What is 0 is as with the first.
 */
struct kvm390_caller {
    enum kvm390_order order; /* of its structs, of kvm_run and statistics */
    uintptr_t base;          /* where its address 0 lies in this process */
    bool detached;           /* its VMs' processes are not its children */
    /* May all of this be read, or stored to? NULL: the kernel says. */
    bool (*permitted)(uint64_t addr, size_t len, bool store);
    /* The signals that it blocks. NULL: those that the thread blocks. */
    void (*blocked)(sigset_t *set);
    /* A set of signals as it has it in memory. NULL: as the kernel has it. */
    void (*signals)(sigset_t *set, const void *bytes);
    /* Its mappings stay as they are in between. */
    void (*lock_mappings)(void);
    void (*unlock_mappings)(void);
    /* Fills a list with how its memory is protected. NULL: as it is mapped. */
    int (*protections)(uintptr_t addr, uintptr_t end,
                       struct kvm390_mappings *list);
};

extern struct kvm390_caller kvm390_caller;

/** kvm390_copy_in: copy from the caller's memory; 0, or -1 with EFAULT. */
int kvm390_copy_in(void *to, uint64_t from, size_t len);

/**
 * kvm390_copy_out: copy to the caller's memory; 0, or -1 with EFAULT. Nothing
 * is stored beyond what can be.
 */
int kvm390_copy_out(uint64_t to, const void *from, size_t len);

/**
 * kvm390_hide: keep a descriptor out of the program's way
 * @fd: closed, if there is a number that is out of the way
 *
 * Returns the descriptor to use from now on. It is closed by kvm390_unhide().
 * A child of fork() does not have it.
 */
int kvm390_hide(int fd);
void kvm390_unhide(int fd);
bool kvm390_is_hidden(int fd);

/**
 * kvm390_spawn: start a program in a process group of its own
 * @argv: searched for like execvp() does
 * @detached: it is no child of this process, nor will there be a SIGCHLD
 *
 * Signals are neither blocked nor ignored there. Returns the process, or -1
 * with errno set, that of exec() too.
 */
pid_t kvm390_spawn(char *const argv[], bool detached);

/**
 * kvm390_server_start: start a VM's process
 * @qemu: the emulator; NULL: what KVM390_QEMU names, or the installed one
 * @fd: the server's end of the connection, which stays the caller's
 *
 * Returns the process, or -1 with errno set.
 */
pid_t kvm390_server_start(const char *qemu, int fd);

/**
 * kvm390_server_end: end it, and wait for that if it is a child
 * @fd: our end of the connection
 */
void kvm390_server_end(int fd, pid_t pid);

/*
 * One connection. Its lock is of all the rest. A reply is received with one
 * system call, if it is a short one.
 */
struct kvm390_conn {
    int fd;
    pthread_mutex_t lock;
    uint8_t skip_spins, spin_backoff; /* waits that go without spinning */
    size_t have;                      /* bytes of the reply in early */
    int early_fd;                     /* the descriptor that came, or -1 */
    uint8_t early[sizeof(struct kvm390_head) + KVM390_MAX_ARG + 256];
};

struct kvm390_message {
    struct kvm390_head head;
    uint8_t arg[KVM390_MAX_ARG];
};

/**
 * kvm390_call: send a request and wait for its reply
 * @msg: the request; then the reply, both in this machine's byte order
 * @buf: @msg->head.buf_len bytes that follow the struct, as on the wire
 * @send_fd: a descriptor that rides along, or -1
 * @recv_fd: if not NULL, the one that came with the reply, or -1
 * @reply: the reply's buf_len bytes, from malloc(), or NULL if there are none
 *
 * Returns 0, or -1 with errno set if the connection is broken.
 */
int kvm390_call(struct kvm390_conn *conn, struct kvm390_message *msg,
                const void *buf, int send_fd, int *recv_fd, void **reply);

/**
 * kvm390_command: a request without a struct or buffers
 * @target, @arg: as in struct kvm390_head
 * @send_fd, @recv_fd: as kvm390_call()
 *
 * Returns the server's answer, 0 or more, or -1 with errno set.
 */
int kvm390_command(struct kvm390_conn *conn, uint32_t cmd, int32_t target,
                   uint64_t arg, int send_fd, int *recv_fd);

/**
 * kvm390_send, kvm390_recv: the two halves of it; the caller holds the lock.
 * kvm390_poll() in between says, after a moment, if there is a reply or an end.
 */
bool kvm390_poll(struct kvm390_conn *conn);
int kvm390_send(struct kvm390_conn *conn, const struct kvm390_message *msg,
                const void *buf, int send_fd);
int kvm390_recv(struct kvm390_conn *conn, struct kvm390_message *msg,
                int *recv_fd, void **reply);

/**
 * kvm390_memory_share: make a range shared memory, if it isn't yet
 * @addr, @len: the range, in whole pages
 * @offset: where in the file the range lies
 *
 * Returns the file's descriptor, which stays the library's own, or -1: with
 * ENOTSUP if the range is in several files that VMs or the program have.
 * The caller holds kvm390_slots_lock().
 */
int kvm390_memory_share(void *addr, size_t len, uint64_t *offset);

/**
 * kvm390_slots_set: a VM has this memory now, as its slot @id
 * @id: a number that the VM's slots do not share
 * @len: 0 deletes the slot
 *
 * This and kvm390_slots_have(): between kvm390_slots_lock() and its unlock.
 */
void kvm390_slots_set(struct kvm390_vm *vm, uint64_t id, uintptr_t addr,
                      size_t len);
void kvm390_slots_lock(void);
void kvm390_slots_unlock(void);

/** kvm390_slots_size: bytes of a slot, or 0; without the lock */
size_t kvm390_slots_size(struct kvm390_vm *vm, uint64_t id);

/** kvm390_slots_have: is a part of [addr, end) in some VM's slot? */
bool kvm390_slots_have(uintptr_t addr, uintptr_t end);

/** kvm390_slots_close: the VM ends, and has nothing; without the lock */
void kvm390_slots_close(struct kvm390_vm *vm);

/**
 * kvm390_tell_protection: let the VMs of this process know
 * @vm: only this one; NULL for all
 * @prot: as for kvm390_memory_protect()
 */
void kvm390_tell_protection(struct kvm390_vm *vm, uintptr_t addr, size_t len,
                            int prot);

/**
 * kvm390_memory_tell: before a VM gets a range, tell it how it is protected
 * @addr, @len: the range, in whole pages
 */
void kvm390_memory_tell(struct kvm390_vm *vm, void *addr, size_t len);

/**
 * kvm390_mappings: which mappings of this process lie in [addr, end)?
 * @list: filled in order; kvm390_mappings_free() in any case
 *
 * Returns 0, or -1 if that cannot be told.
 */
int kvm390_mappings(uintptr_t addr, uintptr_t end,
                    struct kvm390_mappings *list);
void kvm390_mappings_free(struct kvm390_mappings *list);

/**
 * kvm390_replace_mapping: put a mapping's contents into a file, and the file in
 * its place, with the same protection
 * @offset: where in the file @fd
 * @source: the file that is mapped there now, or -1: it is private memory
 * @source_offset: where in that file
 *
 * Returns 0, or -1 with the mapping as it was.
 */
int kvm390_replace_mapping(const struct kvm390_mapping *m, int fd,
                           off_t offset, int source, off_t source_offset);

/** kvm390_mappings_add: one more of them, behind the others; 0 or -1. */
int kvm390_mappings_add(struct kvm390_mappings *list,
                        const struct kvm390_mapping *m);

/** kvm390_memory_mapped: a program's own mapping, which is shared as a whole */
void kvm390_memory_mapped(void *addr, size_t len);

/** kvm390_memory_moved: a range is mapped elsewhere now, by mremap() */
void kvm390_memory_moved(void *addr, size_t len);

/** kvm390_memory_discard: MADV_DONTNEED; true if it was a shared range. */
bool kvm390_memory_discard(void *addr, size_t len);

/**
 * kvm390_plo_functions: which functions of PLO has the VM's CPU model?
 * @plo: a bit each, as in struct kvm_s390_vm_cpu_subfunc; in this process
 *
 * Returns 0, or -1 with errno set.
 */
int kvm390_plo_functions(struct kvm390_vm *vm, uint8_t plo[32]);

/* What the environment's KVM390_TRACE asks for; set before main(). */
enum kvm390_tracing {
    KVM390_TRACE_NONE,
    KVM390_TRACE_LINES,     /* a line for each ioctl */
    KVM390_TRACE_SUMMARY,   /* "summary": a table at the end */
};
extern enum kvm390_tracing kvm390_tracing;

/**
 * kvm390_trace: an ioctl is done; print or count it
 * @ns: how long it took
 *
 * Any thread. Changes errno.
 */
void kvm390_trace(const char *object, const struct kvm390_ioctl *io,
                  unsigned long request, uint64_t arg, int ret, int err,
                  const struct kvm_run *run, uint64_t ns);

/** kvm390_summary_count: one more call; @exit: why KVM_RUN returned, or NULL */
void kvm390_summary_count(const struct kvm390_ioctl *io, int ret, uint64_t ns,
                          const char *exit);

/** kvm390_summary_print: what was counted, once, to standard error */
void kvm390_summary_print(void);

#endif
