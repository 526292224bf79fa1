# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests. A kind is a target check-KIND that ends with a line
# `N passed, N failed`; add it to CHECKS to make it part of `make check`.

CHECKS = unit qtest guest accel boot bench api selftests
RUN_MESON = tests/run-meson $(OBJ) $(1) $(if $(TESTS),--tests '$(TESTS)')

## Test
.PHONY: check check-unit check-qtest
ifeq ($(QEMU_PURPOSE),qemu)
check: all ## run all tests (TESTS=pattern picks some, SANITIZE=1)
	@scripts/check $(CHECKS)
else
# The archive need not have the source of each version for ever.
check: ensure-deps
	@if said=$$($(MAKE) --no-print-directory fetch-qemu 2>&1); then \
		$(MAKE) --no-print-directory all && scripts/check $(CHECKS); \
	else \
		echo "$$said"; why=$$(grep 'cannot be had' <<< "$$said") || exit 1; \
		echo "ok - QEMU $(QEMU_VERSION) # SKIP $${why#kvm390: }"; \
		echo "0 passed, 0 failed, 1 skipped"; \
	fi
endif

check-unit: configure ## plain functions, without QEMU
	@$(NINJA) --quiet kvm390-unit
	@$(call RUN_MESON,kvm390-unit)

check-qtest: all guest-programs ## QMP and qtest
	@$(NINJA) --quiet kvm390-qtest
	@$(call RUN_MESON,kvm390-qtest)
