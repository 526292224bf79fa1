/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All of the guest test library. A program defines main(). */
#ifndef GUEST_H
#define GUEST_H

#include "types.h"
#include "lowcore.h"
#include "arch.h"
#include "machine.h"
#include "pgm.h"
#include "tap.h"
#include "dat.h"
#include "skey.h"
#include "smp.h"

void main(void);

#endif
