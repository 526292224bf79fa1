# SPDX-License-Identifier: GPL-2.0-or-later
from kvm390.bench import BareMetal

ROW = BareMetal('stores to pages with translated code, a large TLB',
                'code-page', mem='256M')
