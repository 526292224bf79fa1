/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390 smp=2 manual=yes */
/*
 * A guest for tests/migration/skeys: interruptions are pending, masked, while
 * it is migrated, and are taken afterwards; the other CPU waits meanwhile.
 */
#include "guest.h"

#define MASKS (CR0_CLOCK_COMPARATOR | CR0_EMERGENCY_SIGNAL | CR0_EXTERNAL_CALL)

static volatile uint32_t signalled, woken_by;

/* In an enabled wait, which the other CPU's emergency signal ends. */
static void waiter(void *unused)
{
    sigp_retry(0, SIGP_EMERGENCY_SIGNAL, 0, NULL);
    cr_or(0, CR0_EMERGENCY_SIGNAL);
    ext_clear();
    signalled = 1;
    psw_set_mask(psw_mask() | PSW_WAIT | PSW_EXT);
    woken_by = lowcore()->ext.code;
}

static void taken(uint16_t code, uint16_t cpu)
{
    ext_clear();
    ext_window();
    ok(lowcore()->ext.count == 1 && lowcore()->ext.code == code &&
       (code == 0x1004 || lowcore()->ext.cpu_addr == cpu),
       "%x from CPU %u", code, cpu);
}

void main(void)
{
    uint64_t since;

    cr_clear(0, MASKS | CR0_SERVICE_SIGNAL);
    smp_start(1, waiter, NULL);
    while (!signalled) {
        cpu_relax();
    }
    sigp_retry(0, SIGP_EMERGENCY_SIGNAL, 0, NULL);
    sigp_retry(0, SIGP_EXTERNAL_CALL, 0, NULL);
    set_clock_comparator(0);
    tap_note("holding");
    tap_note("for 3 seconds"); /* a line is seen when the next one begins */
    since = tod();
    while (tod() - since < 3 * TOD_SECOND) {
        cpu_relax();
    }
    cr_or(0, MASKS);
    /* the comparator is a level, so it comes last */
    taken(0x1201, 0);
    taken(0x1201, 1);
    taken(0x1202, 0);
    taken(0x1004, 0);
    set_clock_comparator(-1ul);
    sigp_retry(1, SIGP_EMERGENCY_SIGNAL, 0, NULL);
    while (!woken_by) {
        cpu_relax();
    }
    ok(woken_by == 0x1201, "the other CPU is woken by %x", woken_by);
}
