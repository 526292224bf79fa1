# SPDX-License-Identifier: GPL-2.0-or-later
#
# kvm390-map: storage keys and page states, to look at.

CHECKS += map

.PHONY: check-map map-picture
check-map: all ## kvm390-map: pictures, recordings, the terminal
	@tests/map/run --qemu $(QEMU) $(if $(TESTS),--tests '$(TESTS)')

map-picture: all ## the picture of a boot in docs/ (a film: build/boot.film)
	@scripts/guest-image --kernel trixie
	@scripts/kvm390-map --record $(B)/boot.film -- scripts/boot --qemu $(QEMU) \
		--quiet --mem 1G --smp 2 --kernel trixie --fill 500 -- \
		-qmp unix:{socket},server=on,wait=off > $(B)/boot-map.log
	@scripts/kvm390-map --replay $(B)/boot.film --peak state \
		--view state --view resident --svg docs/boot-map.svg
