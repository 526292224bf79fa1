# SPDX-License-Identifier: GPL-2.0-or-later
#
# What was built, put down for use without this tree: scripts/install has the
# table. PREFIX (/usr/local), DESTDIR and LIBDIR (lib, below PREFIX) are passed
# on; FIRMWARE=PATH makes a link to a distribution's s390-ccw.img.

CHECKS += install
PREFIX ?= /usr/local
INSTALL = scripts/install --build $(B) --client $(CLIENT) \
	--linux $(QEMU_TREE)/linux-headers --prefix $(PREFIX) \
	$(if $(DESTDIR),--destdir $(DESTDIR)) $(if $(LIBDIR),--libdir $(LIBDIR)) \
	$(if $(FIRMWARE),--firmware $(FIRMWARE))

## Install
.PHONY: install uninstall install-client install-map check-install deb check-deb
install: all client ## emulators, library, tools, man pages (PREFIX= DESTDIR=)
	@$(INSTALL)

uninstall: ## take away what install put down (the same PREFIX= DESTDIR=)
	@$(INSTALL) --uninstall

install-client: client ## only libkvm390, kvm390-exec, samples
	@$(INSTALL) --part client --part library --part dev

install-map: ## only kvm390-map
	@$(INSTALL) --part map

check-install: all client ## what make install puts down works without this tree
	@scripts/guest-image --kernel bookworm
	@tests/install/run --build $(B) --client $(CLIENT) $(if $(TESTS),--tests '$(TESTS)')

deb: ## Debian packages: build/deb
	@scripts/deps ensure deb
	@scripts/deb

check-deb: deb ## the packages in a bare Debian (as root; SUITE=trixie)
	@scripts/deps ensure check-deb
	@tests/install/deb $(if $(SUITE),--suite $(SUITE))

.PHONY: check-clone
check-clone: ## the README's two commands in a bare Debian (as root; SUITE=trixie MAKE_WHAT=boot)
	@scripts/deps ensure check-deb
	@tests/install/clone $(if $(SUITE),--suite $(SUITE)) $(MAKE_WHAT)

.PHONY: check-libvirt container check-container
check-libvirt: all ## libvirt with kvm390 as a domain's emulator
	@scripts/deps ensure check-libvirt
	@scripts/guest-image --kernel bookworm
	@tests/install/libvirt

container: deb ## an image for CI that boots a kernel (BASE=IMAGE)
	@scripts/guest-image --kernel bookworm
	@scripts/container $(if $(BASE),--base $(BASE))

check-container: deb ## that image, upon a bare Debian (as root)
	@scripts/deps ensure check-deb
	@scripts/deps ensure check-container
	@scripts/guest-image --kernel bookworm
	@tests/install/container
