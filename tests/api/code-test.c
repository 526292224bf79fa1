/*
 * The KVM API on the host: guest code that the client changes
 *
 *     code-test QEMU DIRECTORY [SEED]
 *
 * What the client stored before it spoke to the VM is what runs, wherever the
 * code lies and however it is entered; and a KVM_RUN looks only at code that it
 * executes. DIRECTORY is for a socket of QEMU's monitor, which has the count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "harness.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../random.h"

#define ADD_SIZE   4
#define ADDS       3000             /* three pages of them */
#define HANDLER    0x20000
#define EXT_NEW    0x1b0
#define ALIVE      0x3000

static const unsigned char diag_501[] = { 0x83, 0x00, 0x05, 0x01 };
static const char *directory;
static uint64_t seed = 1;

static void put_add(unsigned long at, int16_t value)
{
    const unsigned char add[ADD_SIZE] = {
        0xa7, 0x2b, value >> 8, value,      /* aghi %r2,value */
    };

    memcpy(memory + at, add, sizeof(add));
}

static int64_t run_from(struct kvm390_vcpu *vcpu, unsigned long start)
{
    struct kvm_run *run = kvm390_vcpu_run(vcpu);

    run->psw_addr = start;
    run->s.regs.gprs[2] = 0;
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0 && is_diag_501(run));
    return run->s.regs.gprs[2];
}

static unsigned below(uint64_t *random, unsigned n)
{
    return random_next(random) % n;
}

/*
 * Additions over three pages; an odd start makes one of them lie across each
 * boundary. Some change, the guest enters anywhere and comes to the end.
 */
static void random_changes(unsigned long start)
{
    struct kvm390_vcpu *vcpu = start_vcpu(diag_501, sizeof(diag_501));
    int16_t values[ADDS] = { };
    uint64_t random = seed;
    int i, n, changes, from;
    int64_t sum;

    for (i = 0; i < ADDS; i++) {
        put_add(start + i * ADD_SIZE, 0);
    }
    memcpy(memory + start + i * ADD_SIZE, diag_501, sizeof(diag_501));
    for (n = 0; n < 300 && test_ok; n++) {
        changes = below(&random, 4);
        while (changes--) {
            i = below(&random, ADDS);
            values[i] = below(&random, 1 << 16) - (1 << 15);
            put_add(start + i * ADD_SIZE, values[i]);
        }
        from = below(&random, ADDS);
        for (sum = 0, i = from; i < ADDS; i++) {
            sum += values[i];
        }
        CHECK(run_from(vcpu, start + from * ADD_SIZE) == sum);
    }
    if (!test_ok) {
        printf("# seed %llu, run %d\n", (unsigned long long)seed, n);
    }
}

static void test_random(void)
{
    random_changes(CODE);
}

static void test_random_across(void)
{
    random_changes(CODE + 2);
}

/*
 * A block that is entered in its middle, after a change there, is translated
 * from other bytes than the whole was; the whole is not what it was, either.
 */
static void test_middle(void)
{
    struct kvm390_vcpu *vcpu = start_vcpu(diag_501, sizeof(diag_501));

    put_add(CODE, 1);
    put_add(CODE + 4, 2);
    put_add(CODE + 8, 4);
    memcpy(memory + CODE + 12, diag_501, sizeof(diag_501));
    CHECK(run_from(vcpu, CODE) == 7);
    put_add(CODE + 4, 32);
    CHECK(run_from(vcpu, CODE + 4) == 36);
    put_add(CODE + 4, 2);                       /* as it was at first */
    CHECK(run_from(vcpu, CODE + 4) == 6);
    put_add(CODE + 4, 32);
    CHECK(run_from(vcpu, CODE + 4) == 36);
    CHECK(run_from(vcpu, CODE) == 37);
}

static void *run_thread(void *opaque)
{
    return (void *)(intptr_t)kvm390_vcpu_ioctl(opaque, KVM_RUN, NULL);
}

static void wait_until_alive(void)
{
    uint64_t now, then;

    memcpy(&then, memory + ALIVE, sizeof(then));
    do {
        usleep(100);
        now = __atomic_load_n((uint64_t *)(memory + ALIVE), __ATOMIC_RELAXED);
    } while (now == then);
}

