/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-test: accel=kvm390,tcg smp=1 */
/* guest-test: accel=kvm390 smp=1 accelprops=skeys=off args=off=1 */
/*
 * The facilities of storage keys are there with kvm390's keys and not under
 * tcg, and the instructions that TCG lacks stay unknown there, in both states.
 */
#include "guest.h"

static void do_ivsk(uint64_t a) { asm volatile("ivsk 0,%0" : : "a" (a) : "0"); }
static void do_mvck(uint64_t a)
{
    asm volatile("mvck 0(2,%0),0(%0),1" : : "a" (a) : "cc", "memory");
}
static void do_mvcsk(uint64_t a)
{
    asm volatile("mvcsk 0(%0),0(%0)" : : "a" (a) : "memory");
}
static void do_mvcdk(uint64_t a)
{
    asm volatile("mvcdk 0(%0),0(%0)" : : "a" (a) : "memory");
}
static void do_strag(uint64_t a)
{
    asm volatile(".insn sse,0xe50200000000,0(%0),0(%0)" : : "a" (a) : "memory");
}
static void do_crdte(uint64_t a)
{
    asm volatile(".insn rrf,0xb98f0000,%%r2,%%r4,%%r0,0" : : : "2", "cc");
}

static const struct {
    const char *name;
    void (*fn)(uint64_t);
} added[] = {
    { "IPK", leaf_ipk }, { "IVSK", do_ivsk }, { "MVCK", do_mvck },
    { "MVCSK", do_mvcsk }, { "MVCDK", do_mvcdk }, { "STRAG", do_strag },
    { "PFMF", leaf_pfmf }, { "RRBM", leaf_rrbm }, { "IRBM", leaf_irbm },
    { "CRDTE", do_crdte },
};

void main(void)
{
    static const uint8_t facilities[] = { 8, 10, 14, 66, 78, 145 };
    uint64_t page = (uint64_t)page_alloc(1);
    bool keys = on_kvm390() && !argument_number("off", 0);

    for (unsigned i = 0; i < sizeof(facilities); i++) {
        ok_eq(facility(facilities[i]), keys, "facility %u", facilities[i]);
    }
    for (unsigned i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
        if (!keys) {
            ok_eq(call_under(PSW_LIBRARY, added[i].fn, page), PGM_OPERATION,
                  "%s is unknown", added[i].name);
            ok_eq(call_under(PSW_LIBRARY | PSW_PROBLEM, added[i].fn, page),
                  PGM_OPERATION, "%s is unknown in the problem state",
                  added[i].name);
        }
    }
}
