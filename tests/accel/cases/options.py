# SPDX-License-Identifier: GPL-2.0-or-later
"""The options: what is listed, what is refused and how."""

# (property, what the message has to name)
WRONG = [('thread=nonsense', "Invalid 'thread' setting nonsense"),
         ('tb-size=many', "'tb-size'"),
         ('one-insn-per-tb=perhaps', "'one-insn-per-tb'"),
         ('split-wx=perhaps', "'split-wx'"),
         ('nonsense=1', 'nonsense')]
WRONG_KVM390 = [('skeys=perhaps', "'skeys'"), ('cmma=perhaps', "'cmma'")]


def listed(case):
    status, text = case.refusal(['-accel', 'help'])
    case.ok(status == 0 and case.accel in text.split(),
            '-accel help lists it', text)


def wrong(case):
    """One line that names what is wrong, and the exit status 1."""
    own = WRONG_KVM390 if case.accel == 'kvm390' else []
    for value, names in WRONG + own:
        status, text = case.refusal(['-accel', case.accelerator(value)])
        lines = [line for line in text.splitlines() if line]
        case.ok(status == 1 and len(lines) == 1 and names in lines[0],
                f'{value} is refused by name', f'{status}: {text}')


def foreign(case):
    """kvm390's own properties are nobody else's."""
    for value in ('skeys=on', 'cmma=on'):
        status, text = case.refusal(['-accel', case.accelerator(value)])
        case.ok(status == 1 and 'not found' in text, f'{value} is refused',
                text)


CASES = [('options', ('kvm390', 'tcg'), listed),
         ('options-wrong', ('kvm390', 'tcg'), wrong),
         ('options-foreign', ('tcg',), foreign)]
