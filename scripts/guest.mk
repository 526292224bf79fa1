# SPDX-License-Identifier: GPL-2.0-or-later
#
# The bare-metal guest programs. ACCEL and SMP given to make pick runs.

GUEST_PROGRAMS = $(B)/tests/guest
GUEST_PICK = $(foreach v,ACCEL SMP,$(if $(filter command,$(origin $(v))),\
	--$(shell echo $(v) | tr A-Z a-z) $($(v))))

.PHONY: guest-programs check-guest
guest-programs: ensure-deps
	@$(MAKE) --no-print-directory $(SILENT) -C tests/guest OUT=$(GUEST_PROGRAMS)

check-guest: all guest-programs ## bare-metal guest programs: kvm390, tcg, Hercules
	@tests/guest/run --qemu $(QEMU) --build $(GUEST_PROGRAMS) --check-runner \
		$(if $(SANITIZE),--timeout-factor 5) $(GUEST_PICK) \
		$(if $(TESTS),--tests '$(TESTS)')
