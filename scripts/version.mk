# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which QEMU: the one of QEMU_SRC, or QEMU_VERSION=X.Y, one that hooks/ has.
# What is built of another than the usual one lies in build/X.Y/; what is
# fetched or does not depend on QEMU is shared.

USUAL_QEMU := 10.0
QEMU_VERSIONS := $(sort $(patsubst hooks/qemu-%,%,$(wildcard hooks/qemu-*)))

ifeq ($(QEMU_SRC),)
QEMU_VERSION ?= $(USUAL_QEMU)
else
QEMU_VERSION := $(or $(shell cut -d. -f1,2 $(QEMU_SRC)/VERSION),$(USUAL_QEMU))
endif

# In the environment it is an option of qemu-s390x: print the version and end.
unexport QEMU_VERSION

ifeq ($(QEMU_SRC)$(filter $(QEMU_VERSION),$(QEMU_VERSIONS)),)
$(error no hooks for QEMU $(QEMU_VERSION); there are: $(QEMU_VERSIONS))
endif

ifeq ($(QEMU_VERSION),$(USUAL_QEMU))
B := $(CURDIR)/build
QEMU_PURPOSE := qemu
else
B := $(CURDIR)/build/$(QEMU_VERSION)
QEMU_PURPOSE := qemu-$(QEMU_VERSION)
export KVM390_BUILD := $(B)
SHARED_LINKS := $(addprefix $(B)/,apt fetched guest nested selftests vmm)
endif

$(SHARED_LINKS):
	@mkdir -p build/$(@F) $(@D)
	@ln -sfn ../$(@F) $@
