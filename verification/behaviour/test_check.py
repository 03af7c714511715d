# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check as a whole, between a simulated Okta org and a stand-in for the Agent."""

from __future__ import annotations

import gc
import json
import re
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from agent_standin import AgentStandIn, CheckResult
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.encodable import ENCODER_MAY_ABORT
from datadog_checks.okta_workflows.okta import Page
from datadog_checks.okta_workflows.run_time import RunTime
from okta_simulator import OktaSimulator, VirtualClock, faults
from verification.world.scenario import NOW, StartAgent

HOUR_SECONDS = 3600.0
MIB = 1024 * 1024

Instance = dict[str, Any]


@pytest.fixture
def instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key}


@pytest.fixture
def start_agent(start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch) -> StartAgent:
    """How much may wait for the Agent is not the question here: see test_delivery.py."""
    monkeypatch.setattr('datadog_checks.okta_workflows.agent.throttle.UNKNOWN_ALLOWANCE_BYTES', 100 * MIB)
    return start_agent


def run(agent: AgentStandIn) -> CheckResult:
    [result] = agent.run_checks()
    return result


def uuids(agent: AgentStandIn) -> list[str]:
    """What stands in the Agent's log file, in its order."""
    return [line['log']['uuid'] for line in agent.log_lines()]


def expected(okta: OktaSimulator) -> list[str]:
    return [event['uuid'] for event in okta.workflows_events]


def fill(okta: OktaSimulator, count: int) -> None:
    """A history of the last ten hours, which the first run looks back on."""
    okta.generate(count, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0)


def goes_on(agent: AgentStandIn, okta: OktaSimulator) -> bool:
    """Whether the agent collects, of everything, exactly the event that happens now."""
    [event] = okta.emit(1, noise_share=0.0)
    result = agent.run_checks()[0]
    return (result.status, uuids(agent)) == ('OK', [event['uuid']])


def log_requests(okta: OktaSimulator) -> list[dict[str, str]]:
    return [request.query for request in okta.requests if request.path == '/api/v1/logs']


def cursor_files(agent: AgentStandIn) -> dict[str, bytes]:
    return {path: content for path, content in agent.cache_files().items() if '_cursor_' in path}


# What is collected


def test_every_workflows_event_becomes_one_line_in_order_of_persistence(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.generate(2500, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1)
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)
    assert len(okta.events) > len(okta.workflows_events)


