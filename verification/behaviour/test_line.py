# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from datadog_checks.base import AgentCheck
from datadog_checks.okta_workflows.agent.log_line import LogLine
from datadog_checks.okta_workflows.line import LogLineFormat
from datadog_checks.okta_workflows.timestamps import epoch_seconds, rfc3339
from okta_simulator import WORKFLOWS_EVENT_TYPES, HistoryGenerator

PUBLISHED_SECONDS = 1773238927.318
NOW = PUBLISHED_SECONDS + 60
HOUR_SECONDS = 3600
DDTAGS = 'team:iam,okta_domain:acme.okta.com'
APP = {'id': '0oa5h1r8yq', 'type': 'AppInstance', 'alternateId': 'Okta Workflows', 'displayName': 'Okta Workflows'}
FLOW = {'id': '01JZ8N4T6Q', 'type': 'Flow', 'alternateId': 'Offboard', 'displayName': 'Offboard contractor'}
OTHER_FLOW = {'id': '10442', 'type': 'Flow', 'alternateId': 'Onboard', 'displayName': 'Onboard contractor'}


def flow_activated(**changes: Any) -> dict[str, Any]:
    """A LogEvent of the published shape; `changes` replace top-level keys."""
    return {
        'actor': {
            'id': '00u7q2m4xk',
            'type': 'User',
            'alternateId': 'mara@example.com',
            'displayName': 'Mara Lindqvist',
        },
        'client': {'zone': 'null', 'ipAddress': '203.0.113.24', 'geographicalContext': {'state': 'Västra Götaland'}},
        'device': None,
        'displayMessage': 'Flow activated',
        'eventType': 'workflows.user.flow.activate',
        'outcome': {'result': 'SUCCESS', 'reason': None},
        'published': '2026-03-11T14:22:07.318Z',
        'severity': 'INFO',
        'debugContext': {'debugData': {'sessionId': '6f0f2b5e'}},
        'legacyEventType': None,
        'transaction': {'type': 'WORKFLOW', 'id': '6f0f2b5e', 'detail': {}},
        'uuid': 'c2d1f7b0-1d55-11f1-9a3e-5b0c7d6e8f10',
        'version': '0',
        'request': {'ipChain': [{'ip': 'null', 'geographicalContext': None}]},
        'target': [APP, FLOW],
        **changes,
    }


def format_line(event: dict[str, Any], now: float = NOW) -> LogLine:
    return LogLineFormat(['team:iam'], 'acme.okta.com', 1_000_000).to_line(event, now)


def data(line: LogLine) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(line.text)
    return content


def to_log_line(event: dict[str, Any]) -> dict[str, Any]:
    return data(format_line(event))


def test_the_whole_line_of_a_published_event() -> None:
    event = flow_activated()
    assert to_log_line(event) == {
        'message': 'Flow activated',
        'status': 'info',
        'timestamp': round(PUBLISHED_SECONDS * 1000),
        'enrichment_details': {'workflow_name': 'Offboard contractor', 'workflow_id': '01JZ8N4T6Q'},
        'log': event,
        'ddtags': DDTAGS,
    }


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        pytest.param({'displayMessage': None}, 'workflows.user.flow.activate', id='null'),
        pytest.param({'displayMessage': ''}, 'workflows.user.flow.activate', id='empty'),
        pytest.param({'displayMessage': ' \n'}, 'workflows.user.flow.activate', id='blank'),
        pytest.param({'displayMessage': {'en': 'x'}}, 'workflows.user.flow.activate', id='not-a-text'),
        pytest.param({'displayMessage': ' Flow activated '}, ' Flow activated ', id='kept-as-it-is'),
        pytest.param({'displayMessage': None, 'eventType': None}, '', id='neither'),
        pytest.param({'displayMessage': '{"status": "ok"}'}, 'workflows.user.flow.activate', id='json-object'),
        pytest.param({'displayMessage': '\ufeff\t\r\n {}'}, 'workflows.user.flow.activate', id='json-after-blanks'),
        pytest.param({'displayMessage': '[{"status": "ok"}]'}, 'workflows.user.flow.activate', id='json-array'),
        pytest.param({'displayMessage': '{not JSON'}, 'workflows.user.flow.activate', id='begins-like-json'),
        pytest.param({'displayMessage': '[Beta] Flow {activated}'}, '[Beta] Flow {activated}', id='brackets'),
        pytest.param({'displayMessage': '"{}"'}, '"{}"', id='json-text'),
        pytest.param({'displayMessage': '{}', 'eventType': '{}'}, '', id='both-json'),
    ],
)
def test_the_event_type_stands_in_for_a_display_message_that_is_blank_or_json(
    changes: dict[str, Any], message: str
) -> None:
    assert to_log_line(flow_activated(**changes))['message'] == message


