# SPDX-License-Identifier: GPL-2.0-or-later
"""What query-kvm390-map answered, as cells."""

import copy
from collections import namedtuple

PAGE = 4096

# Bits of a storage key (z/Architecture Principles of Operation).
KEY_F, KEY_R, KEY_C = 8, 4, 2
# A cell's `mixed`: not all of its pages are the same.
MIXED_KEY, MIXED_STATE, MIXED_MEMORY = 1, 2, 4

Cell = namedtuple('Cell', 'key state resident mixed')
Region = namedtuple('Region', 'first count name')


def _joined(a, b):
    """Two cells as one: the first's key and state, R and C of both."""
    if not a or not b:
        one = a or b
        return one and one._replace(mixed=one.mixed | MIXED_MEMORY)
    resident = a.resident
    if resident is not None and resident != b.resident:
        resident = min(7, max(1, (resident + b.resident) // 2))
    return Cell(a.key | b.key & (KEY_R | KEY_C), a.state, resident,
                a.mixed | b.mixed |
                ((a.key ^ b.key) & ~(KEY_R | KEY_C) and MIXED_KEY) |
                (a.state != b.state and MIXED_STATE))


class Frame:
    """One look at a range of guest memory.

    when     seconds since the first look
    first    guest frame number of the first cell
    shift    a cell is 2 to the power of this pages
    cells    a Cell each; None where there is no memory
    regions  all memory of the guest
    info     what query-kvm390 said, or {}
    """

    def __init__(self, answer, info=None, when=0.0):
        self.answer = answer
        self.info = info or {}
        self.when = when
        self.first = answer['start-gfn']
        self.shift = answer['shift']
        self.regions = [Region(r['start-gfn'], r['count'], r['name'])
                        for r in answer['regions']]
        self.cells = []
        for run in answer['runs']:
            cell = None
            if 'key' in run:
                cell = Cell(run['key'], run['state'], run.get('resident'),
                            run.get('mixed', 0))
            self.cells += [cell] * run['count']

    def gfn(self, index):
        """The first page of a cell."""
        return self.first + (index << self.shift)

    def index(self, gfn):
        """The cell that holds a page; None if none does."""
        index = (gfn - self.first) >> self.shift
        return index if 0 <= index < len(self.cells) else None

    def fit(self, cells):
        """The same in no more than so many cells."""
        frame = self
        while len(frame.cells) > cells:
            frame = frame.halved()
        return frame

    def halved(self):
        """The same with half as many cells."""
        half = copy.copy(self)
        half.shift += 1
        half.first = self.first >> half.shift << half.shift
        cells = [None] * ((self.first - half.first) >> self.shift) + self.cells
        cells += [None] * (len(cells) % 2)
        half.cells = [_joined(a, b)
                      for a, b in zip(cells[::2], cells[1::2])]
        return half

    def region(self, gfn):
        """The region that holds a page, or None."""
        for region in self.regions:
            if region.first <= gfn < region.first + region.count:
                return region
        return None

    def changes(self, before):
        """How many pages' worth of cells have another key and another state
        than before: (keys, states); None for a look at something else."""
        if (before is None or before.first != self.first or
                before.shift != self.shift):
            return None
        keys = states = 0
        for old, new in zip(before.cells, self.cells):
            if old and new:
                keys += (old.key ^ new.key) & ~(KEY_R | KEY_C) != 0
                states += old.state != new.state
        return keys << self.shift, states << self.shift


def end_of(regions):
    """The page after the last one of the guest's memory."""
    return max((r.first + r.count for r in regions), default=0)


def size(pages):
    """So many pages in words."""
    amount = pages * PAGE
    for unit in ('B', 'KiB', 'MiB', 'GiB', 'TiB'):
        if amount < 1024 or unit == 'TiB':
            break
        amount /= 1024
    return f'{amount:.0f} {unit}' if amount == int(amount) \
        else f'{amount:.1f} {unit}'
