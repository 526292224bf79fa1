# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's KVM selftests for s390x: their source, their programs, their words.

The source is Debian's package `linux`; the programs are cross-compiled in it,
unmodified.
"""

import os
import re
from pathlib import Path

from .fetch import source as packages
from .fetch import table
from .paths import Failure
from .progress import logged

KVM = 'tools/testing/selftests/kvm'
CROSS = 's390x-linux-gnu-'


def say(text):
    """A line of TAP's comments."""
    print(f'# {text}', flush=True)


def quiet(command, log, what, how_far=None, **kwargs):
    """Run @command with its output in @log; on failure show the end of it."""
    # The kernel's makefiles behave otherwise below another make.
    env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE')
           and k not in ('MFLAGS', 'V')}
    logged(command, log, what, how_far, env=env, **kwargs)


def source(build):
    """The kernel's source tree, fetched if there is none yet."""
    if os.environ.get('LINUX_SRC'):
        return Path(os.environ['LINUX_SRC']).resolve()
    have = sorted(build.glob(f'linux-*/{KVM}/Makefile.kvm'))
    if not have:
        say("fetching Debian's source package linux")
        folder, _ = packages.fetch(table.purpose('selftests'), build)
        have = sorted(Path(folder).glob(f'{KVM}/Makefile.kvm'))
    if not have:
        raise Failure(f'the kernel source below {build} lists no selftests '
                      'for KVM on s390x; LINUX_SRC=DIR names another')
    return have[-1].parents[len(Path(KVM).parts)]


def programs(tree):
    """What the makefile lists for s390x."""
    lists = {'COMMON': [], 's390': []}
    for line in (tree / KVM / 'Makefile.kvm').read_text().splitlines():
        m = re.match(r'TEST_GEN_PROGS_(\w+)\s*\+?=\s*(.*)', line)
        if m and m[1] in lists:
            lists[m[1]] += [w for w in m[2].split() if not w.startswith('$')]
    return lists['COMMON'] + lists['s390']


def compile_all(tree, build):
    """Cross-compile in the source tree, as the kernel's makefiles do."""
    out = [tree / KVM / p for p in programs(tree)]
    if all(p.exists() for p in out):
        return
    jobs = f'-j{os.cpu_count()}'
    say('building the selftests')
    quiet(['make', '-C', tree, 'ARCH=s390', jobs, 'headers'],
          build / 'headers.log', "building Linux's headers")
    quiet(['make', '-C', tree / KVM, 'ARCH=s390', f'CROSS_COMPILE={CROSS}',
           jobs], build / 'compile.log', 'building the selftests',
          lambda: f'{sum(p.exists() for p in out)} of {len(out)} programs')
    missing = [str(p) for p in out if not p.exists()]
    if missing:
        raise Failure(f'not built: {" ".join(missing)}; '
                      f'see {build}/compile.log')


def counts(out):
    """Of a program's own sub-results: passed, failed, skipped."""
    skip = len(re.findall(r'^ok \d+.*# SKIP', out, re.M))
    return (len(re.findall(r'^ok \d+', out, re.M)) - skip,
            len(re.findall(r'^not ok \d+', out, re.M)), skip)


def why(code, out, ended):
    """The line that says best why a program did not pass."""
    if ended:
        return ended
    lines = [s.strip() for s in out.splitlines() if s.strip()]
    for pattern in (r'# SKIP (.*)', r'^not ok (.*)', r'^  (\S.*failed.*)',
                    r'^(\S+:\d+: .*)'):
        for line in out.splitlines():
            m = re.search(pattern, line)
            if m:
                return m[1].strip()
    return lines[-1] if lines else f'exit status {code}'


def expectations(path):
    """{PROGRAM: (must or may, cause)} of a list of what must pass."""
    known = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith('#'):
            name, kind, *cause = line.split(None, 2)
            known[name] = (kind, cause[0] if cause else '')
    return known


def judge(kind, cause, code, out, ended):
    """Returns 'pass', 'skip' or 'fail', and a remark."""
    sub = counts(out)
    if code == 0 and not sub[1] and not (sub[2] and not sub[0]):
        return 'pass', ''
    remark = why(code, out, ended)
    if kind == 'may':
        return 'skip', f'{cause} ({remark})'
    return 'fail', remark
