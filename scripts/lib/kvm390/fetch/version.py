# SPDX-License-Identifier: GPL-2.0-or-later
"""The order of Debian's version numbers (deb-version(7))."""

import re


def _order(char):
    if char == '~':
        return -1
    return ord(char) + (0 if char.isalpha() else 256)


def _part(text):
    # The last pair is empty; its (0,) sorts after a tilde, before the rest.
    return [(tuple(map(_order, letters)) + (0,), int(digits or 0))
            for letters, digits in re.findall(r'([^0-9]*)([0-9]*)', text)]


def sort_key(version):
    """A key that sorts version numbers, oldest first."""
    epoch, colon, rest = version.partition(':')
    if not colon:
        epoch, rest = '0', version
    upstream, dash, revision = rest.rpartition('-')
    if not dash:
        upstream, revision = rest, '0'
    return int(epoch), _part(upstream), _part(revision)


def upstream(version):
    """A version without epoch and Debian's revision, for a person."""
    version = version.partition(':')[2] or version
    return version.rpartition('-')[0] or version
