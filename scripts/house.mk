# SPDX-License-Identifier: GPL-2.0-or-later
#
# The order between files and rooms (docs/architecture.rst).

CHECKS += house

.PHONY: check-house
check-house: all client ## no circle between files, no call up between rooms
	@tests/house/run --objects $(OBJ)/libqemu-s390x-softmmu.a.p \
		--library $(CLIENT)/libkvm390.a
