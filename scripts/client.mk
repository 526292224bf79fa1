# SPDX-License-Identifier: GPL-2.0-or-later
#
# Clients of the KVM API: libkvm390, kvm390-exec; and
# Linux's own KVM selftests, run with them.

CLIENT = $(B)/client$(if $(SANITIZE),-sanitize)$(if $(COVERAGE),-coverage)

FETCH += fetch-selftests

.PHONY: client fetch-selftests check-api check-selftests attack
client: tree ## libkvm390, its samples, kvm390-exec: build/client
	@$(MAKE) --no-print-directory $(SILENT) -C client OUT=$(CLIENT) \
		LINUX=$(QEMU_TREE)/linux-headers

fetch-selftests: ensure-deps
	@tests/selftests/run --build $(B)/selftests --fetch-only

check-selftests: all client ## Linux's KVM selftests for s390x, unmodified (WHOLE=1)
	@tests/selftests/run --build $(B)/selftests --exec $(CLIENT)/kvm390-exec \
		$(if $(SANITIZE),--cpu-factor 5) $(if $(WHOLE),--whole) \
		$(if $(TESTS),--tests '$(TESTS)')

check-api: all client ## the KVM API on the host, ioctl by ioctl
	@$(MAKE) --no-print-directory $(SILENT) -C client OUT=$(CLIENT) \
		LINUX=$(QEMU_TREE)/linux-headers tests
	@scripts/guest-image --kernel bookworm --also trixie
	@tests/api/run $(QEMU) $(CLIENT) $(QEMU_TREE)/linux-headers

MINUTES ?= 30
ATTACK = $(B)/tests/attack

attack: all client ## hostile connections for MINUTES (30), then 1000 kills
	@$(MAKE) --no-print-directory $(SILENT) -C client OUT=$(CLIENT) \
		LINUX=$(QEMU_TREE)/linux-headers tests
	@mkdir -p $(ATTACK)
	@$(CLIENT)/concurrent-fuzz-test $(QEMU) $(ATTACK) 0 0 $(MINUTES)
	@$(CLIENT)/hostile-fuzz-test $(ATTACK) $(or $(HOSTILE_CALLS),1000000)
	@$(CLIENT)/kill-test $(QEMU) $(ATTACK) $(or $(KILLS),1000)
