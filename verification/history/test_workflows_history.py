# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The simulated history is what monitors, rules and dashboards are held against, so it has to be what it says it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest

from datadog_logs_local.search import Log
from okta_simulator import WORKFLOWS_EVENT_TYPES, rfc3339
from simulation import (
    ACME_DOMAIN,
    CRASHES,
    GEO_IP,
    GLOBEX_DOMAIN,
    NOW_MS,
    OUTAGE,
    QUIET_UNTIL_MS,
    START_MS,
    Incident,
    audit_lines,
    execution_records,
    history,
    incidents,
    logs,
)
from simulation.history import SEED, History
from simulation.incidents import STORIES
from simulation.oddities import UNKNOWN_TYPE
from simulation.weeks import is_working_day

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LATE_HOURS = 17.5
LEARNING_MS = 14 * DAY_MS
ULID = re.compile('[0-9A-HJKMNP-TV-Z]{26}')
EXECUTION_FIELDS = {
    'event_type',
    'execution_id',
    'timestamp',
    'flow_id',
    'flow_name',
    'org_id',
    'org_name',
    'org_hostname',
    'user_id',
    'user_email',
}

Event = dict[str, Any]


def workflows_events(*domains: str) -> list[Event]:
    """The truth: what the System Logs hold of Workflows, in order of `published`."""
    events = [
        entry.event
        for org in history().orgs
        if org.domain in (domains or (ACME_DOMAIN, GLOBEX_DOMAIN))
        for entry in org.entries
        if entry.event['eventType'].startswith('workflows.')
    ]
    return sorted(events, key=published_ms)


def published_ms(event: Event) -> int:
    return rfc3339.parse_ms(event['published'])


def actor(event: Event) -> str:
    return str(event['actor']['alternateId'])


def target(event: Event, kind: str) -> str:
    return next((str(each['id']) for each in event['target'] if each['type'] == kind), '')


def country(event: Event) -> str:
    """Where Okta's address table sees the client; empty if it cannot."""
    context = (event.get('client') or {}).get('geographicalContext') or {}
    return str(context.get('country', ''))


def app_id(event: Event) -> str:
    return target(event, 'AppInstance')


def of_type(events: Iterable[Event], *types: str) -> list[Event]:
    return [event for event in events if event['eventType'].removeprefix('workflows.user.') in types]


def routine_events() -> list[Event]:
    """Those that belong to no incident."""
    told = {uuid for incident in incidents().values() for uuid in incident.uuids}
    return [event for event in workflows_events() if event['uuid'] not in told]


def lines_by_uuid() -> dict[str, list[dict[str, Any]]]:
    lines = defaultdict[str, list[dict[str, Any]]](list)
    for line in audit_lines():
        lines[line['message']['log']['uuid']].append(line)
    return lines


def late_lines() -> list[dict[str, Any]]:
    return [line for line in audit_lines() if 'late_event' in line['message']]


def lines_of(incident: Incident) -> list[dict[str, Any]]:
    return [line for line in audit_lines() if line['message']['log']['uuid'] in incident.uuids]


def events_of(incident: Incident) -> list[Event]:
    """Its events as the intake has them, each once."""
    return list({line['message']['log']['uuid']: line['message']['log'] for line in lines_of(incident)}.values())


class Untouched:
    """A pipeline without processors."""

    def process(self, log: Log) -> Log:
        return log


# What happens


def test_every_event_type_of_the_catalogue_occurs_and_one_that_is_in_none() -> None:
    assert {event['eventType'] for event in workflows_events()} == {*WORKFLOWS_EVENT_TYPES, UNKNOWN_TYPE}


def test_the_history_has_some_six_thousand_events_in_its_four_weeks() -> None:
    moments = [published_ms(event) for event in workflows_events()]

    assert 5500 <= len(moments) <= 6500
    assert START_MS <= min(moments)
    assert max(moments) <= NOW_MS
    assert NOW_MS - START_MS == 28 * DAY_MS


def test_a_history_is_a_function_of_its_seed() -> None:
    def told(made: History) -> tuple[Any, ...]:
        events = [(entry.event, entry.persisted) for org in made.orgs for entry in org.entries]
        return events, made.executions, made.incidents

    assert told(history.__wrapped__(SEED)) == told(history())
    assert told(history.__wrapped__(SEED + 1)) != told(history())


def test_actions_also_fail_in_every_way_and_say_why() -> None:
    outcomes = {event['outcome']['result']: event['outcome']['reason'] for event in workflows_events()}

    assert outcomes.keys() == {'SUCCESS', 'FAILURE', 'DENY', 'ABANDONED', 'SKIPPED'}
    assert all(reason for result, reason in outcomes.items() if result != 'SUCCESS')


