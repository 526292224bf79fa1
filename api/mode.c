/*
 * Which mode it is: api/mode.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "mode.h"

const Kvm390Mode *kvm390_mode;
