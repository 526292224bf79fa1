# SPDX-License-Identifier: GPL-2.0-or-later
#
# KVM inside the guest, by SIE.

VCPUS = 1
CHECKS += nested
FETCH += fetch-nested

# make boot NESTED=1 (SMP=2 VCPUS=2 KERNEL=trixie)
NESTED_BOOT = scripts/nested --qemu $(QEMU) --smp $(SMP) --vcpus $(VCPUS) \
	--kernel $(KERNEL)

.PHONY: fetch-nested check-nested
fetch-nested: fetch-guest fetch-vmm fetch-selftests
	@scripts/nested --fetch || true
	@scripts/nested --fetch --kernel newest || true

check-nested: all ## Linux's own KVM inside the guest: boots, selftests (WHOLE=1)
	@scripts/guest-image --kernel bookworm --also trixie --also newest
	@tests/nested/run --qemu $(QEMU) $(if $(WHOLE),--whole) \
		$(if $(TESTS),--tests '$(TESTS)')
