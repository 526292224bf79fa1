# SPDX-License-Identifier: GPL-2.0-or-later
#
# What TCG offers, under kvm390: icount, replay, debugger, migration, ...

.PHONY: check-accel
check-accel: all guest-programs ## what TCG offers works: icount, replay, gdb ...
	@scripts/guest-image
	@tests/accel/run --qemu $(QEMU) $(if $(SANITIZE),--timeout 600) \
		$(if $(TESTS),--tests '$(TESTS)')
