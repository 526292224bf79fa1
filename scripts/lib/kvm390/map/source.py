# SPDX-License-Identifier: GPL-2.0-or-later
"""Where frames come from: a guest's QMP, or a recording."""

import base64
import json
import time

from ..paths import Failure
from .frame import Frame, end_of

FORMAT = 'kvm390-map 1'
# A key is looked for in so many pages at a time (KVM_S390_SKEYS_MAX).
FIND_STEP = 1 << 20


class Live:
    """A guest that runs."""

    moves = True        # it can be asked for another range

    def __init__(self, qmp):
        self._qmp = qmp
        self._start = time.monotonic()

    def look(self, first=None, shift=None, count=None, resident=True):
        """A Frame of a range; of all memory if none is given."""
        arguments = {'resident': resident}
        if first is not None:
            arguments['start-gfn'] = first
        if count is not None:
            arguments['count'] = count
        if shift is not None:
            arguments['shift'] = shift
        answer = self._qmp.execute('query-kvm390-map', **arguments)
        return Frame(answer, self._qmp.execute('query-kvm390'),
                     time.monotonic() - self._start)

    def find(self, key, gfn, regions):
        """The first page from @gfn on with this access key, or None."""
        for region in sorted(regions):
            at = max(gfn, region.first)
            end = region.first + region.count
            while at < end:
                count = min(FIND_STEP, end - at)
                answer = self._qmp.execute('kvm390-get-skeys', **{
                    'start-gfn': at, 'count': count})
                keys = base64.b64decode(answer.get('data', ''))
                if not answer['used']:
                    return at if key == 0 else None
                for offset, value in enumerate(keys):
                    if value >> 4 == key:
                        return at + offset
                at += count
        return None

    def last(self):
        return False


class Recording:
    """What --record wrote."""

    moves = False

    def __init__(self, path):
        try:
            with open(path, encoding='utf-8') as file:
                if file.readline().strip() != json.dumps(FORMAT):
                    raise Failure(f'{path} is no recording of kvm390-map')
                self._frames = [
                    Frame(*(json.loads(line)[key]
                            for key in ('map', 'info', 'when')))
                    for line in file]
        except (OSError, ValueError, KeyError, UnicodeError) as error:
            raise Failure(f'{path}: {error}') from None
        if not self._frames:
            raise Failure(f'{path} holds nothing')
        self._next = 0

    def look(self, first=None, shift=None, count=None, resident=True):
        frame = self._frames[min(self._next, len(self._frames) - 1)]
        self._next += 1
        return frame

    def find(self, key, gfn, regions):
        frame = self._frames[min(max(self._next - 1, 0),
                                 len(self._frames) - 1)]
        for index, cell in enumerate(frame.cells):
            if cell and frame.gfn(index) >= gfn and cell.key >> 4 == key:
                return frame.gfn(index)
        return None

    def last(self):
        """Whether all of it was shown."""
        return self._next >= len(self._frames)


class Film:
    """Writes frames to a file that Recording reads."""

    def __init__(self, path):
        # pylint: disable=consider-using-with
        self._file = open(path, 'w', encoding='utf-8')
        print(json.dumps(FORMAT), file=self._file)

    def add(self, frame):
        print(json.dumps({'when': round(frame.when, 3), 'map': frame.answer,
                          'info': {key: frame.info[key] for key in
                                   ('version', 'cmma-pages', 'counters')
                                   if key in frame.info}},
                         separators=(',', ':')), file=self._file, flush=True)

    def close(self):
        self._file.close()


__all__ = ['Live', 'Recording', 'Film', 'end_of']
