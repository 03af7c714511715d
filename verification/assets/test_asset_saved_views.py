# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The saved views find what they should in the simulated history, and a typo in any of their queries shows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from datadog_logs_local.search import values

from .expectations import READERS, Case, cases, claim, kinds, misspelt, query_faults, typos
from .index import AssetQuery, load, queries

VIEWS = load('saved_views')
QUERIES = [pytest.param(query, id=query.place) for query in queries() if query.kind == 'saved_views']


@pytest.fixture(scope='module')
def history() -> Sequence[Case]:
    return cases()


@pytest.fixture(scope='module')
def examples() -> Sequence[Case]:
    return kinds()


def test_names_are_unique() -> None:
    names = [view['name'] for view in VIEWS.values()]
    assert names and len(set(names)) == len(names)


@pytest.mark.parametrize('query', QUERIES)
def test_view_finds_what_it_should_and_nothing_else(query: AssetQuery, history: Sequence[Case]) -> None:
    assert list(query_faults(query.text, query.facets, claim(query.asset, query.place), {}, history)) == []


@pytest.mark.parametrize('query', QUERIES)
def test_every_facet_and_column_has_something_to_show(query: AssetQuery, history: Sequence[Case]) -> None:
    wanted = claim(query.asset, query.place)
    found = [case for case in history if wanted(case.sent)]
    for facet in query.facets:
        assert any(values(case.log, facet) for case in found), facet
        assert [case for case in found if values(case.log, facet) != READERS[facet](case.sent)] == [], facet


@pytest.mark.parametrize('query', QUERIES)
def test_typo_in_a_view_is_reported(query: AssetQuery, examples: Sequence[Case]) -> None:
    """In any field or value of the query, or in a facet or column."""
    wanted = claim(query.asset, query.place)
    assert list(query_faults(query.text, query.facets, wanted, {}, examples)) == []
    mutants = [(text, query.facets) for text in misspelt(query.text)]
    mutants += [(query.text, (typo,)) for facet in query.facets for typo in typos(facet)]
    assert [mutant for mutant in mutants if not any(query_faults(*mutant, wanted, {}, examples))] == []
