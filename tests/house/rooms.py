# SPDX-License-Identifier: GPL-2.0-or-later
"""Which file of this project uses what of which other one.

Taken from the symbols of the object files, so it is what the linker sees: a
file uses another one if it leaves undefined what that one defines.
"""
import re
import subprocess

# The rooms that a room may use, besides itself (docs/architecture.rst).
MAY_USE = {
    'monitor': {'accel', 'api', 'hw', 'target-s390x-ext', 'core'},
    'accel': {'api', 'target-s390x-ext', 'core'},
    'api': {'target-s390x-ext', 'core'},
    'hw': {'target-s390x-ext', 'core'},
    'target-s390x-ext': {'core'},
    'core': set(),
    'client': {'core'},
}
# Of core/, what both ends of a connection share.
SHARED = re.compile(r'core/(wire|buffers|layouts|protmap)$')
DEFINED = set('TDBRVWCGS')


def room(name):
    return name.split('/')[0]


def symbols(name_of, objects):
    """{file: (defined, undefined)} of object files and archives' members."""
    files = {}
    out = subprocess.run(['nm', '-A', *objects], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    for line in out.splitlines():
        where, rest = line.rsplit(':', 1)
        name = name_of(where)
        if not name:
            continue
        defined, undefined = files.setdefault(name, (set(), set()))
        *_, kind, symbol = rest.split()
        if kind == 'U':
            undefined.add(symbol)
        elif kind in DEFINED:
            defined.add(symbol)
    return files


def uses(files):
    """{file: {file it uses: the symbols}}"""
    owner = {s: name for name, (defined, _) in files.items() for s in defined}
    graph = {name: {} for name in files}
    for name, (_, undefined) in files.items():
        for symbol in undefined:
            other = owner.get(symbol, name)
            if other != name:
                graph[name].setdefault(other, set()).add(symbol)
    return graph


def circles(graph):
    """Sets of files each of which reaches all others of its set."""
    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for other in graph[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    reach = {name: reached(name) for name in graph}
    return {frozenset(o for o in reach[name] if name in reach[o])
            for name in graph if name in reach[name]}


def forbidden(graph):
    """(file, file it must not use, the symbols), sorted"""
    found = []
    for name, others in graph.items():
        for other, names in others.items():
            if room(other) != room(name) and (
                    room(other) not in MAY_USE.get(room(name), set())
                    or room(name) == 'client' and not SHARED.match(other)):
                found.append((name, other, sorted(names)))
    return sorted(found)


def complaints(graph):
    """What is wrong, as lines"""
    lines = [f'{a} uses {b}: {", ".join(names)}'
             for a, b, names in forbidden(graph)]
    lines += [f'a circle: {" ".join(sorted(c))}'
              for c in sorted(circles(graph), key=sorted)]
    return lines
