# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's own QEMU as a program that uses the KVM API.

VMM = trixie
CHECKS += vmm
FETCH += fetch-vmm

.PHONY: vmm fetch-vmm check-vmm check-languages
vmm: all client ## boot Linux by Debian's own QEMU with -accel kvm (VMM=bookworm SMP=2 MEM=1G KERNEL=trixie)
	@scripts/guest-image $(GUEST_KERNEL)
	@scripts/vmm --vmm $(VMM) --smp $(SMP) --kernel $(KERNEL) \
		$(if $(filter command line,$(origin MEM)),--mem $(MEM))

fetch-vmm: ensure-deps
	@scripts/vmm --fetch

check-vmm: all client guest-programs ## Debian's own QEMU, unmodified, through the KVM API (WHOLE=1)
	@scripts/guest-image --kernel bookworm --also trixie
	@tests/vmm/run $(if $(WHOLE),--whole) $(if $(TESTS),--tests '$(TESTS)')

check-languages: all client ## C, Go, Rust and Python programs that use /dev/kvm
	@scripts/deps ensure check-languages
	@tests/languages/run $(B) $(CLIENT)
