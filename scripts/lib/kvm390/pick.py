# SPDX-License-Identifier: GPL-2.0-or-later
"""Which tests or rows a person picked: TESTS=, ROWS=."""

import fnmatch


def picked(name, patterns):
    """Whether one of the patterns, separated by spaces, picks the name.

    A pattern is a shell pattern or a part of the name; no pattern picks all.
    """
    return not patterns.strip() or any(
        fnmatch.fnmatchcase(name, pattern) or pattern in name
        for pattern in patterns.split())
