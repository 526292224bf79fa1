/* SPDX-License-Identifier: MIT */
/*
 * The name under which programs outside of this tree include the ioctls that
 * kvm390 adds to Linux's headers.
 */
#include "../uapi.h"
