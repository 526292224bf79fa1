# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine's apt as a tool.

Everything that crosses the network goes through apt: its configuration says
which mirror and which proxy (APT_CONFIG too), and it checks signatures
against Debian's archive keyring. What is fetched lands below build/apt/.

Environment:
  KVM390_MIRROR      Debian mirrors to use instead of the machine's, separated
                     by spaces
  KVM390_APT_DIR     where lists and logs are kept (build/apt)
  KVM390_RETRY_WAIT  seconds before the first retry (1); each next one waits
                     twice as long
  KVM390_KEYRING     another keyring than Debian's; for tests/fetch only
"""

import functools
import os
import re
import subprocess
import tempfile
import time
import urllib.parse

from ..paths import BUILD, TOP, Failure, say
from ..progress import Progress, show

ROOT = os.environ.get('KVM390_APT_DIR', os.path.join(BUILD, 'apt'))
LOG = os.path.join(ROOT, 'log')
KEYRING = os.environ.get('KVM390_KEYRING',
                         '/usr/share/keyrings/debian-archive-keyring.gpg')
HELPER = '/usr/lib/apt/apt-helper'
TRIES = 3

# apt's options. Downloads run as whoever calls, so that a private folder is
# readable to them; retries are ours, so that they are seen and counted.
OPTIONS = ['-o', 'Dir::Etc::sourceparts=/dev/null',
           '-o', 'Dir::Etc::preferencesparts=/dev/null',
           '-o', 'APT::Sandbox::User=',
           '-o', 'APT::Get::AllowUnauthenticated=false',
           '-o', 'Acquire::AllowInsecureRepositories=false',
           '-o', 'Acquire::AllowWeakRepositories=false',
           '-o', 'Acquire::Retries=0',
           '-o', 'Acquire::Languages=none']

# What apt says, what we call that, and whether to try again soon. The first
# that matches counts.
FAULTS = (
    ('expired', False, r'is expired|is not valid yet|too old'),
    ('not signed by Debian', False,
     r'NO_PUBKEY|signatures? (couldn.t|were invalid)|BADSIG|EXPKEYSIG|'
     r'Clearsigned file'),
    ('out of step', True,
     r'unexpected size|Mirror sync in progress|Hash Sum mismatch'),
    ('unreachable', True,
     r'Could not (resolve|connect)|Connection (failed|refused|timed out)|'
     r'Unable to connect|Cannot initiate|[Tt]imed? ?out|No route|'
     r'Network is unreachable|Temporary failure'),
    ('cut short', True,
     r'Connection closed|Error reading from|Undetermined Error|Bad header|'
     r'File is truncated|[Uu]nexpected (end|EOF)'),
    ('absent', False, r'\b404\b|does not have a Release file|\b410\b'),
    ('refused', True, r' (40[13]|407|429|5\d\d) '),
    ('not signed by Debian', False, r'is not signed'),
)


class Trouble(Exception):
    """Something could not be fetched.

    fault: the word of FAULTS for it, or 'failed'; detail: apt's own line.
    """

    def __init__(self, fault, detail, again=False):
        super().__init__(f'{fault} ({detail})' if detail else fault)
        self.fault = fault
        self.detail = detail
        self.again = again


def trouble(text):
    """The Trouble for what apt wrote to standard error."""
    lines = [re.sub(r'^(E|W|Err): *', '', line) for line in text.splitlines()
             if re.match(r'(E|W|Err):', line)
             and 'unsandboxed' not in line]
    for fault, again, pattern in FAULTS:
        for line in lines:
            if re.search(pattern, line):
                return Trouble(fault, _short(line), again)
    return Trouble('failed', _short(lines[0]) if lines else '')


def _short(line):
    """apt's line without what it repeats of the request."""
    line = re.sub(r'^Failed to fetch \S*/(\S+)',
                  lambda found: f'{urllib.parse.unquote(found[1])}:', line)
    return re.sub(r'\s+', ' ', re.sub(r'\[IP: [^]]*\]', '', line)).strip()


