# SPDX-License-Identifier: GPL-2.0-or-later
#
# Live migration from one QEMU to another.

CHECKS += migration

.PHONY: check-migration
check-migration: all guest-programs ## live migration between two QEMUs
	@tests/migration/cmma --qemu $(QEMU) --build $(GUEST_PROGRAMS)

CHECKS += refused

.PHONY: check-refused
check-refused: all ## streams that the other side must not take
	@tests/migration/refused --qemu $(QEMU)

CHECKS += mutated

.PHONY: check-mutated
check-mutated: all guest-programs ## streams that somebody changed (MUTATIONS=N, SEED=N)
	@tests/migration/mutated --qemu $(QEMU) --build $(GUEST_PROGRAMS)

CHECKS += versions

.PHONY: check-versions
check-versions: all guest-programs ## guests move between 10.0 and 10.2, if both are built
	@tests/migration/versions --qemu $(CURDIR)/build/qemu-system-s390x \
		--other $(CURDIR)/build/10.2/qemu-system-s390x
