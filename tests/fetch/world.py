# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine of its own for a test: apt's configuration, a mirror, a build/.

Nothing of it reaches the network or the machine's own apt.
"""

import json
import os
import shutil
import subprocess
import time

import server

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), '../..'))
# A limit for a hang only.
LIMIT_SECONDS = 300


class Result:
    """What a command did: its status, and its output as one text."""

    def __init__(self, status, text):
        self.status, self.text = status, text

    def __contains__(self, words):
        return words in self.text


class World:
    """One mirror with its faults, and a build directory."""

    def __init__(self, place, archive, keys, faults=()):
        self.place = place
        self.archive = archive
        self.build = os.path.join(place, 'build')
        os.makedirs(f'{place}/state/lists/partial')
        os.makedirs(f'{place}/cache/archives/partial')
        self.mirror = server.Mirror(archive, faults)
        self.config = os.path.join(place, 'apt.conf')
        with open(f'{place}/sources.list', 'w', encoding='ascii') as file:
            file.write(f'deb [signed-by={keys.keyring} arch=s390x] '
                       f'{self.mirror.uri} bookworm main\n')
        with open(self.config, 'w', encoding='ascii') as file:
            file.write('Dir::Etc::parts "/dev/null";\n'
                       'Dir::Etc::main "/dev/null";\n'
                       f'Dir::Etc::sourcelist "{place}/sources.list";\n'
                       'Dir::Etc::sourceparts "/dev/null";\n'
                       f'Dir::State::lists "{place}/state/lists";\n'
                       'Acquire::http::Timeout "3";\n'
                       'Acquire::Check-Valid-Until "true";\n'
                       'Acquire::Check-Date "true";\n')
        table = os.path.join(place, 'table')
        with open(table, 'w', encoding='utf-8') as file:
            file.write(archive.table)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(('KVM390_', 'MAKE', 'MFLAGS'))
                    and name.lower() not in ('http_proxy', 'no_proxy', 'v')}
        self.env.update(APT_CONFIG=self.config, KVM390_BUILD=self.build,
                        KVM390_KEYRING=keys.keyring,
                        KVM390_FETCH_TABLE=table, KVM390_RETRY_WAIT='0.05')

    def run(self, *command, **env):
        """Run a command of the project in this world."""
        done = subprocess.run(
            command, cwd=TOP, env={**self.env, **env}, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors='replace',
            timeout=LIMIT_SECONDS)
        return Result(done.returncode, done.stdout)

    def get(self, purpose, **env):
        return self.run('scripts/apt', 'get', purpose, f'{self.place}/out',
                        **env)

    def record(self, purpose):
        """What is recorded of a purpose."""
        try:
            with open(f'{self.build}/fetched/{purpose}',
                      encoding='utf-8') as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def lists(self):
        """The lists that were asked for, as "SUITE ARCH"."""
        found = set()
        for path in self.mirror.requests:
            words = path.split('/')
            if 'main' in words and 'dists' in words:
                at = words.index('main')
                found.add(f'{words[at - 1]} '
                          f'{words[at + 1].removeprefix("binary-")}')
        return sorted(found)

    def next_day(self):
        """Let the mirror's lists be others, and the copies of them old."""
        self.mirror.instead = self.archive.tomorrow
        self.age_lists()

    def age_lists(self, seconds=7200):
        """Let the copies of the lists be of an older hour."""
        for folder, _, files in os.walk(f'{self.build}/apt/lists'):
            for name in files:
                if name == 'fetched':
                    then = time.time() - seconds
                    os.utime(os.path.join(folder, name), (then, then))

    def close(self):
        self.mirror.close()
        shutil.rmtree(self.place, ignore_errors=True)