def _status(path):
    """How far apt is, from what it writes to its APT::Status-Fd."""
    def words():
        with open(path, encoding='utf-8', errors='replace') as file:
            lines = file.read().splitlines()
        if not lines:
            return None
        _, _, percent, text = (lines[-1].split(':', 3) + [''] * 4)[:4]
        return f'{text} {float(percent or 0):.0f} %'
    return words


def run(command, what, how_far=None):
    """Run an apt command; what it says goes to the log, too.

    how_far: see Progress; apt's own status by default.
    Returns its standard output. Raises Trouble if it fails.
    """
    show(command)
    os.makedirs(ROOT, exist_ok=True)
    env = dict(os.environ, LC_ALL='C.UTF-8', DEBIAN_FRONTEND='noninteractive')
    with tempfile.NamedTemporaryFile(prefix='status-', dir=ROOT) as status:
        number = status.fileno()
        if not how_far and command[0] == 'apt-get':
            how_far = _status(status.name)
            command = [command[0], '-o', f'APT::Status-Fd={number}',
                       *command[1:]]
        try:
            with Progress(what, how_far or (lambda: None)):
                done = subprocess.run(
                    command, env=env, check=False, pass_fds=(number,),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True, errors='replace')
        except FileNotFoundError:
            raise Failure(f'{command[0]} is missing: kvm390 fetches with the '
                          'apt of a Debian machine') from None
    with open(LOG, 'a', encoding='utf-8') as log:
        print(f'$ {" ".join(command)}\n{done.stderr.rstrip()}\n'
              f'status {done.returncode}', file=log)
    if done.returncode:
        raise trouble(done.stderr)
    return done.stdout


# Mirrors that no try reached; they get a single one from then on.
_dead = set()


def retrying(attempt, mirror, what):
    """Call attempt(mirror) until it succeeds, up to TRIES times.

    Waits longer from try to try. Only a Trouble that may pass by itself is
    tried again; the last is raised.
    """
    wait = float(os.environ.get('KVM390_RETRY_WAIT', '1'))
    tries = 1 if mirror in _dead else TRIES
    for count in range(1, tries + 1):
        try:
            result = attempt(mirror)
            _dead.discard(mirror)
            return result
        except Trouble as error:
            if error.again and count == tries and \
                    error.fault == 'unreachable':
                _dead.add(mirror)
            if not error.again or count == tries:
                raise
            say(f'{what}: {error}; trying again in {wait:g} s '
                f'({count + 1} of {tries})')
            time.sleep(wait)
            wait *= 2


def machine_mirrors():
    """Where the machine's apt gets Debian's main archive from, as URIs."""
    def said(*words):
        return subprocess.run(['apt-get', *words], check=False, text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout

    known = [uri for uri in said(
        'indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages',
        'Origin: Debian').split() if '-security' not in uri]
    # Without package lists apt knows no origins; the sources themselves do.
    named = known or re.findall(r"^'(\S+/debian)/dists/",
                                said('update', '--print-uris'), re.M)
    return list(dict.fromkeys(named))


@functools.lru_cache(maxsize=None)
def mirrors():
    """The mirrors to try, in order; each ends with a slash."""
    if not os.path.exists(KEYRING):
        raise Failure("Debian's archive keyring is missing: apt-get install "
                      'debian-archive-keyring')
    try:
        found = os.environ.get('KVM390_MIRROR', '').split() or \
            machine_mirrors()
    except FileNotFoundError:
        found = []
    if not found:
        raise Failure("this machine's apt names no Debian mirror; set "
                      'KVM390_MIRROR=http://HOST/debian')
    return [uri.rstrip('/') + '/' for uri in found]


def give_back():
    """As root, leave what was fetched to the owner of the checkout."""
    if os.geteuid() != 0:
        return
    owner = os.stat(TOP)
    if owner.st_uid == 0:
        return
    places = [BUILD, os.path.join(BUILD, 'fetched'), ROOT]
    for place in places:
        if not os.path.isdir(place):
            continue
        os.lchown(place, owner.st_uid, owner.st_gid)
        if place == BUILD:
            continue
        for folder, folders, files in os.walk(place):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), owner.st_uid,
                          owner.st_gid)
