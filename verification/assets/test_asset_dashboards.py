# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The dashboards find what they should in the simulated history, and a typo in any of their queries shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import pytest
from datadog_api_client.v1.model.dashboard import Dashboard

from datadog_logs_local.analytics import TimeRange, Variables, event_list, scalar, template_variables, timeseries
from datadog_logs_local.search import parse_query, values
from simulation import NOW_MS, START_MS

from .api_models import faults
from .expectations import (
    CLAIMS,
    READERS,
    Case,
    Claim,
    Reader,
    Sent,
    both,
    cases,
    claim,
    kinds,
    misspelt,
    query_faults,
    typos,
)
from .index import KINDS, AssetQuery, Widget, census, load, queries, request_queries, texts, widgets

DASHBOARDS: Mapping[str, Any] = load('dashboards')
WEEK_MS = 7 * 24 * 3_600_000
HISTORY = TimeRange(START_MS, NOW_MS + 1)
LAST_WEEK = TimeRange(NOW_MS - WEEK_MS, NOW_MS + 1)
# Dashboards that Datadog ships have it, and its API takes it, but the typed model does not know it.
KEYS_NOT_IN_THE_MODEL = ('should_exclude_missing: unknown key',)
# What an attribute's `*` means as the value of a template variable is not documented.
READINGS = [pytest.param(False, id='star restricts nothing'), pytest.param(True, id='star asks for the attribute')]
CALCULATIONS: Mapping[str, Callable[[Sequence[Any]], float]] = {
    'cardinality': lambda found: len(set(found)),
    'max': max,
}
MINOR_WORDS = {'and', 'or', 'of', 'the'}

DASHBOARD_QUERIES = [query for query in queries() if query.kind == 'dashboards']
QUERIES = [pytest.param(query, id=f'{query.asset}: {query.place}') for query in DASHBOARD_QUERIES]
WIDGETS = [
    pytest.param(name, widget, id=f'{name.removesuffix(".json")}: {widget.title}')
    for name, dashboard in DASHBOARDS.items()
    for widget in widgets(dashboard)
    if widget.requests
]


def variables(
    name: str, chosen: Mapping[str, Sequence[str]] | None = None, *, star_asks_for_attribute: bool = False
) -> Variables:
    definitions = DASHBOARDS[name]['template_variables']
    return template_variables(definitions, chosen, star_asks_for_attribute=star_asks_for_attribute)


def claim_of(query: AssetQuery) -> Claim:
    title, _, name = query.place.rpartition(' / ')
    return claim(query.asset, title, name)


@pytest.fixture(scope='module')
def history() -> Sequence[Case]:
    return cases()


@pytest.fixture(scope='module')
def examples() -> Sequence[Case]:
    return kinds()


@pytest.mark.parametrize('name', DASHBOARDS)
def test_dashboard_is_of_the_typed_model(name: str) -> None:
    """No value that the API would refuse, no key that it does not know."""
    assert [fault for fault in faults(DASHBOARDS[name], Dashboard) if not fault.endswith(KEYS_NOT_IN_THE_MODEL)] == []


@pytest.mark.parametrize('name', DASHBOARDS)
def test_ids_and_titles_are_unique(name: str) -> None:
    dashboard = DASHBOARDS[name]
    ids = [widget['id'] for widget in dashboard['widgets']]
    ids += [inner['id'] for widget in dashboard['widgets'] for inner in widget['definition']['widgets']]
    titles = [widget.title for widget in widgets(dashboard) if widget.title]
    assert [each for each, times in Counter([*ids, *titles]).items() if times > 1] == []


@pytest.mark.parametrize('name', DASHBOARDS)
def test_every_row_of_every_group_is_filled(name: str) -> None:
    """So that neither half has holes where Datadog shows the groups in two columns."""
    for group in DASHBOARDS[name]['widgets']:
        covered: Counter[tuple[int, int]] = Counter()
        for widget in group['definition']['widgets']:
            layout = widget['layout']
            covered.update(
                product(
                    range(layout['x'], layout['x'] + layout['width']),
                    range(layout['y'], layout['y'] + layout['height']),
                )
            )
        rows = max(row for _, row in covered) + 1
        cells = dict.fromkeys(product(range(group['layout']['width']), range(rows)), 1)
        assert covered == cells, group['definition']['title']


