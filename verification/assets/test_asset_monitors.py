# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The monitor templates: what Datadog takes, and what they tell of in the simulated history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from datadog_api_client.v1.model.monitor import Monitor

from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_logs_local.analytics import MonitorQuery, State, parse_monitor
from datadog_logs_local.search import Log, QueryError, values
from simulation import ACME_DOMAIN, NOW_MS, START_MS, audit_lines, incidents
from simulation.pipeline import ASSETS

from .api_models import faults
from .selection import (
    Chosen,
    chosen_by,
    events_of,
    events_where,
    found_by,
    runs_of,
    typos,
    without_values,
    wrong_names,
)

FILES = sorted((ASSETS / 'monitors').glob('*.json'))
MONITORS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text(encoding='utf-8')) for path in FILES}
CHECK_STATUS = 'workflows_check_reports_errors'
SILENCE = 'workflows_events_stop_arriving'
LATE = 'workflows_events_arrive_late'
OF_LOGS = sorted(MONITORS.keys() - {CHECK_STATUS})

MOST_MONITORS = 10
HOUR_MS = 3_600_000
TEMPLATE_KEYS = {'version', 'created_at', 'last_updated_at', 'title', 'description', 'definition', 'tags'}
LONGEST_WINDOW_MS = 48 * HOUR_MS

Group = tuple[str, ...]

REPORTED = {
    'workflows_actions_are_abandoned': {'abandoned_changes'},
    'workflows_actions_are_denied': {'denied_actions'},
    'workflows_actions_fail': {'failed_connections'},
    'workflows_execution_log_streaming_is_switched_off': {'log_streaming_switched_off'},
    'workflows_flow_runs_fail': {'failed_runs'},
    'workflows_flows_run_without_records': {'flows_made_invisible'},
    'workflows_step_limit_is_near_or_reached': {
        'step_limit_half_used',
        'step_limit_three_quarters_used',
        'step_limit_nearly_used',
        'step_limit_violation',
    },
}
"""The incidents that each monitor alerts of. Of every other one, and in quiet weeks, it is silent."""

# https://docs.datadoghq.com/monitors/notify/variables/
BLOCKS = {'is_alert', 'is_warning', 'is_recovery'}
VARIABLES = {'value', 'threshold', 'warn_threshold', 'log.link'}
_TAG = re.compile(r'{{\s*(.*?)\s*}}')
_GROUP = re.compile(r'\[?(@?[\w.]+?)\]?\.name')
# https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor, "Service Check Query"
_SERVICE_CHECK = re.compile(r'"([\w.]+)"\.over\("([\w:]+)"\)\.by\("(\w+)"\)\.last\((\d+)\)\.count_by_status\(\)')


def definition(name: str) -> dict[str, Any]:
    body: dict[str, Any] = MONITORS[name]['definition']
    return body


@cache
def parsed(name: str) -> MonitorQuery:
    return parse_monitor(definition(name)['query'], definition(name)['options'])


def searches(name: str) -> list[str]:
    return [query.search.query for query in parsed(name).queries]


def fields(name: str) -> set[str]:
    """What a monitor counts, or groups by."""
    counted = {query.compute.metric for query in parsed(name).queries}
    return {field for field in counted if field} | set(parsed(name).facets)


def wanted(name: str) -> list[Chosen]:
    """What each search of a monitor should find, told without any search."""
    match name:
        case 'workflows_actions_are_abandoned':
            return [events_where(lambda event: event['outcome']['result'] == 'ABANDONED')]
        case 'workflows_actions_are_denied':
            return [events_where(lambda event: event['outcome']['result'] == 'DENY')]
        case 'workflows_actions_fail':
            return [events_where(lambda event: event['outcome']['result'] == 'FAILURE')]
        case 'workflows_events_stop_arriving':
            return [events_where(lambda _: True)]
        case 'workflows_events_arrive_late':
            return [late_events()]
        case 'workflows_execution_log_streaming_is_switched_off':
            return [events_of('workflows.user.execution_log_stream_connection.deactivate')]
        case 'workflows_flows_run_without_records':
            return [
                events_of(
                    'workflows.user.flow.execution_log_stream.deactivate',
                    'workflows.user.flow.execution_history.deactivate',
                )
            ]
        case 'workflows_step_limit_is_near_or_reached':
            return [
                events_of('workflows.org.step_execution_limit.warning', 'workflows.org.step_execution_limit.violation')
            ]
        case 'workflows_flow_runs_fail':
            return [runs_of('FLOW_FAILED'), runs_of('FLOW_START')]
    raise AssertionError(name)


