# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetch what the project needs from Debian, on the days that it is not there.

  apt.py      the machine's apt as a tool: mirrors, options, what went wrong
  lists.py    package lists, each one by itself, and the last good copy of it
  files.py    one file, checked against its SHA-256
  table.py    scripts/fetch.table: what may stand in for what
  take.py     go through that until there is something
  records.py  what was taken, for whoever reports it
"""