@pytest.mark.parametrize(
    ('severity', 'status'),
    [
        ('DEBUG', 'debug'),
        ('INFO', 'info'),
        ('WARN', 'warn'),
        ('ERROR', 'error'),
        pytest.param('CRITICAL', 'critical', id='unknown'),
        pytest.param(None, 'info', id='null'),
        pytest.param('', 'info', id='empty'),
        pytest.param(3, 'info', id='not-a-text'),
    ],
)
def test_the_severity_gives_the_status(severity: Any, status: str) -> None:
    assert to_log_line(flow_activated(severity=severity))['status'] == status


@pytest.mark.parametrize(
    ('published', 'seconds'),
    [
        pytest.param('2026-03-11T14:22:07.318Z', PUBLISHED_SECONDS, id='as-published'),
        pytest.param('2026-03-11T14:22:07.318', PUBLISHED_SECONDS, id='naive-is-utc'),
        pytest.param('2026-03-11T16:52:07.318+02:30', PUBLISHED_SECONDS, id='offset'),
        pytest.param('2026-03-11T14:22:07Z', 1773238927.0, id='no-milliseconds'),
        pytest.param('2026-03-11T14:22:07.318999Z', 1773238927.318999, id='microseconds'),
        pytest.param('2026-03-11T14:22:07.318999999Z', 1773238927.318999, id='nanoseconds'),
        pytest.param('', None, id='empty'),
        pytest.param('yesterday', None, id='not-a-time'),
        pytest.param('2026-13-11T14:22:07.318Z', None, id='no-such-month'),
        pytest.param(1773238927318, None, id='number'),
        pytest.param(None, None, id='null'),
    ],
)
def test_published_is_read_as_seconds_since_the_epoch(published: Any, seconds: float | None) -> None:
    assert epoch_seconds(published) == seconds


@pytest.mark.parametrize('published', [None, 'yesterday'])
def test_an_event_without_a_readable_time_has_no_timestamp(published: str | None) -> None:
    event = flow_activated(published=published)
    line = to_log_line(event)
    assert 'timestamp' not in line
    assert line['log'] == event


@pytest.mark.usefixtures('host_far_from_utc')
def test_a_time_without_a_zone_is_utc_wherever_the_host_is() -> None:
    assert epoch_seconds('2026-03-11T14:22:07.318') == PUBLISHED_SECONDS


def test_every_millisecond_reaches_the_agent_exactly() -> None:
    """A float just below one must not lose it."""
    timestamps = [
        to_log_line(flow_activated(published=f'2026-03-11T14:22:07.{millisecond:03}Z'))['timestamp']
        for millisecond in range(1000)
    ]
    assert timestamps == [1773238927000 + millisecond for millisecond in range(1000)]


@pytest.mark.parametrize(
    'targets',
    [
        pytest.param([FLOW, APP], id='first'),
        pytest.param([APP, FLOW], id='last'),
        pytest.param([APP, FLOW, OTHER_FLOW], id='before-another'),
        pytest.param([None, 'Flow', 7, {'id': 'without-a-type'}, FLOW], id='behind-what-is-no-target'),
    ],
)
def test_the_flow_is_found_wherever_it_stands(targets: list[Any]) -> None:
    details = to_log_line(flow_activated(target=targets))['enrichment_details']
    assert details == {'workflow_name': 'Offboard contractor', 'workflow_id': '01JZ8N4T6Q'}


def test_a_flow_without_a_name_keeps_its_id() -> None:
    details = to_log_line(flow_activated(target=[{'id': '10442', 'type': 'Flow'}]))['enrichment_details']
    assert details == {'workflow_name': None, 'workflow_id': '10442'}


