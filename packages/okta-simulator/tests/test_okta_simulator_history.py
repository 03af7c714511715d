# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The generated history: reproducible, and as varied as a real org's."""

from __future__ import annotations

import json
import statistics
import uuid
from collections import Counter, defaultdict
from typing import Any

import pytest

from okta_simulator import WORKFLOWS_EVENT_TYPES, HistoryGenerator
from okta_simulator.rfc3339 import parse_ms

SINCE, UNTIL = 1_789_000_000.0, 1_790_000_000.0

Event = dict[str, Any]


def history(
    n: int = 2000, seed: int = 1, noise: float = 0.2, late: float = 0.05, odd: float = 0.0
) -> list[tuple[Event, int]]:
    return HistoryGenerator(seed).history(n, SINCE, UNTIL, noise_share=noise, late_share=late, oddity_share=odd)


def events(**options: Any) -> list[Event]:
    return [event for event, _ in history(**options)]


def workflows_events(**options: Any) -> list[Event]:
    return [event for event in events(**options) if event['eventType'].startswith('workflows.')]


def targets(event: Event) -> dict[str, Event]:
    return {target['type']: target for target in event['target']}


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    assert history(seed=5, odd=0.1) == history(seed=5, odd=0.1)
    assert history(seed=5) != history(seed=6)


def test_uuids_are_unique_version_1_uuids_even_between_calls() -> None:
    generator = HistoryGenerator(1)
    made = generator.events(500, SINCE) + generator.events(500, SINCE)
    assert len({event['uuid'] for event in made}) == 1000
    assert all(uuid.UUID(event['uuid']).version == 1 for event in made)


def test_all_51_types_occur_in_200_events() -> None:
    assert len(WORKFLOWS_EVENT_TYPES) == 51
    assert {event['eventType'] for event in workflows_events(n=200)} == set(WORKFLOWS_EVENT_TYPES)


def test_types_come_in_no_particular_order() -> None:
    first_seen = list(dict.fromkeys(event['eventType'] for event in workflows_events(n=200)))
    assert first_seen != sorted(first_seen)
    assert first_seen[0] != next(iter(WORKFLOWS_EVENT_TYPES))


def test_exactly_three_types_are_beta() -> None:
    beta = {name for name, event_type in WORKFLOWS_EVENT_TYPES.items() if event_type.beta}
    versions = {'workflows.user.flow.version.update', 'workflows.user.flow.version.revert'}
    assert beta == {'workflows.user.flow.view', *versions}


def test_exactly_n_events_are_persisted_in_order_within_the_bounds() -> None:
    made = history(n=333)
    persisted = [persisted_ms for _, persisted_ms in made]
    assert len(made) == 333 and persisted == sorted(persisted)
    assert SINCE * 1000 <= persisted[0] and persisted[-1] <= UNTIL * 1000


def test_an_event_is_published_before_it_is_persisted_and_some_much_earlier() -> None:
    delays = [persisted_ms - parse_ms(event['published']) for event, persisted_ms in history()]
    assert min(delays) >= 0
    assert 0.01 < sum(delay > 30_000 for delay in delays) / len(delays) < 0.15
    assert max(persisted_ms - parse_ms(event['published']) for event, persisted_ms in history(late=0.0)) < 30_000


def test_workflows_events_have_the_published_shape() -> None:
    for event in workflows_events():
        session = event['debugContext']['debugData']['sessionId']
        assert event['transaction'] == {'type': 'WORKFLOW', 'id': session, 'detail': {}}
        assert event['request']['ipChain'][0]['ip'] == 'null'
        assert event['authenticationContext'] is event['securityContext'] is event['device'] is None
        assert event['client'] is None or event['client']['zone'] == 'null'


def test_flow_events_target_the_app_and_a_flow_in_no_fixed_order() -> None:
    orders = Counter(
        tuple(target['type'] for target in event['target'])
        for event in workflows_events()
        if event['eventType'] == 'workflows.user.flow.save'
    )
    assert set(orders) == {('AppInstance', 'Flow'), ('Flow', 'AppInstance')}


