# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases about mirrors, proxies, being offline, and the tools that fetch."""

import os
import shutil
import stat
import subprocess
import textwrap

from parts import Case, Skip
from world import TOP

CROSS = 's390x-linux-gnu-gcc'


def expect(result, status, *words, absent=()):
    """What is wrong with a result: its status, words that it has to say."""
    good = (result.status == status and all(word in result for word in words)
            and not any(word in result for word in absent)
            and 'Traceback' not in result)
    return [] if good else [f'status {result.status}, not {status}, or none '
                            f'of {words}:\n{result.text}']


def second_mirror(world):
    """The first mirror is down, the second has all."""
    result = world.get('busybox', KVM390_MIRROR='http://127.0.0.1:1/debian '
                       + world.mirror.uri)
    return expect(result, 0, absent=('taking', 'cannot'))


def no_mirror(world):
    """Nothing answers: one line at the end, with retries before it."""
    result = world.get('busybox', KVM390_MIRROR='http://127.0.0.1:1/debian')
    wrong = expect(result, 1, 'trying again in 0.05 s (2 of 3)',
                   'trying again in 0.1 s (3 of 3)',
                   'busybox cannot be had: package list bookworm/s390x is '
                   'unreachable; try again later, or set KVM390_MIRROR=')
    if result.text.count('trying again') != 2:
        wrong.append(f'a dead mirror is tried again:\n{result.text}')
    return wrong


def comes_back(world):
    """The list is refused twice, and delivered at the third time."""
    world.mirror.faults.append(('dists/bookworm/InRelease', 'refused', 2))
    return expect(world.get('busybox'), 0, '(3 of 3)', absent=('taking',))


def proxy(world):
    """Lists and packages are fetched through the proxy of apt's own
    configuration, which APT_CONFIG names."""
    with open(world.config, 'a', encoding='ascii') as file:
        file.write('Acquire::http::Proxy '
                   f'"http://127.0.0.1:{world.mirror.port}";\n')
    result = world.get('busybox',
                       KVM390_MIRROR='http://mirror.example/debian')
    wrong = expect(result, 0)
    asked = [uri for uri in world.mirror.requests
             if uri.startswith('http://mirror.example/')]
    if len(asked) != len(world.mirror.requests) or len(asked) < 3:
        wrong.append(f'asked for: {world.mirror.requests}')
    return wrong


def slow(world):
    """What takes longer than five seconds says how far it is."""
    world.mirror.faults.append((r'busybox.*\.deb', 'slow'))
    return expect(world.get('busybox'), 0, 'fetching busybox-static',
                  ' MiB of ', ' %', absent=('taking',))


def no_space(world):
    """A package that does not fit is told from one that is not there."""
    result = world.run('scripts/apt', 'get', 'busybox', '/proc/none')
    return expect(result, 1, '/proc/none')


def newer_list(world):
    """A copy that names what is gone is replaced by today's list."""
    world.get('busybox')
    world.age_lists()
    world.mirror.requests.clear()
    _, _, paths = world.archive.newest['bookworm', 's390x', 'busybox-static']
    world.mirror.faults.append((paths[0], 'absent'))
    wrong = expect(world.get('busybox'), 0,
                   'fetching package list bookworm/s390x')
    if world.lists() != [] and world.lists() != ['bookworm s390x']:
        wrong.append(f'asked for {world.lists()}')
    return wrong


def shows_commands(world):
    return expect(world.get('busybox', V='1'), 0, '+ apt-get ',
                  '+ /usr/lib/apt/apt-helper ')


# The guest image.

def _guest(world, *words):
    if not shutil.which(CROSS):
        raise Skip(f'{CROSS} is missing')
    return world.run('scripts/guest-image', *words)


def offline(world):
    """What is there needs no network, and no mirror's name."""
    wrong = expect(_guest(world, '--kernel', 'bookworm', '--also', 'trixie'),
                   0)
    world.mirror.requests.clear()
    os.unlink(f'{world.place}/sources.list')
    again = world.run('scripts/guest-image', '--kernel', 'bookworm',
                      '--also', 'trixie')
    wrong += expect(again, 0, absent=('fetching',))
    if world.mirror.requests:
        wrong.append(f'asked for {world.mirror.requests}')
    return wrong


def default_boot(world):
    """What make boot needs of the network names no list of trixie's s390x.
    """
    wrong = expect(_guest(world), 0)
    if [name for name in world.lists() if name.startswith('trixie')]:
        wrong.append(f'lists asked for: {world.lists()}')
    return wrong


