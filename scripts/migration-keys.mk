# SPDX-License-Identifier: GPL-2.0-or-later
#
# Live migration of a guest that keeps changing its storage keys.

CHECKS += migration-keys

.PHONY: check-migration-keys
check-migration-keys: all guest-programs ## live migration with storage keys
	@tests/migration/skeys --qemu $(QEMU) --build $(GUEST_PROGRAMS)
