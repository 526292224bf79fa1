# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import UnitTest

# A and B are the same: no guest takes part.
ROW = UnitTest('a pass over the log of 1000 scattered pages, and what page '
               'states cost', 'cmma', ['memory', 'big-guest'])
