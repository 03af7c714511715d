# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The queries of log monitors have the expected values and states."""

from __future__ import annotations

from typing import Any

import pytest

from datadog_logs_local.analytics import State, parse_monitor
from datadog_logs_local.search import Log, QueryError

MINUTE_MS = 60_000
NOW_MS = 100 * MINUTE_MS
COUNT, CARDINALITY = '"count"', '"cardinality", "@uuid"'
OK, ALERT, WARN, NO_DATA = State.OK, State.ALERT, State.WARN, State.NO_DATA


def log(minutes_ago: float, user: str, outcome: str = 'FAILURE', **attributes: Any) -> Log:
    return Log(
        '',
        {'usr': {'email': user}, 'evt': {'outcome': outcome}} | attributes,
        timestamp=NOW_MS - int(minutes_ago * MINUTE_MS),
    )


LOGS = [
    log(61, 'ada', uuid='0', age=99),
    log(60, 'ada', uuid='1', age=30.5),
    log(30, 'ada', uuid='1', age=20),
    log(20, 'ada', 'SUCCESS', uuid='2'),
    log(10, 'bob', uuid='3'),
    log(0, 'eve', uuid='4', age=99),
]


def logs_query(
    rest: str = '', search: str = '@evt.outcome:FAILURE', rollup: str = '"count"', window: str = '1h'
) -> str:
    return f'logs("{search}").index("*").rollup({rollup}){rest}.last("{window}") > 1'


@pytest.mark.parametrize(
    ('query', 'expected'),
    [
        pytest.param(logs_query(), {(): 3}, id='count of the last hour, up to now'),
        pytest.param(logs_query(window='9m'), {}, id='no log is no value'),
        pytest.param(logs_query(window='10m'), {(): 1}, id='minutes'),
        pytest.param(logs_query(window='2h'), {(): 4}, id='hours'),
        pytest.param(logs_query(rollup='"cardinality", "@uuid"'), {(): 2}, id='distinct values'),
        pytest.param(logs_query(rollup='"max","@age"'), {(): 30.5}, id='measure'),
        pytest.param(logs_query(rollup='"max","@none"'), {}, id='measure that no log has'),
        pytest.param(logs_query('.by("@usr.email")'), {('ada',): 2, ('bob',): 1}, id='groups'),
        pytest.param(
            logs_query('.by("@usr.email, @evt.outcome")', '*'),
            {('ada', 'FAILURE'): 2, ('ada', 'SUCCESS'): 1, ('bob', 'FAILURE'): 1},
            id='two facets',
        ),
        pytest.param(logs_query(search=r'@usr.email:\"ada\"'), {(): 2 + 1}, id='quotes in the search'),
        pytest.param(logs_query(search=r'@usr.email:a\da'), {(): 2 + 1}, id='escapes of the search'),
        pytest.param(' logs("*") .index("*") .rollup("count") .last("1h") >= 1 ', {(): 4}, id='blanks'),
    ],
)
def test_a_query_has_a_value_for_each_group(query: str, expected: dict[tuple[str, ...], float]) -> None:
    assert parse_monitor(query).evaluate(LOGS, NOW_MS) == expected


def variable(name: str, search: str, facet: str = '') -> dict[str, Any]:
    return {
        'name': name,
        'data_source': 'logs',
        'search': {'query': search},
        'indexes': ['*'],
        'compute': {'aggregation': 'count'},
        'group_by': [{'facet': facet, 'limit': 10, 'sort': {'aggregation': 'count', 'order': 'desc'}}] if facet else [],
    }


def options(critical: float = 50, **rest: Any) -> dict[str, Any]:
    return {'thresholds': {'critical': critical}} | rest


FORMULA = 'formula("failed / total * 100").last("1h") > 50'


def test_a_formula_uses_the_queries_of_the_variables() -> None:
    """The queries of options.variables can have groups."""
    variables = [variable('failed', '@evt.outcome:FAILURE'), variable('total', '*')]
    assert parse_monitor(FORMULA, options(variables=variables)).evaluate(LOGS, NOW_MS) == {(): 75}
    variables = [variable('failed', '@evt.outcome:FAILURE', '@usr.email'), variable('total', '*', '@usr.email')]
    monitor = parse_monitor(FORMULA, options(variables=variables))
    assert monitor.evaluate(LOGS, NOW_MS) == pytest.approx({('ada',): 200 / 3, ('bob',): 100})
    assert monitor.facets == ('@usr.email',)
    assert [query.name for query in monitor.queries] == ['failed', 'total']


