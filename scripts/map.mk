# SPDX-License-Identifier: GPL-2.0-or-later
#
# kvm390-map: storage keys and page states, to look at.

CHECKS += map
PREFIX ?= /usr/local
MAP_DIR = $(DESTDIR)$(PREFIX)/share/kvm390

.PHONY: check-map install-map map-picture
check-map: all ## kvm390-map: pictures, recordings, the terminal
	@tests/map/run --qemu $(QEMU) $(if $(TESTS),--tests '$(TESTS)')

install-map: ## install kvm390-map and its man page (PREFIX= DESTDIR=)
	install -d $(MAP_DIR)/lib/kvm390/map $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(addprefix scripts/lib/kvm390/,__init__.py paths.py qmp.py) \
		$(MAP_DIR)/lib/kvm390
	install -m 644 scripts/lib/kvm390/map/*.py $(MAP_DIR)/lib/kvm390/map
	install scripts/kvm390-map $(MAP_DIR)
	ln -sfn ../share/kvm390/kvm390-map $(DESTDIR)$(PREFIX)/bin/kvm390-map
	install -D -m 644 man/kvm390-map.1 \
		$(DESTDIR)$(PREFIX)/share/man/man1/kvm390-map.1

map-picture: all ## the picture of a boot in docs/ (a film: build/boot.film)
	@scripts/guest-image --kernel trixie
	@scripts/kvm390-map --record $(B)/boot.film -- scripts/boot --qemu $(QEMU) \
		--quiet --mem 1G --smp 2 --kernel trixie --fill 500 -- \
		-qmp unix:{socket},server=on,wait=off > $(B)/boot-map.log
	@scripts/kvm390-map --replay $(B)/boot.film --peak state \
		--view state --view resident --svg docs/boot-map.svg
