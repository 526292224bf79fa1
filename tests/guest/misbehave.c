/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1,2 hercules=1 manual=yes timeout=5 */
/*
 * Fails in every way a guest program can; check-run looks whether the runner
 * notices. The argument how= chooses.
 */
#include "guest.h"

static void loop(void *arg)
{
    for (;;) {
        cpu_relax();
    }
}

static bool how(const char *what)
{
    return !strcmp(argument("how", ""), what);
}

void main(void)
{
    ok(true, "a fact");
    if (how("fail")) {
        ok(false, "one equals two");
        ok_eq(1, 2, "one is two");
    } else if (how("hang")) {
        tap_note("about to hang");
        loop(NULL);
    } else if (how("hang-smp")) {
        smp_start(1, loop, NULL);
        tap_note("about to wait for CPU 1");
        smp_wait(1);
    } else if (how("running")) {
        smp_start(1, loop, NULL);       /* main() ends, CPU 1 does not */
    } else if (how("bail")) {
        bail_out("no way");
    } else if (how("interruption")) {
        asm volatile(".word 0x0000");
    } else if (how("elsewhere")) {
        pgm_expect();
        pgm_ok(PGM_ADDRESSING, "an exception that does not happen");
    } else if (how("wait")) {
        machine_stop(0x1234);
    } else if (how("storm")) {
        /* each program interruption meets another one at its handler */
        lowcore()->pgm_new.addr = 1;
        asm volatile(".word 0x0000");
    } else if (how("no-plan")) {
        console_line("# end");
        machine_stop(WAIT_DONE);
    } else if (how("short")) {
        console_line("1..7");
        console_line("# end");
        machine_stop(WAIT_DONE);
    } else if (how("number")) {
        console_line("ok 9 - out of turn");
        console_line("1..9");
        console_line("# end");
        machine_stop(WAIT_DONE);
    } else if (how("differs")) {
        tap_known_difference(machine_name(), "because of a reason");
        ok(false, "differs");
    } else if (how("no-longer")) {
        tap_known_difference(machine_name(), "because of a reason");
        ok(true, "does not differ");
    } else if (how("skip")) {
        tap_skip("something", "there is none");
    } else if (how("skip-all")) {
        skip_all("nothing here");       /* too late: a fact was reported */
    }
}
