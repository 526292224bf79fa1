# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a cpio archive as the kernel takes it for an initramfs.

The format is "newc" of Linux's Documentation/driver-api/early-userspace/
buffer-format.rst. Writing it here needs neither root (for a device node) nor
files with the right owner, and the same input gives the same bytes.
"""

import stat


class Archive:
    """Entries are added in order; a directory comes before what is in it."""

    def __init__(self):
        self._data = bytearray()
        self._inode = 0

    def _entry(self, name, mode, body=b'', rdev=(0, 0)):
        self._inode += 1
        path = name.encode() + b'\0'
        fields = [self._inode, mode, 0, 0, 1, 0, len(body), 0, 0, *rdev,
                  len(path), 0]
        self._data += b'070701' + b''.join(b'%08x' % f for f in fields)
        self._data += path
        self._pad()
        self._data += body
        self._pad()

    def _pad(self):
        self._data += bytes(-len(self._data) % 4)

    def directory(self, name):
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, body, permissions):
        self._entry(name, stat.S_IFREG | permissions, body)

    def symlink(self, name, target):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        """A character device."""
        self._entry(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def finish(self):
        """The whole archive's bytes; nothing may be added after."""
        self._entry('TRAILER!!!', 0)
        return bytes(self._data)
