# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The detection rules for Cloud SIEM: what Datadog takes, and what they signal in the simulated history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from datadog_api_client.v2.model.security_monitoring_standard_rule_create_payload import (
    SecurityMonitoringStandardRuleCreatePayload,
)

from datadog_logs_local.analytics import DetectionRule, Signal
from datadog_logs_local.search import Log, QueryError, values
from simulation import GEO_IP, incidents
from simulation.pipeline import ASSETS, history_logs

from .api_models import faults
from .selection import (
    Chosen,
    chosen_by,
    events_of,
    events_where,
    found_by,
    typos,
    without_values,
    wrong_names,
)

PREFIX = 'okta_workflows_'
FILES = sorted((ASSETS / 'security').iterdir())
RULES: dict[str, dict[str, Any]] = {
    path.stem.removeprefix(PREFIX): json.loads(path.read_text(encoding='utf-8')) for path in FILES
}
CASES = [(rule, case['name']) for rule in RULES for case in RULES[rule]['cases'] if 'condition' in case]
QUERIES = [(rule, query['name']) for rule in RULES for query in RULES[rule]['queries']]

# https://docs.datadoghq.com/extend/integrations/create-a-cloud-siem-detection-rule/
MOST_RULES = 10
RULE_KEYS = {
    'name',
    'partnerRuleId',
    'type',
    'message',
    'queries',
    'options',
    'cases',
    'tags',
    'hasExtendedTitle',
}
PARTNER_RULE_ID = re.compile(r'ext-00[a-z0-9]-[a-z0-9]{3}')
STATUSES = ['critical', 'high', 'medium', 'low', 'info']
SECTIONS = ['Goal', 'Strategy', 'Triage and response', 'False positives']

# Version 18 of MITRE ATT&CK, https://attack.mitre.org/versions/v18/. In version 19 T1562 has become T1685.
TECHNIQUES_OF_TACTICS = {
    'TA0001-initial-access': {'T1078-valid-accounts'},
    'TA0002-execution': {'T1648-serverless-execution'},
    'TA0003-persistence': {'T1098-account-manipulation', 'T1546-event-triggered-execution'},
    'TA0004-privilege-escalation': {'T1098-account-manipulation'},
    'TA0005-defense-evasion': {'T1070-indicator-removal', 'T1553-subvert-trust-controls', 'T1562-impair-defenses'},
    'TA0010-exfiltration': {'T1567-exfiltration-over-web-service'},
    'TA0040-impact': {'T1485-data-destruction'},
}

# "API schema reference" of https://docs.datadoghq.com/security/cloud_siem/, create a real-time rule, and new value
QUERY_NAME = re.compile(r'[a-z][a-z0-9_]*')
COMPARISON = r'[a-z][a-z0-9_]* > \d+'
CONDITION = re.compile(rf'{COMPARISON}(?: && {COMPARISON})*')
COMPARED = re.compile(r'(\w+) > (\d+)')
FORGET_AFTER_DAYS = {1, 2, 7, 14, 21, 28}
LEARNING_DAYS = {0, 1, 7}

SIGNALS = {
    'activity_from_new_country': {'new_country': 'medium'},
    'connection_created_to_new_connector': {'connection_to_new_connector': 'medium'},
    'delegated_flow_run_by_new_user': {
        'hit_and_run': 'low',
        'reauthorized_then_exported': 'low',
        'delegated_run_spree': 'low',
    },
    'execution_log_streaming_disabled_or_redirected': {
        'log_streaming_switched_off': 'high',
        'log_stream_redirected': 'high',
    },
    'execution_records_deleted_or_switched_off': {
        'history_deleted_entirely': 'medium',
        'flows_made_invisible': 'medium',
    },
    'flow_created_activated_and_deleted': {'hit_and_run': 'high'},
    'flows_or_tables_exported_in_bulk': {'export_spree': 'high'},
    'resources_deleted_or_deactivated_in_bulk': {'mass_deletion': 'medium'},
    'role_granted': {
        'role_granted_to_user': 'medium',
        'role_granted_to_group': 'medium',
        'role_granted_to_oneself': 'medium',
    },
    'trust_store_changed': {'trust_store_changed': 'high'},
}
"""The incidents that each rule signals, with the gravest status. It signals nothing else, above all no harmless one."""