@pytest.mark.parametrize(
    'is_odd',
    [
        pytest.param(
            lambda event: (event['client'] or {}).get('ipAddress') == 'null', id='the-address-is-the-text-null'
        ),
        pytest.param(lambda event: event['client'] is None, id='no-client'),
        pytest.param(lambda event: event['debugContext'] is None, id='no-debug-context'),
        pytest.param(lambda event: 'securityContext' not in event, id='null-properties-left-out'),
        pytest.param(lambda event: event.get('authenticationContext') is not None, id='session-elsewhere'),
    ],
)
def test_odd_events_are_among_the_routine(is_odd: Callable[[Event], bool]) -> None:
    assert 0 < sum(map(is_odd, routine_events())) < 0.03 * len(routine_events())


def test_every_address_is_in_the_geoip_table() -> None:
    addresses = {(event.get('client') or {}).get('ipAddress') for event in workflows_events()}

    assert addresses - {'null', None} == GEO_IP.keys()


# The rhythm


def gaps_hours(org: str, *, on_working_days: bool) -> list[float]:
    """The gaps between the events of an org that begin on such days, without the one that is an incident."""
    silence = incidents()['silence']
    moments_ms = [published_ms(event) for event in workflows_events(org)]
    return [
        (after_ms - before_ms) / HOUR_MS
        for before_ms, after_ms in pairwise(moments_ms)
        if is_working_day(before_ms / 1000) == on_working_days
        and not (org == silence.domain and before_ms <= silence.start_ms and silence.end_ms <= after_ms)
    ]


@pytest.mark.parametrize(
    'org, on_working_days, longest_hours',
    [
        pytest.param(ACME_DOMAIN, True, 4, id='acme-on-working-days'),
        pytest.param(ACME_DOMAIN, False, 5, id='acme-at-weekends'),
        pytest.param(GLOBEX_DOMAIN, True, 15, id='globex-on-working-days'),
        pytest.param(GLOBEX_DOMAIN, False, 15, id='globex-at-weekends'),
    ],
)
def test_but_for_one_incident_an_org_is_never_silent_for_long(
    org: str, on_working_days: bool, longest_hours: float
) -> None:
    assert 0 < max(gaps_hours(org, on_working_days=on_working_days)) < longest_hours


def test_in_the_silence_nothing_happens_in_the_org_but_its_flows_run_on() -> None:
    silence = incidents()['silence']

    assert silence.end_ms - silence.start_ms == 28 * HOUR_MS
    assert not any(silence.covers(published_ms(event)) for event in workflows_events(ACME_DOMAIN))
    assert any(silence.covers(published_ms(event)) for event in workflows_events(GLOBEX_DOMAIN))
    assert any(silence.covers(rfc3339.parse_ms(record['timestamp'])) for record in execution_records())


def test_most_is_done_on_working_days() -> None:
    days = Counter(is_working_day(published_ms(event) / 1000) for event in workflows_events(ACME_DOMAIN))

    # Per day: there are 20 of the one kind and 8 of the other.
    assert days[True] / 20 > 5 * days[False] / 8


# What the intake has


def test_the_intake_has_each_workflows_event_at_least_once_and_nothing_else() -> None:
    assert lines_by_uuid().keys() == {event['uuid'] for event in workflows_events()}


def test_a_line_holds_the_event_as_it_was_logged() -> None:
    events = {event['uuid']: event for event in workflows_events()}
    for line in audit_lines():
        content = line['message']
        original = content.get('late_event', content['log'])['published']
        assert {**content['log'], 'published': original} == events[content['log']['uuid']]


def test_a_line_is_in_the_envelope_of_the_agent() -> None:
    envelopes = {tuple(line[key] for key in ('ddsource', 'service', 'hostname', 'status')) for line in audit_lines()}
    tags = {line['ddtags'] for line in audit_lines() if 'late_event' not in line['message']}

    assert envelopes == {('okta-workflows', 'workflows', 'agent-1.acme.example', 'info')}
    assert tags == {f'okta_domain:{ACME_DOMAIN}', f'okta_domain:{GLOBEX_DOMAIN}'}


def test_what_was_collected_too_late_to_keep_its_date_says_so() -> None:
    events = {event['uuid']: event for event in workflows_events()}
    for uuid, lines in lines_by_uuid().items():
        # The line is made when the check runs, and read by the Agent moments later.
        for line in lines:
            age_hours = (line['timestamp'] - published_ms(events[uuid])) / HOUR_MS
            is_late = 'late_event' in line['message']
            assert is_late == (age_hours > LATE_HOURS)
            assert is_late == line['ddtags'].endswith(',late_event:true')


