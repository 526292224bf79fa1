# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian archive in memory: a handful of packages, signed lists.

An Archive is {path: bytes}. Packages and their names follow
scripts/fetch.table, so that each of its rows finds something: two versions
for each, and a file for each pin.
"""

import gzip
import hashlib
import io
import os
import re
import subprocess
import tarfile
import time

DAY_SECONDS = 86400


def tar(files):
    """A tar archive of {name: bytes}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = 0o755
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def deb(name, version, files, arch='s390x', depends=None):
    """A binary package."""
    control = (f'Package: {name}\nVersion: {version}\nArchitecture: {arch}\n'
               'Maintainer: nobody <nobody@example.org>\n'
               f'Description: made up\n')
    if depends:
        control += f'Depends: {depends}\n'
    out = b'!<arch>\n'
    members = (('debian-binary', b'2.0\n'),
               ('control.tar', tar({'./control': control.encode()})),
               ('data.tar', tar(files)))
    for member, data in members:
        header = f'{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}'
        out += f'{header}`\n'.encode() + data + b'\n' * (len(data) % 2)
    return out


def sums(data):
    return hashlib.sha256(data).hexdigest(), len(data)


def stanza(**fields):
    return ''.join(f'{name.replace("_", "-")}: {value}\n'
                   for name, value in fields.items())


class Keys:
    """Keys that sign, in a folder of their own."""

    def __init__(self, place):
        self._home = os.path.join(place, 'gnupg')
        os.mkdir(self._home, 0o700)
        self.keyring = os.path.join(place, 'keyring.gpg')
        for name in ('archive', 'stranger'):
            self._gpg('--quick-generate-key', f'{name}@example.org',
                      'ed25519', 'sign', 'never')
        with open(self.keyring, 'wb') as file:
            file.write(self._gpg('--export', 'archive@example.org'))

    def _gpg(self, *words, **options):
        return subprocess.run(
            ['gpg', '--homedir', self._home, '--batch', '--quiet',
             '--pinentry-mode', 'loopback', '--passphrase', '', *words],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            **options).stdout

    def sign(self, text, name='archive'):
        return self._gpg('--clearsign', '--local-user',
                         f'{name}@example.org', input=text.encode())

    def close(self):
        """End the agent that gpg started."""
        subprocess.run(['gpgconf', '--homedir', self._home, '--kill',
                        'gpg-agent'], check=False)


def release(suite, lists, age):
    """The text of a suite's InRelease, signed that many days ago."""
    def date(when):
        return time.strftime('%a, %d %b %Y %H:%M:%S UTC', time.gmtime(when))
    now = time.time() - age * DAY_SECONDS
    lines = [' {} {} {}\n'.format(*sums(data), name)
             for name, (data, _) in lists.items()]
    return (f'Origin: Debian\nSuite: {suite}\nCodename: {suite}\n'
            f'Date: {date(now)}\nValid-Until: {date(now + 7 * DAY_SECONDS)}\n'
            'Architectures: all amd64 s390x\nComponents: main\n'
            'SHA256:\n' + ''.join(lines))


