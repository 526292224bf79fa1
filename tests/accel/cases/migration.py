# SPDX-License-Identifier: GPL-2.0-or-later
"""Live migration of a running Linux from one QEMU to a second."""

import os

from kvm390.paths import Failure

from .keepcount import Keepcount, in_sequence


def migrate(case, source, address):
    """Move the machine; the source's last word on it."""
    source.qmp('migrate', uri=address)

    def done():
        info = source.qmp('query-migrate')
        return info.get('status') in ('completed', 'failed') and info

    source.poll(done, case.timeout)
    info = done()
    if not info:
        raise Failure('the migration does not end')
    return info


def linux(case, cpus):
    address = f'unix:{os.path.join(case.work, "migration")}'
    source = case.linux('keepcount', smp=cpus)
    target = case.linux('keepcount', smp=cpus, extra=['-incoming', address])
    before = Keepcount(case, source)
    total = before.started()
    counts, _, word = before.show('set moved')
    case.equal(word, 'moved', 'the source takes a word')

    info = migrate(case, source, address)
    case.equal(info.get('status'), 'completed', 'the migration completes')
    source.wait(lambda: source.event('STOP') is not None, case.timeout)
    source.poll(lambda: False, 0.2)      # what was still on its way
    last = before.ticks(3)[-1]

    after = Keepcount(case, target)
    ticks = after.ticks(10)
    case.equal(target.qmp('query-status')['status'], 'running',
               'the target runs')
    case.ok(in_sequence(ticks), 'the target counts on without a gap', ticks)
    case.ok(ticks[0] in (last, last + 1),
            'from where the source stopped', f'{ticks[0]} after {last}')
    moved_counts, moved_sum, word = after.show()
    case.equal(word, 'moved', 'the word is kept')
    case.equal(moved_sum, total, 'memory is kept')
    case.ok(len(moved_counts) == cpus and all(
        new > old for new, old in zip(moved_counts, counts)),
        f'each of {cpus} CPUs works on', f'{moved_counts} after {counts}')
    after.end()
    case.equal(case.outcome(target), 0, 'the target powers itself off')
    case.equal(source.quit(), 0, 'the source ends')


def one(case):
    linux(case, 1)


def four(case):
    linux(case, 4)


CASES = [('migration', ('kvm390', 'tcg'), one),
         ('migration-4', ('kvm390',), four)]
