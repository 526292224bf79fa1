# SPDX-License-Identifier: GPL-2.0-or-later
"""The map on a terminal, by curses."""

import curses
import time

from ..paths import Failure
from .frame import PAGE, end_of, size
from .views import BRIGHT_WHITE, VIEWS

# Columns left of the cells: an address.
MARGIN = 14
# Lines above and below them: title; legend, page, counters, keys.
ABOVE, BELOW = 1, 4
CELLS_MAX = 8192

HELP = '''\
m, 1-7      next view; view by number: key, fetch, reference, change,
            page state, in host memory, mixed
+ -         zoom in at the cursor, zoom out; 0 all of memory
arrows      move the cursor; Page Up, Page Down, Home, End: pan
Tab         next region of memory (memory devices are regions, too)
g           go to an address
/ n         find a page with an access key; the next one
p, Space    pause, go on
mouse       click: cursor; double click: zoom in; wheel: pan
q           end

A cell shows what most of its pages are; reference and change are shown if
any page has them. A cell that is underlined holds pages that differ.
A picture goes to a file by kvm390-map --svg FILE (--png, --html, --csv).'''


def _show_cursor(on):
    try:
        curses.curs_set(on)
    except curses.error:
        pass                # some terminals always show it


class Colours:
    """Attributes for the views' 16 colours, as many as there are."""

    def __init__(self):
        self._pairs = {}
        if not curses.has_colors():
            return
        curses.use_default_colors()
        for colour in range(16):
            if curses.COLORS < 16 and colour >= 8:
                front, back = curses.COLOR_WHITE, colour - 8
            else:
                front, back = (0 if colour in (7, *range(9, 16)) else 7,
                               colour)
            curses.init_pair(colour + 1, front, back)
            self._pairs[colour] = curses.color_pair(colour + 1)

    def of(self, colour):
        return self._pairs.get(colour, curses.A_NORMAL)


