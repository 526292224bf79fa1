# SPDX-License-Identifier: GPL-2.0-or-later
"""kvm390-map: storage keys and page states of a guest, to look at.

frame.py    what query-kvm390-map answered
source.py   where frames come from: a guest, or a recording
views.py    what a cell shows: a letter and a colour
picture.py  PNG, SVG, HTML, CSV
screen.py   the terminal
"""
