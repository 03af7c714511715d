# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The tables of failed responses in the integration's docs/errors.md, made from the texts of the check.

`python -m tools.error_table` writes them, and a test compares.
"""

from __future__ import annotations

from pathlib import Path

from datadog_checks.okta_workflows.constants import SYSTEM_LOG_PATH, TOKEN_PATH
from datadog_checks.okta_workflows.okta.remedies import INTERMEDIARY_REMEDIES, OKTA_REMEDIES, Remedy

PAGE = Path(__file__).parents[1] / 'okta_workflows' / 'docs' / 'errors.md'
BEGIN = '<!-- Made from the code: python -m tools.error_table -->\n'
END = '<!-- End of what is made from the code -->\n'
ENDPOINTS = {TOKEN_PATH: 'Token', SYSTEM_LOG_PATH: 'System Log', '': 'Any'}


def tables() -> str:
    """One line for each response that has a meaning of its own: of Okta, and of what is on the way to it."""
    okta = [
        '| Endpoint | Status | Code | Meaning | What to do |',
        '|---|---|---|---|---|',
        *map(_okta_line, OKTA_REMEDIES),
    ]
    others = [
        '| Status | The page says | Meaning | What to do |',
        '|---|---|---|---|',
        *map(_line, INTERMEDIARY_REMEDIES),
    ]
    return '\n'.join(
        [
            f'Responses of Okta, from the token endpoint (`POST {TOKEN_PATH}`) and the System Log (`GET '
            f'{SYSTEM_LOG_PATH}`). The first line that matches counts:',
            '',
            *okta,
            '',
            'Responses of a server between the Agent and Okta, which have neither a request id nor an error code of '
            'Okta. The error shows the title or the first words of the page, and the headers `Server` and `Via`:',
            '',
            *others,
            '',
        ]
    )


def _okta_line(remedy: Remedy) -> str:
    return f'| {ENDPOINTS[remedy.path]} {_line(remedy)}'


def _line(remedy: Remedy) -> str:
    first, last = remedy.statuses[0], remedy.statuses[-1]
    status = str(first) if first == last else f'{first} to {last}'
    codes = ', '.join(f'`{code}`' for code in remedy.codes) or 'Any other'
    return f'| {status} | {codes} | {remedy.meaning} | {remedy.next_step} |'


def with_tables(page: str) -> str:
    """Return `page` with the tables up to date. Raises ValueError if it has no place for them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f'the page lacks the line {BEGIN!r} or {END!r}')
    return f'{before}{BEGIN}\n{tables()}\n{END}{after}'


if __name__ == '__main__':
    PAGE.write_text(with_tables(PAGE.read_text('utf-8')), 'utf-8')
