/*
 * The client of the KVM API against a server that means it no good
 *
 *     hostile-test QEMU DIRECTORY
 *
 * A server of this program's own answers. QEMU is not started. DIRECTORY is for
 * its socket.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"
#include "raw.h"

#include <pthread.h>

#define MORE 4096               /* bytes of an answer that has too many */

static const char *directory;
static uint32_t too_long;       /* the ioctl that is answered with MORE */

/* Says yes to everything, until the client is gone. */
static void *serve(void *opaque)
{
    int listener = (intptr_t)opaque;
    int fd = accept(listener, NULL, NULL);
    static uint8_t junk[MORE];
    struct kvm390_head head;
    uint8_t given[65536], *all;
    size_t len;

    memset(junk, 0xa5, sizeof(junk));
    while (recv(fd, &head, sizeof(head), MSG_WAITALL) == sizeof(head)) {
        kvm390_head_reorder(&head);
        len = head.arg_len + (size_t)head.buf_len;
        if (len > sizeof(given) ||
            (len && recv(fd, given, len, MSG_WAITALL) != (ssize_t)len)) {
            break;
        }
        head = (struct kvm390_head) {
            .cmd = head.cmd, .target = head.target,
            .buf_len = head.cmd == too_long ? MORE : 0,
        };
        all = raw_message(head, NULL, junk, &len);
        if (raw_write(fd, all, len, NULL, 0, 0) != (ssize_t)len) {
            free(all);
            break;
        }
        free(all);
    }
    close(fd);
    return NULL;
}

/* Starts the server that answers @request with too much; its VM is @vm. */
static void attach(pthread_t *thread, uint32_t request)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%.80s/hostile", directory);
    unlink(addr.sun_path);
    too_long = request;
    CHECK(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
    CHECK(!listen(listener, 1));
    pthread_create(thread, NULL, serve, (void *)(intptr_t)listener);
    vm = kvm390_vm_attach(addr.sun_path);
    close(listener);
    CHECK(vm);
}

/* Its server ends with it. */
static void detach(pthread_t thread)
{
    kvm390_vm_close(vm);
    vm = NULL;
    pthread_join(thread, NULL);
}

/* Whether all that is there was left alone. */
static bool untouched(const unsigned char *bytes, size_t from, size_t to)
{
    while (from < to && !bytes[from]) {
        from++;
    }
    return from == to;
}

static void test_dirty_log(void)
{
    static unsigned char bitmap[2 * MORE];
    struct kvm_dirty_log log = { .slot = 3, .dirty_bitmap = bitmap };
    pthread_t thread;

    attach(&thread, KVM_GET_DIRTY_LOG);
    /* A slot that the client never set has no bitmap. */
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EIO);
    CHECK(untouched(bitmap, 0, sizeof(bitmap)));
    /* One of 128 pages has 16 bytes. */
    CHECK(!set_slot(3, 0, 0, 128 << 12, map(128 << 12)));
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_DIRTY_LOG, &log), EIO);
    CHECK(!untouched(bitmap, 0, 16) && untouched(bitmap, 16, sizeof(bitmap)));
    detach(thread);
}

static void test_keys(void)
{
    static unsigned char data[2 * MORE];
    struct kvm_s390_skeys keys = {
        .count = 10, .skeydata_addr = (uintptr_t)data,
    };
    pthread_t thread;

    attach(&thread, KVM_S390_GET_SKEYS);
    FAILS(kvm390_vm_ioctl(vm, KVM_S390_GET_SKEYS, &keys), EIO);
    CHECK(untouched(data, 10, sizeof(data)));
    detach(thread);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        { "a bitmap longer than the slot's", test_dirty_log, true },
        { "more keys than were asked for", test_keys, true },
    };

    if (argc < 3) {
        fprintf(stderr, "usage: hostile-test QEMU DIRECTORY\n");
        return 2;
    }
    directory = argv[2];
    return run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
}
