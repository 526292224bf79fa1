/*
 * Program interruptions: their names, and what a CPU stores with each
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include "kvm390/include/pgm.h"

#define TEID        KVM390_PGM_HAS_TEID
#define ACCESS_ID   KVM390_PGM_HAS_ACCESS_ID
#define OP_ID       KVM390_PGM_HAS_OP_ID
#define MONITOR     KVM390_PGM_HAS_MONITOR
#define DXC         KVM390_PGM_HAS_DXC
#define NULLIFIES   KVM390_PGM_NULLIFIES
#define TRANSLATION (TEID | ACCESS_ID | OP_ID | NULLIFIES)

static const struct {
    uint16_t code;
    uint8_t properties;
    const char *name;
} rows[] = {
    { 0x01, 0, "operation" },
    { 0x02, 0, "privileged-operation" },
    { 0x03, 0, "execute" },
    { 0x04, TEID | ACCESS_ID, "protection" },
    { 0x05, 0, "addressing" },
    { 0x06, 0, "specification" },
    { 0x07, DXC, "data" },
    { 0x08, 0, "fixed-point-overflow" },
    { 0x09, 0, "fixed-point-divide" },
    { 0x0a, 0, "decimal-overflow" },
    { 0x0b, 0, "decimal-divide" },
    { 0x0c, 0, "hfp-exponent-overflow" },
    { 0x0d, 0, "hfp-exponent-underflow" },
    { 0x0e, 0, "hfp-significance" },
    { 0x0f, 0, "hfp-floating-point-divide" },
    { 0x10, TRANSLATION, "segment-translation" },
    { 0x11, TRANSLATION, "page-translation" },
    { 0x12, 0, "translation-specification" },
    { 0x13, 0, "special-operation" },
    { 0x15, 0, "operand" },
    { 0x16, NULLIFIES, "trace-table" },
    { 0x1b, DXC, "vector-processing" },
    { 0x1c, TEID, "space-switch-event" },
    { 0x1d, 0, "hfp-square-root" },
    { 0x20, TEID | NULLIFIES, "afx-translation" },
    { 0x21, TEID | NULLIFIES, "asx-translation" },
    { 0x22, TEID | NULLIFIES, "lx-translation" },
    { 0x23, TEID | NULLIFIES, "ex-translation" },
    { 0x24, TEID | NULLIFIES, "primary-authority" },
    { 0x25, TEID | NULLIFIES, "secondary-authority" },
    { 0x26, TEID | NULLIFIES, "lfx-translation" },
    { 0x27, TEID | NULLIFIES, "lsx-translation" },
    { 0x28, 0, "alet-specification" },
    { 0x29, ACCESS_ID | NULLIFIES, "alen-translation" },
    { 0x2a, ACCESS_ID | NULLIFIES, "ale-sequence" },
    { 0x2b, ACCESS_ID | NULLIFIES, "aste-validity" },
    { 0x2c, ACCESS_ID | NULLIFIES, "aste-sequence" },
    { 0x2d, ACCESS_ID | NULLIFIES, "extended-authority" },
    { 0x30, NULLIFIES, "stack-full" },
    { 0x31, NULLIFIES, "stack-empty" },
    { 0x32, NULLIFIES, "stack-specification" },
    { 0x33, NULLIFIES, "stack-type" },
    { 0x34, NULLIFIES, "stack-operation" },
    { 0x38, TRANSLATION, "asce-type" },
    { 0x39, TRANSLATION, "region-first-translation" },
    { 0x3a, TRANSLATION, "region-second-translation" },
    { 0x3b, TRANSLATION, "region-third-translation" },
    { 0x40, MONITOR, "monitor-event" },
    { 0x80, 0, "per-event" },
    { 0x119, NULLIFIES, "crypto-operation" },
};

static int find_row(uint16_t code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code) {
            return i;
        }
    }
    return -1;
}

const char *kvm390_pgm_name(uint16_t code)
{
    int i = find_row(code);

    return i < 0 ? "unknown" : rows[i].name;
}

unsigned kvm390_pgm_properties(uint16_t code)
{
    int i = find_row(code);

    return i < 0 ? 0 : rows[i].properties;
}