def test_a_division_by_zero_has_no_data() -> None:
    variables = [variable('failed', '@evt.outcome:FAILURE'), variable('total', '@none:*')]
    assert parse_monitor(FORMULA, options(variables=variables)).evaluate(LOGS, NOW_MS) == {}


@pytest.mark.parametrize(
    ('condition', 'expected'),
    [
        ('> 2', ALERT),
        ('> 3', OK),
        ('>= 3', ALERT),
        ('>= 3.5', OK),
        ('< 4', ALERT),
        ('< 3', OK),
        ('<= 3', ALERT),
        ('<= 2', OK),
        ('== 3', ALERT),
        ('== 2', OK),
        ('!= 2', ALERT),
        ('!= 3', OK),
    ],
)
def test_the_comparator_of_the_query_decides_on_the_alert(condition: str, expected: State) -> None:
    monitor = parse_monitor(logs_query().replace('> 1', condition))
    assert monitor.states(LOGS, NOW_MS) == {(): expected}
    assert monitor.triggered(LOGS, NOW_MS) == ([()] if expected == ALERT else [])


def test_a_value_beyond_the_warning_threshold_only_is_a_warning() -> None:
    monitor = parse_monitor(
        logs_query('.by("@usr.email")').replace('> 1', '> 1.5'), {'thresholds': {'critical': 1.5, 'warning': 0.5}}
    )
    assert monitor.states(LOGS, NOW_MS) == {('ada',): ALERT, ('bob',): WARN}
    assert monitor.triggered(LOGS, NOW_MS) == [('ada',)]


def test_an_evaluation_delay_ends_the_window_earlier() -> None:
    monitor = parse_monitor(logs_query(), options(1, evaluation_delay=15 * 60))
    assert monitor.evaluate(LOGS, NOW_MS) == {(): 3}
    assert monitor.evaluate(LOGS, NOW_MS + 15 * MINUTE_MS) == {(): 3}
    assert monitor.evaluate(LOGS, NOW_MS + 30 * MINUTE_MS) == {(): 3}
    assert monitor.evaluate(LOGS, NOW_MS + 60 * MINUTE_MS) == {(): 2}


@pytest.mark.parametrize(
    ('rollup', 'condition', 'on_missing_data', 'before', 'expected'),
    [
        pytest.param(COUNT, '< 1', 'default', OK, ALERT, id='a count is 0 and below'),
        pytest.param(COUNT, '> 1', 'default', ALERT, OK, id='a count is 0 and not above'),
        pytest.param(CARDINALITY, '< 1', 'default', OK, OK, id='a cardinality stays as it was'),
        pytest.param(CARDINALITY, '> 1', 'default', ALERT, ALERT, id='also in alert'),
        pytest.param(CARDINALITY, '> 1', 'resolve', ALERT, OK, id='resolve'),
        pytest.param(COUNT, '< 1', 'resolve', ALERT, OK, id='resolve a count'),
        pytest.param(COUNT, '< 1', 'show_no_data', OK, NO_DATA, id='no data'),
        pytest.param(CARDINALITY, '> 1', 'show_and_notify_no_data', OK, NO_DATA, id='no data and say so'),
    ],
)
@pytest.mark.parametrize('facets', ['', '.by("@usr.email")'])
def test_on_missing_data_decides_on_the_state_without_logs(
    rollup: str, condition: str, on_missing_data: str, before: State, expected: State, facets: str
) -> None:
    query = logs_query(facets, rollup=rollup).replace('> 1', condition)
    monitor = parse_monitor(query, options(1, on_missing_data=on_missing_data))
    assert monitor.states([], NOW_MS, {(): before}) == {(): expected}


@pytest.mark.parametrize(
    ('rollup', 'condition', 'expected'),
    [
        pytest.param(COUNT, '< 1', OK, id='below does not alert for one silent group'),
        pytest.param(COUNT, '> 0', OK, id='a silent group is not above'),
        pytest.param(CARDINALITY, '> 0', ALERT, id='a cardinality stays as it was'),
    ],
)
def test_a_silent_group_gets_the_state_of_missing_data_while_others_have_logs(
    rollup: str, condition: str, expected: State
) -> None:
    monitor = parse_monitor(logs_query('.by("@usr.email")', rollup=rollup).replace('> 1', condition))
    assert monitor.states(LOGS, NOW_MS, {('gone',): ALERT})[('gone',)] == expected


