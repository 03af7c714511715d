# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The README says of Okta's refusals what the check says."""

from __future__ import annotations

import pytest

from datadog_checks.okta_workflows.errors import REMEDIES

from .troubleshooting import BEGIN, END, README, table, with_table


def test_the_table_in_the_readme_is_the_one_of_the_code() -> None:
    """`python -m tests.troubleshooting` writes it anew."""
    readme = README.read_text('utf-8')
    assert readme == with_table(readme)


def test_the_table_has_a_line_for_each_remedy_in_their_order() -> None:
    heading, rule, *lines = table().splitlines()
    assert (heading, rule) == ('| Status | Code | It means | Do this |', '|---|---|---|---|')
    assert [line.split(' | ')[2:] for line in lines] == [
        [remedy.meaning, f'{remedy.next_step} |'] for remedy in REMEDIES
    ]


def test_a_line_tells_which_answers_it_is_about() -> None:
    assert '| 400 | `invalid_dpop_proof`, `use_dpop_nonce` | ' in table()
    assert '| 400 to 401 | `invalid_client` | ' in table()
    assert '| 500 to 599 | any other | ' in table()


def test_only_the_table_is_replaced() -> None:
    assert with_table(f'before\n{BEGIN}stale{END}after') == f'before\n{BEGIN}\n{table()}\n{END}after'


@pytest.mark.parametrize('readme', ['', BEGIN, END])
def test_a_readme_without_a_place_for_it_is_an_error(readme: str) -> None:
    with pytest.raises(ValueError, match='the README lacks the line'):
        with_table(readme)