def second_kernel(world):
    """A kernel that one can do without is skipped by its tests; asked for by
    name it is an error. Later it is there."""
    world.mirror.faults.append(('pool/(trixie|sid|bookworm-backports|pinned-'
                                'kernel-trixie).*linux-(image|binary)',
                                'absent'))
    wrong = expect(_guest(world, '--kernel', 'bookworm', '--also', 'trixie'),
                   0, 'going on without it')
    tests = world.run('tests/boot/run', '--tests', 'trixie-*')
    wrong += expect(tests, 0, 'trixie-kvm390-1 # SKIP no kernel for trixie: '
                    'trixie: newest', '0 passed, 0 failed, 4 skipped')
    asked = world.run('scripts/guest-image', '--kernel', 'trixie')
    wrong += expect(asked, 1, 'Linux cannot be had: trixie: newest',
                    'make boot KERNEL=bookworm')
    world.mirror.faults.clear()
    return wrong + expect(
        world.run('scripts/guest-image', '--kernel', 'trixie'), 0)


def refresh(world):
    """A refresh that finds nothing keeps what is there."""
    wrong = expect(_guest(world), 0)
    kernel = f'{world.build}/guest/kernel-bookworm'
    before = os.stat(kernel)
    world.mirror.faults.append(('.', 'refused'))
    result = world.run('scripts/guest-image', '--refresh')
    wrong += expect(result, 0, f'keeping {kernel}')
    if not os.path.samestat(before, os.stat(kernel)):
        wrong.append('the kernel is another one')
    if 'missing' in world.record('kernel-bookworm'):
        wrong.append('the record says it is missing')
    return wrong


def qemu(world):
    """QEMU's source, and its one clear line."""
    target = f'{world.build}/qemu-src'
    wrong = expect(world.run('scripts/fetch-qemu', target), 0, 'QEMU 10.0.')
    if not os.path.exists(f'{target}/VERSION'):
        wrong.append(f'no {target}/VERSION')
    world.mirror.faults.append(('.', 'absent'))
    shutil.rmtree(f'{world.build}/apt/lists')
    other = f'{world.build}/other'
    wrong += expect(
        world.run('scripts/fetch-qemu', other), 1,
        "QEMU's source cannot be had: package list trixie/source is absent; "
        'try again later, set KVM390_MIRROR=, or build from a QEMU 10.0 of '
        'your own: make QEMU_SRC=DIR')
    if os.path.exists(other):
        wrong.append(f'{other} is left')
    return wrong


# Packages of the machine.

DPKG = '''\
    #!/bin/sh
    # Installs nothing, and says what it was to install.
    for word; do case $word in --status-fd) ;; *.deb)
        dpkg-deb -f "$word" Package Version Architecture Description |
            sed '1i Status: install ok installed' >> "$ADMIN/status"
        echo >> "$ADMIN/status" ;; esac; done
    '''


def _machine(world, deps):
    """Let deps and apt act on a made-up machine's packages."""
    if os.geteuid() != 0:
        raise Skip('installing packages needs root')
    admin = f'{world.place}/dpkg'
    os.makedirs(f'{admin}/info')
    os.makedirs(f'{admin}/updates')
    os.makedirs(f'{world.place}/log')
    for name in ('status', 'available'):
        with open(f'{admin}/{name}', 'w', encoding='ascii'):
            pass
    with open(f'{world.place}/fake-dpkg', 'w', encoding='ascii') as file:
        file.write(textwrap.dedent(DPKG))
        os.fchmod(file.fileno(), 0o755)
    with open(f'{world.place}/deps', 'w', encoding='ascii') as file:
        file.write(deps)
    with open(world.config, 'a', encoding='ascii') as file:
        file.write(f'Dir::State "{world.place}/state";\n'
                   f'Dir::State::status "{admin}/status";\n'
                   f'Dir::Cache "{world.place}/cache";\n'
                   f'Dir::Log "{world.place}/log";\n'
                   f'Dir::Bin::dpkg "{world.place}/fake-dpkg";\n'
                   'APT::Architecture "s390x";\n'
                   'APT::Architectures "s390x";\n'
                   'APT::Sandbox::User "";\n')
    world.env.update(DPKG_ADMINDIR=admin, ADMIN=admin,
                     KVM390_DEPS=f'{world.place}/deps')


def installs(world):
    """Packages of the machine's release, and one of the table."""
    _machine(world, 'busybox-static\nmeson >= 1.5 from meson\n')
    wrong = expect(world.run('scripts/deps', 'install'), 0)
    return wrong + expect(world.run('scripts/deps', 'missing'), 0,
                          absent=('busybox', 'meson'))


def installs_rest(world):
    """One package is at 404: the others are installed, and the line names
    it; one that can be done without is no error."""
    _machine(world, 'busybox-static or no busybox\n'
             'qemu-system-data # needed\nmeson >= 1.5 from meson\n')
    name, _, [path] = world.archive.newest[
        'bookworm', 's390x', 'qemu-system-data']
    world.mirror.faults.append((path, 'absent'))
    result = world.run('scripts/deps', 'install')
    wrong = expect(result, 1, f'cannot be installed: {name}: absent (',
                   '404', 'log: ')
    wrong += expect(world.run('scripts/deps', 'missing'), 0, name,
                    absent=('busybox', 'meson'))
    with open(f'{world.place}/deps', 'w', encoding='ascii') as file:
        file.write('qemu-system-data or no firmware\n')
    result = world.run('scripts/deps', 'ensure')
    wrong += expect(result, 0, 'without it: no firmware')
    return wrong + expect(world.run('scripts/deps', 'ensure'), 0,
                          absent=('without it', 'installing'))


