# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The requests of widgets have the expected rows and series, and invalid requests are rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from datadog_logs_local.analytics import TimeRange, Variable, event_list, scalar, template_variables, timeseries
from datadog_logs_local.search import Log, QueryError

MINUTE_MS = 60_000
WEEK_MS = 7 * 24 * 60 * MINUTE_MS
WINDOW = TimeRange(10 * MINUTE_MS, 20 * MINUTE_MS)


def log(minute: float, user: str | None = None, **attributes: Any) -> Log:
    if user is not None:
        attributes['usr'] = {'email': user}
    return Log('', attributes, timestamp=int(minute * MINUTE_MS))


LOGS = [
    log(9, 'ada', action='run'),
    log(10, 'ada', action='run', uuid='1', steps=10, outcome='SUCCESS'),
    log(11, 'ada', action='run', uuid='1', steps=20, outcome='SUCCESS'),
    log(12, 'ada', action='save', uuid='2', steps=30, outcome='FAILURE'),
    log(15, 'bob', action='run', uuid='3', steps=40.5, outcome='SUCCESS'),
    log(16, 'eve', action='move', uuid='4', steps='50', outcome='FAILURE'),
    log(19, action='warn', uuid='5', tags=['x', 'y', 'x']),
    log(20, 'ada', action='run'),
]


def query(
    search: str = '*', compute: str = 'count', group_by: list[dict[str, Any]] | None = None, name: str = 'query1'
) -> dict[str, Any]:
    """Return a query. `compute` is the aggregation and, after a blank, the metric."""
    aggregation, _, metric = compute.partition(' ')
    return {
        'name': name,
        'data_source': 'logs',
        'search': {'query': search},
        'indexes': ['*'],
        'compute': {'aggregation': aggregation} | ({'metric': metric} if metric else {}),
        'group_by': group_by or [],
        'storage': 'hot',
    }


def request(*queries: dict[str, Any], formulas: tuple[Any, ...] = ('query1',), **rest: Any) -> dict[str, Any]:
    return {
        'response_format': 'scalar',
        'queries': list(queries),
        'formulas': [{'formula': each} if isinstance(each, str) else each for each in formulas],
    } | rest


def by(facet: str, limit: int = 10, **sort: str) -> dict[str, Any]:
    group: dict[str, Any] = {'facet': facet, 'limit': limit, 'should_exclude_missing': True}
    return group | ({'sort': sort} if sort else {})


def rows(definition: dict[str, Any], variables: Mapping[str, Variable] | None = None) -> list[tuple[Any, ...]]:
    return scalar(definition, LOGS, variables or {}, WINDOW).rows


@pytest.mark.parametrize(
    ('compute', 'expected'),
    [
        pytest.param('count', 6, id='logs, with the start of the window and without its end'),
        pytest.param('cardinality @uuid', 5, id='distinct values'),
        pytest.param('cardinality @tags', 2, id='distinct elements of arrays'),
        pytest.param('sum @steps', 100.5, id='numbers alone are added'),
        pytest.param('avg @steps', 25.125, id='average'),
        pytest.param('min @steps', 10, id='lowest'),
        pytest.param('max @steps', 40.5, id='highest, not the text'),
        pytest.param('median @steps', 20, id='element in the middle'),
        pytest.param('pc75 @steps', 30, id='percentile'),
        pytest.param('pc99 @steps', 30, id='high percentile of few'),
        pytest.param('cardinality @missing', 0, id='no distinct value'),
        pytest.param('sum @missing', None, id='no sum of nothing'),
        pytest.param('max @uuid', None, id='no highest text'),
    ],
)
def test_an_aggregation_has_the_expected_value(compute: str, expected: float | None) -> None:
    assert rows(request(query(compute=compute))) == [(expected,)]


@pytest.mark.parametrize(
    ('compute', 'expected'), [('count', 0), ('cardinality @uuid', 0), ('avg @steps', None), ('max @steps', None)]
)
def test_without_logs_counts_are_0_and_measures_have_no_value(compute: str, expected: float | None) -> None:
    assert rows(request(query('@action:none', compute))) == [(expected,)]
    assert rows(request(query('@action:none', compute, [by('@action')]))) == []