@pytest.mark.parametrize(
    'targets',
    [
        pytest.param(None, id='null'),
        pytest.param([], id='empty'),
        pytest.param([APP], id='no-flow'),
        pytest.param([None], id='null-target'),
        pytest.param([{**FLOW, 'type': 'FlowVersion'}], id='type-that-begins-alike'),
        pytest.param(FLOW, id='object'),
        pytest.param('Flow', id='text'),
    ],
)
def test_without_a_flow_there_are_no_enrichment_details(targets: Any) -> None:
    event = flow_activated(target=targets)
    line = to_log_line(event)
    assert 'enrichment_details' not in line
    assert line['log'] == event


def test_an_empty_event_makes_a_line() -> None:
    assert to_log_line({}) == {'message': '', 'status': 'info', 'log': {}, 'ddtags': DDTAGS}


@pytest.mark.parametrize(
    'event',
    [
        pytest.param(flow_activated(), id='published-shape'),
        pytest.param(flow_activated(client={'ipAddress': 'null', 'zone': 'null'}), id='null-as-text'),
        pytest.param(flow_activated(eventType='workflows.user.flow.teleport'), id='unknown-event-type'),
        pytest.param(flow_activated(outcome={'result': 'PARTIALLY_ADMIRED'}), id='unknown-outcome'),
        pytest.param(flow_activated(workflowContext={'steps': [1, 2.5, None]}), id='new-key'),
        pytest.param(flow_activated(version=0, target=None), id='other-types'),
        pytest.param(
            flow_activated(message='mine', status='mine', timestamp=1, ddtags='mine', service='mine', ddsource='mine'),
            id='keys-that-datadog-reserves',
        ),
        pytest.param(flow_activated(displayMessage='{"status":"ok"}'), id='message-of-json'),
        pytest.param({'uuid': 'c2d1f7b0', 'eventType': 'workflows.user.flow.delete'}, id='missing-keys'),
    ],
)
def test_the_event_arrives_under_log_as_okta_sent_it(event: dict[str, Any]) -> None:
    before = deepcopy(event)
    sent = to_log_line(event)
    assert sent['log'] == before
    assert event == before
    assert sent.keys() <= {'message', 'status', 'log', 'timestamp', 'enrichment_details', 'ddtags'}


@pytest.mark.parametrize('event_type', WORKFLOWS_EVENT_TYPES)
def test_every_workflows_event_type_passes(event_type: str) -> None:
    event = HistoryGenerator(seed=11).event(event_type, PUBLISHED_SECONDS)
    before = deepcopy(event)
    sent = to_log_line(event)
    assert sent['log'] == before
    assert sent['timestamp'] == 1773238927318
    assert sent['message'] == before['displayMessage']
    flows = [target for target in before['target'] if target['type'] == 'Flow']
    assert ('enrichment_details' in sent) == bool(flows)


def test_the_catalogue_has_51_event_types() -> None:
    assert len(WORKFLOWS_EVENT_TYPES) == 51


@pytest.mark.parametrize(
    ('tags', 'ddtags'),
    [
        pytest.param([], 'okta_domain:acme.okta.com', id='none'),
        pytest.param(['team:iam', 'env:prod'], 'team:iam,env:prod,okta_domain:acme.okta.com', id='of-the-instance'),
        pytest.param(['note:a,b,c'], 'note:a_b_c,okta_domain:acme.okta.com', id='commas'),
    ],
)
def test_the_tags_are_those_of_the_instance_and_the_domain(tags: list[str], ddtags: str) -> None:
    line = LogLineFormat(tags, 'acme.okta.com', 1_000_000).to_line(flow_activated(), NOW)
    assert data(line)['ddtags'] == ddtags


# What the delivery must know


def test_a_line_tells_id_and_time() -> None:
    line = format_line(flow_activated())
    assert (line.uuid, line.published) == ('c2d1f7b0-1d55-11f1-9a3e-5b0c7d6e8f10', PUBLISHED_SECONDS)
    line = format_line(flow_activated(uuid=7, published=None))
    assert (line.uuid, line.published) == ('', None)


