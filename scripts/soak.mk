# SPDX-License-Identifier: GPL-2.0-or-later
#
# A long run, by hand: Linux churns memory under CMMA while the host takes
# what is unused as fast as it can.

SOAK_SECONDS = 300

.PHONY: soak
soak: all ## memory comes and goes in Linux for SOAK_SECONDS=300, data checked
	@scripts/guest-image $(GUEST_KERNEL)
	@scripts/boot --qemu $(QEMU) --accel kvm390,discard-delay=2 --smp 4 \
		--mem 1G --kernel $(KERNEL) --quiet --run soak,$(SOAK_SECONDS) \
		--timeout $(shell expr $(SOAK_SECONDS) + 180)