@pytest.mark.parametrize(
    ('formula', 'expected'),
    [
        pytest.param('a + b * c', 14, id='product before sum'),
        pytest.param('(a + b) * c', 20, id='parentheses'),
        pytest.param('a - b - c', -5, id='from the left'),
        pytest.param('c / b / a', 4 / 3 / 2, id='quotients from the left'),
        pytest.param('-a + b', 1, id='sign'),
        pytest.param('c/a*100', 200, id='without blanks'),
        pytest.param('a * 1.5', 3, id='decimals'),
        pytest.param('a / (b - 3)', None, id='nothing by zero'),
        pytest.param('a + nothing', None, id='nothing and something'),
        pytest.param('default_zero(nothing) + a', 2, id='zero for nothing'),
        pytest.param('default_zero(a / 0)', 0, id='zero for a division by zero'),
        pytest.param('default_zero(a)', 2, id='no zero for something'),
        pytest.param('7', 7, id='a number alone'),
    ],
)
def test_a_formula_has_the_expected_value(formula: str, expected: float | None) -> None:
    """`a` is 2, `b` is 3, `c` is 4, and `nothing` has no value."""
    queries = [
        query('@outcome:FAILURE', name='a'),
        query('@outcome:SUCCESS', name='b'),
        query('@usr.email:(ada OR bob)', name='c'),
        query('@action:none', 'max @steps', name='nothing'),
    ]
    assert rows(request(*queries, formulas=(formula,))) == [(expected,)]


def test_groups_are_sorted_by_value_then_by_name_without_logs_that_lack_the_facet() -> None:
    table = scalar(request(query(group_by=[by('@usr.email')])), LOGS, {}, WINDOW)
    assert table.facets == ('@usr.email',)
    assert table.formulas == ('query1',)
    assert table.rows == [('ada', 3), ('bob', 1), ('eve', 1)]


def test_logs_without_the_facet_are_a_group_if_they_are_not_excluded() -> None:
    group = by('@usr.email') | {'should_exclude_missing': False}
    assert rows(request(query(group_by=[group])))[1:] == [('N/A', 1), ('bob', 1), ('eve', 1)]


def test_each_element_of_an_array_is_a_group() -> None:
    """An element that occurs twice in a log counts once."""
    assert rows(request(query(group_by=[by('@tags')]))) == [('x', 1), ('y', 1)]


@pytest.mark.parametrize(
    ('sort', 'expected'),
    [
        pytest.param({}, ['ada', 'bob'], id='by what is computed, falling'),
        pytest.param({'aggregation': 'count', 'order': 'asc'}, ['bob', 'eve'], id='rising'),
        pytest.param({'aggregation': 'max', 'metric': '@steps', 'order': 'desc'}, ['bob', 'ada'], id='other metric'),
        pytest.param({'aggregation': 'max', 'metric': '@steps', 'order': 'asc'}, ['ada', 'bob'], id='none at the end'),
    ],
)
def test_a_limit_keeps_the_first_groups_in_the_order_of_the_sort(sort: dict[str, str], expected: list[str]) -> None:
    assert {row[0] for row in rows(request(query(group_by=[by('@usr.email', 2, **sort)])))} == set(expected)


def test_the_second_facet_has_its_top_values_within_each_value_of_the_first() -> None:
    groups = [by('@usr.email', 2), by('@action', 1)]
    assert rows(request(query(group_by=groups))) == [('ada', 'run', 2), ('bob', 'run', 1)]