def late_events() -> Chosen:
    lines = (line['message'] for line in audit_lines())
    return frozenset((line['log']['uuid'],) for line in lines if 'late_event' in line)


def alerts(name: str, logs: Sequence[Log], moments_ms: Iterable[int]) -> Iterator[tuple[int, Group]]:
    """Each of the moments at which a group is in alert, with the group."""
    states: dict[Group, State] = {}
    for at_ms in moments_ms:
        states = parsed(name).states(logs, at_ms, states)
        yield from ((at_ms, group) for group, state in states.items() if state == State.ALERT)


def found(name: str) -> list[Log]:
    """All that the searches of a monitor find, in order of time."""
    return sorted((log for search in searches(name) for log in found_by(search)), key=lambda log: log.timestamp)


def just_after(logs: Iterable[Log]) -> list[int]:
    """The moments at which values of a monitor may rise."""
    return sorted({log.timestamp + 1 for log in logs})


def test_there_are_no_more_than_a_listing_may_have() -> None:
    assert 0 < len(MONITORS) <= MOST_MONITORS
    assert len({monitor['title'] for monitor in MONITORS.values()}) == len(MONITORS)


def test_every_monitor_has_its_incidents() -> None:
    assert REPORTED.keys() | {CHECK_STATUS, LATE, SILENCE} == MONITORS.keys()
    reported = set().union(*REPORTED.values()) | {'silence'}
    assert reported <= incidents().keys()
    assert not any(incidents()[name].is_harmless for name in reported)


@pytest.mark.parametrize('name', MONITORS)
def test_the_file_is_a_template_of_version_2(name: str) -> None:
    template = MONITORS[name]
    assert template.keys() == TEMPLATE_KEYS
    assert template['version'] == 2
    assert template['created_at'] <= template['last_updated_at']
    # https://docs.datadoghq.com/extend/integrations/create-an-integration-monitor-template/
    assert template['title'] == template['definition']['name']
    assert '{{' not in template['title'] + template['description']
    assert template['tags'] == template['definition']['tags'] == ['integration:okta-workflows-agent']


@pytest.mark.parametrize('name', MONITORS)
def test_the_definition_is_one_that_the_api_takes(name: str) -> None:
    assert faults(definition(name), Monitor) == []


@pytest.mark.parametrize(
    ('place', 'value'),
    [
        pytest.param(('type',), 'logs alert', id='type'),
        pytest.param(('options', 'on_missing_data'), 'resolved', id='value'),
        pytest.param(('options', 'evaluation_dely'), 60, id='option'),
        pytest.param(('messages',), '', id='key'),
        pytest.param(('options', 'thresholds'), {'critical': '1'}, id='threshold'),
    ],
)
def test_a_definition_with_a_slip_is_not_taken(place: tuple[str, ...], value: Any) -> None:
    body = json.loads(json.dumps(definition(LATE)))
    part = body
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    assert faults(body, Monitor)


@pytest.mark.parametrize('name', OF_LOGS)
def test_the_query_and_the_options_are_understood(name: str) -> None:
    """Among others: the threshold stands in both, a window is between a minute and two days."""
    assert parsed(name).window_ms <= LONGEST_WINDOW_MS


@pytest.mark.parametrize('name', OF_LOGS)
def test_repeated_deliveries_do_not_count_twice(name: str) -> None:
    """Delivery is at least once; whether anything came at all is a matter of lines."""
    aggregations = {query.compute.aggregation for query in parsed(name).queries}
    assert aggregations == {'count' if name == SILENCE else 'cardinality'}


@pytest.mark.parametrize('name', OF_LOGS)
def test_the_searches_find_what_they_should_and_nothing_else(name: str) -> None:
    assert [chosen_by(search) for search in searches(name)] == wanted(name)
    assert all(wanted(name))


@pytest.mark.parametrize('name', OF_LOGS)
def test_no_typo_in_a_search_goes_unnoticed(name: str) -> None:
    for search, should_find in zip(searches(name), wanted(name), strict=True):
        for typo in typos(search):
            try:
                assert chosen_by(typo) != should_find, typo
            except QueryError:
                continue


@pytest.mark.parametrize('name', OF_LOGS)
def test_every_log_found_has_what_is_counted_or_grouped_by(name: str) -> None:
    for field in fields(name):
        assert not without_values(found(name), field), field


@pytest.mark.parametrize('name', OF_LOGS)
def test_no_typo_in_a_field_goes_unnoticed(name: str) -> None:
    for field in fields(name):
        for typo in typos(field):
            assert without_values(found(name), typo), typo


