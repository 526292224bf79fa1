/*
 * The wire: how an ioctl of the KVM API travels over a UNIX stream socket
 *
 * A message is a head of 40 bytes, then the ioctl's struct (arg_len bytes),
 * then the contents of the buffers that the struct points to (buf_len bytes).
 * Every integer in a message is big-endian. File descriptors ride on the first
 * byte of a message (SCM_RIGHTS), at most one each way. A request is answered
 * by one reply before the next one is sent on the same connection.
 *
 * Two things are shared in place instead, so that programs can look at them
 * without the library in between, and are in the byte order that the client
 * named in its hello: the page of struct kvm_run and the statistics files.
 *
 * The table of ioctls (ioctls.h) serves both ends: it says which struct one
 * takes, in which direction it travels, how its fields lie (to change their
 * byte order) and which memory of the client it points to. Nothing here
 * knows sockets, QEMU or the meaning of an ioctl.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KVM390_WIRE_H
#define KVM390_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KVM390_WIRE_MAGIC   0x4b333930u /* "K390" */
#define KVM390_WIRE_VERSION 1

/* kvm390_head.target: the object that an ioctl addresses; from 0 on, a vCPU */
#define KVM390_SYSTEM (-1)
#define KVM390_VM     (-2)
#define KVM390_FLIC   (-3) /* the device of KVM_CREATE_DEVICE */

/* kvm390_head.cmd: an ioctl number, or one of these */
#define KVM390_CMD_HELLO    0x01u /* first; arg: version | KVM390_HELLO_* */
#define KVM390_CMD_CHANNEL  0x02u /* with a socket: one more connection */
#define KVM390_CMD_ATTACH   0x03u /* target: an existing vCPU; its kvm_run */
#define KVM390_CMD_CANCEL   0x04u /* target: a vCPU; KVM_RUN returns -EINTR */
#define KVM390_CMD_LAST     0x1fu /* up to here: -ENOTTY if unknown */

/*
 * And one ioctl that Linux does not have, on a VM: the client has protected its
 * memory (mprotect(), munmap()), which KVM would see by itself.
 */
struct kvm390_protect {
    uint64_t addr, len; /* in the client's address space, whole pages */
    uint32_t permit;    /* KVM390_PERMIT_READ, KVM390_PERMIT_WRITE */
    uint32_t reserved;
};
#define KVM390_PROTECT 0x40183901u /* as _IOW(0x39, 1, struct kvm390_protect) */

/*
 * A KVM_RUN and its CANCEL travel on different connections, and may overtake
 * each other. So both carry the same number in arg, which no other KVM_RUN of
 * the VM has; never this one:
 */
#define KVM390_NO_TOKEN UINT64_MAX

#define KVM390_HELLO_LITTLE_ENDIAN (1ull << 32) /* of kvm_run and statistics */

/* kvm390_head.flags */
#define KVM390_BAD_ARG  1u /* the client cannot read the struct */
#define KVM390_BAD_BUF0 2u /* nor the first buffer; it is not in the message */
#define KVM390_BAD_BUF1 4u /* nor the second one */
#define KVM390_FLAGS    7u

struct kvm390_head {
    uint32_t magic;
    uint32_t cmd;
    int32_t target;
    int32_t ret;      /* of a reply: 0 or more, or a negative errno */
    uint64_t arg;     /* the argument of an ioctl that takes a number */
    uint32_t arg_len;
    uint32_t buf_len;
    uint32_t flags;
    uint32_t reserved; /* 0 */
};

/* The largest struct and the largest buffers of any ioctl, in bytes. */
#define KVM390_MAX_ARG 256u
#define KVM390_MAX_BUF (32u << 20) /* as KVM_S390_FLIC_MAX_BUFFER */

/* Errno values on the wire are Linux's generic ones, which s390x shares. */

/* kvm390_ioctl.kinds */
#define KVM390_ON_SYSTEM 1u
#define KVM390_ON_VM     2u
#define KVM390_ON_VCPU   4u
#define KVM390_ON_FLIC   8u

/** kvm390_kind: what kind of object is this target? */
static inline unsigned kvm390_kind(int32_t target)
{
    return target >= 0 ? KVM390_ON_VCPU :
           target == KVM390_VM ? KVM390_ON_VM :
           target == KVM390_FLIC ? KVM390_ON_FLIC : KVM390_ON_SYSTEM;
}

enum kvm390_pass {
    KVM390_PASS_NONE,   /* no argument, it is ignored */
    KVM390_PASS_NUMBER, /* a number */
    KVM390_PASS_IN,     /* a struct that the kernel reads */
    KVM390_PASS_OUT,    /* a struct that it writes */
    KVM390_PASS_INOUT,
};

/* kvm390_ioctl.flags: how the server calls the handler */
enum kvm390_flags {
    KVM390_NO_BQL = 1,    /* takes the BQL itself, if at all */
    KVM390_ANYTIME = 2,   /* need not wait for the end of the vCPU's KVM_RUN */
    KVM390_REGS_IN = 4,   /* looks at registers that live in kvm_run */
    KVM390_REGS_OUT = 8,  /* changes them */
    KVM390_VM_MODE = 16,  /* -EBUSY where QEMU owns memory and run loop */
    KVM390_VM_LOCK = 32,  /* a vCPU's: changes the VM, or waits for others */
};

enum kvm390_order {
    KVM390_LITTLE_ENDIAN,
    KVM390_BIG_ENDIAN,
    KVM390_WIRE_ORDER = KVM390_BIG_ENDIAN,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    KVM390_HOST_ORDER = KVM390_LITTLE_ENDIAN,
#else
    KVM390_HOST_ORDER = KVM390_BIG_ENDIAN,
#endif
};