def test_queries_are_joined_on_their_groups() -> None:
    """Each group of any query is a row. A query without the group has no value."""
    group = [by('@usr.email')]
    queries = [query('@outcome:SUCCESS', group_by=group), query('@outcome:FAILURE', group_by=group, name='failed')]
    formulas = (
        'query1',
        'failed',
        'failed / (failed + query1)',
        {'formula': 'default_zero(failed)', 'alias': 'Failed'},
    )
    table = scalar(request(*queries, formulas=formulas), LOGS, {}, WINDOW)
    assert table.rows == [('ada', 2, 1, 1 / 3, 1), ('bob', 1, None, None, 0), ('eve', None, 1, None, 1)]
    assert table.formulas == ('query1', 'failed', 'failed / (failed + query1)', 'Failed')


def test_a_query_without_groups_has_the_same_value_for_every_group() -> None:
    queries = [query(group_by=[by('@usr.email', 1)]), query(name='total')]
    assert rows(request(*queries, formulas=('query1 / total',))) == [('ada', 0.5)]


@pytest.mark.parametrize(
    ('function', 'shift_ms'),
    [
        ('hour_before', 60 * MINUTE_MS),
        ('day_before', 24 * 60 * MINUTE_MS),
        ('week_before', WEEK_MS),
        ('month_before', 4 * WEEK_MS),
    ],
)
def test_a_time_shift_reads_an_earlier_window(function: str, shift_ms: int) -> None:
    """The groups of the earlier window are shown with the current groups."""
    later = TimeRange(WINDOW.start_ms + shift_ms, WINDOW.end_ms + shift_ms)
    formulas = (f'{function}(query1)', 'query1', f'default_zero(query1) - {function}(query1 + query1)')
    logs = [*LOGS, Log('', {'usr': {'email': 'new'}}, timestamp=later.start_ms)]
    definition = request(query(group_by=[by('@usr.email')]), formulas=formulas)
    assert scalar(definition, logs, {}, later).rows == [
        ('ada', 3, None, -6),
        ('bob', 1, None, -2),
        ('eve', 1, None, -2),
        ('new', None, 1, None),
    ]


@pytest.mark.parametrize(
    ('rest', 'expected'),
    [
        pytest.param(
            {'sort': {'count': 2, 'order_by': [{'type': 'formula', 'index': 0, 'order': 'asc'}]}},
            ['bob', 'eve'],
            id='by a formula, rising, the first two',
        ),
        pytest.param(
            {'sort': {'order_by': [{'type': 'formula', 'index': 1, 'order': 'desc'}]}},
            ['bob', 'ada', 'eve'],
            id='by another formula, nothing at the end',
        ),
        pytest.param(
            {'sort': {'order_by': [{'type': 'formula', 'index': 1, 'order': 'asc'}]}},
            ['ada', 'bob', 'eve'],
            id='by another formula, rising, nothing at the end',
        ),
        pytest.param(
            {'sort': {'order_by': [{'type': 'group', 'name': '@usr.email', 'order': 'desc'}]}},
            ['eve', 'bob', 'ada'],
            id='by name',
        ),
        pytest.param(
            {
                'sort': {
                    'order_by': [
                        {'type': 'formula', 'index': 0, 'order': 'asc'},
                        {'type': 'group', 'name': '@usr.email', 'order': 'desc'},
                    ]
                }
            },
            ['eve', 'bob', 'ada'],
            id='by a formula, equals by name',
        ),
    ],
)
def test_rows_are_sorted_and_limited_as_the_request_says(rest: dict[str, Any], expected: list[str]) -> None:
    group = [by('@usr.email')]
    queries = [query(group_by=group), query(compute='max @steps', group_by=group, name='steps')]
    assert [row[0] for row in rows(request(*queries, formulas=('query1', 'steps'), **rest))] == expected


@pytest.mark.parametrize(('order', 'expected'), [('desc', ['ada', 'bob']), ('asc', ['bob', 'eve'])])
def test_the_limit_of_a_formula_sorts_and_limits_the_rows(order: str, expected: list[str]) -> None:
    formula = {'formula': 'query1', 'limit': {'count': 2, 'order': order}}
    assert [row[0] for row in rows(request(query(group_by=[by('@usr.email')]), formulas=(formula,)))] == expected