@pytest.mark.parametrize('name', REPORTED)
def test_it_alerts_of_its_incidents_and_of_nothing_else(name: str) -> None:
    window_ms = parsed(name).window_ms
    reported = set()
    for at_ms, group in alerts(name, found(name), just_after(found(name))):
        covering = [
            incident.name
            for incident in incidents().values()
            if incident.name in REPORTED[name] and incident.start_ms <= at_ms <= incident.end_ms + window_ms
        ]
        assert covering, (at_ms, group)
        reported.update(covering)
    assert reported == REPORTED[name]


@pytest.mark.parametrize('name', sorted({*REPORTED, LATE}))
def test_an_alert_ends_by_itself(name: str) -> None:
    """Not a matter of course: of anything but a count, no data leaves the last state as it was, unless told otherwise.

    Source: OnMissingDataOption of the API client.
    """
    logs = found(name)
    last_ms, group = max(alerts(name, logs, just_after(logs)))
    before = {group: State.ALERT}
    assert parsed(name).states(logs, last_ms + parsed(name).window_ms, before)[group] == State.OK


def test_late_events_alert_for_their_org() -> None:
    logs = found(LATE)
    raised = set(alerts(LATE, logs, just_after(logs)))
    assert raised == {(log.timestamp + 1, (domain,)) for log in logs for domain in values(log, 'okta_domain')}


def hours() -> range:
    return range(START_MS + parsed(SILENCE).window_ms, NOW_MS, HOUR_MS)


def test_silence_of_the_only_org_alerts() -> None:
    """At night and at weekends the service desk works."""
    silence = incidents()['silence']
    logs = [log for log in found(SILENCE) if ACME_DOMAIN in values(log, 'okta_domain')]
    raised = [at_ms for at_ms, _ in alerts(SILENCE, logs, hours())]
    assert raised
    assert all(silence.covers(at_ms) for at_ms in raised)


def test_an_org_that_talks_hides_the_silence_of_another() -> None:
    """Which is why the message has a copy made for each."""
    assert not list(alerts(SILENCE, found(SILENCE), hours()))
    assert 'okta_domain:' in definition(SILENCE)['message']


@pytest.mark.parametrize('name', MONITORS)
def test_the_message_speaks_in_states_only_and_of_groups_that_exist(name: str) -> None:
    message = definition(name)['message']
    groups = {'host'} if name == CHECK_STATUS else set(parsed(name).facets)
    opened: list[str] = []
    for part in re.split(r'({{.*?}})', message):
        tag = _TAG.fullmatch(part)
        if tag is None:
            assert opened or not part.strip(), part
        elif tag[1].startswith('#'):
            opened.append(tag[1][1:])
            assert opened in [[block] for block in BLOCKS]
        elif tag[1].startswith('/'):
            assert opened.pop() == tag[1][1:]
        elif group := _GROUP.fullmatch(tag[1]):
            assert group[1] in groups
            assert ('[' in tag[1]) == ('.' in group[1]), 'brackets, because of the dots'
        else:
            assert tag[1] in VARIABLES
    assert not opened
    assert message.count('{{#is_alert}}') == message.count('{{#is_recovery}}') == 1
    assert ('{{#is_warning}}' in message) == ('warning' in definition(name)['options']['thresholds'])


@pytest.mark.parametrize('name', MONITORS)
def test_the_message_says_what_to_check_and_to_do(name: str) -> None:
    message = definition(name)['message']
    assert 'What to check' in message
    assert 'What to do' in message or name == SILENCE
    assert wrong_names(message) == []


def test_silence_is_looked_for_where_it_comes_from() -> None:
    message = definition(SILENCE)['message']
    assert '`datadog-agent status`' in message
    assert 'warnings' in message
    assert '`logs:` section' in message


def test_the_status_of_the_check_is_that_which_the_agent_sends() -> None:
    """After each run, where it is told to; with the tag `check` only (datadog-agent pkg/collector/worker/worker.go)."""
    query = _SERVICE_CHECK.fullmatch(definition(CHECK_STATUS)['query'])
    assert query
    service_check, scope, group, looks_back = query.groups()
    thresholds = definition(CHECK_STATUS)['options']['thresholds']
    assert definition(CHECK_STATUS)['type'] == 'service check'
    assert service_check == 'datadog.agent.check_status'
    assert scope == f'check:{OktaWorkflowsCheck.__NAMESPACE__}'
    assert group == 'host'
    assert max(thresholds.values()) <= int(looks_back) <= 100
    assert 'integration_check_status_enabled: true' in MONITORS[CHECK_STATUS]['description']