@pytest.mark.parametrize('name', DASHBOARDS)
def test_dashboard_follows_the_rules_for_integrations(name: str) -> None:
    """Datadog docs, developers/integrations/create-an-integration-dashboard."""
    dashboard = DASHBOARDS[name]
    groups = [widget['definition'] for widget in dashboard['widgets']]
    titles = [group['title'] for group in groups]
    assert dashboard['title'].startswith('Okta Workflows (Agent) ')
    assert (titles[0], titles[1], titles[-1]) == ('About Okta Workflows', 'Overview', 'Logs')
    assert groups[0]['banner_img'].startswith('data:image/png;base64,')
    assert dashboard['widgets'][0]['layout']['width'] < 12
    assert [word for title in titles for word in title.split() if word not in MINOR_WORDS and word[0].islower()] == []
    assert 'manage_status' in [widget['definition']['type'] for widget in groups[1]['widgets']]
    assert [group['background_color'] for group in groups if not group['background_color'].startswith('vivid_')] == []


@pytest.mark.parametrize(('name', 'widget'), WIDGETS)
def test_widget_follows_the_rules_for_integrations(name: str, widget: Widget) -> None:
    """Datadog docs, developers/integrations/create-an-integration-dashboard."""
    definition, (request, *_) = widget.definition, widget.requests
    (width,) = [
        inner['layout']['width']
        for group in DASHBOARDS[name]['widgets']
        for inner in group['definition']['widgets']
        if inner['definition'] is definition
    ]
    assert 'Okta' not in widget.title and not re.search(r'\s[A-Z][a-z]', widget.title)
    assert width >= {'timeseries': 4, 'list_stream': 6}.get(definition['type'], 1)
    assert definition['type'] != 'query_value' or 'timeseries_background' in definition
    assert definition['type'] == 'change' or all('alias' in formula for formula in request.get('formulas', ()))


def test_every_claim_is_about_a_query() -> None:
    """None is left over from a query that is no more."""
    claimed = {
        (asset, f'{title} / {name}')
        for asset, titles in CLAIMS.items()
        if asset.startswith('dashboards/')
        for title, found in titles.items()
        for name in (found if isinstance(found, Mapping) else ['*'])
    }
    asked = {(query.asset, query.place) for query in DASHBOARD_QUERIES}
    asked |= {(query.asset, f'{query.place.rpartition(" / ")[0]} / *') for query in DASHBOARD_QUERIES}
    assert claimed - asked == set()


@pytest.mark.parametrize('star_asks_for_attribute', READINGS)
@pytest.mark.parametrize('query', QUERIES)
def test_query_finds_what_it_should_and_nothing_else(
    query: AssetQuery, star_asks_for_attribute: bool, history: Sequence[Case]
) -> None:
    chosen = variables(query.asset.removeprefix('dashboards/'), star_asks_for_attribute=star_asks_for_attribute)
    assert list(query_faults(query.text, query.facets, claim_of(query), chosen, history)) == []


@pytest.mark.parametrize('query', QUERIES)
def test_template_variables_narrow_a_query_down(query: AssetQuery, examples: Sequence[Case]) -> None:
    """To the events that have one of the chosen values."""
    name = query.asset.removeprefix('dashboards/')
    wanted = claim_of(query)
    for definition in DASHBOARDS[name]['template_variables']:
        if f'${definition["name"]}' in query.text.split():
            read = READERS[definition['prefix']]
            chosen = sorted({value for case in examples if wanted(case.sent) for value in read(case.sent)})[-2:]
            narrowed = both(wanted, having(read, chosen))
            narrowing = variables(name, {definition['name']: chosen})
            assert chosen and list(query_faults(query.text, query.facets, narrowed, narrowing, examples)) == []


def having(read: Reader, chosen: Sequence[Any]) -> Claim:
    return lambda sent: any(value in chosen for value in read(sent))


@pytest.mark.parametrize(('name', 'widget'), WIDGETS)
def test_widget_shows_something(name: str, widget: Widget, history: Sequence[Case]) -> None:
    """Rows and points with values in every column, events with something in every column."""
    chosen = variables(name)
    logs = [case.log for case in history]
    for request in widget.requests:
        match request['response_format'], widget.definition['type']:
            case 'event_list', _:
                events = event_list(request, logs, chosen, HISTORY)
                facets = [facet for _, _, facets in request_queries(request) for facet in facets]
                assert events and all(any(values(event, facet) for event in events) for facet in facets)
            case 'timeseries', _:
                series = timeseries(request, logs, chosen, HISTORY, buckets=60)
                assert any(value for each in series for _, value in each.points)
            case _, kind:
                window = LAST_WEEK if kind == 'change' else HISTORY
                table = scalar(request, logs, chosen, window)
                columns = list(zip(*table.rows, strict=True))
                assert columns and all(any(value not in (None, 0) for value in column) for column in columns)


