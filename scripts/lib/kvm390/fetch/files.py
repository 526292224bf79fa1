# SPDX-License-Identifier: GPL-2.0-or-later
"""One file of Debian's pool, checked against its SHA-256."""

import os

from ..progress import mib, of_total
from . import apt


def download(path, digest, size, directory):
    """Fetch a file of the pool.

    path: below the mirror; digest: its SHA-256; size: bytes, or 0 if they are
    not known; directory: where to put it. Returns where it is. Raises
    apt.Trouble with what the last mirror answered.
    """
    target = os.path.join(directory, os.path.basename(path))
    what = os.path.basename(path) + (f' ({mib(size)})' if size else '')
    last = None

    def attempt(mirror):
        for left in (target, f'{target}.FAILED'):
            if os.path.exists(left):
                os.unlink(left)
        apt.run([apt.HELPER, *apt.OPTIONS, '-qq', 'download-file',
                 f'{mirror}{path}', target, f'SHA256:{digest}'],
                f'fetching {what}', of_total(target, size))

    for mirror in apt.mirrors():
        try:
            apt.retrying(attempt, mirror, what)
            return target
        except apt.Trouble as error:
            last = error
        finally:
            if os.path.exists(f'{target}.FAILED'):
                os.unlink(f'{target}.FAILED')
    raise last
