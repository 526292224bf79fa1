# SPDX-License-Identifier: GPL-2.0-or-later
#
# The front door of kvm390. QEMU's own build (meson, ninja) does the work;
# these rules fetch QEMU, make the tree with the hooks, and call it.
# `make help` lists the targets.

SHELL := /bin/bash
# make V=1 shows the commands, of the scripts, too.
.SHELLFLAGS := $(if $(V),-x) -c
SILENT := $(if $(V),,-s)
export V
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# All that follows is Python's; a bare Debian has none.
ifneq ($(filter-out help,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell scripts/bootstrap && echo there),there)
$(error python3 is missing)
endif
endif

include scripts/version.mk
OBJ := $(B)/obj$(if $(SANITIZE),-sanitize)$(if $(COVERAGE),-coverage)
QEMU_TREE := $(B)/qemu
QEMU_SOURCE := $(if $(QEMU_SRC),$(abspath $(QEMU_SRC)),$(B)/qemu-src)
QEMU := $(OBJ)/qemu-system-s390x
VERSION := $(shell cat VERSION)
# Where a QEMU that is run from its build directory looks for firmware.
FIRMWARE_DIR = $(OBJ)/qemu-bundle/usr/local/share/qemu
NINJA = ninja -C $(OBJ) $(if $(V),-v) $(NINJAFLAGS)

# The objects of two checkouts of this project can share one cache.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := true

PROGRAMS := qemu-system-s390x qemu-s390x

## Build
.PHONY: all emulator deps ensure-deps fetch fetch-qemu tree configure
all: PARTS = $(PROGRAMS)
emulator: PARTS = qemu-system-s390x
all: ## build build/qemu-system-s390x and build/qemu-s390x
emulator: ## build only build/qemu-system-s390x
all emulator: configure
	@$(NINJA) $(PARTS)
	@$(if $(COVERAGE),,for p in $(PARTS); do ln -sfn $(OBJ)/$$p $(B)/$$p; done)
	@scripts/guest-image --firmware-only
	@ln -sfn $(B)/guest/firmware/s390-ccw.img $(FIRMWARE_DIR)/

deps: ## install what building and testing needs, as root (FOR=docs: what only that needs)
	@scripts/deps install $(FOR)

ensure-deps: $(SHARED_LINKS)
	@scripts/deps ensure

ifeq ($(QEMU_SRC),)
tree: $(B)/qemu-src
endif
tree: ensure-deps ## the QEMU tree with the hooks applied, build/qemu
	@scripts/hooks apply --source $(QEMU_SOURCE) --tree $(QEMU_TREE) \
		$(if $(QEMU_SRC),--sync)

$(B)/qemu-src: | ensure-deps
	@scripts/fetch-qemu $@ $(QEMU_PURPOSE)

# All that any target takes from the network. A part of the project that needs
# more adds its own target to FETCH.
FETCH :=
fetch: ensure-deps fetch-qemu ## fetch all that any target needs; then no network is

ifeq ($(QEMU_SRC),)
fetch-qemu: $(B)/qemu-src
else
fetch-qemu:
endif

configure: tree
	@scripts/configure $(QEMU_TREE) $(OBJ) $(if $(SANITIZE),--sanitize) \
		$(if $(COVERAGE),--coverage) $(if $(DEBUG),--debug)

include $(filter-out scripts/version.mk,$(sort $(wildcard scripts/*.mk)))

fetch: $(FETCH)

## Hooks
.PHONY: hooks-stat hooks-check
hooks-stat: ## how many files and lines of QEMU the hooks change
	@scripts/hooks stat

ifeq ($(QEMU_SRC),)
hooks-check: $(B)/qemu-src
endif
hooks-check: ## which hooks fit QEMU_SRC=DIR, and where the others do not
	@scripts/hooks scan --source $(QEMU_SOURCE)

## Tidy
.PHONY: clean distclean help
clean: ## remove what was built, keep what was fetched
	rm -rf $(addprefix $(B)/,obj obj-sanitize obj-coverage client-coverage \
		coverage docs tests bench $(PROGRAMS))

distclean: ## remove build/ whole
	rm -rf $(B)

help: ## this list
	@awk -F':.*## ' '/^## /{printf "\n%s\n", substr($$0,4)} \
		/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: V=1 (show commands), SANITIZE=1 (AddressSanitizer, UBSan), DEBUG=1 (all that a\ndebugger can use; without it, lines and functions), QEMU_SRC=DIR (your own QEMU\ntree, which is copied, not changed), QEMU_VERSION=X.Y (one of: $(QEMU_VERSIONS)),\nTESTS=pattern, ACCEL, SMP, MEM, KERNEL,\nKVM390_MIRROR=URL (a Debian mirror).\n'