class Screen:
    """What is shown, and what keys do to it."""

    def __init__(self, window, source, view, interval, film=None):
        self._window = window
        self._source = source
        self._view = VIEWS.index(view)
        self._interval = interval
        self._film = film
        self._colours = Colours()
        self._paused = self._help = False
        self._message = ''
        self._first = self._shift = None    # None: all of memory
        self._cursor = 0                    # a page
        self._key = None                    # looked for last
        self._frame = None
        self._rates = ''
        self._next = 0.0
        _show_cursor(False)
        curses.mousemask(curses.ALL_MOUSE_EVENTS)
        window.keypad(True)

    # --- what is shown ---

    def _grid(self):
        """(rows, columns) of cells that fit."""
        height, width = self._window.getmaxyx()
        columns = 1
        while columns * 2 <= max(width - MARGIN, 1):
            columns *= 2
        rows = max(height - ABOVE - BELOW, 1)
        return min(rows, CELLS_MAX // columns), columns

    def _range(self):
        """(first, shift, count) to look at."""
        rows, columns = self._grid()
        cells = rows * columns
        if self._first is None:
            end = end_of(self._frame.regions) if self._frame else 1
            shift = 0
            while (cells << shift) < end:
                shift += 1
            return 0, shift, min(cells << shift, max(end, 1))
        return self._first, self._shift, cells << self._shift

    def _look(self):
        before = self._frame
        if not self._source.moves:
            rows, columns = self._grid()
            self._frame = self._source.look().fit(rows * columns)
        else:
            # Asking the host what it holds costs more than all the rest.
            resident = bool(self._film) or \
                VIEWS[self._view].name == 'resident'
            if before is None:
                self._frame = self._source.look(resident=False)
            first, shift, count = self._range()
            self._frame = self._source.look(first, shift, count, resident)
        seconds = self._frame.when - before.when if before else 0
        changes = self._frame.changes(before)
        self._rates = ''
        if changes and seconds > 0:
            keys, states = (change / seconds for change in changes)
            self._rates = f'changed/s: keys {keys:.0f} states {states:.0f}'
        if self._film:
            self._film.add(self._frame)

    def _put(self, y, x, text, attribute=curses.A_NORMAL):
        height, width = self._window.getmaxyx()
        if 0 <= y < height and x < width:
            room = width - x - (y == height - 1)
            self._window.addnstr(y, x, text, room, attribute)

    def _draw_cells(self):
        rows, columns = self._grid()
        view = VIEWS[self._view]
        cells = self._frame.cells
        cursor = self._frame.index(self._cursor)
        for row in range(rows):
            at = row * columns
            if at >= len(cells):
                break
            self._put(ABOVE + row, 0, f'{self._frame.gfn(at) * PAGE:>12x}')
            for column, cell in enumerate(cells[at:at + columns]):
                letter, colour = view.of(cell)
                attribute = self._colours.of(colour)
                if cell and cell.mixed:
                    attribute |= curses.A_UNDERLINE
                if at + column == cursor:
                    attribute = self._colours.of(BRIGHT_WHITE) | \
                        curses.A_BOLD | curses.A_REVERSE
                self._put(ABOVE + row, MARGIN + column, letter, attribute)

    def _cursor_text(self):
        index = self._frame.index(self._cursor)
        cell = self._frame.cells[index] if index is not None else None
        region = self._frame.region(self._cursor)
        where = f'{self._cursor * PAGE:#x} {region.name if region else ""}'
        if not cell:
            return f'{where}: no memory'
        bits = ''.join(letter for letter, bit in zip('FRC', (8, 4, 2))
                       if cell.key & bit)
        state = ('stable', 'unused', 'potentially volatile',
                 'volatile')[cell.state & 3]
        return (f'{where}: key {cell.key >> 4} {bits or "-"}, {state}'
                f'{", given back" if cell.state & 4 else ""}'
                f'{", no-DAT" if cell.state & 0x40 else ""}'
                + (f', {cell.resident}/8 in host memory'
                   if cell.resident is not None else '')
                + (', pages differ' if cell.mixed else ''))

    def _counters(self):
        info = self._frame.info
        parts = [self._rates] if self._rates else []
        pages = info.get('cmma-pages')
        if pages:
            parts.append(f'unused {pages["unused"]} given back '
                         f'{pages["discarded"]}')
        parts += [f'{c["name"].replace("cmma-", "")} {c["value"]}'
                  for c in info.get('counters', ()) if c['value']]
        return '  '.join(parts)

    def _draw(self):
        height, _ = self._window.getmaxyx()
        frame, view = self._frame, VIEWS[self._view]
        self._window.erase()
        last = frame.gfn(len(frame.cells)) * PAGE - 1
        answer = frame.answer
        self._put(0, 0, (
            f'kvm390-map  {view.title}  {frame.first * PAGE:#x}-{last:#x}  '
            f'cell {size(1 << frame.shift)}'
            + ('' if answer['looks'] == 1 << frame.shift else
               f' ({answer["looks"]} pages looked at)')
            + ('  PAUSED' if self._paused else '')
            + ('' if self._source.moves else f'  {frame.when:.1f} s')
            + ('' if answer['skeys-used'] else '  keys not used')
            + ('' if answer['cmma'] else '  no CMMA')), curses.A_BOLD)
        if self._help:
            for number, line in enumerate(HELP.splitlines()):
                self._put(ABOVE + 1 + number, 2, line)
        else:
            self._draw_cells()
        x = 0
        seen = {view.of(cell)[0] for cell in frame.cells if cell}
        for letter, colour, text in view.legend:
            if letter in seen or len(view.legend) < 8:
                self._put(height - 4, x, f' {letter} ',
                          self._colours.of(colour))
                self._put(height - 4, x + 4, text)
                x += len(text) + 5
        self._put(height - 3, 0, self._cursor_text())
        self._put(height - 2, 0, self._counters())
        self._put(height - 1, 0, self._message or
                  'q end  m view  +- zoom  Tab region  g go to  '
                  '/ find key  p pause  h help', curses.A_REVERSE)
        self._window.refresh()

    # --- what keys do ---

    def _ask(self, prompt):
        """A line that is typed on the last line of the screen."""
        height, _ = self._window.getmaxyx()
        self._put(height - 1, 0, ' ' * 200)
        self._put(height - 1, 0, prompt, curses.A_REVERSE)
        self._window.timeout(-1)
        curses.echo()
        _show_cursor(True)
        text = self._window.getstr(height - 1, len(prompt), 40)
        curses.noecho()
        _show_cursor(False)
        return text.decode(errors='replace').strip()

    def _moving(self):
        if not self._source.moves:
            self._message = 'a recording shows what was recorded'
        return self._source.moves

    def _show(self, gfn):
        """Put the cursor there, and pan so that it is seen."""
        self._cursor = max(0, min(gfn, end_of(self._frame.regions) - 1))
        first, shift, count = self._range()
        if self._first is not None and \
                not first <= self._cursor < first + count:
            unit = self._grid()[1] << shift
            self._first = max(0, self._cursor - count // 2) // unit * unit
            self._next = 0

    def _zoom(self, step):
        if not self._moving():
            return
        rows, columns = self._grid()
        shift = max(0, min(self._frame.shift + step, 40))
        unit = columns << shift
        if (rows * columns << shift) >= end_of(self._frame.regions):
            self._first = None
        else:
            self._shift = shift
            half = (rows // 2) * unit
            self._first = max(0, self._cursor - half) // unit * unit
        self._next = 0

    def _pan(self, cells):
        self._show(self._cursor + (cells << self._frame.shift))

    def _next_region(self):
        regions = sorted(self._frame.regions)
        later = [r for r in regions if r.first > self._cursor]
        region = (later or regions)[0]
        if self._moving():
            rows, columns = self._grid()
            shift = 0
            while (rows * columns << shift) < region.count:
                shift += 1
            self._first = region.first >> shift << shift
            self._shift = shift
            self._cursor = region.first
            self._message = f'{region.name}: {size(region.count)}'
            self._next = 0

    def _find(self, again):
        if not again or self._key is None:
            text = self._ask('access key: ')
            try:
                self._key = int(text, 0)
            except ValueError:
                self._key = None
        if self._key is None or not 0 <= self._key <= 15:
            self._message = 'an access key is 0 to 15'
            return
        at = self._source.find(self._key, self._cursor + bool(again),
                               self._frame.regions)
        if at is None:
            self._message = f'no page with key {self._key} from here on'
        else:
            self._message = f'key {self._key} at {at * PAGE:#x}'
            self._show(at)

    def _go(self):
        text = self._ask('address: ')
        try:
            self._show(int(text, 16) // PAGE)
        except ValueError:
            self._message = f'{text} is no hexadecimal address'

    def _mouse(self):
        try:
            _, x, y, _, button = curses.getmouse()
        except curses.error:
            return
        rows, columns = self._grid()
        if button & curses.BUTTON4_PRESSED:
            self._pan(-columns)
        elif button & getattr(curses, 'BUTTON5_PRESSED', 1 << 21):
            self._pan(columns)
        elif 0 <= y - ABOVE < rows and 0 <= x - MARGIN < columns:
            index = (y - ABOVE) * columns + x - MARGIN
            if index < len(self._frame.cells):
                self._cursor = self._frame.gfn(index)
            if button & curses.BUTTON1_DOUBLE_CLICKED:
                self._zoom(-2)

    def _key_pressed(self, key):
        """False at the end."""
        rows, columns = self._grid()
        self._message = ''
        moves = {curses.KEY_LEFT: -1, curses.KEY_RIGHT: 1,
                 curses.KEY_UP: -columns, curses.KEY_DOWN: columns,
                 curses.KEY_PPAGE: -rows * columns,
                 curses.KEY_NPAGE: rows * columns}
        keys = {'m': lambda: self._set_view(self._view + 1),
                '+': lambda: self._zoom(-1), '=': lambda: self._zoom(-1),
                '-': lambda: self._zoom(1), '0': self._all,
                '\t': self._next_region, 'g': self._go,
                '/': lambda: self._find(False), 'n': lambda: self._find(True),
                'p': self._pause, ' ': self._pause, 'h': self._toggle_help,
                '?': self._toggle_help}
        if key == ord('q'):
            return False
        if key in moves:
            self._pan(moves[key])
        elif key == curses.KEY_HOME:
            self._show(0)
        elif key == curses.KEY_END:
            self._show(end_of(self._frame.regions) - 1)
        elif key == curses.KEY_MOUSE:
            self._mouse()
        elif key == curses.KEY_RESIZE:
            self._next = 0
        elif ord('1') <= key < ord('1') + len(VIEWS):
            self._set_view(key - ord('1'))
        elif 0 < key < 256 and chr(key) in keys:
            keys[chr(key)]()
        return True

    def _set_view(self, number):
        self._view = number % len(VIEWS)
        self._next = 0 if self._source.moves else self._next

    def _all(self):
        self._first = None
        self._next = 0

    def _pause(self):
        self._paused = not self._paused

    def _toggle_help(self):
        self._help = not self._help

    def run(self):
        """Until q, or the end of the guest: what ended it, or None."""
        while True:
            now = time.monotonic()
            if self._frame is None or self._next == 0 or (
                    not self._paused and now >= self._next
                    and not (self._source.last() and
                             not self._source.moves)):
                try:
                    self._look()
                except Failure as failure:
                    return str(failure)
                self._next = now + self._interval
            self._draw()
            wait = max(self._next - time.monotonic(), 0.02)
            self._window.timeout(int(1000 * wait))
            if not self._key_pressed_or_time():
                return None

    def _key_pressed_or_time(self):
        key = self._window.getch()
        return key == -1 or self._key_pressed(key)


def show(source, view, interval, film=None):
    """Run the screen on this terminal: what ended it, or None for q."""
    try:
        return curses.wrapper(
            lambda window: Screen(window, source, view, interval, film).run())
    except curses.error as error:
        raise Failure(f'the terminal cannot show this: {error}') from None
