# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The README's table of Okta's refusals, made from the texts of the check.

`python -m tests.troubleshooting` writes it, and a test compares.
"""

from __future__ import annotations

from pathlib import Path

from datadog_checks.okta_workflows.errors import REMEDIES, Remedy

README = Path(__file__).parents[1] / 'README.md'
BEGIN = '<!-- Made from the code: python -m tests.troubleshooting -->\n'
END = '<!-- End of what is made from the code -->\n'


def table() -> str:
    """One line for each answer that has a meaning of its own."""
    lines = ['| Status | Code | It means | Do this |', '|---|---|---|---|']
    return '\n'.join([*lines, *map(_line, REMEDIES)]) + '\n'


def _line(remedy: Remedy) -> str:
    first, last = remedy.statuses[0], remedy.statuses[-1]
    status = str(first) if first == last else f'{first} to {last}'
    codes = ', '.join(f'`{code}`' for code in remedy.codes) or 'any other'
    return f'| {status} | {codes} | {remedy.meaning} | {remedy.next_step} |'


def with_table(readme: str) -> str:
    """`readme` with the table as it should be. ValueError where it has no place for one."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f'the README lacks the line {BEGIN!r} or {END!r}')
    return f'{before}{BEGIN}\n{table()}\n{END}{after}'


if __name__ == '__main__':
    README.write_text(with_table(README.read_text('utf-8')), 'utf-8')
