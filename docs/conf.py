# SPDX-License-Identifier: GPL-2.0-or-later
"""What Sphinx is told: make docs."""
from pathlib import Path

project = 'kvm390'
release = (Path(__file__).resolve().parent.parent /
           'VERSION').read_text(encoding='ascii').strip()
version = release
language = 'en'
# project_copyright would put a year on each page
html_show_copyright = False
html_theme = 'alabaster'
html_theme_options = {'description': 'storage keys, CMMA and the KVM API of '
                                     's390x in an emulated machine'}
html_sidebars = {'**': ['about.html', 'navigation.html', 'searchbox.html']}
html_show_sourcelink = False
# A page that no table of contents names, and a link that leads nowhere, are
# warnings, and warnings are errors.
nitpicky = True
