# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are in this tree, and how a tool ends with a message."""

import os
import re
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), '../../..'))
BUILD = os.environ.get('KVM390_BUILD', os.path.join(TOP, 'build'))
GUEST = os.path.join(BUILD, 'guest')
QEMU = os.path.join(BUILD, 'qemu-system-s390x')

# The kernels of Debian's that are known by name here: those of two suites, and
# the newest that is delivered.
SUITES = ('bookworm', 'trixie')
KERNELS = SUITES + ('newest',)

# Where a kernel is in its package; the group is its release.
KERNEL_MEMBER = re.compile(r'\./(?:boot/vmlinuz-([^/]+)|'
                           r'usr/lib/modules/([^/]+)/vmlinuz)')


def version():
    """kvm390's version."""
    with open(os.path.join(TOP, 'VERSION'), encoding='ascii') as file:
        return file.read().strip()


def add_version(parser):
    """--version, for a tool's argparse parser."""
    parser.add_argument('--version', action='version',
                        version=f'%(prog)s (kvm390) {version()}')


class Failure(Exception):
    """Something a person can do something about; the text says what."""


def say(text):
    """A line of progress, apart from what a tool prints as its result."""
    print(f'kvm390: {text}', file=sys.stderr, flush=True)


def main_of(function):
    """Run a tool's main function: its status, or a Failure's message and 1.

    An OSError that names a file is such a message, too; `V=1` shows where.
    """
    try:
        sys.exit(function())
    except Failure as failure:
        say(failure)
        sys.exit(1)
    except OSError as error:
        # A disk that is full, a folder of another user's.
        if os.environ.get('V') or not error.filename:
            raise
        say(f'{error.filename}: {error.strerror}')
        sys.exit(1)
    except KeyboardInterrupt:
        say('interrupted')
        sys.exit(130)


def kernel_image(name):
    """The kernel file for a Debian suite's name, or for a path to one."""
    if name in KERNELS:
        path = os.path.join(GUEST, f'kernel-{name}')
        hint = 'make guest-image builds it'
    else:
        path = os.path.abspath(name)
        hint = f'KERNEL takes a file, or one of {", ".join(KERNELS)}'
    if not os.path.isfile(path):
        raise Failure(f'there is no kernel {path}; {hint}')
    return path


def kernel_release(suite):
    """The release of the kernel that a suite's name stands for, or None."""
    try:
        with open(os.path.join(GUEST, f'kernel-{suite}.package'),
                  encoding='ascii') as note:
            words = note.read().split()
    except FileNotFoundError:
        return None
    found = KERNEL_MEMBER.fullmatch(words[-1])
    if found:
        return found[1] or found[2]
    # Notes of before had no fourth word.
    return words[0].removeprefix('linux-image-')