_VARIABLE = re.compile(r'{{(.*?)}}')


def body(rule: str) -> dict[str, Any]:
    """What goes to the API. `isEnabled` does not apply to the rules of partners, and is left out of their files."""
    kept = {key: value for key, value in RULES[rule].items() if key != 'partnerRuleId'}
    return {**kept, 'isEnabled': True}


def query(rule: str, name: str) -> dict[str, Any]:
    (found,) = (query for query in RULES[rule]['queries'] if query['name'] == name)
    return dict(found)


def fields(rule: str, name: str) -> list[str]:
    """What a query counts, learns and groups by."""
    found = query(rule, name)
    return [*found['groupByFields'], *found['distinctFields'], *found.get('metrics', ())]


@cache
def signals(rule: str) -> tuple[Signal, ...]:
    return tuple(DetectionRule.from_json(RULES[rule]).signals(history_logs()))


def incident_of(rule: str, signal: Signal) -> str | None:
    """The incident that the event belongs to with which a signal begins."""
    (field,) = RULES[rule]['queries'][0]['groupByFields']
    uuids = {
        uuid
        for log in history_logs()
        if log.timestamp == signal.first_ms and signal.group[0] in values(log, field)
        for uuid in values(log, '@log.uuid')
    }
    return next((incident.name for incident in incidents().values() if uuids.intersection(incident.uuids)), None)


def one_after_the_other(rule: str, name: str, number: int) -> list[Log]:
    """So many different things of one group that a query finds, within seconds and apart from the history."""
    found = query(rule, name)
    original = found_by(found['query'])[0]
    logs = []
    for each in range(number):
        attributes = deepcopy(original.attributes)
        for field in found['groupByFields']:
            put(attributes, field, 'the same')
        for field in found['distinctFields']:
            put(attributes, field, f'number {each}')
        logs.append(replace(original, attributes=attributes, timestamp=1000 * each))
    return logs


def put(attributes: dict[str, Any], field: str, value: str) -> None:
    *path, last = field.removeprefix('@').split('.')
    for key in path:
        attributes = attributes[key]
    attributes[last] = value


def cases_signalled(rule: str, logs: Iterable[Log]) -> set[str]:
    return {signal.case for signal in DetectionRule.from_json(RULES[rule]).signals(logs)}


def wanted(rule: str, name: str) -> Chosen:
    """What a query should find, told without any query."""
    user = 'workflows.user'
    match rule, name:
        case 'activity_from_new_country', _:
            return events_where(lambda event: ((event.get('client') or {}).get('ipAddress')) in GEO_IP)
        case 'connection_created_to_new_connector', _:
            return events_of(f'{user}.connection.create')
        case 'delegated_flow_run_by_new_user', _:
            return events_of(f'{user}.delegatedflow.run')
        case _, 'disabled':
            return events_of(f'{user}.execution_log_stream_connection.deactivate')
        case _, 'redirected':
            return events_of(f'{user}.execution_log_stream_connection.update') & with_detail(
                'fieldsUpdated', 'DESTINATION_URL'
            )
        case _, 'erased':
            return events_of(f'{user}.flow.execution_history.delete') & with_detail('executionHistoryType', 'ALL')
        case _, 'unrecorded':
            return events_of(
                f'{user}.flow.execution_history.deactivate', f'{user}.flow.execution_log_stream.deactivate'
            )
        case 'flow_created_activated_and_deleted', 'created':
            return events_of(f'{user}.flow.create', f'{user}.flow.import')
        case 'flow_created_activated_and_deleted', 'activated':
            return events_of(f'{user}.flow.activate')
        case 'flow_created_activated_and_deleted', 'deleted':
            return events_of(f'{user}.flow.delete')
        case _, 'tables':
            return events_of(f'{user}.table.export')
        case _, 'exported':
            return events_of(f'{user}.flow.export', f'{user}.folder.export', f'{user}.table.export')
        case 'resources_deleted_or_deactivated_in_bulk', 'deleted':
            return events_of(*(f'{user}.{kind}.delete' for kind in ('flow', 'folder', 'table', 'connection')))
        case _, 'deactivated':
            return events_of(f'{user}.flow.deactivate')
        case 'role_granted', 'to_group':
            return events_of(f'{user}.role.group.add')
        case 'role_granted', 'to_user':
            return events_of(f'{user}.role.user.add')
        case 'trust_store_changed', _:
            return events_of(*(f'{user}.truststore.{action}' for action in ('create', 'update', 'delete')))
    raise AssertionError((rule, name))


