# SPDX-License-Identifier: GPL-2.0-or-later
"""Say what is going on when it takes longer than a few seconds.

`with Progress(WHAT, HOW_FAR)` prints a line every PERIOD seconds until it is
left; logged() runs a command whose output belongs in a file.
"""

import collections
import os
import shlex
import subprocess
import threading
import time

from .paths import Failure, say

PERIOD = 5.0

# How many of a failed command's last lines are shown.
TAIL = 15


def verbose():
    """Whether `make V=1` asked for the commands."""
    return bool(os.environ.get('V'))


def show(command):
    """Print a command before it runs, under `make V=1`."""
    if verbose():
        say('+ ' + ' '.join(shlex.quote(str(word)) for word in command))


class Progress:
    """Prints `WHAT: HOW FAR (N s)` every PERIOD seconds, from a thread.

    what: the words for the whole; how_far: a function that returns the words
    for the state, or nothing if it has none.
    """

    def __init__(self, what, how_far=lambda: None):
        self._what = what
        self._how_far = how_far
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._report, daemon=True)

    def __enter__(self):
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _report(self):
        while not self._done.wait(PERIOD):
            try:
                state = self._how_far()
            except OSError:
                state = None
            seconds = time.monotonic() - self._began
            say(f'{self._what}: {state or "going on"} ({seconds:.0f} s)')


def size_of(path):
    """Bytes of a file, or of all files right in a folder; 0 for none."""
    try:
        with os.scandir(path) as entries:
            return sum(entry.stat().st_size for entry in entries
                       if entry.is_file())
    except NotADirectoryError:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def mib(size):
    """A size for a person."""
    return f'{size / (1 << 20):.1f} MiB'


def of_total(path, total):
    """How far a file at path has come that will have so many bytes.

    path: a file, or a folder whose files are added up.
    """
    def words():
        have = size_of(path)
        if not total:
            return mib(have)
        return f'{mib(have)} of {mib(total)}, {100 * have // total} %'
    return words


def _children(pid):
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        return [int(word) for word in file.read().split()]


def read_by(pid, path):
    """How far the process pid or one below it has read a file: words.

    Tells how far an unpacking is, without anything from the program.
    """
    total = os.path.getsize(path)

    def position(process):
        for number in os.listdir(f'/proc/{process}/fd'):
            link = f'/proc/{process}/fd/{number}'
            if os.path.exists(link) and os.path.samefile(link, path):
                info = f'/proc/{process}/fdinfo/{number}'
                with open(info, encoding='ascii') as file:
                    return int(file.readline().split()[1])
        return max((position(child) for child in _children(process)),
                   default=0)

    def words():
        have = position(pid)
        return f'{100 * have // total} %' if have else None
    return words


def last_line(path):
    """The last line in a log, as words for how far a command is."""
    def words():
        with open(path, 'rb') as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 400))
            lines = file.read().decode(errors='replace').split('\n')
        lines = [line.strip() for line in lines if line.strip()]
        return lines[-1][:100] if lines else None
    return words


def tail(path, count=TAIL):
    """The last lines of a log, indented, for a message."""
    with open(path, encoding='utf-8', errors='replace') as file:
        lines = collections.deque(file, maxlen=count)
    return ''.join(f'    {line.rstrip()}\n' for line in lines)


def logged(command, log, what, how_far=None, **popen):
    """Run a command with its output in a log, telling how far it is.

    what: the words for it; how_far: see Progress, by default the log's last
    line; popen: more for subprocess.Popen.
    A failure raises Failure with the end of the log and its path.
    """
    command = [str(word) for word in command]
    show(command)
    try:
        with open(log, 'w', encoding='utf-8') as out, \
                Progress(what, how_far or last_line(log)):
            status = subprocess.run(command, stdout=out, check=False,
                                    stderr=subprocess.STDOUT,
                                    **popen).returncode
    except FileNotFoundError as error:
        raise Failure(f'{what}: {error.filename} is missing; `make deps` '
                      'installs it') from None
    if status:
        raise Failure(f'{what} failed (status {status}). The end of its '
                      f'log, all of it is in {log}:\n{tail(log)}'.rstrip())