def series_of(definition: dict[str, Any], window: TimeRange = WINDOW, buckets: int = 5) -> list[tuple[Any, ...]]:
    found = timeseries(definition | {'response_format': 'timeseries'}, LOGS, {}, window, buckets)
    return [(*each.group, each.formula, [value for _, value in each.points]) for each in found]


def test_a_time_series_has_a_point_for_the_start_of_each_bucket() -> None:
    """A bucket without logs has the count 0."""
    assert series_of(request(query())) == [('query1', [2, 1, 1, 1, 1])]
    (series,) = timeseries(request(query()), LOGS, {}, WINDOW, 5)
    assert [start_ms for start_ms, _ in series.points] == [minute * MINUTE_MS for minute in (10, 12, 14, 16, 18)]


def test_the_interval_of_a_query_wins_over_the_number_of_buckets() -> None:
    """The buckets begin at multiples of `compute.interval`, also before the window."""
    definition = query()
    definition['compute']['interval'] = 7 * MINUTE_MS
    (series,) = timeseries(request(definition), LOGS, {}, WINDOW, 5)
    assert series.points == [(7 * MINUTE_MS, 3), (14 * MINUTE_MS, 3)]


def test_each_top_group_and_formula_is_a_series() -> None:
    """The highest series is first. A measure without numbers has no value."""
    group = [by('@usr.email', 2)]
    queries = [query(group_by=group), query(compute='max @steps', group_by=group, name='steps')]
    assert series_of(request(*queries, formulas=('query1', {'formula': 'steps * 2', 'alias': 'Steps'}))) == [
        ('ada', 'query1', [2, 1, 0, 0, 0]),
        ('bob', 'query1', [0, 0, 1, 0, 0]),
        ('ada', 'Steps', [40, 60, None, None, None]),
        ('bob', 'Steps', [None, None, 81, None, None]),
    ]


def test_the_limit_of_a_formula_limits_the_series() -> None:
    formula = {'formula': 'query1', 'limit': {'count': 1, 'order': 'desc'}}
    assert [row[0] for row in series_of(request(query(group_by=[by('@usr.email')]), formulas=(formula,)))] == ['ada']


def test_earlier_values_are_in_the_buckets_of_the_current_window() -> None:
    later = TimeRange(WINDOW.start_ms + WEEK_MS, WINDOW.end_ms + WEEK_MS)
    assert series_of(request(query(), formulas=('week_before(query1)',)), later) == [
        ('week_before(query1)', [2, 1, 1, 1, 1])
    ]


def stream(search: str = '*', **rest: Any) -> dict[str, Any]:
    return {
        'response_format': 'event_list',
        'columns': [{'field': 'timestamp', 'width': 'auto'}],
        'query': {'data_source': 'logs_stream', 'query_string': search, 'indexes': ['*'], 'storage': 'hot'} | rest,
    }


def test_a_list_has_the_logs_that_match_and_the_newest_first() -> None:
    assert event_list(stream('@action:run'), LOGS, {}, WINDOW) == [LOGS[4], LOGS[2], LOGS[1]]
    rising = stream('@action:run', sort={'column': 'timestamp', 'order': 'asc'})
    assert event_list(rising, LOGS, {}, WINDOW) == [LOGS[1], LOGS[2], LOGS[4]]
    assert event_list(stream('@usr.email:$User.value'), LOGS, {'User': Variable('@usr.email', ('bob',))}, WINDOW) == [
        LOGS[4]
    ]


