# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of a frame: PNG, SVG, HTML; and CSV."""

import html
import struct
import zlib

from .frame import KEY_C, KEY_F, KEY_R, PAGE, size
from .views import BLACK, RGB, VIEWS

COLUMNS = 128
# What a picture shows side by side, unless views are chosen.
SHOWN = ('key', 'state', 'resident')


def rows_of(frame, columns=COLUMNS):
    """The cells, so many a row."""
    cells = frame.cells
    return [cells[at:at + columns] for at in range(0, len(cells), columns)]


def caption(frame):
    pages = len(frame.cells) << frame.shift
    return (f'guest memory from {frame.first * PAGE:#x}, {size(pages)}; '
            f'a cell is {size(1 << frame.shift)}; '
            f'{frame.when:.1f} s after the first look')


def _rgb(colour):
    return bytes.fromhex(RGB[colour][1:])


def png(frame, views, scale=4, gap=8):
    """The views side by side, @scale pixels a cell; the bytes of a file."""
    rows = rows_of(frame)
    width = len(views) * (COLUMNS * scale + gap) + gap
    blank = _rgb(BLACK) * width
    edge = _rgb(BLACK) * gap
    lines = [blank] * gap
    for row in rows:
        line = edge
        for view in views:
            for cell in row:
                line += _rgb(view.of(cell)[1]) * scale
            line += _rgb(BLACK) * ((COLUMNS - len(row)) * scale) + edge
        lines += [line] * scale
    lines += [blank] * gap

    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data +
                struct.pack('>I', zlib.crc32(kind + data)))

    return (b'\x89PNG\r\n\x1a\n' +
            chunk(b'IHDR', struct.pack('>IIBBBBB', width, len(lines), 8, 2,
                                       0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(b''.join(b'\0' + line
                                                  for line in lines), 9)) +
            chunk(b'IEND', b''))


def _svg_view(frame, view, x, scale):
    """One view as SVG: runs of a colour are one rectangle."""
    out = [f'<text x="{x}" y="34" font-weight="bold">{view.title}</text>']
    used = set()
    for number, row in enumerate(rows_of(frame)):
        y = 44 + number * scale
        start = 0
        shown = [view.of(cell) for cell in row] + [None]
        for at in range(1, len(shown)):
            if shown[at] is None or shown[at][1] != shown[start][1]:
                used.add(shown[start])
                out.append(
                    f'<rect x="{x + start * scale}" y="{y}" '
                    f'width="{(at - start) * scale}" height="{scale}" '
                    f'fill="{RGB[shown[start][1]]}"/>')
                start = at
    y = 44 + len(rows_of(frame)) * scale + 18
    colours = {colour for _, colour in used}
    for _, colour, text in view.legend:
        if colour in colours:
            out.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" '
                       f'fill="{RGB[colour]}"/>'
                       f'<text x="{x + 16}" y="{y}">{html.escape(text)}'
                       '</text>')
            y += 15
    return out, y


def svg(frame, views, scale=4, gap=16):
    """The views side by side, each with its legend; the text of a file."""
    body, height = [], 0
    for number, view in enumerate(views):
        part, y = _svg_view(frame, view,
                            gap + number * (COLUMNS * scale + gap), scale)
        body += part
        height = max(height, y)
    width = len(views) * (COLUMNS * scale + gap) + gap
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="11" '
            'shape-rendering="crispEdges">\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
            f'<text x="{gap}" y="16">{html.escape(caption(frame))}</text>\n'
            + '\n'.join(body) + '\n</svg>\n')


def page(frame, views):
    """An HTML page with the picture and the counters."""
    counters = ''.join(
        f'<tr><td>{html.escape(c["name"])}<td>{c["value"]}'
        for c in frame.info.get('counters', ()))
    return ('<!DOCTYPE html>\n<meta charset="utf-8">'
            '<title>kvm390-map</title>\n' + svg(frame, views) +
            f'<table>{counters}</table>\n')


def csv(frame):
    """A line for each run of cells that look alike."""
    lines = ['start,pages,access_key,fetch,reference,change,state,resident,'
             'mixed']
    at = frame.first
    for run in frame.answer['runs']:
        pages = run['count'] << frame.shift
        if 'key' in run:
            key = run['key']
            lines.append(
                f'{at * PAGE:#x},{pages},{key >> 4},{key & KEY_F and 1},'
                f'{key & KEY_R and 1},{key & KEY_C and 1},'
                f'{run["state"]:#04x},{run.get("resident", "")},'
                f'{run.get("mixed", 0)}')
        at += pages
    return '\n'.join(lines) + '\n'


def save(frame, path, kind, views):
    """Write one kind of picture to a file."""
    views = views or [v for v in VIEWS if v.name in SHOWN]
    data = {'png': png, 'svg': svg, 'html': page}[kind](frame, views) \
        if kind != 'csv' else csv(frame)
    if path == '-':
        print(data, end='')
        return
    with open(path, 'wb') as file:
        file.write(data if isinstance(data, bytes) else data.encode())
