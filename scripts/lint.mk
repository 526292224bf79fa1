# SPDX-License-Identifier: GPL-2.0-or-later
#
# Linters over the tree.

CHECKS += lint

.PHONY: lint check-lint
lint check-lint: tree ## checkpatch, shellcheck, pyflakes3, pycodestyle: clean
	@scripts/lint --tree $(QEMU_TREE) $(if $(TESTS),--tests '$(TESTS)')
