# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test found, as TAP; the last line is the one scripts/check reads."""


class Facts:
    """Counts and prints facts, in the order in which they are found."""

    def __init__(self):
        self.number = self.failed = self.skipped = 0

    def ok(self, good, text, detail=''):
        """A fact; what is known of a failure follows it. Returns @good."""
        self.number += 1
        self.failed += not good
        print(f'{"ok" if good else "not ok"} {self.number} - {text}',
              flush=True)
        if not good and detail:
            print('\n'.join(f'# {line}' for line in
                            str(detail).splitlines()), flush=True)
        return good

    def equal(self, found, expected, text):
        """The fact that two values are the same."""
        return self.ok(found == expected, text,
                       f'found    {found}\nexpected {expected}')

    def skip(self, text, reason):
        """A fact that cannot be found here."""
        self.number += 1
        self.skipped += 1
        print(f'ok {self.number} - {text} # SKIP {reason}', flush=True)

    def result(self):
        """Print the last lines; the exit status."""
        passed = self.number - self.failed - self.skipped
        skipped = f', {self.skipped} skipped' if self.skipped else ''
        print(f'1..{self.number}\n{passed} passed, {self.failed} failed'
              f'{skipped}')
        return int(self.failed > 0)