@pytest.mark.parametrize(('name', 'widget'), WIDGETS)
def test_widget_shows_the_numbers_that_the_events_give(name: str, widget: Widget, history: Sequence[Case]) -> None:
    """Each value of each query, counted again from Okta's events as they were sent."""
    logs = [case.log for case in history]
    for request in widget.requests:
        for query in request.get('queries', ()):
            alone = {'response_format': 'scalar', 'queries': [query], 'formulas': [{'formula': query['name']}]}
            wanted = claim(f'dashboards/{name}', widget.title, query['name'])
            counted = count(query, [case.sent for case in history if wanted(case.sent)])
            rows = scalar(alone, logs, variables(name), HISTORY).rows
            assert [row for row in rows if row[-1] != counted[row[:-1]]] == []
            assert len(rows) >= min([len(counted), *(group['limit'] for group in query['group_by'])])


def count(query: Mapping[str, Any], events: Sequence[Sent]) -> dict[tuple[Any, ...], float]:
    """The values of a query by group, of all groups."""
    groups: dict[tuple[Any, ...], list[Sent]] = {} if query['group_by'] else {(): []}
    for sent in events:
        for group in product(*({str(value) for value in READERS[each['facet']](sent)} for each in query['group_by'])):
            groups.setdefault(group, []).append(sent)
    compute = query['compute']
    if compute['aggregation'] == 'count':
        return {group: len(found) for group, found in groups.items()}
    read = READERS[compute['metric']]
    calculate = CALCULATIONS[compute['aggregation']]
    return {group: calculate([value for sent in found for value in read(sent)]) for group, found in groups.items()}


@pytest.mark.parametrize('facet', READERS)
def test_facet_holds_what_the_event_says(facet: str, history: Sequence[Case]) -> None:
    """In every log of the history, and in some of them something."""
    wrong = [case.sent for case in history if values(case.log, facet) != READERS[facet](case.sent)]
    assert wrong == []
    assert any(READERS[facet](case.sent) for case in history)


def test_no_facet_is_described_that_no_asset_uses() -> None:
    used = {definition['prefix'] for board in DASHBOARDS.values() for definition in board['template_variables']}
    for query in queries():
        if query.kind in ('dashboards', 'saved_views'):
            used |= {*query.facets, *parse_query(re.sub(r'\$\w+', '', query.text)).fields}
    assert READERS.keys() - used == set()


@pytest.mark.parametrize('query', QUERIES)
def test_typo_in_a_query_is_reported(query: AssetQuery, examples: Sequence[Case]) -> None:
    """In any field, value, variable or facet."""
    chosen, wanted = variables(query.asset.removeprefix('dashboards/')), claim_of(query)
    assert list(query_faults(query.text, query.facets, wanted, chosen, examples)) == []
    mutants = [(text, query.facets) for text in misspelt(query.text)]
    mutants += [(query.text, (typo,)) for facet in query.facets for typo in typos(facet)]
    assert [mutant for mutant in mutants if not any(query_faults(*mutant, wanted, chosen, examples))] == []


@pytest.mark.parametrize(('name', 'widget'), WIDGETS)
def test_typo_in_a_formula_is_reported(name: str, widget: Widget) -> None:
    for request in widget.requests:
        evaluate: Callable[..., Any] = scalar if request['response_format'] == 'scalar' else timeseries
        buckets = {} if evaluate is scalar else {'buckets': 1}
        for index, formula in enumerate(request.get('formulas', ())):
            # A digit more or less may be another query's name.
            for text in misspelt(re.sub(r'\d+$', '', formula['formula'])):
                formulas = [*request['formulas']]
                formulas[index] = {**formula, 'formula': text}
                with pytest.raises(ValueError):
                    evaluate({**request, 'formulas': formulas}, [], variables(name), HISTORY, **buckets)


@pytest.mark.parametrize('kind', KINDS)
def test_every_log_query_of_the_assets_is_known(kind: str) -> None:
    """No query stands in a place that is not looked at. `python -m verification.assets.index` prints how many."""
    known = {query.text for query in queries() if query.kind == kind}
    standing_alone = {text for text in texts(kind) if text.startswith('source:okta-workflows ')}
    calls = sum(text.count('logs("source:okta-workflows') for text in texts(kind))
    assert known >= standing_alone and len(known) == len(standing_alone) + calls
    print(census())