def test_a_page_is_given_up_before_the_next_one_is_fetched(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.generate(2500, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0)
    agent = start_agent(instance)
    send, pages_in_memory = HTTPAdapter.send, []

    def counted_send(*arguments: Any, **named: Any) -> Response:
        pages_in_memory.append(sum(isinstance(thing, Page) for thing in gc.get_objects()))
        return send(*arguments, **named)

    gc.collect()
    monkeypatch.setattr(HTTPAdapter, 'send', counted_send)
    assert run(agent).status == 'OK'
    assert pages_in_memory == [0, 0, 0]


def test_a_line_is_what_the_stock_pipeline_reads(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    [event] = okta.append(
        {
            'uuid': 'c2d1f7b0-1d55-11f1-9a3e-5b0c7d6e8f10',
            'published': '2026-11-23T03:00:00.318Z',
            'eventType': 'workflows.user.flow.activate',
            'displayMessage': 'Flow activated',
            'severity': 'WARN',
            'target': [{'type': 'Flow', 'id': '01JZ', 'displayName': 'Offboard contractor'}],
        }
    )
    agent = start_agent({**instance, 'tags': ['env:prod', 'team:identity']})
    run(agent)
    assert agent.log_lines() == [
        {
            'message': 'Flow activated',
            'status': 'warn',
            'timestamp': 1795402800318,
            'log': event,
            'enrichment_details': {'workflow_name': 'Offboard contractor', 'workflow_id': '01JZ'},
            'ddtags': f'env:prod,team:identity,okta_domain:{okta.url.removeprefix("http://")}',
        }
    ]


def test_half_a_surrogate_pair_in_one_event_does_not_stop_the_rest(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    """JSON allows it and the Agent's own decoder does not; a question mark stands in its place."""
    published = '2026-11-23T03:00:00.000Z'
    odd = f'{{"uuid": "odd", "published": "{published}", "actor": {{"displayName": "\\ud83d"}}}}'
    even = f'{{"uuid": "even", "published": "{published}", "actor": {{"displayName": "Zo\\u00eb"}}}}'
    okta.faults.add(faults.Body(f'[{odd}, {even}]'.encode()))
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert uuids(agent) == ['odd', 'even']
    assert [line['log']['actor'] for line in agent.log_lines()] == [{'displayName': '?'}, {'displayName': 'Zo\u00eb'}]


@pytest.mark.parametrize('may_abort', sorted({True, ENCODER_MAY_ABORT}))
def test_events_nested_to_any_depth_do_not_stop_the_rest(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch, may_abort: bool
) -> None:
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.decoding.ENCODER_MAY_ABORT', may_abort)
    depths = [1, *range(230, 270), 900]
    published = '"published": "2026-11-23T03:00:00.000Z"'
    events = [f'{{"uuid": "{depth}", {published}, "debugContext": {"[" * depth + "]" * depth}}}' for depth in depths]
    okta.faults.add(faults.Body(f'[{", ".join(events)}]'.encode()))
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert uuids(agent) == [str(depth) for depth in depths]


def test_pages_that_are_too_large_are_collected_in_parts(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 300_000)
    fill(okta, 350)
    assert run(start_agent(instance)).status == 'OK'
    # A restart in between goes on behind the last event, in the same way.
    okta.emit(350, noise_share=0.0)
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)


def test_only_logs_are_collected(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    """No metric, event or service check."""
    fill(okta, 5)
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent)
    assert not agent.aggregator.submissions


def test_the_event_filter_decides_what_is_collected(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.generate(300, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1)
    agent = start_agent({**instance, 'event_filter': 'eventType sw "workflows.user.table"'})
    run(agent)
    assert uuids(agent) == [
        event['uuid'] for event in okta.events if event['eventType'].startswith('workflows.user.table')
    ]
    assert uuids(agent)


@pytest.mark.parametrize('hours', [pytest.param(0, id='none'), pytest.param(2, id='two hours')])
def test_the_first_run_looks_back_as_far_as_configured(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, hours: int
) -> None:
    fill(okta, 200)
    agent = start_agent({**instance, 'initial_lookback_hours': hours})
    run(agent)
    [request] = log_requests(okta)
    assert request['since'] == ('2026-11-23T01:02:45.000Z' if hours else '2026-11-23T03:02:45.000Z')
    assert 0 < len(uuids(agent)) < 200 if hours else not uuids(agent)


# How Okta is asked


def test_the_first_request_is_a_polling_request(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    run(start_agent(instance))
    [request] = log_requests(okta)
    assert request == {
        'since': '2026-11-22T15:02:45.000Z',
        'sortOrder': 'ASCENDING',
        'limit': '1000',
        'filter': 'eventType sw "workflows."',
    }


def test_an_idle_run_makes_one_request(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 10)
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == expected(okta)
    okta.requests.clear()
    for _ in range(3):
        clock.advance(30)
        run(agent)
    assert len(log_requests(okta)) == 3


def test_an_idle_run_leaves_the_cursor_file_alone_when_the_link_does_not_change(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    okta.next_equals_self_when_idle = True
    agent = start_agent(instance)
    run(agent)
    before = cursor_files(agent)
    assert before and len(log_requests(okta)) == 1
    clock.advance(30)
    run(agent)
    assert cursor_files(agent) == before
    assert len(log_requests(okta)) == 2


def test_a_history_takes_one_request_for_each_thousand_events(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 2500)
    run(start_agent(instance))
    assert len(log_requests(okta)) == 3


@pytest.fixture
def answer_seconds(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How long each answer takes."""
    answer_seconds = {'each': 0.0}
    send = HTTPAdapter.send

    def late_send(adapter: HTTPAdapter, request: PreparedRequest, *options: Any, **named: Any) -> Response:
        clock.advance(answer_seconds['each'])
        return send(adapter, request, *options, **named)

    monkeypatch.setattr(HTTPAdapter, 'send', late_send)
    return answer_seconds


def test_a_run_ends_before_the_next_is_due_and_that_carries_on(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, answer_seconds: dict[str, float]
) -> None:
    """The third page would not have been there in time."""
    fill(okta, 2500)
    agent = start_agent(instance)
    answer_seconds['each'] = 10.0
    run(agent)
    assert len(uuids(agent)) == 2000
    run(agent)
    assert uuids(agent) == expected(okta)


def test_a_run_ends_soon_while_another_instance_has_a_long_one(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, answer_seconds: dict[str, float]
) -> None:
    fill(okta, 2500)
    agent = start_agent(instance)
    answer_seconds['each'] = 3.0
    with RunTime(SystemClock()) as other:
        other.claim_seconds()
        run(agent)
    assert len(uuids(agent)) == 1000
    run(agent)
    assert uuids(agent) == expected(okta)


def test_cancel_stops_between_pages(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page in hand is handed over and committed, no other is asked for."""
    fill(okta, 2500)
    agent = start_agent(instance)
    check = agent.checks[0].check
    send_log = agent.datadog_agent.send_log

    def cancel_during_the_first_page(line: str, check_id: str) -> None:
        check.cancel()
        send_log(line, check_id)

    monkeypatch.setattr(agent.datadog_agent, 'send_log', cancel_during_the_first_page)
    run(agent)
    assert len(log_requests(okta)) == 1
    assert uuids(agent) == expected(okta)[:1000]
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == expected(okta)


def test_a_cancel_before_the_first_run_does_no_harm(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 10)
    agent = start_agent(instance)
    agent.checks[0].check.cancel()
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)


def test_without_verification_a_run_hands_over_no_more_than_its_bound(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('datadog_checks.okta_workflows.agent.outbox.UNVERIFIED_BYTES_PER_RUN', 1)
    fill(okta, 250)
    agent = start_agent({**instance, 'verify_delivery': False})
    assert [run(agent) and len(uuids(agent)) for _ in range(3)] == [100, 200, 250]
    assert uuids(agent) == expected(okta)


def test_a_tenth_of_the_rate_limit_is_left_to_others(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    okta.org_rate_limit, okta.share_percent = 10, 100
    fill(okta, 12_500)
    agent = start_agent(instance)
    results = [run(agent) for _ in range(6)]
    assert len(log_requests(okta)) == 9
    assert results[-1].status == 'WARNING'
    assert 'rate limit' in results[-1].warnings[0]
    clock.advance(62)
    for _ in range(3):
        run(agent)
    assert uuids(agent) == expected(okta)
    assert all(request.status == 200 for request in okta.requests)


def test_after_429_no_request_is_made_before_the_reset(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    """The wait is the difference of Okta's own times, whatever this host's clock says."""
    okta.date_skew_seconds = 240
    fill(okta, 10)
    okta.faults.add(faults.RateLimited(reset_in_seconds=40))
    agent = start_agent(instance)
    result = run(agent)
    assert result.status == 'ERROR'
    assert 'E0000047' in result.error
    clock.advance(40)
    assert run(agent).status == 'WARNING'
    assert len(okta.requests) == 1
    clock.advance(1)
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)


# Where it goes on


def test_a_restarted_agent_goes_on_where_the_last_one_stopped(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    run(start_agent(instance))
    clock.advance(HOUR_SECONDS)
    okta.generate(50, since=clock.now() - 1800, until=clock.now(), noise_share=0.0)
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == expected(okta)


@pytest.mark.parametrize(
    'edit',
    [
        pytest.param({'tags': ['env:prod']}, id='tags'),
        pytest.param({'min_collection_interval': 2_000_000}, id='interval'),
        pytest.param({'timeout': 20}, id='timeout'),
        pytest.param({'initial_lookback_hours': 1}, id='lookback'),
    ],
)
def test_an_edit_that_leaves_org_and_filter_alone_keeps_the_place(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent, edit: Instance
) -> None:
    fill(okta, 50)
    before = start_agent(instance)
    run(before)
    before.advance(60)
    after = start_agent({**instance, **edit})
    assert after.check_ids != before.check_ids
    assert goes_on(after, okta)


def test_a_rotated_credential_keeps_the_place(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    run(agent)
    agent.advance(60)
    agent = start_agent({**instance, 'api_key': okta.rotate_api_key()})
    assert goes_on(agent, okta)


def test_another_way_of_authentication_keeps_the_place(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    run(agent)
    agent.advance(60)
    del instance['api_key']
    agent = start_agent({**instance, 'client_id': okta.client_id, 'client_secret': okta.client_secret})
    assert goes_on(agent, okta)


def test_an_edit_of_another_instance_keeps_the_place(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    other = {**instance, 'event_filter': 'eventType sw "user."'}
    agent = start_agent(instance, other)
    agent.run_checks()
    agent.advance(60)
    agent = start_agent(instance, {**other, 'tags': ['edited:yes']})
    assert goes_on(agent, okta)


def test_a_changed_filter_starts_anew(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    run(agent)
    agent.advance(60)
    agent = start_agent({**instance, 'event_filter': 'eventType sw "workflows.user."'})
    run(agent)
    assert uuids(agent)


def test_two_orgs_do_not_share_a_cursor(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 20)
    with OktaSimulator(clock=clock, seed=2) as other:
        fill(other, 30)
        agent = start_agent(instance, {'domain': other.url, 'api_key': other.api_key})
        agent.run_checks()
        assert sorted(uuids(agent)) == sorted(expected(okta) + expected(other))
    assert len({path.partition('_cursor_')[0] for path in cursor_files(agent)}) == 2


def test_the_start_of_the_first_run_is_kept_when_its_request_fails(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    """Else whatever happens between the failure and the next run would be skipped."""
    instance['initial_lookback_hours'] = 0
    okta.faults.add(faults.Html(status=500))
    agent = start_agent(instance)
    assert run(agent).status == 'ERROR'
    clock.advance(30)
    okta.generate(5, since=NOW + 10, until=NOW + 20, noise_share=0.0)
    run(agent)
    assert len(uuids(agent)) == 5


@pytest.mark.parametrize(
    'damage',
    [
        pytest.param(b'', id='empty'),
        pytest.param(b'{"version":1,"link":"https', id='torn'),
        pytest.param(b'\xff\xfe', id='not text'),
    ],
)
def test_a_damaged_cursor_starts_anew_once_and_never_stops_collection(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent, damage: bytes, tmp_path: Path
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    run(agent)
    agent.stop()
    for path in cursor_files(agent):
        (tmp_path / 'run' / path).write_bytes(damage)
    agent = start_agent(instance)
    result = run(agent)
    assert result.status == ('WARNING' if damage else 'OK')
    assert uuids(agent) == expected(okta) * 2
    clock.advance(30)
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta) * 2


def test_the_cursor_is_not_committed_when_the_hand_over_fails(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(okta, 1500)
    agent = start_agent(instance)
    send_log, sent = agent.datadog_agent.send_log, []

    def fail_in_the_second_page(line: str, check_id: str) -> None:
        sent.append(line)
        if len(sent) == 1200:
            raise RuntimeError('no hand-over')
        send_log(line, check_id)

    monkeypatch.setattr(agent.datadog_agent, 'send_log', fail_in_the_second_page)
    assert run(agent).status == 'ERROR'
    monkeypatch.setattr(agent.datadog_agent, 'send_log', send_log)
    run(agent)
    assert uuids(agent) == expected(okta)[:1199] + expected(okta)[1100:]


def test_a_page_is_committed_before_the_next_is_asked_for(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 1500)
    okta.faults.add(faults.Error('E0000009'), after=1)
    agent = start_agent(instance)
    assert run(agent).status == 'ERROR'
    assert uuids(agent) == expected(okta)[:1000]
    run(agent)
    assert uuids(agent) == expected(okta)


# What goes wrong

TRANSIENT = [
    pytest.param(faults.Error('E0000011'), ['401', 'E0000011'], id='401'),
    pytest.param(faults.Error('E0000006'), ['403', 'E0000006', 'Report Administrator'], id='403'),
    pytest.param(faults.BearerRefused(403, 'insufficient_scope'), ['403', 'okta.logs.read'], id='403 without a body'),
    pytest.param(faults.Error('E0000007'), ['404', 'E0000007', '`domain`'], id='404'),
    pytest.param(faults.Error('E0000009'), ['500', 'E0000009'], id='500'),
    pytest.param(faults.Error('E0000053', status=500), ['500', 'E0000053', 'lasts'], id='500 with the code of a 400'),
    pytest.param(faults.Html(status=503), ['503'], id='503 with a page of HTML'),
    pytest.param(faults.Html(status=200), ['200', 'not a list of events', 'proxy'], id='200 with a page of HTML'),
    pytest.param(faults.TruncatedJson(), ['200', 'not a list of events'], id='truncated JSON'),
    pytest.param(faults.Body(b'{}'), ['200', 'not a list of events'], id='an object'),
    pytest.param(faults.CutBody(), ['The connection was closed'], id='cut body'),
    pytest.param(faults.CutBody(chunked=True), ['The connection was closed'], id='cut chunked body'),
    pytest.param(faults.DroppedConnection(), ['The connection was closed'], id='dropped connection'),
    pytest.param(faults.NoLinks(), ['`next` link', 'proxy'], id='no links'),
    pytest.param(faults.OnlySelfLink(), ['`next` link'], id='no next link'),
    pytest.param(faults.NextLink(host='evil.example'), ['evil.example', 'not followed'], id='foreign next link'),
    pytest.param(faults.Redirect('https://evil.example/'), ['302', '`domain`'], id='redirect'),
]


@pytest.mark.parametrize('fault, said', TRANSIENT)
def test_a_failed_page_ends_the_run_and_the_next_run_carries_on(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, fault: faults.Fault, said: list[str]
) -> None:
    """The error is one line that names the place; nothing is lost and nothing is repeated.

    What can be read of a page that ends too soon is delivered.
    """
    fill(okta, 1500)
    # Twice, since some failures are tried once more at once.
    okta.faults.add(fault, after=1, times=2)
    agent = start_agent(instance)
    result = run(agent)
    assert result.status == 'ERROR'
    assert f'GET {okta.url}/api/v1/logs' in result.error
    assert [text for text in said if text not in result.error] == []
    assert len(result.error.splitlines()) == 1
    delivered = uuids(agent)
    assert delivered == expected(okta)[: len(delivered)]
    assert len(delivered) > 1000 if isinstance(fault, faults.TruncatedJson) else len(delivered) == 1000
    okta.faults.clear()
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)


def test_a_refused_filter_is_an_error(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    result = run(start_agent({**instance, 'event_filter': 'eventType resembles "workflows."'}))
    assert result.status == 'ERROR'
    assert 'status 400' in result.error
    assert '`event_filter`' in result.error


def test_a_refused_link_starts_anew_with_an_overlap(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    """Some events come twice, which the operator is told, and none is missing."""
    fill(okta, 50)
    agent = start_agent(instance)
    run(agent)
    agent.advance(HOUR_SECONDS)
    okta.generate(20, since=clock.now() - 600, until=clock.now(), noise_share=0.0)
    okta.faults.add(faults.CursorRefused())
    result = run(agent)
    assert result.status == 'WARNING'
    assert 'may be delivered twice' in result.warnings[0]
    assert sorted(set(uuids(agent))) == sorted(expected(okta))
    assert len(uuids(agent)) < len(expected(okta)) + 10


def test_an_org_that_refuses_every_link_is_not_asked_for_the_same_events_at_each_run(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    run(agent)
    okta.faults.add(faults.CursorRefused(), times=None)
    statuses = []
    for _ in range(5):
        agent.advance(60)
        statuses.append(run(agent).status)
    assert statuses == ['WARNING', 'ERROR', 'ERROR', 'ERROR', 'ERROR']
    assert len(uuids(agent)) < 60


def test_an_error_names_the_request(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    okta.faults.add(faults.Error('E0000006'))
    result = run(start_agent(instance))
    assert re.search(r'request id \w{20,}', result.error)


def test_a_slow_org_ends_the_run_by_the_read_timeout(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 10)
    okta.faults.add(faults.Silence())
    agent = start_agent({**instance, 'read_timeout': 0.2})
    result = run(agent)
    assert result.status == 'ERROR'
    assert 'sent no data for 0.2 seconds' in result.error
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)


def test_an_org_that_is_down_is_an_error(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    fill(okta, 10)
    okta.stop()
    agent = start_agent(instance)
    result = run(agent)
    assert result.status == 'ERROR'
    assert 'Connection refused' in result.error
    okta.start()
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)


def test_without_the_logs_agent_nothing_is_asked_and_nothing_moves(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 10)
    agent = start_agent(instance, logs_enabled=False)
    result = run(agent)
    assert result.status == 'ERROR'
    assert '`logs_enabled: true`' in result.error
    assert okta.requests == []
    assert agent.cache_files() == {}
    agent = start_agent(instance, logs_enabled=True)
    run(agent)
    assert uuids(agent) == expected(okta)


@pytest.mark.parametrize('way', ['api_key', 'client_secret'])
def test_no_credential_is_shown_or_stored(
    okta: OktaSimulator, start_agent: StartAgent, way: str, tmp_path: Path
) -> None:
    """Neither in errors, warnings, logs and the status page, nor in the cache and the log file."""
    credential = {
        'api_key': {'api_key': okta.api_key},
        'client_secret': {'client_id': okta.client_id, 'client_secret': okta.client_secret},
    }[way]
    fill(okta, 10)
    agent = start_agent({'domain': okta.url, 'log_requests': True, **credential}, log_level='trace')
    for fault in (
        faults.Error('E0000011'),
        faults.Html(200),
        faults.CutBody(),
        faults.Redirect('https://evil.example'),
    ):
        okta.faults.add(fault, times=2)
        run(agent)
        okta.faults.clear()
    assert run(agent).status == 'OK'
    assert uuids(agent) == expected(okta)
    assert [result.status for result in agent.runs] == ['ERROR'] * 4 + ['OK']
    secrets = [okta.api_key, okta.client_secret]
    secrets += [request.headers['Authorization'].split()[1] for request in okta.requests]
    written = [path.read_text('utf-8') for path in tmp_path.rglob('*') if path.is_file() and 'etc' not in path.parts]
    shown = [agent.status(), json.dumps([[result.error, result.traceback, result.warnings] for result in agent.runs])]
    assert [secret for secret in secrets for text in written + shown if secret in text] == []


# The token


@pytest.fixture
def client_instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}


def token_requests(okta: OktaSimulator) -> int:
    return sum(request.path == '/oauth2/v1/token' for request in okta.requests)


def test_one_token_serves_until_it_expires(
    okta: OktaSimulator, clock: VirtualClock, client_instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 10)
    agent = start_agent(client_instance)
    for _ in range(10):
        assert run(agent).status == 'OK'
        clock.advance(720)
    # Two hours, with tokens that live for one and are not used for their last two minutes.
    assert token_requests(okta) == 2
    assert all(request.status == 200 for request in okta.requests)
    assert uuids(agent) == expected(okta)


def test_a_revoked_token_is_renewed_once_within_the_run(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 10)
    agent = start_agent(client_instance)
    run(agent)
    okta.revoke_tokens()
    okta.requests.clear()
    assert run(agent).status == 'OK'
    assert [request.status for request in okta.requests] == [401, 200, 200]


def test_a_token_that_stays_refused_is_an_error(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    okta.faults.add(faults.BearerRefused(), times=None)
    result = run(start_agent(client_instance))
    assert result.status == 'ERROR'
    assert 'invalid_token "The token has expired."' in result.error
    assert token_requests(okta) == 2


def test_a_refused_secret_is_an_error_that_names_the_options(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    okta.rotate_client_secret()
    result = run(start_agent(client_instance))
    assert result.status == 'ERROR'
    assert f'POST {okta.url}/oauth2/v1/token: status 401' in result.error
    assert '`client_id` and `client_secret`' in result.error
    assert log_requests(okta) == []
    assert token_requests(okta) == 1
