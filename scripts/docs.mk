# SPDX-License-Identifier: GPL-2.0-or-later
#
# The documentation as HTML, and which lines the tests reach.

CHECKS += docs

.PHONY: docs reference check-docs coverage
reference: ## docs/reference.rst, from the tables in the sources
	@scripts/reference

check-docs: all client ## the reference is current, what is quoted is what one sees
	@scripts/guest-image --kernel bookworm
	@scripts/vmm --fetch
	@tests/docs/run $(B) $(CLIENT) $(QEMU_TREE)/linux-headers

docs: ## docs/ as HTML, build/docs (sphinx; a warning is an error)
	@scripts/deps ensure docs
	@sphinx-build -b html -W --keep-going -q -d $(B)/docs/.trees docs $(B)/docs/html
	@echo "$(B)/docs/html/index.html"

# Of QEMU's own files nothing is counted. A QEMU that a test kills does not
# write down what it counted.
COVERAGE_CHECKS ?= unit qtest guest api
coverage: ## which of our lines the tests reach: build/coverage (some 30 minutes)
	@scripts/deps ensure coverage
	@scripts/coverage --build $(B) $(COVERAGE_CHECKS)
