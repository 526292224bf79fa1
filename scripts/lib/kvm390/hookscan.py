# SPDX-License-Identifier: GPL-2.0-or-later
"""How well patches fit files that they were not made for."""

import re
import subprocess

CLEAN, MOVED, FUZZ, FAILS = range(4)

_HUNK = re.compile(r'Hunk #(\d+) (FAILED|succeeded)(?: at \d+)?'
                   r'( with fuzz \d+)?')


def patch_says(text):
    """{(FILE, NUMBER): how it fits} of the hunks that patch(1) had a word on.

    NUMBER counts the hunks of a FILE from 1. A hunk that is not named fits
    as it is.
    """
    found, file = {}, None
    for line in text.splitlines():
        if line.startswith('patching file '):
            file = line.split()[2]
        hunk = _HUNK.match(line)
        if hunk:
            number, end, fuzz = hunk.groups()
            found[file, int(number)] = (FAILS if end == 'FAILED' else
                                        FUZZ if fuzz else MOVED)
    return found


def _patch(patch, where, *options):
    return subprocess.run(
        ['patch', '-p1', '--force', '--no-backup-if-mismatch',
         '--reject-file=-', *options, '-i', str(patch)], cwd=where,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)


def has_it(patch, where):
    """Whether the files below where have all of the patch already."""
    return _patch(patch, where, '-R', '--fuzz=0', '--dry-run').returncode == 0


def fit(patch, where, hunks):
    """Apply to the files below where what fits of a patch.

    hunks: (FILE, LINE of the patch) each, in order. Yields (FILE, LINE, how
    it fits) for each; all hunks of a file that is missing fail.
    """
    said = patch_says(_patch(patch, where, '--fuzz=2').stdout)
    count = {}
    for file, line in hunks:
        count[file] = count.get(file, 0) + 1
        there = (where / file).is_file()
        yield file, line, (said.get((file, count[file]), CLEAN) if there
                           else FAILS)