def lists_fail(world):
    """The machine's lists cannot be had today: those of before serve."""
    _machine(world, 'busybox-static\n')
    wrong = []
    os.makedirs(f'{world.place}/cache/archives/partial', exist_ok=True)
    first = world.run('apt-get', '-qq', 'update')
    wrong += expect(first, 0)
    world.mirror.faults.append(('dists/', 'refused'))
    return wrong + expect(world.run('scripts/deps', 'install'), 0,
                          'going on with those that it has')


def names_packages(world):
    """Who is not root is told the packages and the command."""
    with open(f'{world.place}/deps', 'w', encoding='ascii') as file:
        file.write('bash\nkvm390-none-a\nkvm390-none-b >= 2\n'
                   'kvm390-none-c or nothing\n')
    command = ['scripts/deps', 'ensure']
    if os.geteuid() == 0:
        os.chmod(world.place, 0o755)
        command = ['setpriv', '--reuid', '65534', '--clear-groups', *command]
    result = world.run(*command, KVM390_DEPS=f'{world.place}/deps',
                       KVM390_BUILD=f'{world.place}/none')
    return expect(result, 1, 'missing packages: kvm390-none-a kvm390-none-b',
                  'make deps', absent=('none-c', 'bash'))


def leaves_to_owner(world):
    """What root fetches below a user's checkout is the user's."""
    if os.geteuid() != 0:
        raise Skip('only root can leave things to another')
    copy = f'{world.place}/checkout'
    shutil.copytree(f'{TOP}/scripts', f'{copy}/scripts', symlinks=True)
    subprocess.run(['chown', '-R', '65534:65534', copy], check=True)
    _machine(world, 'busybox-static\nmeson >= 1.5 from meson\n')
    result = world.run(f'{copy}/scripts/deps', 'install',
                       KVM390_BUILD=f'{copy}/build')
    wrong = expect(result, 0)
    foreign = [path for path in _below(copy) if os.lstat(path).st_uid == 0]
    if foreign or not os.path.isdir(f'{copy}/build/apt'):
        wrong.append(f"root's: {foreign}")
    return wrong


def _below(top):
    yield top
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            yield os.path.join(folder, name)


# The compiler.

def compiler_fails(world):
    bad = f'{world.place}/bad-cc'
    with open(bad, 'w', encoding='ascii') as file:
        file.write('#!/bin/sh\necho "cc1: out of luck" >&2\nexit 1\n')
        os.fchmod(file.fileno(), stat.S_IRWXU)
    return expect(world.run('scripts/compiler', CC=bad), 1,
                  f'the compiler {bad} does not work: cc1: out of luck') + \
        expect(world.run('scripts/compiler', CC='kvm390-no-cc'), 1,
               'the compiler kvm390-no-cc is missing')


def cache_fails(world):
    if not shutil.which('ccache'):
        raise Skip('ccache is not installed')
    wrong = expect(world.run('scripts/compiler', CCACHE_DIR='/proc/none'), 1,
                   'the compiler cache ccache does not work', '/proc/none',
                   'CCACHE_DIR', 'CCACHE_DISABLE=1')
    return wrong + expect(world.run(
        'scripts/compiler', CCACHE_DIR='/proc/none', CCACHE_DISABLE='1'), 0)


def progress_fails(world):
    """A command with a log fails: the log's end and its path are shown."""
    log = f'{world.place}/some.log'
    result = world.run('scripts/progress', 'doing it', log, 'sh', '-c',
                       'echo first; echo last words; exit 3')
    return expect(result, 1, 'doing it failed (status 3)', log, 'last words')


ALL = (
    ('a second mirror is used when the first is down', second_mirror),
    ('no mirror answers: retries, then one clear line', no_mirror),
    ('a mirror that comes back is tried again', comes_back),
    ("apt's proxy is used, for lists and packages", proxy),
    ('slow: says how far it is', slow),
    ('a folder that cannot be made is named', no_space),
    ('a list of before is fetched anew for what is gone', newer_list),
    ('V=1 shows the commands', shows_commands),
    ('guest image: what is there needs no network', offline),
    ("guest image: the default boot asks for nothing of trixie's",
     default_boot),
    ('guest image: a second kernel is skipped with its reason', second_kernel),
    ('guest image: a refresh that fails keeps what is there', refresh),
    ("QEMU's source: fetched, and one clear line", qemu),
    ('deps: from the release, and from the table', installs),
    ('deps: one at 404 leaves the others', installs_rest),
    ("deps: the machine's lists fail", lists_fail),
    ('deps: names the packages to a user', names_packages),
    ('deps: what root fetches is left to the owner', leaves_to_owner),
    ('a compiler that fails is named', compiler_fails),
    ('a compiler cache that cannot write is named', cache_fails),
    ("a failed command's log is shown", progress_fails),
)


def all_cases(*_):
    return [Case(name, check) for name, check in ALL]
