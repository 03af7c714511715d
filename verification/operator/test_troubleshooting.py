# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The page of errors explains failed responses in the words of the check."""

from __future__ import annotations

import pytest

from datadog_checks.okta_workflows.okta.remedies import INTERMEDIARY_REMEDIES, OKTA_REMEDIES
from tools.error_table import BEGIN, END, PAGE, tables, with_tables


def test_the_tables_on_the_page_are_those_of_the_code() -> None:
    """`python -m tools.error_table` updates them."""
    page = PAGE.read_text('utf-8')
    assert page == with_tables(page)


def test_the_tables_have_a_line_for_each_remedy_in_their_order() -> None:
    lines = [line.split(' | ')[-2:] for line in tables().splitlines() if line.startswith('|')]
    first = ['Meaning', 'What to do |']
    assert [line for line in lines if len(line) == 2] == [
        first,
        *([remedy.meaning, f'{remedy.next_step} |'] for remedy in OKTA_REMEDIES),
        first,
        *([remedy.meaning, f'{remedy.next_step} |'] for remedy in INTERMEDIARY_REMEDIES),
    ]


@pytest.mark.parametrize(
    'beginning',
    [
        '| Any | 400 to 401 | `invalid_dpop_proof`, `use_dpop_nonce` | ',
        '| Token | 400 to 401 | `invalid_client` | ',
        '| System Log | 401 | Any other | ',
        '| Any | 500 to 599 | Any other | ',
        '| 400 to 499 | `SSL certificate`, `client certificate` | ',
        '| 407 | Any other | ',
    ],
)
def test_a_line_tells_which_responses_it_is_about(beginning: str) -> None:
    assert f'\n{beginning}' in tables()


def test_only_the_tables_are_replaced() -> None:
    assert with_tables(f'before\n{BEGIN}stale{END}after') == f'before\n{BEGIN}\n{tables()}\n{END}after'


@pytest.mark.parametrize('page', ['', BEGIN, END])
def test_a_page_without_a_place_for_them_is_an_error(page: str) -> None:
    with pytest.raises(ValueError, match='the page lacks the line'):
        with_tables(page)