/* The handler is new when the guest, inside KVM_RUN, is interrupted. */
static void test_interruption(void)
{
    static const unsigned char loop[] = {
        0xeb, 0x01, 0x30, 0x00, 0x00, 0x7a,     /* agsi 0(%r3),1 */
        0xa7, 0xf4, 0xff, 0xfd,                 /* j .-6 */
    };
    struct kvm_s390_interrupt irq = { .type = KVM_S390_INT_EMERGENCY };
    struct kvm390_vcpu *vcpu = start_vcpu(loop, sizeof(loop));
    struct kvm_run *run = kvm390_vcpu_run(vcpu);
    struct kvm_sregs sregs;
    pthread_t thread;
    void *ret;
    int i;

    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs) == 0);
    sregs.crs[0] |= 0x4000;                     /* emergency signals */
    CHECK(kvm390_vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0);
    put64(memory + EXT_NEW, 0x180000000);
    put64(memory + EXT_NEW + 8, HANDLER);
    memcpy(memory + HANDLER + 4, diag_501, sizeof(diag_501));
    for (i = 1; i < 100 && test_ok; i++) {
        run->psw_mask = 0x0100000180000000;
        run->psw_addr = CODE;
        run->s.regs.gprs[2] = 0;
        run->s.regs.gprs[3] = ALIVE;
        run->kvm_dirty_regs |= KVM_SYNC_GPRS;
        CHECK(pthread_create(&thread, NULL, run_thread, vcpu) == 0);
        wait_until_alive();
        put_add(HANDLER, i);
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_S390_INTERRUPT, &irq) == 0);
        pthread_join(thread, &ret);
        CHECK(!ret && is_diag_501(run) && run->s.regs.gprs[2] == (uint64_t)i);
    }
}

/* What QEMU's monitor counts by this name. */
static uint64_t counter(FILE *monitor, const char *name)
{
    uint64_t value = UINT64_MAX;
    char *line = NULL, *found;
    size_t room = 0;

    fputs("{ \"execute\": \"query-kvm390\" }\n", monitor);
    fflush(monitor);
    while (value == UINT64_MAX && getline(&line, &room, monitor) > 0) {
        found = strstr(line, name);
        found = found ? strstr(found, "\"value\": ") : NULL;
        if (found) {
            value = strtoull(found + 9, NULL, 10);
        }
    }
    free(line);
    return value;
}

static FILE *open_monitor(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    FILE *monitor;

    strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        close(fd);
        return NULL;
    }
    monitor = fdopen(fd, "r+");
    fputs("{ \"execute\": \"qmp_capabilities\" }\n", monitor);
    return monitor;
}

/* Code on many pages: a KVM_RUN that executes two blocks compares two. */
static void test_count(void)
{
    enum { PAGES = 800, RUNS = 500 };
    char options[512], path[100];
    struct kvm390_vcpu *vcpu;
    uint64_t before, after;
    FILE *monitor;
    int i;

    snprintf(path, sizeof(path), "%s/monitor", directory);
    snprintf(options, sizeof(options), "-qmp unix:%s,server=on,wait=off",
             path);
    setenv("KVM390_QEMU_OPTIONS", options, 1);
    vm = start();
    unsetenv("KVM390_QEMU_OPTIONS");
    vcpu = start_vcpu(counting, sizeof(counting));
    for (i = 0; i < PAGES; i++) {
        memcpy(memory + HANDLER + i * 4096, "\xc0\xf4\x00\x00\x08\x00", 6);
    }
    memcpy(memory + HANDLER + i * 4096, diag_501, sizeof(diag_501));
    run_from(vcpu, HANDLER);
    monitor = open_monitor(path);
    CHECK(monitor);
    if (!monitor) {
        return;
    }
    run_from(vcpu, CODE);
    before = counter(monitor, "client-code-compared");
    for (i = 0; i < RUNS; i++) {
        CHECK(kvm390_vcpu_ioctl(vcpu, KVM_RUN, NULL) == 0);
    }
    after = counter(monitor, "client-code-compared");
    fclose(monitor);
    CHECK(before != UINT64_MAX && after != UINT64_MAX);
    CHECK(after - before >= RUNS);
    CHECK(after - before <= 4 * RUNS);
    /* Yet all of it is looked at where it is executed. */
    memcpy(memory + HANDLER + 700 * 4096, diag_501, sizeof(diag_501));
    run_from(vcpu, HANDLER);
    CHECK(kvm390_vcpu_run(vcpu)->psw_addr == HANDLER + 700 * 4096 + 4);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        { "random changes, random entries", test_random, false },
        { "and where instructions lie across pages", test_random_across,
          false },
        { "a block entered in its changed middle", test_middle, false },
        { "a changed handler of an interruption", test_interruption, false },
        { "KVM_RUN looks at what it executes", test_count, true },
    };

    if (argc < 3) {
        fprintf(stderr, "usage: code-test QEMU DIRECTORY [SEED]\n");
        return 2;
    }
    directory = argv[2];
    seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
    return run_tests(argv[1], tests, sizeof(tests) / sizeof(tests[0]));
}
