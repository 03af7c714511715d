# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Detection rules open the expected signals, and invalid rules are rejected."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from datadog_logs_local.analytics import DetectionRule, Signal
from datadog_logs_local.search import Log

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def log(minute: float, action: str, user: str | None = 'ada', **attributes: Any) -> Log:
    if user is not None:
        attributes['usr'] = {'email': user}
    return Log('', {'action': action} | attributes, timestamp=int(minute * MINUTE_MS))


def query(action: str, **rest: Any) -> dict[str, Any]:
    return {
        'name': action,
        'query': f'@action:{action}',
        'aggregation': 'count',
        'groupByFields': ['@usr.email'],
        'distinctFields': [],
        'hasOptionalGroupByFields': False,
        'dataSource': 'logs',
    } | rest


def case(condition: str | None, status: str = 'high') -> dict[str, Any]:
    return {'name': status, 'status': status, 'notifications': []} | ({'condition': condition} if condition else {})


def rule(queries: list[dict[str, Any]], *cases: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {
        'name': 'Rule',
        'type': 'log_detection',
        'isEnabled': True,
        'message': '',
        'tags': [],
        'filters': [],
        'queries': queries,
        'cases': list(cases),
        'options': {
            'detectionMethod': 'threshold',
            'evaluationWindow': 600,
            'keepAlive': 3600,
            'maxSignalDuration': 7200,
            'decreaseCriticalityBasedOnEnv': False,
        }
        | options,
    }


def signals(definition: dict[str, Any], logs: list[Log], **learning: Literal['rule', 'group']) -> list[tuple[Any, ...]]:
    """Minute, group, case."""
    found = DetectionRule.from_json(definition).signals(logs, **learning)
    return [(signal.first_ms / MINUTE_MS, *signal.group, signal.case) for signal in found]


def test_a_signal_has_the_group_the_case_and_the_time_of_the_log_that_opens_it() -> None:
    found = DetectionRule.from_json(rule([query('run')], case('run > 1', 'low'))).signals(
        [log(1, 'run'), log(2, 'run')]
    )
    assert found == [Signal(('ada',), 'low', 'low', 2 * MINUTE_MS)]


@pytest.mark.parametrize(
    ('condition', 'logs', 'expected'),
    [
        pytest.param('run > 1', [log(0, 'run'), log(10, 'run')], [10], id='inside the window'),
        pytest.param('run > 1', [log(0, 'run'), log(10.1, 'run')], [], id='outside of the window'),
        pytest.param('run > 1', [log(10, 'run'), log(0, 'run')], [10], id='in the order of time'),
        pytest.param('run > 1', [log(0, 'run'), log(1, 'run', 'bob')], [], id='in different groups'),
        pytest.param('run > 1', [log(0, 'run', None), log(1, 'run', None)], [], id='without the group'),
        pytest.param('run > 1', [log(0, 'run'), log(1, 'walk')], [], id='other logs'),
        pytest.param('run >= 2', [log(0, 'run'), log(1, 'run')], [1], id='at least'),
        pytest.param('run == 1', [log(0, 'run')], [0], id='equal'),
        pytest.param('run < 2', [log(0, 'run')], [0], id='below'),
        pytest.param('run <= 0', [log(0, 'run')], [], id='not below'),
    ],
)
def test_a_signal_opens_if_the_condition_is_true_for_one_group_within_the_window(
    condition: str, logs: list[Log], expected: list[float]
) -> None:
    assert [minute for minute, *_ in signals(rule([query('run')], case(condition)), logs)] == expected


@pytest.mark.parametrize(
    ('condition', 'actions', 'expected'),
    [
        pytest.param('run > 0 && save > 0', 'run save', True, id='both'),
        pytest.param('run > 0 && save > 0', 'run', False, id='one of both'),
        pytest.param('run > 0 || save > 0', 'save', True, id='either'),
        pytest.param('run > 1 || save > 0 && move > 0', 'run run', True, id='and binds tighter, on the left'),
        pytest.param('run > 1 || save > 0 && move > 0', 'save run', False, id='and binds tighter, on the right'),
        pytest.param('(run > 1 || save > 0) && move > 0', 'run run', False, id='parentheses'),
        pytest.param('(run > 1 || save > 0) && move > 0', 'save move', True, id='parentheses, true'),
        pytest.param('run > 0 && save < 5', 'run', False, id='what is not there is not below'),
        pytest.param('run > 1 THEN save > 0', 'run run save', True, id='one after the other'),
        pytest.param('run > 1 THEN save > 0', 'save run run', False, id='in the wrong order'),
        pytest.param('run > 1 THEN save > 0', 'run save run', False, id='too early'),
        pytest.param('run > 0 THEN run > 0', 'run', False, id='one log is no sequence'),
        pytest.param('run > 0 THEN run > 0', 'run run', True, id='the same condition twice'),
    ],
)
def test_a_condition_joins_queries_on_groups_and_orders_them_with_then(
    condition: str, actions: str, expected: bool
) -> None:
    """The queries of a rule are joined on their groups, and THEN orders conditions in time."""
    definition = rule([query('run'), query('save'), query('move')], case(condition))
    logs = [log(minute, action) for minute, action in enumerate(actions.split())]
    assert bool(signals(definition, logs)) == expected


def test_the_steps_of_then_must_be_of_one_group_within_the_window() -> None:
    definition = rule([query('run'), query('save')], case('run > 0 THEN save > 0'))
    assert signals(definition, [log(0, 'run'), log(10, 'save')]) == [(10, 'ada', 'high')]
    assert signals(definition, [log(0, 'run'), log(11, 'save')]) == []
    assert signals(definition, [log(0, 'run'), log(1, 'save', 'bob')]) == []


def test_queries_without_a_name_are_named_by_position() -> None:
    queries = [query('run', name=None), query('save', name=None)]
    assert signals(rule(queries, case('b > 0')), [log(0, 'run'), log(1, 'save')]) == [(1, 'ada', 'high')]


def test_the_first_true_case_counts_and_a_more_severe_case_opens_its_own_signal() -> None:
    definition = rule([query('run')], case('run > 2', 'high'), case('run > 0', 'low'))
    logs = [log(minute, 'run') for minute in range(4)]
    assert signals(definition, logs) == [(0, 'ada', 'low'), (2, 'ada', 'high')]


@pytest.mark.parametrize(
    ('minutes', 'expected'),
    [
        pytest.param([0, 60, 119], [0], id='each within keepAlive of the last'),
        pytest.param([0, 61], [0, 61], id='later than keepAlive'),
        pytest.param([0, 60, 120, 121], [0, 121], id='later than maxSignalDuration'),
    ],
)
def test_matches_update_the_open_signal_of_their_group(minutes: list[float], expected: list[float]) -> None:
    definition = rule([query('run')], case('run > 0'))
    assert [minute for minute, *_ in signals(definition, [log(minute, 'run') for minute in minutes])] == expected
    others = [log(minute, 'run', 'bob') for minute in (0.5, 60.5)]
    found = signals(definition, [log(minute, 'run') for minute in minutes] + others)
    assert [minute for minute, user, _ in found if user == 'bob'] == [0.5]


@pytest.mark.parametrize(
    ('aggregation', 'expected'),
    [
        pytest.param({'aggregation': 'cardinality', 'distinctFields': ['@flow']}, 2, id='distinct values'),
        pytest.param({'aggregation': 'cardinality', 'distinctFields': ['@flow', '@n']}, 3, id='distinct combinations'),
        pytest.param({'aggregation': 'sum', 'metric': '@n'}, 13, id='sum'),
        pytest.param({'aggregation': 'max', 'metric': '@n'}, 5, id='highest'),
        pytest.param({'aggregation': 'max', 'metric': '@missing'}, None, id='highest of nothing'),
    ],
)
def test_an_aggregation_has_the_expected_value(aggregation: dict[str, Any], expected: float | None) -> None:
    logs = [log(0, 'run', flow='x', n=3), log(1, 'run', flow='x', n=5), log(2, 'run', flow='y', n=5), log(3, 'run')]
    queries = [query('run', **aggregation)]
    assert bool(signals(rule(queries, case(f'run >= {expected or 0}')), logs)) == (expected is not None)
    assert signals(rule(queries, case(f'run > {expected or 0}')), logs) == []


def test_each_combination_of_the_group_by_fields_is_a_group() -> None:
    """Each element of an array is a group as well, and a missing field can be optional."""
    fields = ['@usr.email', '@flow']
    logs = [log(0, 'run', flow=['x', 'y', 'x']), log(1, 'run', None, flow='z')]
    definition = rule([query('run', groupByFields=fields)], case('run == 1'))
    assert signals(definition, logs) == [(0, 'ada', 'x', 'high'), (0, 'ada', 'y', 'high')]
    optional = rule([query('run', groupByFields=fields, hasOptionalGroupByFields=True)], case('run == 1'))
    assert signals(optional, logs)[2:] == [(1, 'N/A', 'z', 'high')]
    ungrouped = rule([query('run', groupByFields=[])], case('run == 2'))
    assert signals(ungrouped, logs) == [(1, 'high')]


def new_value(learning_days: int, fields: tuple[str, ...] = ('@country',), **options: Any) -> dict[str, Any]:
    values = {
        'learningMethod': 'duration',
        'learningThreshold': 0,
        'learningDuration': learning_days,
        'forgetAfter': 14,
        'instantaneousBaseline': False,
    }
    return rule(
        [query('run', aggregation='new_value', metrics=list(fields))],
        case(None),
        detectionMethod='new_value',
        evaluationWindow=0,
        keepAlive=0,
        newValueOptions=values | options,
    )


def seen(day: float, country: str, user: str = 'ada', **attributes: Any) -> Log:
    return log(day * DAY_MS / MINUTE_MS, 'run', user, country=country, **attributes)


@pytest.mark.parametrize(
    ('learning_days', 'logs', 'expected'),
    [
        pytest.param(7, [seen(0, 'SE'), seen(6.9, 'NO')], [], id='learned in silence'),
        pytest.param(7, [seen(0, 'SE'), seen(7, 'NO')], [7], id='new after learning'),
        pytest.param(7, [seen(0, 'SE'), seen(8, 'SE')], [], id='known'),
        pytest.param(7, [seen(0, 'SE'), seen(8, 'NO'), seen(9, 'NO')], [8], id='learned with the signal'),
        pytest.param(7, [seen(0, 'SE'), seen(8, 'SE', 'bob')], [8], id='new to another group'),
        pytest.param(7, [seen(0, 'SE'), seen(14, 'SE'), seen(15, 'SE')], [], id='remembered'),
        pytest.param(7, [seen(0, 'SE'), seen(14.1, 'SE')], [14.1], id='forgotten'),
        pytest.param(7, [seen(0, 'SE'), seen(10, 'SE'), seen(20, 'SE')], [], id='remembered from the last time'),
        pytest.param(7, [seen(0, 'SE'), log(8 * 24 * 60, 'run')], [], id='no value'),
        pytest.param(0, [seen(0, 'SE'), seen(1, 'NO')], [1], id='without learning, all but the first'),
    ],
)
def test_a_new_value_opens_a_signal_after_the_learning_duration(
    learning_days: int, logs: list[Log], expected: list[float]
) -> None:
    found = signals(new_value(learning_days), logs)
    assert [round(minute * MINUTE_MS / DAY_MS, 1) for minute, *_ in found] == expected


def test_new_values_can_be_learned_for_each_group() -> None:
    """In the other reading of the documentation, the learning duration begins for each group."""
    logs = [seen(0, 'SE'), seen(8, 'SE', 'bob'), seen(14, 'NO', 'bob'), seen(15, 'DK', 'bob')]
    assert [user for _, user, _ in signals(new_value(7), logs)] == ['bob', 'bob', 'bob']
    assert signals(new_value(7), logs, learning='group') == [(15 * 24 * 60, 'bob', 'high')]


def test_several_attributes_are_one_value_together() -> None:
    logs = [seen(0, 'SE', device='a'), seen(1, 'NO', device='b'), seen(8, 'SE', device='b'), seen(9, 'SE', device='a')]
    assert [minute / 24 / 60 for minute, *_ in signals(new_value(7, ('@country', '@device')), logs)] == [8]


def test_new_values_keep_one_signal_open() -> None:
    definition = new_value(7)
    definition['options'] |= {'keepAlive': 3600}
    logs = [seen(0, 'SE'), seen(8, 'NO'), seen(8.02, 'DK'), seen(9, 'FI')]
    assert [minute / 24 / 60 for minute, *_ in signals(definition, logs)] == [8, 9]


def test_the_keys_of_rules_in_integrations_core_are_accepted() -> None:
    definition = rule([query('run')], case('run > 0'))
    for key in ('type', 'filters', 'message'):
        del definition[key]
    definition |= {
        'product': ['security_monitoring'],
        'defaultRuleId': '',
        'isBeta': False,
        'isShadowDeployed': False,
        'isMapperMetricsOnly': False,
    }
    assert signals(definition, [log(0, 'run')]) == [(0, 'ada', 'high')]


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a rule with one value changed."""
    definition = rule([query('run'), query('save')], case('run > 0'), case('save > 0', 'low'))
    *parents, last = (int(key) if key.isdigit() else key for key in path.split('.'))
    node: Any = definition
    for key in parents:
        node = node[key]
    node[last] = value
    return definition


def test_the_rule_that_the_rejected_rules_are_made_of_is_accepted() -> None:
    assert DetectionRule.from_json(changed('name', 'Other'))


@pytest.mark.parametrize(
    ('path', 'value', 'place'),
    [
        pytest.param('query', 'x', 'query', id='key of the rule'),
        pytest.param('type', 'signal_correlation', 'type', id='type'),
        pytest.param('filters', [{'action': 'suppress'}], 'filters', id='deprecated filters'),
        pytest.param('queries', [], 'queries', id='no queries'),
        pytest.param('queries.0.query', 'a:b:c', 'queries.0.query', id='search'),
        pytest.param('queries.0.aggregation', 'unique', 'queries.0.aggregation', id='aggregation'),
        pytest.param('queries.0.aggregation', 'cardinality', 'queries.0', id='cardinality of nothing'),
        pytest.param('queries.0.aggregation', 'sum', 'queries.0', id='sum of nothing'),
        pytest.param('queries.0.aggregation', 'new_value', 'queries.0', id='new value of nothing'),
        pytest.param('queries.0.distinctFields', ['@a'], 'queries.0', id='count of fields'),
        pytest.param('queries.0.group_by_fields', [], 'queries.0.group_by_fields', id='spelling of a key'),
        pytest.param('queries.0.groupByFields', [], 'group by different', id='other number of groups'),
        pytest.param('queries.0.name', 'save', 'same name', id='name twice'),
        pytest.param('queries.0.dataSource', 'audit', 'queries.0.dataSource', id='data source'),
        pytest.param('cases', [], 'cases', id='no case'),
        pytest.param('cases.0.status', 'HIGH', 'cases.0.status', id='status'),
        pytest.param('cases.0.conditions', 'run > 0', 'cases.0.conditions', id='key of a case'),
        pytest.param('cases.0.condition', None, 'no condition', id='no condition'),
        pytest.param('cases.0.condition', 'run >', 'cases.0.condition', id='condition'),
        pytest.param('cases.0.condition', '0 < run', 'cases.0.condition', id='number on the left'),
        pytest.param('cases.0.condition', 'run > 0 AND save > 0', 'cases.0.condition', id='operator'),
        pytest.param('cases.0.condition', 'ran > 0', 'no query has the name ran', id='name of no query'),
        pytest.param('cases.0.condition', 'run > 0 THEN save > 0', 'single case', id='sequence beside a case'),
        pytest.param('cases.0.condition', 'run > 0 THEN run > 1 THEN run > 2', 'THEN', id='two sequences'),
        pytest.param('options.detectionMethod', 'anomaly', 'options.detectionMethod', id='method'),
        pytest.param('options.detectionMethod', 'new_value', 'options', id='method without its options'),
        pytest.param('options.evaluationWindow', 601, 'options.evaluationWindow', id='window'),
        pytest.param('options.evaluationWindow', 7200, 'options', id='window longer than keepAlive'),
        pytest.param('options.maxSignalDuration', 600, 'options', id='signal shorter than keepAlive'),
        pytest.param('options.newValueOptions', {'forgetAfter': 7}, 'newValueOptions', id='options of another method'),
        pytest.param('options.decreaseCriticalityBasedOnEnv', True, 'decreaseCriticality', id='not evaluated'),
    ],
)
def test_what_is_invalid_or_not_supported_in_a_rule_is_rejected_with_its_place(
    path: str, value: Any, place: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        DetectionRule.from_json(changed(path, value))
    assert place in str(refusal.value)


@pytest.mark.parametrize(
    'options',
    [{'learningDuration': 31}, {'forgetAfter': 0}, {'forgetAfter': 31}, {'learningMethod': 'x'}, {'forget': 1}],
)
def test_invalid_new_value_options_are_rejected_with_their_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        DetectionRule.from_json(new_value(7, **options))