def test_events_are_late_because_the_agent_was_down_or_because_okta_was_late() -> None:
    down_since_ms, down_until_ms = (round(moment * 1000) for moment in OUTAGE)
    late = [rfc3339.parse_ms(line['message']['late_event']['published']) for line in late_lines()]
    by_outage = [moment_ms for moment_ms in late if down_since_ms <= moment_ms < down_until_ms]

    assert len(by_outage) > 50
    assert len(late) - len(by_outage) >= 6


def test_only_a_crash_repeats_lines() -> None:
    repeats = [lines for lines in lines_by_uuid().values() if len(lines) > 1]
    again_ms = {max(line['timestamp'] for line in lines) for lines in repeats}

    assert 20 < len(repeats) < 250
    # The first run after each of the two.
    for crash in CRASHES:
        assert any(0 <= moment_ms - crash * 1000 < 4 * HOUR_MS for moment_ms in again_ms)
    assert all(any(0 <= moment_ms - crash * 1000 < 4 * HOUR_MS for crash in CRASHES) for moment_ms in again_ms)


# Quiet weeks, and what can be learned in them


def test_before_the_first_incident_nothing_happens_that_has_to_be_told() -> None:
    """And after it only in incidents."""
    told = of_type(
        routine_events(),
        'execution_log_stream_connection.deactivate',
        'execution_log_stream_connection.update',
        'flow.execution_history.delete',
        'flow.execution_history.deactivate',
        'flow.execution_log_stream.deactivate',
        'flow.version.revert',
        'role.group.add',
        'role.user.add',
        'table.export',
        'truststore.create',
        'truststore.delete',
        'truststore.update',
    )

    assert told == []
    assert min(incident.start_ms for incident in incidents().values()) > QUIET_UNTIL_MS


