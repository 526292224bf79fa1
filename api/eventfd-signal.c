/*
 * Writing to a client's eventfd without waiting for it
 *
 * The kernel signals an eventfd for its own purposes without ever waiting, as
 * KVM does. One of these purposes is the end of an asynchronous read (see
 * io_submit(2), IOCB_FLAG_RESFD), and a read from a memfd has ended when
 * io_submit() returns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include "eventfd-signal.h"
#include "qemu/memfd.h"

static struct {
    bool ready;
    aio_context_t context;
    int file;           /* a byte to read */
} signals;              /* BQL */

int kvm390_eventfd_signal_init(void)
{
    int ret;

    if (signals.ready) {
        return 0;
    }
    signals.file = qemu_memfd_create("kvm390-signal", 1, false, 0, 0, NULL);
    if (signals.file < 0) {
        return -ENOMEM;
    }
    if (syscall(SYS_io_setup, 1, &signals.context)) {
        ret = -errno;
        close(signals.file);
        return ret;
    }
    signals.ready = true;
    return 0;
}

void kvm390_eventfd_signal(int fd)
{
    uint8_t byte;
    struct iocb iocb = {
        .aio_lio_opcode = IOCB_CMD_PREAD,
        .aio_fildes = signals.file,
        .aio_buf = (uintptr_t)&byte,
        .aio_nbytes = 1,
        .aio_flags = IOCB_FLAG_RESFD,
        .aio_resfd = fd,
    };
    struct iocb *list = &iocb;
    struct io_event event;

    if (syscall(SYS_io_submit, signals.context, 1, &list) == 1) {
        syscall(SYS_io_getevents, signals.context, 1, 1, &event, NULL);
    }
}
