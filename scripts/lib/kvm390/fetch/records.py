# SPDX-License-Identifier: GPL-2.0-or-later
"""What was taken for each purpose of scripts/fetch.table, and why.

build/fetched/PURPOSE is JSON; boot's summary and the tests' reports print it.
"""

import json
import os

from ..paths import BUILD
from .version import upstream

PLACE = os.path.join(BUILD, 'fetched')


def write(purpose, **facts):
    """Record what happened to a purpose.

    facts: label, package, version, suite and, if it is not what was looked
    for first, why; or label and missing, the reason why there is nothing.
    """
    os.makedirs(PLACE, exist_ok=True)
    scratch = os.path.join(PLACE, f'.{purpose}.{os.getpid()}')
    with open(scratch, 'w', encoding='utf-8') as file:
        json.dump({'purpose': purpose, **facts}, file, indent=1)
    os.replace(scratch, os.path.join(PLACE, purpose))


def read(purpose):
    """The record of a purpose; empty if there is none."""
    try:
        with open(os.path.join(PLACE, purpose), encoding='utf-8') as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return {}


def origin(purpose):
    """Where it is from, for brackets: "trixie, newest 1.2 not delivered"."""
    record = read(purpose)
    if 'suite' not in record:
        return None
    why = record.get('why')
    return record['suite'] + (f', {why}' if why else '')


def missing(purpose):
    """Why the last search for a purpose found nothing, or None."""
    return read(purpose).get('missing')


def instead():
    """A line for each purpose whose first choice was not to be had."""
    if not os.path.isdir(PLACE):
        return []
    lines = []
    for purpose in sorted(os.listdir(PLACE)):
        record = read(purpose)
        if 'missing' in record:
            lines.append(f'{record["label"]}: none, {record["missing"]}')
        elif record.get('why'):
            lines.append(f'{record["label"]} {upstream(record["version"])} '
                         f'({origin(purpose)})')
    return lines
