# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM inside the guest: Debian's kernel, its kvm.ko, Debian's own QEMU.

The first-level guest is that of scripts/guest-image with one more archive
behind its initramfs: the kernel's kvm.ko, Debian's s390x QEMU with its
libraries, and what the second level boots, which is the guest image again,
with the kernel's drivers for virtio and the programs that it runs.
"""

import lzma
import os
import re
import shutil
import subprocess
import tempfile

from . import cpio, guest, paths, vmm
from .fetch import table
from .fetch.take import Unusable, take
from .paths import BUILD, GUEST, TOP, Failure, say

ROOT = os.path.join(BUILD, 'nested')
SCRIPT = os.path.join(TOP, 'scripts/nested-guest')
# What the second level can run.
PROGRAMS = ('nested-devices', 'nested-load')
# In the order in which they can be loaded.
DRIVERS = ('failover', 'net_failover', 'virtio_net', 'virtio_blk')
MODULE = re.compile(rf'.*/({"|".join(("kvm", *DRIVERS))})\.ko(\.xz)?$')
LIBRARY_DIRS = ('usr/lib/s390x-linux-gnu', 'usr/lib', 'lib/s390x-linux-gnu',
                'lib')
INTERPRETER = 'ld64.so.1'


def content(path):
    """The bytes of a file."""
    with open(path, 'rb') as file:
        return file.read()


def _kernel_package(suite):
    """(package, version, suite) of the kernel that the suite's name means."""
    try:
        with open(os.path.join(GUEST, f'kernel-{suite}.package'),
                  encoding='ascii') as note:
            return note.read().split()[:3]
    except FileNotFoundError:
        raise Failure(f'there is no kernel of {suite}; make guest-image '
                      'builds it') from None


def _candidates(suite):
    """The rows that name this very package, a pinned one among them."""
    package, version, where = _kernel_package(suite)
    if where != 'pinned':
        # Newer kernels have their modules apart.
        modules = package.replace('linux-binary-', 'linux-modules-')
        return package, [table.Row(where, 's390x', modules, version)]
    return package, [row for row in
                     table.purpose(f'kernel-{suite}').candidates
                     if isinstance(row, table.Pin) and row.package == package]


def _modules_of(deb):
    """{NAME: its bytes}"""
    found = {}
    with tempfile.TemporaryDirectory(dir=ROOT) as scratch:
        subprocess.run(['dpkg-deb', '--extract', deb, scratch], check=True)
        for folder, _, names in os.walk(scratch):
            for name in names:
                match = MODULE.match(os.path.join(folder, name))
                if match:
                    data = content(os.path.join(folder, name))
                    found[match[1]] = lzma.decompress(data) if match[2] \
                        else data
    for name in ('kvm', *DRIVERS):
        if name not in found:
            raise Unusable(f'has no {name}.ko')
    return found


def modules(suite):
    """The folder of the kernel's modules that are needed; fetched if it is
    not there."""
    folder = os.path.join(ROOT, f'modules-{paths.kernel_release(suite)}')
    if os.path.exists(folder):
        return folder
    os.makedirs(ROOT, exist_ok=True)
    package, candidates = _candidates(suite)

    def use(taken):
        found = _modules_of(taken.paths[0])
        with tempfile.TemporaryDirectory(dir=ROOT) as part:
            os.mkdir(f'{part}/new')
            for name, data in found.items():
                with open(f'{part}/new/{name}.ko', 'wb') as out:
                    out.write(data)
            os.rename(f'{part}/new', folder)

    say(f'fetching modules of {package}')
    with tempfile.TemporaryDirectory(dir=ROOT) as scratch:
        take(table.Purpose(None, f'modules of {package}', 'try again later, '
                           'or set KVM390_MIRROR=', candidates), scratch, use)
    return folder


def module(suite, name='kvm'):
    """The path of one of the kernel's modules."""
    return os.path.join(modules(suite), f'{name}.ko')


def _needed(path):
    said = subprocess.run(['s390x-linux-gnu-readelf', '-d', path], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return re.findall(r'\(NEEDED\).*\[(.*)\]', said)


def libraries(root, program):
    """{NAME: PATH} of all that a program of this sysroot is linked with."""
    found, todo = {}, [program]
    while todo:
        for name in _needed(todo.pop()):
            places = [os.path.join(root, where, name)
                      for where in LIBRARY_DIRS]
            there = [path for path in places if os.path.exists(path)]
            if name not in found and there:
                found[name] = there[0]
                todo.append(there[0])
    if INTERPRETER not in found:
        raise Failure(f'{root} has no {INTERPRETER}')
    return found


def _second_archive(suite):
    """What comes behind the guest image's own archive in the second level."""
    archive = cpio.Archive()
    archive.directory('modules')
    for name in DRIVERS:
        archive.file(f'modules/{name}.ko', content(module(suite, name)), 0o644)
    for name in PROGRAMS:
        archive.file(f'programs/{name}',
                     content(os.path.join(TOP, 'scripts', name)), 0o755)
    return archive.finish()


def _archive(suite, vmm_suite):
    """What comes behind it in the first level."""
    root = vmm.root(vmm_suite)
    program = os.path.join(root, vmm.PROGRAM)
    archive = cpio.Archive()
    for name in ('lib', 'nested'):
        archive.directory(name)
    archive.file('programs/nested', content(SCRIPT), 0o755)
    archive.file('nested/kvm.ko', content(module(suite)), 0o644)
    archive.file('nested/qemu', content(program), 0o755)
    for name, path in libraries(root, program).items():
        archive.file(f'nested/{name}', content(path), 0o755)
    archive.symlink(f'lib/{INTERPRETER}', f'/nested/{INTERPRETER}')
    for name, path in (('kernel', f'kernel-{suite}'),
                       ('s390-ccw.img', 'firmware/s390-ccw.img')):
        archive.file(f'nested/{name}',
                     content(os.path.join(GUEST, path)), 0o644)
    archive.file('nested/initrd', content(os.path.join(
        GUEST, 'initramfs.cpio')) + _second_archive(suite), 0o644)
    return archive.finish()


def initramfs(suite, vmm_suite='trixie'):
    """The path of the first level's initramfs, made anew."""
    return with_archive(os.path.join(ROOT, f'initramfs-{suite}.cpio'),
                        _archive(suite, vmm_suite))


def with_archive(path, data):
    """Makes the guest image's initramfs with one more archive: its path."""
    with open(f'{path}.part', 'wb') as out:
        with open(os.path.join(GUEST, 'initramfs.cpio'), 'rb') as own:
            shutil.copyfileobj(own, out)
        out.write(data)
    os.rename(f'{path}.part', path)
    return path


def arguments(suite, smp, vcpus, mem='2G', program=PROGRAMS[0], sync=1):
    """QEMU's arguments for a first level of smp CPUs that boots a second,
    which runs one of PROGRAMS; sync: somebody answers checkpoints."""
    words = f'kvm390.run=nested kvm390.args={vcpus},{program} ' \
            f'kvm390.sync={sync} vm.allocate_pgste=1'
    return guest.machine_arguments(
        accel='kvm390,sie=on', smp=smp, mem=mem, cpu='max',
        kernel=paths.kernel_image(suite), initrd=initramfs(suite),
        append=words)