@pytest.mark.parametrize(
    ('search', 'values', 'expected'),
    [
        pytest.param('$User', ('bob',), 1, id='one value'),
        pytest.param('$User', ('bob', 'eve'), 2, id='any of several values'),
        pytest.param('-$User', ('bob', 'eve'), 4, id='none of several values'),
        pytest.param('@action:run $User', ('ada',), 2, id='beside a clause'),
        pytest.param('(@action:save OR $User)', ('bob',), 2, id='in a group'),
        pytest.param('@usr.email:$User.value', ('bob',), 1, id='value alone'),
        pytest.param('@usr.email:$User.value', ('bob', 'eve'), 2, id='values alone'),
        pytest.param('@usr.email:$User.value', ('*',), 5, id='any value'),
        pytest.param('$User', ('b"o\\b (x)',), 0, id='special characters in a value'),
        pytest.param('$User', ('b*',), 0, id='a value is no pattern'),
    ],
)
def test_a_template_variable_restricts_the_query_to_its_values(
    search: str, values: tuple[str, ...], expected: int
) -> None:
    assert rows(request(query(search)), {'User': Variable('@usr.email', values)}) == [(expected,)]


@pytest.mark.parametrize(
    ('prefix', 'star_asks_for_attribute', 'expected'),
    [
        pytest.param('@usr.email', False, 6, id='no restriction'),
        pytest.param('@usr.email', True, 5, id='the attribute has to be there'),
        pytest.param('team_domain', True, 6, id='a tag has not'),
    ],
)
def test_a_star_requires_the_attribute_only_on_demand(
    prefix: str, star_asks_for_attribute: bool, expected: int
) -> None:
    definitions = [{'name': 'User', 'prefix': prefix, 'defaults': ['*']}]
    variables = template_variables(definitions, star_asks_for_attribute=star_asks_for_attribute)
    assert rows(request(query('$User')), variables) == [(expected,)]


def test_chosen_values_win_over_the_defaults() -> None:
    """Without defaults, the value is a star."""
    definitions: list[dict[str, Any]] = [
        {'name': 'User', 'prefix': '@usr.email', 'defaults': ['ada', 'bob']},
        {'name': 'Domain', 'prefix': 'team_domain'},
    ]
    assert template_variables(definitions, {'Domain': ['acme']}) == {
        'User': Variable('@usr.email', ('ada', 'bob')),
        'Domain': Variable('team_domain', ('acme',)),
    }
    assert template_variables(definitions)['Domain'] == Variable('team_domain', ('*',))
    with pytest.raises(KeyError, match='Flow'):
        template_variables(definitions, {'Flow': ['x']})


