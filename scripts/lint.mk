# SPDX-License-Identifier: GPL-2.0-or-later
#
# Linters over the tree, and the tool that keeps the hooks.

CHECKS += lint

.PHONY: lint check-lint
lint check-lint: tree ## checkpatch, shellcheck, pyflakes3, pycodestyle: clean
	@scripts/lint --tree $(QEMU_TREE) $(if $(TESTS),--tests '$(TESTS)')

CHECKS += hooks

.PHONY: check-hooks
check-hooks: ## scripts/hooks, which grafts the hooks onto QEMU
	@tests/hooks/run $(if $(TESTS),--tests '$(TESTS)')