@pytest.mark.parametrize(
    'changes',
    [
        pytest.param({}, id='published-shape'),
        pytest.param({'displayMessage': 'Überga\u0308be \U0001f680 "\\\n'}, id='several-bytes-and-escapes'),
        pytest.param({'published': None}, id='no-time'),
        pytest.param({'published': '2026-03-11T14:22:07.318999Z'}, id='microseconds'),
        pytest.param({'published': '1969-03-11T14:22:07.5Z'}, id='before-the-epoch'),
    ],
)
def test_a_line_is_what_the_base_class_would_send(
    changes: dict[str, Any], datadog_agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not used, for it does not tell the size of what it sends."""
    line = format_line(flow_activated(**changes))
    check = AgentCheck('okta_workflows', {}, [{}])
    received: list[str] = []
    monkeypatch.setattr(datadog_agent, 'send_log', lambda text, check_id: received.append(text))
    content = data(line)
    if line.published is not None:
        content['timestamp'] /= 1000
    check.send_log(content)
    assert received == [line.text]
    assert line.size_bytes == len(line.text.encode()) + len('\n')


# Late events


def test_the_whole_line_of_a_late_event() -> None:
    """Datadog would refuse it at its own time: it is dated now, with its own time beside it and a tag to find it by."""
    event = flow_activated()
    before = deepcopy(event)
    now = PUBLISHED_SECONDS + 20 * HOUR_SECONDS
    assert data(format_line(event, now)) == {
        'message': 'Flow activated',
        'status': 'info',
        'timestamp': round(now * 1000),
        'enrichment_details': {'workflow_name': 'Offboard contractor', 'workflow_id': '01JZ8N4T6Q'},
        'log': {**event, 'published': '2026-03-12T10:22:07.318Z'},
        'late_event': {'published': '2026-03-11T14:22:07.318Z', 'age_hours': 20.0},
        'ddtags': f'{DDTAGS},late_event:true',
    }
    assert event == before


def test_a_late_event_is_known_by_its_own_time() -> None:
    """The cursor must not take the time of the hand-over for that of the event."""
    assert format_line(flow_activated(), PUBLISHED_SECONDS + 20 * HOUR_SECONDS).published == PUBLISHED_SECONDS


@pytest.mark.parametrize(
    ('age_seconds', 'is_late'),
    [
        pytest.param(-HOUR_SECONDS, False, id='from-the-future'),
        pytest.param(17.5 * HOUR_SECONDS - 0.001, False, id='just-not'),
        pytest.param(17.5 * HOUR_SECONDS + 0.001, True, id='just'),
        pytest.param(90 * 24 * HOUR_SECONDS, True, id='as-old-as-can-be'),
    ],
)
def test_an_event_is_late_after_seventeen_and_a_half_hours(age_seconds: float, is_late: bool) -> None:
    line = data(format_line(flow_activated(), PUBLISHED_SECONDS + age_seconds))
    assert ('late_event' in line) is is_late
    assert ('late_event:true' in line['ddtags']) is is_late
    assert (line['timestamp'] != PUBLISHED_SECONDS * 1000) is is_late


def test_at_exactly_seventeen_and_a_half_hours_an_event_is_not_late() -> None:
    event = flow_activated(published='2026-03-11T00:00:00Z')
    midnight = 1773187200
    assert 'late_event' not in data(format_line(event, midnight + 63_000))
    assert 'late_event' in data(format_line(event, midnight + 63_001))


def test_the_age_is_told_in_tenths_of_an_hour() -> None:
    line = data(format_line(flow_activated(), PUBLISHED_SECONDS + 17.56 * HOUR_SECONDS))
    assert line['late_event']['age_hours'] == 17.6


def test_an_event_without_a_time_is_not_late() -> None:
    line = to_log_line(flow_activated(published='yesterday'))
    assert 'late_event' not in line
    assert line['log']['published'] == 'yesterday'


@pytest.mark.usefixtures('host_far_from_utc')
def test_times_are_written_as_okta_does_wherever_the_host_is() -> None:
    assert rfc3339(PUBLISHED_SECONDS) == '2026-03-11T14:22:07.318Z'
    assert rfc3339(1773238927) == '2026-03-11T14:22:07.000Z'
