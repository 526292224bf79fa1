# SPDX-License-Identifier: GPL-2.0-or-later
"""End a program that hangs, and none that is slow because the machine is.

A program, with those it started, may use so many seconds of CPU time; and one
that uses none for a while waits for what does not come. Neither counts seconds
in which other programs had the CPUs.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf('SC_CLK_TCK')
POLL_SECONDS = 1
# CPU time below which a second counts as idle: a timer's tick now and then.
IDLE_FRACTION = 0.002


def _stat(path):
    """(session, seconds of CPU time) of a process, or None if it is gone."""
    try:
        fields = path.read_text(errors='replace').rpartition(')')[2].split()
    except OSError:
        return None
    # Counted from the state, which is field 3: session 6, times 14 to 17.
    return int(fields[3]), sum(map(int, fields[11:15])) / TICKS


def process_cpu_seconds(pid):
    """{pid: seconds of CPU time} of one process."""
    stat = _stat(Path(f'/proc/{pid}/stat'))
    return {pid: stat[1]} if stat else {}


def session_cpu_seconds(session):
    """{pid: seconds of CPU time} of the processes of a session."""
    stats = {int(path.parent.name): _stat(path)
             for path in Path('/proc').glob('[0-9]*/stat')}
    return {pid: stat[1] for pid, stat in stats.items()
            if stat and stat[0] == session}


class CpuLimit:
    """What some processes have used, and whether that is too much.

    measure() gives {pid: seconds of CPU time}. They may use cpu_seconds in
    all, and none for idle_seconds.
    """

    def __init__(self, measure, cpu_seconds, idle_seconds):
        self._measure = measure
        self._limits = cpu_seconds, idle_seconds
        self._used = {}
        self._last = time.monotonic()
        self._idle = 0

    def exceeded(self):
        """Why they are to be ended now, or None."""
        before = sum(self._used.values())
        for pid, seconds in self._measure().items():
            self._used[pid] = max(seconds, self._used.get(pid, 0))
        total = sum(self._used.values())
        now = time.monotonic()
        elapsed = now - self._last
        self._last = now
        busy = total - before > IDLE_FRACTION * elapsed
        self._idle = 0 if busy else self._idle + elapsed
        if total > self._limits[0]:
            return f'hang: ended after {total:.0f} s of CPU time'
        if self._idle > self._limits[1]:
            return f'hang: ended after {self._idle:.0f} s without CPU time'
        return None


def wait(process, cpu_seconds, idle_seconds):
    """Wait for a Popen: None if it ends, or why it is to be ended."""
    limit = CpuLimit(lambda: process_cpu_seconds(process.pid), cpu_seconds,
                     idle_seconds)
    while True:
        try:
            process.wait(POLL_SECONDS)
            return None
        except subprocess.TimeoutExpired:
            reason = limit.exceeded()
            if reason:
                return reason


def run(command, cpu_seconds, idle_seconds, **kwargs):
    """Run @command in a session of its own: (status, output, why ended).

    The status is None if it was ended, and then the reason is given.
    """
    with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace',
                          start_new_session=True, **kwargs) as child:
        limit = CpuLimit(lambda: session_cpu_seconds(child.pid), cpu_seconds,
                         idle_seconds)
        while True:
            try:
                out, _ = child.communicate(timeout=POLL_SECONDS)
                return child.returncode, out, None
            except subprocess.TimeoutExpired:
                reason = limit.exceeded()
            if reason:
                os.killpg(child.pid, signal.SIGKILL)
                out, _ = child.communicate()
                return None, out, reason
