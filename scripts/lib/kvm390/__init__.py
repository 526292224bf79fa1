# SPDX-License-Identifier: GPL-2.0-or-later
"""What kvm390's own Python tools share."""
