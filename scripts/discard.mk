# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which kinds of guest memory are given back to the host.

CHECKS += discard

.PHONY: check-discard
check-discard: all guest-programs ## memory given back, by kind of memory
	@tests/discard/run --qemu $(QEMU) --build $(GUEST_PROGRAMS)