@pytest.mark.parametrize(
    'query',
    [
        pytest.param('logs("*").index("*").rollup("count").last("1h")', id='no condition'),
        pytest.param('logs("*").index("*").rollup("count") > 1', id='no window'),
        pytest.param('logs("*").index("*").last("1h") > 1', id='no rollup'),
        pytest.param('logs("*").rollup("count").last("1h") > 1', id='no index'),
        pytest.param('logs(*).index("*").rollup("count").last("1h") > 1', id='no quotes'),
        pytest.param('logs("*").index("*").last("1h").rollup("count") > 1', id='another order'),
        pytest.param(logs_query('.group("@a")'), id='another call'),
        pytest.param(logs_query('.by("@a,@b,@c,@d,@e")'), id='five facets'),
        pytest.param(logs_query(window='49h'), id='more than two days'),
        pytest.param(logs_query(window='2881m'), id='more than two days in minutes'),
        pytest.param(logs_query(window='0m'), id='nothing'),
        pytest.param(logs_query(window='1d'), id='days'),
        pytest.param(logs_query(search='a:b:c'), id='no search'),
        pytest.param(logs_query(rollup='"unique", "@a"'), id='aggregation'),
        pytest.param(logs_query(rollup='"sum"'), id='no metric'),
        pytest.param(logs_query(rollup='"count", "@a"'), id='count with a metric'),
        pytest.param(logs_query().replace('"*"', '"main"'), id='one index'),
        pytest.param(logs_query().replace('>', '=>'), id='comparator'),
        pytest.param('"datadog.agent.check_status".over("*").last(6).count_by_status()', id='service check'),
        pytest.param(FORMULA, id='formula of nothing'),
    ],
)
def test_an_invalid_query_is_rejected(query: str) -> None:
    with pytest.raises(ValueError):
        parse_monitor(query)


def test_a_syntax_error_has_the_position() -> None:
    with pytest.raises(QueryError) as refusal:
        parse_monitor(logs_query('.group("@a")'))
    assert refusal.value.position == logs_query('.group("@a")').index('.group')


def test_the_critical_threshold_must_be_that_of_the_query() -> None:
    with pytest.raises(ValueError, match='thresholds.critical is 2, but the query says 1'):
        parse_monitor(logs_query(), options(2))
    assert parse_monitor(logs_query(), options(1.0))


@pytest.mark.parametrize(
    ('bad', 'place'),
    [
        pytest.param(options(1, threshold={}), 'threshold', id='key'),
        pytest.param({'thresholds': {'critical': 1, 'recovery': 0}}, 'thresholds.recovery', id='threshold'),
        pytest.param({}, 'thresholds', id='no thresholds'),
        pytest.param(options(1, on_missing_data='ignore'), 'on_missing_data', id='missing data'),
        pytest.param(options(1, notify_no_data=True), 'notify_no_data', id='superseded by on_missing_data'),
        pytest.param(options(1, variables=[variable('a', '*')]), 'variables', id='variables without formula'),
    ],
)
def test_options_that_are_not_supported_are_rejected_with_their_place(bad: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_monitor(logs_query(), bad or {'silenced': {}})
    assert place in str(refusal.value)


@pytest.mark.parametrize(
    ('change', 'place'),
    [
        pytest.param({'compute': {'aggregation': 'unique', 'metric': '@a'}}, 'variables.0.compute', id='aggregation'),
        pytest.param({'groups': []}, 'variables.0.groups', id='key'),
        pytest.param({'search': {'query': 'a:b:c'}}, 'a:b:c', id='search'),
        pytest.param({'name': 'faild'}, 'failed', id='name'),
        pytest.param({'group_by': [{'facet': '@a'}]}, 'group by different', id='facets'),
    ],
)
def test_variables_that_do_not_fit_the_formula_are_rejected_with_their_place(
    change: dict[str, Any], place: str
) -> None:
    variables = [variable('failed', '*') | change, variable('total', '*', '@usr.email')]
    with pytest.raises(ValueError) as refusal:
        parse_monitor(FORMULA, options(variables=variables))
    assert place in str(refusal.value)


def test_the_number_of_facets_limits_the_groups() -> None:
    """With two facets, a monitor evaluates 30 values of each."""
    logs = [Log('', {'a': str(a), 'b': str(b)}, timestamp=NOW_MS - 1) for a in range(31) for b in range(31)]
    assert len(parse_monitor(logs_query('.by("@a,@b")', '*')).evaluate(logs, NOW_MS)) == 900
    assert len(parse_monitor(logs_query('.by("@a")', '*')).evaluate(logs, NOW_MS)) == 31
