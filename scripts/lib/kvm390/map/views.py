# SPDX-License-Identifier: GPL-2.0-or-later
"""What a cell shows in each view: a letter, and one of 16 colours.

The letter says all, so a terminal without colours and eyes that tell few
apart see the same.
"""

from .frame import KEY_C, KEY_F, KEY_R, MIXED_KEY, MIXED_STATE

# The 16 colours of a terminal, and what they look like in a picture.
(BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, GREY, BRIGHT_RED,
 BRIGHT_GREEN, BRIGHT_YELLOW, BRIGHT_BLUE, BRIGHT_MAGENTA, BRIGHT_CYAN,
 BRIGHT_WHITE) = range(16)
RGB = ('#000000', '#b03030', '#2f8f3f', '#a07a20', '#2f55b0', '#903a90',
       '#2a8a90', '#b8b8b8', '#5a5a5a', '#ff6b5b', '#6fdc6f', '#ffe066',
       '#6f9fff', '#ff8fe0', '#6fe8e8', '#ffffff')

# A colour for each access key; most guests use 0, Linux 0 and 9 or so.
KEY_COLOURS = (BLUE, GREEN, CYAN, RED, MAGENTA, YELLOW, BRIGHT_BLUE,
               BRIGHT_GREEN, BRIGHT_CYAN, BRIGHT_RED, BRIGHT_MAGENTA,
               BRIGHT_YELLOW, WHITE, GREY, BRIGHT_WHITE, BLACK)
HOLE = ' ', BLACK


class View:
    """A way to look at cells.

    name    for the title and --view
    title   in words
    legend  (LETTER, COLOUR, TEXT) of what it shows
    """

    name = title = ''
    legend = ()

    def show(self, cell):
        """(LETTER, COLOUR) of a cell that is memory."""
        raise NotImplementedError

    def of(self, cell):
        """(LETTER, COLOUR) of any cell."""
        return self.show(cell) if cell else HOLE


class Keys(View):
    name, title = 'key', 'access key'
    legend = tuple((f'{key:x}', KEY_COLOURS[key], f'key {key}')
                   for key in range(16))

    def show(self, cell):
        return f'{cell.key >> 4:x}', KEY_COLOURS[cell.key >> 4]


class Bit(View):
    """One bit of the key."""

    def __init__(self, name, title, bit, letter, colour):
        self.name, self.title, self._bit = name, title, bit
        self._on, self._off = (letter, colour), ('.', GREY)
        self.legend = ((letter, colour, title),
                       ('.', GREY, f'no {title}'))

    def show(self, cell):
        return self._on if cell.key & self._bit else self._off


class State(View):
    name, title = 'state', 'page state'
    legend = (('.', BLUE, 'stable'), ('u', YELLOW, 'unused'),
              ('d', RED, 'given back'), ('p', CYAN, 'pot. volatile'),
              ('v', MAGENTA, 'volatile'), ('n', BRIGHT_BLUE, 'no-DAT'))

    def show(self, cell):
        usage = cell.state & 3
        if usage == 1:
            return ('d', RED) if cell.state & 4 else ('u', YELLOW)
        if usage:
            return ('p', CYAN) if usage == 2 else ('v', MAGENTA)
        return ('n', BRIGHT_BLUE) if cell.state & 0x40 else ('.', BLUE)


class Resident(View):
    name, title = 'resident', 'in host memory'
    legend = (('0', GREY, 'nothing'), ('4', YELLOW, 'a part, in eighths'),
              ('8', GREEN, 'all'))

    def show(self, cell):
        if cell.resident is None:
            return '?', GREY
        return str(cell.resident), (GREY if not cell.resident else
                                    GREEN if cell.resident == 8 else YELLOW)


class Mixed(View):
    name, title = 'mixed', 'pages of a cell that differ'
    legend = (('.', GREY, 'all alike'), ('k', GREEN, 'in key'),
              ('s', YELLOW, 'in state'), ('b', RED, 'in both'))

    def show(self, cell):
        return (('.', GREY), ('k', GREEN), ('s', YELLOW), ('b', RED))[
            (cell.mixed & MIXED_KEY != 0) + (cell.mixed & MIXED_STATE)]


VIEWS = (Keys(), Bit('fetch', 'fetch protection', KEY_F, 'F', RED),
         Bit('reference', 'reference', KEY_R, 'R', GREEN),
         Bit('change', 'change', KEY_C, 'C', YELLOW),
         State(), Resident(), Mixed())
BY_NAME = {view.name: view for view in VIEWS}