class Archive:
    """Suites, their lists, and a pool.

    newest[SUITE, ARCH, GLOB] and older[...] are (name, version, [paths]);
    pins[PURPOSE] is [(package, version, [paths])]. tomorrow is what files
    becomes on another day, when each list names one package more.
    """

    def __init__(self, purposes, keys):
        self.files = {}
        self.tomorrow = {}
        self.expired = {}
        self.stranger = {}
        self.stale = {}
        self.newest, self.older, self.pins = {}, {}, {}
        self._lists = {}
        for purpose in purposes.values():
            for number, row in enumerate(purpose.candidates):
                if hasattr(row, 'suite'):
                    self._row(row, number)
        self.table = self._table(purposes)
        for suite in {suite for suite, _ in self._lists}:
            self._release(suite, keys)

    def _put(self, path, data):
        self.files[path] = data
        return path

    def _files_of(self, name, version):
        """What the package of that name holds, as the real one does."""
        release = name.split('-', 2)[2] if name.startswith('linux-') else ''
        return {
            'linux-image': {f'./boot/vmlinuz-{release}': b'kernel'},
            'linux-binary':
                {f'./usr/lib/modules/{release}/vmlinuz': b'kernel'},
            'busybox-stati': {'./bin/busybox': b'busybox'},
            'qemu-system-d': {'./usr/share/qemu/s390-ccw.img': b'firmware'},
        }.get(re.sub(r'^(linux-[a-z]+).*', r'\1', name)[:13],
              {'./usr/share/doc/x': version.encode()})

    def _binary(self, place, name, version):
        data = deb(name, version, self._files_of(name, version))
        file = f'{name}_{version.partition(":")[2] or version}_s390x.deb'
        path = self._put(f'pool/{place}/{file}', data)
        digest, size = sums(data)
        return [path], stanza(
            Package=name, Version=version, Architecture='s390x',
            Filename=path, Size=size, SHA256=digest, Description='made up')

    def _source(self, place, name, version):
        bare = version.partition(':')[2] or version
        inside = f'{name}-{bare}'
        data = gzip.compress(tar({
            f'{inside}/VERSION': f'{bare}\n'.encode(),
            f'{inside}/tools/testing/selftests/kvm/Makefile.kvm': b'#\n',
            f'{inside}/debian/control': b'Source: x\n'}), mtime=0)
        file = f'{name}_{bare}.tar.gz'
        digest, size = sums(data)
        md5 = hashlib.md5(data).hexdigest()
        dsc = stanza(
            Format='3.0 (native)', Source=name, Version=version,
            Maintainer='nobody <nobody@example.org>',
            Checksums_Sha256=f'\n {digest} {size} {file}',
            Files=f'\n {md5} {size} {file}').encode()
        folder = f'pool/{place}'
        dsc_name = f'{name}_{bare}.dsc'
        paths = [self._put(f'{folder}/{dsc_name}', dsc),
                 self._put(f'{folder}/{file}', data)]
        dsc_digest, dsc_size = sums(dsc)
        return paths, stanza(
            Package=name, Version=version, Directory=folder,
            Checksums_Sha256=f'\n {dsc_digest} {dsc_size} {dsc_name}'
                             f'\n {digest} {size} {file}')

    def _row(self, row, number):
        """Two versions of what a row of the table asks for."""
        stanzas = self._lists.setdefault((row.suite, row.arch), {})
        for which, minor in ((self.older, 1), (self.newest, 2)):
            base = row.version.rstrip('*') or '7.'
            version = f'{base}{20 - number}.{minor}'
            if row.arch != 'source':
                version += '-1'
            name = row.package.replace('[0-9]*', version.split('-')[0])
            # The same name has one place in a suite, whoever asks.
            place = f'{row.suite}-{row.arch}'
            key = (row.suite, row.arch, row.package)
            if key in which:
                continue
            make = self._source if row.arch == 'source' else self._binary
            paths, text = make(place, name, version)
            stanzas[name, version] = text
            which[key] = name, version, paths

    def _table(self, purposes):
        """fetch.table with pins of this archive."""
        lines = []
        for purpose in purposes.values():
            lines += [f'[{purpose.name}]', f'label = {purpose.label}',
                      f'remedy = {purpose.remedy}', 'candidates =']
            for row in purpose.candidates:
                if hasattr(row, 'suite'):
                    lines.append(f'    {row.suite} {row.arch} {row.package} '
                                 f'{row.version}')
                    continue
                source = row.path.endswith('.dsc')
                version = row.version.rsplit('-', 1)[0] if source else \
                    row.version
                make = self._source if source else self._binary
                paths, _ = make(f'pinned-{purpose.name}', row.package,
                                version)
                self.pins[purpose.name] = row.package, version, paths
                digest, _ = sums(self.files[paths[0]])
                lines.append(f'    pinned {row.package} {version} {paths[0]} '
                             f'{digest}')
        return '\n'.join(lines) + '\n'

    def _lists_of(self, suite, more=''):
        """{path below the suite: (bytes, of another day)} of a suite's lists.

        more: a stanza that each list has besides.
        """
        found = {}
        for (owner, arch), stanzas in self._lists.items():
            if owner != suite:
                continue
            name = 'main/source/Sources' if arch == 'source' else \
                f'main/binary-{arch}/Packages'
            text = ('\n'.join(stanzas.values()) + more).encode()
            found[name] = text, None
            # Of another day: another size than InRelease says.
            found[f'{name}.gz'] = (gzip.compress(text, mtime=0), gzip.compress(
                text + b'\nPackage: newer\nVersion: 1\n'))
        return found

    def _release(self, suite, keys):
        """A suite's lists and its InRelease, and those that are wrong."""
        lists = self._lists_of(suite)
        for name, (data, stale) in lists.items():
            if stale:
                path = self._put(f'dists/{suite}/{name}', data)
                self.stale[path] = stale
        path = f'dists/{suite}/InRelease'
        self.files[path] = keys.sign(release(suite, lists, 2))
        self.expired[path] = keys.sign(release(suite, lists, 30))
        self.stranger[path] = keys.sign(release(suite, lists, 1), 'stranger')
        lists = self._lists_of(suite, f'\nPackage: {"later" * 40}\n')
        self.tomorrow[path] = keys.sign(release(suite, lists, 1))
        for name, (data, _) in lists.items():
            self.tomorrow[f'dists/{suite}/{name}'] = data
