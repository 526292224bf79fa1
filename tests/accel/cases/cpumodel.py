# SPDX-License-Identifier: GPL-2.0-or-later
"""The CPU models: kvm390 adds what is listed here, and tcg stays as it is."""

from kvm390 import guest

# The features that kvm390 adds to TCG's largest model, and for what. A
# capability that brings features lists them here.
ADDED = {
    'csske': 'storage keys: conditional SSKE',
    'edat': 'storage keys: PFMF, SSKE of a block, access control by the entry',
    'edat2': 'storage keys: the same with 2-GiB frames',
    'irbm': 'storage keys: IRBM',
    'nonqks': 'storage keys: nonquiescing SSKE and PFMF',
    'sief2': 'SIE: interpretive execution',
    '64bscao': 'SIE: a system control area anywhere in storage',
    'gsls': 'SIE: main storage by the primary space',
    'kss': 'SIE: keyless subset',
    'gpereh': 'SIE: PER for the host',
    'siif': 'SIE: the counted interlock of translation tables',
    'sigpif': 'SIE: external call and sense running status',
    'cei': 'SIE: timers without the host',
    'cmm': 'CMMA: ESSA',
    'cmmnt': 'CMMA: ESSA, the no-DAT state',
    'sthyi': 'STORE HYPERVISOR INFORMATION, which KVM executes for a guest',
}

# Models whose features the accelerator decides; the others only tell what a
# real machine had, whether or not it can be run.
OWN = ('qemu', 'max')
MODELS = (*OWN, 'z14-base', 'z10EC')


def expansions(case, accel):
    """{(model, type): its properties}, and the models that can be used."""
    machine = case.start(guest.machine_arguments(accel=accel, mem='128M',
                                                 extra=['-S']))
    found = {}
    for model in MODELS:
        for kind in ('full', 'static'):
            found[model, kind] = machine.qmp(
                'query-cpu-model-expansion', type=kind,
                model={'name': model})['model']
    usable = {entry['name'] for entry in machine.qmp('query-cpu-definitions')
              if not entry.get('unavailable-features')}
    machine.quit()
    return found, usable


def features(model):
    return {name for name, on in model['props'].items() if on is True}


def models(case):
    kvm390, kvm390_usable = expansions(case, 'kvm390')
    tcg, tcg_usable = expansions(case, 'tcg')
    for name in MODELS:
        with_it = features(kvm390[name, 'full'])
        without = features(tcg[name, 'full'])
        added = with_it - without
        if name == 'max':
            case.equal(added, set(ADDED),
                       'max: has just the documented features beyond tcg')
        case.ok(added <= set(ADDED),
                f'{name}: has no other feature beyond tcg', added)
        case.equal(without - with_it, set(), f'{name}: lacks none of tcg')
        if name in OWN:
            case.equal(without & set(ADDED), set(),
                       f'{name}: has none of them under tcg')
        case.equal(*(model[name, 'static']['name']
                     for model in (kvm390, tcg)),
                   f'{name}: has the same static base')
    case.equal(tcg_usable - kvm390_usable, set(),
               'every model that tcg can run, kvm390 can')


CASES = [('cpumodel', ('kvm390',), models)]
