# SPDX-License-Identifier: GPL-2.0-or-later
#
# Booting Debian's Linux in the machine, its tests, and the benchmarks.

ACCEL = kvm390
SMP = 1
MEM = 2G
KERNEL = bookworm
FILL = 700
# a comma, for arguments of functions
, := ,
BENCH = bench/run --qemu $(QEMU)

# Only a kernel of Debian's is fetched; KERNEL may be a file of one's own.
GUEST_KERNEL = $(if $(filter bookworm trixie newest,$(KERNEL)),--kernel $(KERNEL))
BOOT = scripts/boot --qemu $(QEMU) --accel $(ACCEL) --smp $(SMP) \
	--mem $(MEM) --kernel $(KERNEL)

## Run
FETCH += fetch-guest

# The guest is fetched while QEMU compiles; what boots needs one emulator.
READY = MAKE='$(MAKE)' scripts/phases packages=ensure-deps 'guest&=boot-guest' \
	source=tree configure=configure \
	compile=$(if $(NESTED),all$(,)client,emulator)

.PHONY: boot-guest boot shell guest-image fetch-guest check-boot bench check-bench
boot-guest: ensure-deps
	@scripts/guest-image $(GUEST_KERNEL)

boot: ## boot Debian's Linux (ACCEL=tcg SMP=4 KERNEL=trixie MAP=1 NESTED=1)
	+@$(READY)
	@$(if $(NESTED),$(NESTED_BOOT),$(if $(MAP),scripts/kvm390-map --view state --) $(BOOT) --fill $(FILL) \
		$(if $(MAP),--quiet -- -qmp 'unix:{socket}$(,)server=on$(,)wait=off'))

shell: ## the same, with an interactive shell in the guest
	+@$(READY)
	@$(BOOT) --shell

guest-image: ensure-deps ## only build the guest: kernels, initramfs, firmware
	@scripts/guest-image $(if $(filter command line,$(origin KERNEL)),$(GUEST_KERNEL),--kernel bookworm --kernel trixie)

fetch-guest: ensure-deps
	@scripts/guest-image --kernel bookworm --also trixie --also newest

check-boot: all ## boot tests: three kernels, 1 and 4 CPUs, kvm390 and tcg
	@scripts/guest-image --kernel bookworm --also trixie --also newest
	@tests/boot/run --qemu $(QEMU) $(if $(SANITIZE),--timeout 600) $(if $(TESTS),--tests '$(TESTS)')

bench: all ## compare kvm390 with tcg (ROWS=pattern RUNS=5 QUICK=1 JSON=FILE)
	@scripts/guest-image --kernel bookworm --also trixie
	@$(BENCH) $(if $(ROWS),--rows '$(ROWS)') $(if $(RUNS),--runs $(RUNS)) \
		$(if $(QUICK),--quick) $(if $(JSON),--json $(JSON))

check-bench: all ## what make bench computes, and one row for real
	@tests/bench/run --qemu $(QEMU) $(if $(TESTS),--tests '$(TESTS)')