def with_detail(key: str, value: str) -> Chosen:
    """Events that have a value in the details of some target, alone or in a list."""
    return events_where(
        lambda event: any(
            value in ((target.get('detailEntry') or {}).get(key) or ()) for target in event.get('target') or ()
        )
    )


def test_there_are_no_more_than_an_integration_may_have() -> None:
    assert 0 < len(RULES) <= MOST_RULES
    for key in ('name', 'partnerRuleId'):
        assert len({rule[key] for rule in RULES.values()}) == len(RULES)


def test_every_rule_has_its_incidents() -> None:
    assert SIGNALS.keys() == RULES.keys()
    reported = set().union(*SIGNALS.values())
    assert reported <= incidents().keys()
    assert not any(incidents()[name].is_harmless for name in reported)


@pytest.mark.parametrize('rule', RULES)
def test_the_file_has_what_a_partner_rule_has(rule: str) -> None:
    assert RULES[rule].keys() == RULE_KEYS
    assert PARTNER_RULE_ID.fullmatch(RULES[rule]['partnerRuleId'])
    assert RULES[rule]['type'] == 'log_detection'
    assert RULES[rule]['name'].startswith('Okta Workflows ')


@pytest.mark.parametrize('rule', RULES)
def test_the_rule_is_one_that_the_api_takes(rule: str) -> None:
    assert faults(body(rule), SecurityMonitoringStandardRuleCreatePayload) == []


@pytest.mark.parametrize(
    ('place', 'value'),
    [
        pytest.param(('type',), 'log_detections', id='type'),
        pytest.param(('cases', 0, 'status'), 'MEDIUM', id='status'),
        pytest.param(('options', 'evaluationWindow'), 901, id='window'),
        pytest.param(('queries', 0, 'aggregation'), 'counts', id='aggregation'),
        pytest.param(('queries', 0, 'groupBy'), [], id='key'),
        pytest.param(('partnerRuleId',), '', id='key-of-files'),
    ],
)
def test_a_rule_with_a_slip_is_not_taken(place: tuple[str | int, ...], value: Any) -> None:
    changed: Any = json.loads(json.dumps(body('role_granted')))
    part = changed
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    assert faults(changed, SecurityMonitoringStandardRuleCreatePayload)


@pytest.mark.parametrize('rule', RULES)
def test_the_parts_of_the_rule_fit_together(rule: str) -> None:
    """What the API's server demands, and its models do not know."""
    options, queries, cases = (RULES[rule][key] for key in ('options', 'queries', 'cases'))
    names = [query['name'] for query in queries]
    assert all(QUERY_NAME.fullmatch(name) for name in names)
    assert len(set(names)) == len(names)
    assert options['evaluationWindow'] <= options['keepAlive'] <= options['maxSignalDuration']
    for query in queries:
        assert bool(query['distinctFields']) == (query['aggregation'] == 'cardinality')
        assert bool(query.get('metrics')) == (query['aggregation'] == 'new_value')
        assert query['groupByFields'] == queries[0]['groupByFields'], 'queries join on what they group by'
    if options['detectionMethod'] == 'new_value':
        assert [query['aggregation'] for query in queries] == ['new_value']
        assert ['condition' in case for case in cases] == [False]
        assert options['newValueOptions']['learningDuration'] in LEARNING_DAYS
        assert options['newValueOptions']['forgetAfter'] in FORGET_AFTER_DAYS
    else:
        assert options['detectionMethod'] == 'threshold'
        assert all(CONDITION.fullmatch(case['condition']) for case in cases)
        named = {word for case in cases for word in QUERY_NAME.findall(case['condition'])}
        assert named == set(names), 'each query decides something'


@pytest.mark.parametrize('rule', RULES)
def test_graver_cases_come_first_and_have_names(rule: str) -> None:
    cases = RULES[rule]['cases']
    ranks = [STATUSES.index(case['status']) for case in cases]
    assert ranks == sorted(ranks)
    assert all(case['name'] for case in cases)


