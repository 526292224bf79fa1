# SPDX-License-Identifier: GPL-2.0-or-later
"""What a case is made of."""


class Skip(Exception):
    """A case that cannot be run here; the text says why."""


class Case:
    """One fact: a name, the mirror's faults, and how to look.

    check: gets the World; returns what is wrong, a text each.
    """

    def __init__(self, name, check, faults=()):
        self.name, self.check, self.faults = name, check, faults
