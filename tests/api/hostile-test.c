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

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#define MORE 4096               /* bytes of an answer that has too many */

static const char *directory;
static uint32_t too_long;       /* the ioctl that is answered with MORE */
static int run_page = -1;       /* what a vCPU that is attached to gets */
static int stray = -1;          /* what comes with each answer */

/* Says yes to everything, until the client is gone. */
static void *serve(void *opaque)
{
    int listener = (intptr_t)opaque;
    int fd = accept(listener, NULL, NULL);
    static uint8_t junk[MORE];
    struct kvm390_head head;
    uint8_t given[65536], *all;
    size_t len;
    int passed;

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
            .arg_len = head.cmd == KVM_CREATE_DEVICE ?
                       sizeof(struct kvm_create_device) : 0,
        };
        all = raw_message(head, junk, junk, &len);
        passed = head.cmd == KVM390_CMD_ATTACH ? run_page : stray;
        if (raw_write(fd, all, len, &passed, passed >= 0, 0) != (ssize_t)len) {
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

/* kvm_run has to be whole and to stay so: nobody but the server wants less. */
static void test_run_page(void)
{
    static const struct {
        off_t size;
        int seals;
        bool good;
    } pages[] = {
        { 0, F_SEAL_SHRINK, false }, { 4095, F_SEAL_SHRINK, false },
        { 4096, 0, false }, { 4096, F_SEAL_GROW, false },
        { 4096, F_SEAL_SHRINK, true },
    };
    pthread_t thread;
    size_t i;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct kvm390_vcpu *vcpu;

        run_page = memfd_create("run", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        CHECK(!ftruncate(run_page, pages[i].size));
        CHECK(!fcntl(run_page, F_ADD_SEALS, pages[i].seals));
        attach(&thread, 0);
        errno = 0;
        vcpu = kvm390_vcpu_attach(vm, 0);
        CHECK(pages[i].good ? vcpu && !kvm390_vcpu_run(vcpu)->exit_reason :
              !vcpu && errno == EPROTO);
        detach(thread);
        close(run_page);
    }
    run_page = open("/dev/zero", O_RDWR | O_CLOEXEC);
    attach(&thread, 0);
    FAILS(kvm390_vcpu_attach(vm, 0) ? 0 : -1, EPROTO);
    detach(thread);
    close(run_page);
    run_page = -1;
}

/*
 * A number that is no descriptor of the reply's is one of the program's own
 * files, which it would use, or close.
 */
static void test_no_descriptor(void)
{
    struct kvm_create_device device = {
        .type = KVM_DEV_TYPE_FLIC, .fd = 12345,
    };
    pthread_t thread;

    attach(&thread, 0);
    FAILS(kvm390_vm_ioctl(vm, KVM_GET_STATS_FD, NULL), EIO);
    CHECK(!kvm390_vm_ioctl(vm, KVM_CREATE_DEVICE, &device));
    CHECK(device.fd == 12345);
    detach(thread);
}

static void test_stray_descriptor(void)
{
    pthread_t thread;
    int fd;

    stray = eventfd(0, EFD_CLOEXEC);
    attach(&thread, 0);
    fd = dup(0);
    CHECK(fd >= 0 && !close(fd));
    CHECK(!kvm390_vm_ioctl(vm, KVM_CHECK_EXTENSION, (void *)1));
    CHECK(dup(0) == fd && !close(fd)); /* the lowest one is free, as before */
    fd = kvm390_vm_ioctl(vm, KVM_GET_STATS_FD, NULL);
    CHECK(fd > 0 && !close(fd));
    detach(thread);
    close(stray);
    stray = -1;
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        { "a bitmap longer than the slot's", test_dirty_log, true },
        { "a kvm_run that is short or may become so", test_run_page, true },
        { "a result that is no descriptor", test_no_descriptor, true },
        { "a descriptor that is no result", test_stray_descriptor, true },
        { "more keys than were asked for", test_keys, true },
    };

    if (argc < 3) {
        fprintf(stderr, "usage: hostile-test QEMU DIRECTORY\n");
        return 2;
    }
    directory = argv[2];
    return run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
}