def test_an_unknown_template_variable_is_rejected() -> None:
    with pytest.raises(KeyError, match=r'\$Usr'):
        rows(request(query('$Usr')), {'User': Variable('@usr.email')})


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a complete request with one value changed."""
    definition = request(
        query(group_by=[by('@usr.email', 5, aggregation='cardinality', metric='@uuid', order='desc')]),
        formulas=({'formula': 'query1', 'alias': 'x', 'limit': {'count': 5, 'order': 'desc'}},),
        sort={'count': 5, 'order_by': [{'type': 'formula', 'index': 0, 'order': 'desc'}]},
    )
    *parents, last = (int(key) if key.isdigit() else key for key in path.split('.'))
    node: Any = definition
    for key in parents:
        node = node[key]
    node[last] = value
    return definition


def test_the_request_that_the_rejected_requests_are_made_of_is_accepted() -> None:
    assert rows(changed('formulas.0.alias', 'y')) == [('ada', 3), ('bob', 1), ('eve', 1)]


@pytest.mark.parametrize(
    ('path', 'value', 'place'),
    [
        pytest.param('sorts', {}, 'sorts', id='key of the request'),
        pytest.param('response_format', 'table', 'response_format', id='format'),
        pytest.param('queries', [], 'queries', id='no query'),
        pytest.param('queries.0.data_source', 'rum', 'queries.0.data_source', id='data source'),
        pytest.param('queries.0.indexes', ['main'], 'queries.0.indexes.0', id='index'),
        pytest.param('queries.0.storage', 'cold', 'queries.0.storage', id='storage'),
        pytest.param('queries.0.filter', 'x', 'queries.0.filter', id='key of a query'),
        pytest.param('queries.0.search', {'text': '*'}, 'queries.0.search.query', id='key of a search'),
        pytest.param('queries.0.compute.aggregation', 'unique', 'queries.0.compute.aggregation', id='aggregation'),
        pytest.param('queries.0.compute.metric', '@x', 'queries.0.compute', id='count with a metric'),
        pytest.param('queries.0.compute.aggregation', 'sum', 'queries.0.compute', id='sum without metric'),
        pytest.param('queries.0.compute.interval', '1h', 'queries.0.compute.interval', id='interval in words'),
        pytest.param('queries.0.group_by.0.limits', 5, 'queries.0.group_by.0.limits', id='key of a group'),
        pytest.param('queries.0.group_by.0.limit', 0, 'queries.0.group_by.0.limit', id='limit of none'),
        pytest.param('queries.0.group_by.0.sort.order', 'down', 'queries.0.group_by.0.sort.order', id='order'),
        pytest.param('queries.0.group_by.0.sort.metric', None, 'queries.0.group_by.0.sort', id='sort without metric'),
        pytest.param('formulas.0.formula', 'query1 +', 'formulas.0.formula', id='formula that ends too early'),
        pytest.param('formulas.0.formula', 'ewma_3(query1)', 'formulas.0.formula', id='function'),
        pytest.param('formulas.0.label', 'x', 'formulas.0.label', id='key of a formula'),
        pytest.param('formulas.0.limit.order', 'up', 'formulas.0.limit.order', id='order of a formula'),
        pytest.param('sort.order_by.0.type', 'name', 'sort.order_by.0', id='type of a sort'),
        pytest.param('sort.order_by.0.index', 1, 'sort.order_by', id='sort by a formula that is not there'),
        pytest.param(
            'sort.order_by.0',
            {'type': 'group', 'name': '@x', 'order': 'asc'},
            'sort.order_by',
            id='sort by a facet that is not there',
        ),
    ],
)
def test_what_is_invalid_or_not_supported_in_a_request_is_rejected_with_its_place(
    path: str, value: Any, place: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        rows(changed(path, value))
    assert place in str(refusal.value)


@pytest.mark.parametrize(
    ('definition', 'what'),
    [
        pytest.param(request(query(), formulas=('query2',)), 'query2', id='formula of an unknown query'),
        pytest.param(request(query(), query()), 'same name', id='two queries of one name'),
        pytest.param(
            request(query(group_by=[by('@a')]), query(group_by=[by('@b')], name='b')),
            'group by different',
            id='different facets',
        ),
        pytest.param(request(query(), response_format='timeseries'), 'response_format', id='series for a scalar'),
    ],
)
def test_queries_and_formulas_that_do_not_fit_together_are_rejected(definition: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        rows(definition)


def test_queries_with_different_intervals_are_rejected() -> None:
    queries = [query(), query(name='query2')]
    queries[0]['compute']['interval'] = 1000
    queries[1]['compute']['interval'] = 2000
    with pytest.raises(ValueError, match='interval'):
        series_of(request(*queries))


@pytest.mark.parametrize(
    'change',
    [
        pytest.param(lambda definition: definition['query'].update(data_source='logs'), id='data source'),
        pytest.param(lambda definition: definition['query'].update(filter='x'), id='key of the query'),
        pytest.param(lambda definition: definition['query'].update(sort={'column': '@x', 'order': 'asc'}), id='sort'),
        pytest.param(lambda definition: definition['columns'].append({'field': 'x', 'width': 'wide'}), id='width'),
        pytest.param(lambda definition: definition.update(columns=[]), id='no columns'),
        pytest.param(lambda definition: definition.update(response_format='scalar'), id='format'),
    ],
)
def test_what_is_not_supported_in_a_list_is_rejected(change: Callable[[dict[str, Any]], None]) -> None:
    definition = stream()
    change(definition)
    with pytest.raises(ValueError):
        event_list(definition, LOGS, {}, WINDOW)


def test_a_syntax_error_in_a_search_names_the_query() -> None:
    with pytest.raises(QueryError) as refusal:
        rows(request(query('a:b:c', name='failed'), formulas=('failed',)))
    assert refusal.value.__notes__ == ['in the query failed']
