# SPDX-License-Identifier: GPL-2.0-or-later
"""One QEMU process: its console as lines, its QMP, and how it ended.

QMP is QEMU's own Python package; the console is the process's standard input
and output. Both are served by one event loop, and only while a method of the
machine runs. A Machine belongs to the thread that made it.
"""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from .paths import BUILD, Failure

# A QMP command that QEMU does not answer in this many seconds is given up.
QMP_TIMEOUT = 10

# As long may it take QEMU to start, on a busy host with a sanitizer.
START_TIMEOUT = 60

# The guest's consoles, on the chardev "console".
CONSOLES = {
    'sclpconsole': ('-device', 'sclpconsole,chardev=console'),
    'sclplmconsole': ('-device', 'sclplmconsole,chardev=console'),
    'recorded': ('-serial', 'chardev:console')}

# Loaded here, not in the child: dlopen is not safe between fork and exec.
_LIBC = ctypes.CDLL(None)


def qmp_client(qemu):
    """A client of QEMU's Python package that belongs to this binary."""
    beside = os.path.join(os.path.dirname(os.path.realpath(qemu)), 'python')
    for path in (beside, os.path.join(BUILD, 'qemu/python')):
        if os.path.isdir(os.path.join(path, 'qemu/qmp')):
            if path not in sys.path:
                sys.path.insert(0, path)
            # pylint: disable=import-outside-toplevel
            from qemu.qmp import QMPClient
            return QMPClient('kvm390')
    raise Failure(f"QEMU's Python package is neither in {beside} nor in "
                  f'{BUILD}/qemu/python; run make')


def _die_with_parent():
    """QEMU must not outlive a tool that is killed (prctl PR_SET_PDEATHSIG)."""
    _LIBC.prctl(1, signal.SIGKILL)


class Machine:
    """A QEMU process under our eyes; use it in a `with` statement.

    lines     what the console showed: (seconds since the start, text)
    events    QMP events, oldest first
    """

    def __init__(self, qemu, arguments, console='sclpconsole'):
        """Start QEMU with these arguments; console and QMP are added.

        console: the device, sclpconsole (full-screen, Linux's default here)
        or sclplmconsole (line mode); or "recorded", a sclpconsole whose input
        record/replay keeps.
        """
        if not os.access(qemu, os.X_OK):
            raise Failure(f'there is no QEMU {qemu}; make builds it')
        self.lines = []
        self.events = []
        self._partial = b''
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._console_open = True
        self._listener = None
        self._hangs = False
        self._qmp = qmp_client(qemu)
        # pylint: disable=consider-using-with
        self._errors = tempfile.TemporaryFile()
        ours, theirs = socket.socketpair()
        with theirs:
            self.command = [
                qemu, *arguments, '-display', 'none', '-no-shutdown',
                '-chardev', 'stdio,id=console,signal=off',
                *CONSOLES[console],
                '-chardev', f'socket,id=qmp,fd={theirs.fileno()}',
                '-mon', 'chardev=qmp,mode=control']
            self.started = time.monotonic()
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._errors, pass_fds=[theirs.fileno()],
                preexec_fn=_die_with_parent)
        out = self._process.stdout.fileno()
        os.set_blocking(out, False)
        self._loop.add_reader(out, self._read_console, out)
        try:
            self._run(self._connect(ours), START_TIMEOUT)
        except Exception:  # pylint: disable=broad-except
            # QEMU refused its arguments, so gone() will tell, or it hangs.
            self._hangs = True
            ours.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _run(self, coroutine, timeout):
        return self._loop.run_until_complete(
            asyncio.wait_for(coroutine, timeout))

    async def _connect(self, sock):
        await self._qmp.connect(sock)
        self._listener = self._loop.create_task(self._listen())

    async def _listen(self):
        while True:
            self.events.append(dict(await self._qmp.events.get()))
            self._changed.set()

    def _read_console(self, descriptor):
        now = time.monotonic() - self.started
        try:
            data = os.read(descriptor, 65536)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(descriptor)
            self._console_open = False
            data = b'\n' if self._partial else b''
        *whole, self._partial = (self._partial + data).split(b'\n')
        for line in whole:
            text = line.decode(errors='replace').rstrip('\r')
            self.lines.append((now, text))
        self._changed.set()

    async def _until(self, condition):
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def wait(self, condition, timeout):
        """Serve console and QMP until condition() holds.

        It is asked again after each line and each event. Returns whether it
        held before so many seconds were over.
        """
        try:
            self._run(self._until(condition), max(timeout, 0))
            return True
        except asyncio.TimeoutError:
            return condition()

    def poll(self, condition, timeout):
        """Serve console and QMP until condition() holds; unlike wait() it may
        ask QEMU. Returns whether it held before so many seconds were over.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self._loop.run_until_complete(asyncio.sleep(0.05))
        return True

    def send(self, text):
        """Type this on the console; a machine that is gone ignores it."""
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            pass

    def qmp(self, command, **arguments):
        """The answer to a QMP command; Failure if there is none.

        After one unanswered command no other is waited for.
        """
        if self._hangs:
            raise Failure('QEMU hangs')
        try:
            return self._run(self._qmp.execute(command, arguments),
                             QMP_TIMEOUT)
        except asyncio.TimeoutError:
            self._hangs = True
            raise Failure(f'QEMU hangs: it did not answer {command}'
                          ) from None
        except Exception as error:  # pylint: disable=broad-except
            raise Failure(f'{command}: {error}') from None

    def event(self, name):
        """The data of the newest QMP event of this name, or None."""
        for event in reversed(self.events):
            if event['event'] == name:
                return event.get('data', {})
        return None

    def unfinished(self):
        """What the console shows of the line that is not complete yet."""
        return self._partial.decode(errors='replace').rstrip('\r')

    def gone(self):
        """Whether the QEMU process has closed its console, so has ended."""
        return not self._console_open

    def host_memory(self):
        """QEMU's VmSize (addresses), VmRSS, VmHWM (the peak) and HugetlbPages
        (in neither) in KiB;
        empty if it is gone."""
        memory = {}
        try:
            with open(f'/proc/{self._process.pid}/status',
                      encoding='ascii') as status:
                for line in status:
                    key, _, value = line.partition(':')
                    if key in ('VmSize', 'VmRSS', 'VmHWM', 'HugetlbPages'):
                        memory[key] = int(value.split()[0])
        except OSError:
            pass
        return memory

    def errors(self):
        """What QEMU wrote to its standard error so far."""
        self._errors.seek(0)
        return self._errors.read().decode(errors='replace').strip()

    def quit(self):
        """End QEMU in good order: its exit status, or None if it hangs."""
        if not self.gone():
            try:
                self.qmp('quit')
            except Failure:
                pass
        hopeless = self._hangs and not self.gone()
        try:
            return self._process.wait(0 if hopeless else QMP_TIMEOUT)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        """End QEMU by force if it still runs, and let go of everything."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._listener:
            self._listener.cancel()
        try:
            self._run(self._qmp.disconnect(), 1)
        except Exception:  # pylint: disable=broad-except
            pass  # QEMU went first
        self._loop.close()
        for stream in (self._process.stdin, self._process.stdout,
                       self._errors):
            try:
                stream.close()
            except BrokenPipeError:
                pass