/* An integer of a struct, or an array of them. */
struct kvm390_field {
    const char *name;
    uint16_t offset, size, count; /* size: 1, 2, 4 or 8 */
};

/* Where a struct's integers lie. Bytes may go without mention. */
struct kvm390_layout {
    uint16_t size;
    uint16_t nr_fields;
    const struct kvm390_field *fields;
    /*
     * What else there is in a struct with a union; may be NULL, and may return
     * that. Called with @fields in this machine's byte order.
     */
    const struct kvm390_layout *(*rest)(const void *item);
};

/* Memory of the client that an ioctl's struct points to. */
struct kvm390_buffer {
    uint64_t addr;      /* UINT64_MAX: right behind the struct */
    uint32_t in_len;    /* bytes the kernel reads */
    uint32_t out_len;   /* bytes the kernel may write */
    const struct kvm390_layout *layout; /* repeated; NULL: bytes */
};

#define KVM390_BUFFERS 2

typedef void Kvm390BuffersFunc(const void *arg, struct kvm390_buffer *buffer);

/* The descriptor that rides along with an ioctl. */
enum kvm390_fd_kind {
    KVM390_FD_NONE,
    /*
     * With the request: the file of the memory at the first buffer's address,
     * whose length is at @at; the buffer holds the offset in the file.
     */
    KVM390_FD_MEMORY,
    KVM390_FD_EVENT,    /* with the request: the eventfd at @at */
    KVM390_FD_RETURNED, /* with the reply: the result is the client's number */
    KVM390_FD_STORED,   /* with the reply: the number is stored at @at */
};

/* A row of ioctls.h. */
struct kvm390_ioctl {
    uint32_t nr;
    uint8_t kinds;       /* KVM390_ON_* */
    uint8_t pass;        /* enum kvm390_pass */
    uint8_t flags;       /* enum kvm390_flags */
    uint16_t size;       /* of the struct; 0: there is none */
    const char *name;
    struct {
        uint8_t kind;    /* enum kvm390_fd_kind */
        uint16_t at;     /* offset of a field of the struct */
    } fd;
    const struct kvm390_layout *layout;
    Kvm390BuffersFunc *buffers; /* NULL: it points nowhere */
};

/* Layouts that are wanted outside of messages, too. */
extern const struct kvm390_layout kvm390_layout_u64,
    kvm390_layout_kvm_s390_irq, kvm390_layout_kvm_stats_header,
    kvm390_layout_kvm_stats_desc;

extern const struct kvm390_ioctl kvm390_ioctls[];
extern const size_t kvm390_nr_ioctls;

/**
 * kvm390_ioctl_find: look up an ioctl
 * @nr: its number
 * @kind: KVM390_ON_SYSTEM, _VM or _VCPU
 *
 * Returns the table's entry, or NULL if no such object takes it.
 */
const struct kvm390_ioctl *kvm390_ioctl_find(uint32_t nr, unsigned kind);

/**
 * kvm390_reorder: bring the integers of structs into another byte order
 * @layout: the struct's; NULL for plain bytes
 * @data: @len bytes, a struct after the other; need not be aligned
 * @from: the order that they are in
 * @to: the order that they get
 *
 * An integer that is cut off by the end is left alone, as is a whole struct
 * with a union.
 */
void kvm390_reorder(const struct kvm390_layout *layout, void *data, size_t len,
                    enum kvm390_order from, enum kvm390_order to);

/** kvm390_arg_reorder: the same for an ioctl's struct */
void kvm390_arg_reorder(const struct kvm390_ioctl *io, void *arg,
                        enum kvm390_order from, enum kvm390_order to);

/** kvm390_buffer_reorder: the same for @len bytes of what it points to */
void kvm390_buffer_reorder(const struct kvm390_buffer *buffer, void *data,
                           size_t len, enum kvm390_order from,
                           enum kvm390_order to);

/** kvm390_head_reorder: from this machine's order to the wire's, or back */
void kvm390_head_reorder(struct kvm390_head *head);

/**
 * kvm390_buffers: which memory an ioctl's struct points to
 * @io: the ioctl
 * @arg: its struct in this machine's byte order
 * @buffer: filled; lengths are 0 where nothing is pointed to, or where what is
 *          asked for is beyond limits.h (the handler then refuses it)
 */
void kvm390_buffers(const struct kvm390_ioctl *io, const void *arg,
                    struct kvm390_buffer buffer[KVM390_BUFFERS]);

/**
 * kvm390_head_check: may a message with this head be read at all?
 * @head: in this machine's byte order
 *
 * Returns NULL, or what is wrong, for the log. What passes has lengths within
 * KVM390_MAX_ARG and KVM390_MAX_BUF.
 */
const char *kvm390_head_check(const struct kvm390_head *head);

/**
 * kvm390_request_check: does a request fit its ioctl?
 * @head: in this machine's byte order, accepted by kvm390_head_check()
 * @io: the ioctl it names
 * @arg: its struct, in this machine's byte order; arg_len bytes
 * @buffer: filled, as by kvm390_buffers()
 *
 * A buffer's bytes are in the message if its in_len is not 0 and its BAD_BUF
 * flag is not set, one after the other.
 *
 * Returns NULL, or what is wrong.
 */
const char *kvm390_request_check(const struct kvm390_head *head,
                                 const struct kvm390_ioctl *io,
                                 const void *arg,
                                 struct kvm390_buffer buffer[KVM390_BUFFERS]);

#endif