@pytest.mark.parametrize(
    'types, key, most',
    [
        pytest.param(('flow.view', 'table.view'), 'id', 15, id='viewed-in-an-hour'),
        pytest.param(('flow.export', 'folder.export', 'table.export'), 'id', 4, id='exported-in-an-hour'),
        pytest.param(('flow.delete', 'folder.delete', 'table.delete', 'flow.deactivate'), 'id', 8, id='deleted'),
        pytest.param(('delegatedflow.run',), 'uuid', 10, id='run-in-an-hour'),
    ],
)
def test_in_an_hour_of_routine_nobody_does_much_of_it(types: tuple[str, ...], key: str, most: int) -> None:
    hours = defaultdict[tuple[str, int], set[str]](set)
    for event in of_type(routine_events(), *types):
        ids = {event['uuid']} if key == 'uuid' else {each['id'] for each in event['target']} - {app_id(event)}
        # Of two overlapping rows of hours, so that no hour's worth is cut in two.
        for half in (0, HOUR_MS // 2):
            hours[actor(event), (published_ms(event) + half) // HOUR_MS * 2 + bool(half)] |= ids

    assert 0 < max(map(len, hours.values())) <= most


def test_in_routine_failures_are_rare_for_everybody() -> None:
    failures = Counter(
        (actor(event), published_ms(event) // HOUR_MS)
        for event in routine_events()
        if event['outcome']['result'] in ('FAILURE', 'DENY', 'ABANDONED')
    )

    assert max(failures.values()) <= 3


@pytest.mark.parametrize(
    'types, value',
    [
        pytest.param(('connection.create',), lambda event: (actor(event), target(event, 'Connector')), id='connectors'),
        pytest.param(('flow.create', 'flow.save', 'flow.import', 'folder.import'), actor, id='authors'),
        pytest.param((), lambda event: country(event) and (actor(event), country(event)), id='countries'),
        pytest.param(('delegatedflow.run',), actor, id='who-runs-delegated-flows'),
    ],
)
def test_in_routine_nothing_is_new_after_two_weeks(types: tuple[str, ...], value: Callable[[Event], object]) -> None:
    events = of_type(routine_events(), *types) if types else routine_events()
    learned = {'', *(value(event) for event in events if published_ms(event) < START_MS + LEARNING_MS)}
    later = {value(event) for event in events if published_ms(event) >= START_MS + LEARNING_MS}

    assert later
    assert later <= learned


@pytest.mark.parametrize(
    'name, types, value',
    [
        pytest.param(
            'connection_to_new_connector',
            ('connection.create',),
            lambda event: (actor(event), target(event, 'Connector')),
            id='connector',
        ),
        pytest.param('new_author', ('flow.create', 'flow.save'), actor, id='author'),
        pytest.param('new_country', (), lambda event: (actor(event), country(event)), id='country'),
        pytest.param('delegated_run_spree', ('delegatedflow.run',), actor, id='who-runs-delegated-flows'),
    ],
)
def test_what_is_new_in_an_incident_never_was_before(
    name: str, types: tuple[str, ...], value: Callable[[Event], object]
) -> None:
    known = {value(event) for event in (of_type(routine_events(), *types) if types else routine_events())}
    new = {value(event) for event in events_of(incidents()[name]) if not types or of_type([event], *types)}

    assert len(new) == 1
    assert not new & known


# Incidents


@pytest.mark.parametrize('name', [story.tell.__name__ for story in STORIES])
def test_the_traces_of_an_incident_reach_the_intake_as_labelled(name: str) -> None:
    incident = incidents()[name]
    events = events_of(incident)
    records = [record for record in execution_records() if record['execution_id'] in incident.execution_ids]
    moments = [published_ms(event) for event in events]
    moments += [rfc3339.parse_ms(record['timestamp']) for record in records]

    assert incident.summary.endswith('.')
    assert len(events) == len(incident.uuids)
    assert {record['execution_id'] for record in records} == set(incident.execution_ids)
    assert all(incident.covers(moment_ms) for moment_ms in moments)
    assert moments or name == 'silence'
    assert not events or not incident.actor or incident.actor in map(actor, events)
    assert all(line['ddtags'] == f'okta_domain:{incident.domain}' for line in lines_of(incident))


def test_incidents_come_one_after_the_other_with_an_hour_in_between() -> None:
    told = list(incidents().values())

    assert all(after.start_ms - before.end_ms > HOUR_MS for before, after in pairwise(told))
    assert told[-1].end_ms < NOW_MS


def test_no_incident_is_late_for_the_rules() -> None:
    late = {line['message']['log']['uuid'] for line in late_lines()}

    assert not late & {uuid for incident in incidents().values() for uuid in incident.uuids}


def test_incidents_of_a_single_event_are_delivered_twice() -> None:
    """So that what counts lines instead of uuids is found out, though one of them is harmless."""
    repeated = [name for name, each in incidents().items() if len(lines_of(each)) > len(each.uuids) == 1]

    assert repeated == ['step_limit_half_used', 'single_table_export']


# Executions


def test_records_of_executions_have_the_published_fields_and_no_address() -> None:
    for record in execution_records():
        assert record.keys() >= EXECUTION_FIELDS
        assert all(isinstance(value, str) for value in record.values())
        assert ULID.fullmatch(record['flow_id'])
        assert '@' not in record['user_email']
        assert ('parent_execution_id' in record) == ('root_execution_id' in record)


def test_there_are_some_three_thousand_records_of_every_state() -> None:
    states = Counter(record['event_type'] for record in execution_records())

    assert 2500 <= states.total() <= 3500
    assert min(states.values()) >= 5
    assert len(states) == 8


def test_runs_have_parents_that_ran_too_and_some_have_no_end() -> None:
    ids = Counter(record['execution_id'] for record in execution_records())
    parents = {record['parent_execution_id'] for record in execution_records() if 'parent_execution_id' in record}

    assert len(parents) > 50
    assert parents <= ids.keys()
    assert 0 < sum(count == 1 for count in ids.values()) < 0.02 * len(ids)


@pytest.mark.parametrize('name', ['log_streaming_switched_off', 'log_stream_redirected'])
def test_while_the_stream_is_off_nothing_comes(name: str) -> None:
    incident = incidents()[name]
    moments = [rfc3339.parse_ms(record['timestamp']) for record in execution_records()]

    assert not any(incident.start_ms <= moment_ms < incident.end_ms for moment_ms in moments)
    assert any(0 < moment_ms - incident.end_ms < 3 * HOUR_MS for moment_ms in moments)


# Logs


def test_all_lines_and_records_become_logs_in_order_of_time() -> None:
    made = logs(Untouched())
    services = Counter(log.service for log in made)

    assert services == {'workflows': len(audit_lines()), 'workflows-execution': len(execution_records())}
    assert {log.source for log in made} == {'okta-workflows'}
    assert all(f'okta_domain:{ACME_DOMAIN}' in log.tags or f'okta_domain:{GLOBEX_DOMAIN}' in log.tags for log in made)
    assert [log.timestamp for log in made] == sorted(log.timestamp for log in made)
    assert START_MS <= made[0].timestamp and made[-1].timestamp <= NOW_MS
