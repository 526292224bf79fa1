# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetching from mirrors that fail: tests/fetch has one of its own.

CHECKS += fetch

.PHONY: check-fetch
check-fetch: ensure-deps ## fetching from a mirror that fails in each way
	@tests/fetch/run $(if $(TESTS),--tests '$(TESTS)')