def test_flow_ids_are_ulids_or_old_numbers() -> None:
    ids = {targets(event)['Flow']['id'] for event in workflows_events() if 'Flow' in targets(event)}
    assert any(flow_id.isdigit() for flow_id in ids)
    assert {len(flow_id) for flow_id in ids if not flow_id.isdigit()} == {26}


@pytest.mark.parametrize(
    'event_type, keys',
    [
        ('workflows.user.flow.move', {'oldLocation', 'newLocation'}),
        ('workflows.user.folder.move', {'oldLocation', 'newLocation'}),
        ('workflows.user.folder.rename', {'oldName', 'newName'}),
        ('workflows.org.step_execution_limit.warning', {'stepLimit', 'stepsUsed', 'enforcementType'}),
        ('workflows.user.flow.activate', set()),
    ],
)
def test_debug_data_of_the_catalogue(event_type: str, keys: set[str]) -> None:
    event = HistoryGenerator(1).event(event_type, SINCE)
    assert set(event['debugContext']['debugData']) == {'sessionId', *keys}


@pytest.mark.parametrize(
    'event_type, types',
    [
        ('workflows.user.role.group.add', {'Group', 'Role'}),
        ('workflows.user.role.user.remove', {'User', 'Role'}),
        ('workflows.user.connection.create', {'User', 'Connector', 'Connection'}),
        ('workflows.user.flow.version.revert', {'AppInstance', 'Flow', 'FlowVersion'}),
        ('workflows.user.table.schema.export', {'AppInstance', 'Table'}),
        ('workflows.user.truststore.view', {'TrustStore'}),
        ('workflows.user.execution_log_stream_connection.update', {'AppInstance', 'ExecutionLogStreamConnection'}),
    ],
)
def test_targets_of_the_catalogue(event_type: str, types: set[str]) -> None:
    assert set(targets(HistoryGenerator(1).event(event_type, SINCE))) == types


def test_a_folder_operation_is_a_burst_of_one_millisecond_and_one_session() -> None:
    bursts: defaultdict[str, list[Event]] = defaultdict(list)
    for event in workflows_events():
        bursts[event['transaction']['id']].append(event)
    deletions = [burst for burst in bursts.values() if burst[0]['eventType'] == 'workflows.user.folder.delete']
    assert deletions
    for burst in deletions:
        assert len({event['published'] for event in burst}) == 1
        assert {'workflows.user.flow.delete', 'workflows.user.table.delete'} <= {event['eventType'] for event in burst}


def test_outcomes_and_severities_vary_and_failures_have_a_reason() -> None:
    made = workflows_events()
    assert {event['outcome']['result'] for event in made} == {'SUCCESS', 'FAILURE', 'DENY'}
    assert all((event['outcome']['reason'] is None) is (event['outcome']['result'] == 'SUCCESS') for event in made)
    assert {event['severity'] for event in made} == {'INFO', 'WARN', 'ERROR'}


def test_events_are_of_realistic_size_and_not_only_ascii() -> None:
    sizes = [len(json.dumps(event, ensure_ascii=False, separators=(',', ':')).encode()) for event in workflows_events()]
    assert 1300 < statistics.mean(sizes) < 1600
    text = ''.join(json.dumps(event, ensure_ascii=False) for event in workflows_events(n=200))
    assert {'ö', '藤', 'Ж'} & set(text)
    # Okta stores no characters of more than three bytes in UTF-8 (Okta docs, docs/reference/core-okta-api).
    assert max(text) <= '\uffff'


def test_noise_is_of_other_types() -> None:
    assert len(workflows_events(noise=0.0)) == 2000
    assert 0 < len(workflows_events(noise=0.9)) < 1000


def test_oddities_are_what_the_docs_allow_for() -> None:
    made = events(odd=0.5)
    assert any('workflowContext' in event for event in made)
    assert any(event.get('target', []) is None for event in made)
    assert any('device' not in event for event in made)
    assert any(event['eventType'] == 'workflows.user.flow.teleport' for event in made)
    assert any(event['outcome']['result'] == 'PARTIALLY_ADMIRED' for event in made)
    assert any(event['version'] == 0 for event in made)
    assert not any('workflowContext' in event for event in events(odd=0.0))