@pytest.mark.parametrize('rule', RULES)
def test_the_tags_are_those_of_attack(rule: str) -> None:
    tags = dict(tag.split(':', 1) for tag in RULES[rule]['tags'])
    assert tags.keys() == {'tactic', 'technique', 'source', 'security'}
    assert len(RULES[rule]['tags']) == len(tags)
    assert tags['technique'] in TECHNIQUES_OF_TACTICS[tags['tactic']]
    assert (tags['source'], tags['security']) == ('okta-workflows', 'attack')


def test_every_technique_of_the_table_is_used() -> None:
    used = {tag for rule in RULES.values() for tag in rule['tags']}
    for tactic, techniques in TECHNIQUES_OF_TACTICS.items():
        assert {f'tactic:{tactic}', *(f'technique:{technique}' for technique in techniques)} <= used


@pytest.mark.parametrize('rule', RULES)
def test_the_message_leads_from_goal_to_false_positives(rule: str) -> None:
    message = RULES[rule]['message']
    heading, *parts = re.split(r'^## (.*)\n', message, flags=re.MULTILINE)
    assert not heading
    assert parts[::2] == SECTIONS
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    steps = re.findall(r'^(\d)\. ', sections['Triage and response'], flags=re.MULTILINE)
    assert steps == [str(number + 1) for number in range(len(steps))]
    assert len(steps) >= 3
    assert wrong_names(message) == []


@pytest.mark.parametrize('rule', RULES)
def test_each_variable_of_the_message_has_a_value_in_its_signals(rule: str) -> None:
    message = RULES[rule]['message']
    signalled = {uuid for name in SIGNALS[rule] for uuid in incidents()[name].uuids}
    found = [
        log
        for each in RULES[rule]['queries']
        for log in found_by(each['query'])
        if signalled.intersection(values(log, '@log.uuid'))
    ]
    assert found
    variables = set(_VARIABLE.findall(message))
    assert '@usr.email' in variables
    for variable in variables:
        assert not without_values(found, variable), variable


@pytest.mark.parametrize(('rule', 'name'), QUERIES)
def test_the_query_finds_what_it_should_and_nothing_else(rule: str, name: str) -> None:
    assert chosen_by(query(rule, name)['query']) == wanted(rule, name) != frozenset()


@pytest.mark.parametrize(('rule', 'name'), QUERIES)
def test_no_typo_in_a_query_goes_unnoticed(rule: str, name: str) -> None:
    for typo in typos(query(rule, name)['query']):
        try:
            assert chosen_by(typo) != wanted(rule, name), typo
        except QueryError:
            continue


@pytest.mark.parametrize(('rule', 'name'), QUERIES)
def test_every_log_found_has_what_is_counted_learned_or_grouped_by(rule: str, name: str) -> None:
    for field in fields(rule, name):
        assert not without_values(found_by(query(rule, name)['query']), field), field


@pytest.mark.parametrize(('rule', 'name'), QUERIES)
def test_no_typo_in_a_field_goes_unnoticed(rule: str, name: str) -> None:
    for field in fields(rule, name):
        for typo in typos(field):
            assert without_values(found_by(query(rule, name)['query']), typo), typo


@pytest.mark.parametrize(('rule', 'case'), CASES)
def test_a_case_is_reached_at_its_numbers_and_not_before(rule: str, case: str) -> None:
    (condition,) = (each['condition'] for each in RULES[rule]['cases'] if each['name'] == case)
    numbers = {name: int(number) for name, number in COMPARED.findall(condition)}
    enough = [log for name, number in numbers.items() for log in one_after_the_other(rule, name, number + 1)]
    assert case in cases_signalled(rule, enough)
    for short, number in numbers.items():
        others = [
            log for name in numbers if name != short for log in one_after_the_other(rule, name, numbers[name] + 1)
        ]
        assert case not in cases_signalled(rule, others + one_after_the_other(rule, short, number))


@pytest.mark.parametrize('rule', RULES)
def test_it_signals_its_incidents_and_nothing_else(rule: str) -> None:
    gravest: dict[str | None, str] = {}
    for signal in signals(rule):
        incident = incident_of(rule, signal)
        gravest[incident] = min(gravest.get(incident, STATUSES[-1]), signal.status, key=STATUSES.index)
    assert gravest == SIGNALS[rule]
