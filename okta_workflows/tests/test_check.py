# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check as a whole: from an Okta org to the Agent's log file."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from datadog_checks.base.stubs import datadog_agent as stub
from datadog_checks.base.stubs.datadog_agent import DatadogAgentStub
from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .fake_agent import FakeAgent
from .fake_clock import NOW, FakeClock
from .fake_okta import Answer, FakeOkta, Request, error, formatted
from .runs import complaint, warnings

Instance = dict[str, Any]
RunCheck = Callable[[OktaWorkflowsCheck], str]
DiskUsage = namedtuple('DiskUsage', 'total used free')
HOUR_SECONDS = 3600.0


# What is collected


def test_a_line_is_what_the_stock_pipeline_reads(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    flow = {'type': 'Flow', 'id': '01JZ', 'displayName': 'Offboard contractor'}
    [event] = okta.add(severity='WARN', target=[{'type': 'User', 'id': '00u1'}, flow])
    assert complaint(agent.start({**instance, 'tags': ['env:prod', 'team:identity']})) == ''
    assert agent.lines == [
        {
            'message': 'Flow activated',
            'status': 'warn',
            'timestamp': 1795402965000,
            'log': event,
            'enrichment_details': {'workflow_name': 'Offboard contractor', 'workflow_id': '01JZ'},
            'ddtags': f'env:prod,team:identity,okta_domain:{okta.url.removeprefix("http://")}',
        }
    ]


@pytest.mark.parametrize('uuid', ['a"b', 'a\\b', 'a\nb', '\N{LATIN SMALL LETTER E WITH ACUTE}'])
def test_an_id_that_json_may_write_in_another_way_does_not_stop_collection(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, uuid: str
) -> None:
    """Its line is the last of the batch, which is looked for by it."""
    okta.add(2)
    okta.add(uuid=uuid)
    assert complaint(agent.start(instance)) == ''
    assert agent.uuids == ['event-0', 'event-1', uuid]


def test_without_verification_the_agent_is_handed_the_same(
    okta: FakeOkta,
    instance: Instance,
    datadog_agent: DatadogAgentStub,
    clock: FakeClock,
    dd_run_check: RunCheck,
) -> None:
    """In the idiom of the base package, on its own stub."""
    datadog_agent._config['logs_enabled'] = True
    [event] = okta.add()
    check = OktaWorkflowsCheck('okta_workflows', {}, [{**instance, 'verify_delivery': False}])
    check.check_id = 'okta_workflows:1a2b'
    dd_run_check(check)
    datadog_agent.assert_logs(
        check.check_id,
        [
            {
                'message': 'Flow activated',
                'status': 'info',
                'timestamp': 1795402965000,
                'log': event,
                'ddtags': f'okta_domain:{okta.url.removeprefix("http://")}',
            }
        ],
    )


def test_a_restart_without_verification_goes_on_where_collection_was(
    okta: FakeOkta,
    instance: Instance,
    datadog_agent: DatadogAgentStub,
    clock: FakeClock,
    dd_run_check: RunCheck,
) -> None:
    datadog_agent._config['logs_enabled'] = True
    check_id = 'okta_workflows:1a2b'
    for severity in ('INFO', 'ERROR'):
        okta.add(severity=severity)
        check = OktaWorkflowsCheck('okta_workflows', {}, [{**instance, 'verify_delivery': False}])
        check.check_id = check_id
        dd_run_check(check)
    datadog_agent.assert_logs(
        check_id,
        [
            {
                'message': 'Flow activated',
                'status': status,
                'timestamp': 1795402965000,
                'log': event,
                'ddtags': f'okta_domain:{okta.url.removeprefix("http://")}',
            }
            for event, status in zip(okta.events, ('info', 'error'), strict=True)
        ],
    )


def test_no_more_goes_out_unverified_than_fits_into_a_run(
    okta: FakeOkta, instance: Instance, datadog_agent: DatadogAgentStub, clock: FakeClock
) -> None:
    datadog_agent._config['logs_enabled'] = True
    okta.add(400, text='x' * 40_000)
    check = OktaWorkflowsCheck('okta_workflows', {}, [{**instance, 'verify_delivery': False}])
    check.check_id = 'okta_workflows:1a2b'
    sent = []
    for _ in range(2):
        assert check.run() == ''
        sent.append(len(datadog_agent._sent_logs[check.check_id]))
    assert sent == [200, 400]
    uuids = [line['log']['uuid'] for line in datadog_agent._sent_logs[check.check_id]]
    assert uuids == [event['uuid'] for event in okta.events]


def test_every_event_becomes_one_line_in_order_of_persistence(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    agent.settings['logs_config.integrations_logs_files_max_size'] = 10
    okta.add(2500)
    assert complaint(agent.start(instance)) == ''
    assert agent.uuids == [event['uuid'] for event in okta.events]
    assert [request.query.get('after') for request in okta.asked()] == [None, '1000', '2000']


def test_a_page_that_is_not_full_ends_a_run_only_where_its_events_are_recent(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    """Okta does not say that a page that is not full is the last one."""
    okta.add(published=formatted(NOW - HOUR_SECONDS))
    check = agent.start(instance)
    complaint(check)
    assert len(okta.asked()) == 2
    okta.add()
    complaint(check)
    assert len(okta.asked()) == 3
    assert len(agent.lines) == 2


def test_an_idle_run_makes_one_request_and_commits_nothing(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    check = agent.start(instance)
    complaint(check)
    stored = dict(agent.cache)
    for _ in range(3):
        complaint(check)
    assert len(okta.asked()) == 4
    assert stored
    assert agent.cache == stored


def test_a_restart_goes_on_where_collection_was(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.add(3)
    complaint(agent.start(instance))
    agent.acknowledge()
    okta.add(2)
    complaint(agent.start(instance))
    assert agent.uuids == [event['uuid'] for event in okta.events]


def test_a_page_whose_link_leads_to_itself_is_not_delivered_twice(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    def page(request: Request) -> Answer:
        whole = okta.page(request)
        link = f'<{okta.url}{request.path}?{urlencode(request.query, quote_via=quote)}>; rel="next"'
        return Answer(200, whole.body, {**whole.headers, 'Link': link})

    check = agent.start(instance)
    for count in (2, 0, 1):
        okta.add(count)
        okta.answer_next(page)
        assert complaint(check) == ''
    assert agent.uuids == ['event-0', 'event-1', 'event-2']


def test_an_edit_that_leaves_org_and_filter_alone_keeps_the_place(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(3)
    complaint(agent.start(instance))
    okta.api_key = instance['api_key'] = 'another-key'
    okta.add(1)
    complaint(agent.start({**instance, 'tags': ['env:prod'], 'initial_lookback_hours': 1}))
    assert agent.uuids == [event['uuid'] for event in okta.events]


def test_another_filter_is_another_collection(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.add(1)
    complaint(agent.start(instance))
    complaint(agent.start({**instance, 'event_filter': 'eventType eq "workflows.user.flow.delete"'}))
    assert agent.uuids == ['event-0', 'event-0']


def test_a_late_event_is_dated_so_that_datadog_accepts_it(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    clock.ahead_seconds = -5 * HOUR_SECONDS
    okta.add(published=formatted(NOW - 20 * HOUR_SECONDS))
    complaint(agent.start({**instance, 'initial_lookback_hours': 48}))
    [line] = agent.lines
    assert line['timestamp'] == NOW * 1000
    assert line['late_event'] == {'published': formatted(NOW - 20 * HOUR_SECONDS), 'age_hours': 20.0}
    assert line['ddtags'].endswith(',late_event:true')


def test_a_run_ends_in_time_and_the_next_one_goes_on(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    agent.settings['logs_config.integrations_logs_files_max_size'] = 10

    def slow(request: Request) -> Answer:
        clock.advance(20)
        return okta.page(request)

    okta.add(3000)
    okta.answer_next(slow, slow, slow)
    check = agent.start(instance)
    complaint(check)
    assert len(agent.lines) == 1000
    complaint(check)
    assert len(agent.lines) == 2000


def test_a_check_that_is_cancelled_ends_after_its_page(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    agent.settings['logs_config.integrations_logs_files_max_size'] = 10
    okta.add(2500)
    check = agent.start(instance)
    check.cancel()

    def cancel(line: str) -> None:
        check.cancel()
        agent.write(line)

    agent.on_line = cancel
    complaint(check)
    assert len(agent.lines) == 1000


# What goes wrong


def test_without_log_collection_no_request_is_made(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    agent.settings['logs_enabled'] = False
    assert complaint(agent.start(instance)) == (
        'The Agent does not collect logs, so the check sent no request to Okta. Set `logs_enabled: true` in '
        '`datadog.yaml` and restart the Agent.'
    )
    assert okta.requests == []


@pytest.mark.parametrize('option', ['name', 'namespace'])
def test_an_option_that_renames_the_instance_is_warned_of(
    option: str, okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    check = agent.start({**instance, option: 'mine'})
    complaint(check)
    assert f'Remove `{option}` from the instance.' in ' '.join(warnings(check))
    assert len(okta.asked()) == 1


def test_a_page_that_fails_in_its_middle_is_read_again_behind_what_was_delivered(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(250, text='x' * 200)
    whole = okta.page(Request('GET', '/api/v1/logs', {'limit': '1000'}, {}, {}))  # type: ignore[arg-type]
    body = json.dumps(whole.body, separators=(',', ':')).encode()
    okta.answer_next(Answer(200, body[: len(body) * 4 // 5], whole.headers))
    check = agent.start(instance)
    assert complaint(check).startswith('The response is not a list of events (GET http://127.0.0.1:')
    delivered = len(agent.lines)
    assert 100 <= delivered < 250
    assert complaint(check) == ''
    assert agent.uuids == [event['uuid'] for event in okta.events]


def test_after_429_no_request_is_made_before_the_reset(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add()
    reset = str(int(clock.now()) + 40)
    okta.answer_next(error(429, 'E0000047', 'API call exceeded rate limit', X_Rate_Limit_Reset=reset))
    check = agent.start(instance)
    assert 'E0000047' in complaint(check)
    clock.advance(30)
    assert complaint(check) == ''
    pause, delay = warnings(check)
    assert len(okta.asked()) == 1
    assert agent.lines == []
    assert pause.startswith('Pausing for 11 seconds: ')
    assert delay.startswith('Collection is 12.0 hours behind: the cursor is at ')
    clock.advance(30)
    complaint(check)
    assert len(agent.lines) == 1


def test_a_tenth_of_the_rate_limit_is_left_to_others(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(2500)
    okta.remaining = 12
    check = agent.start(instance)
    complaint(check)
    assert len(okta.asked()) == 1
    complaint(check)
    assert len(okta.asked()) == 1
    assert "Okta's rate limit for" in warnings(check)[0]


def test_a_clock_that_differs_is_warned_of_with_the_difference(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    clock.ahead_seconds = 2 * HOUR_SECONDS
    okta.add()
    check = agent.start(instance)
    complaint(check)
    assert any("Okta's" in warning and 'clock' in warning for warning in warnings(check))
    assert len(agent.lines) == 1


def test_a_backlog_that_waits_is_told_and_nothing_more_is_written(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(600, text='x' * 2000)
    check = agent.start(instance)
    complaint(check)
    agent.acknowledge(0, other=1)
    complaint(check)
    written = len(agent.lines)
    complaint(check)
    told = warnings(check)
    assert 300 < written < 600
    assert len(agent.lines) == written
    assert (
        "Collection is paused since 2026-11-23T03:03:05.110Z: 1.0 MiB in the Agent's log file wait for Datadog's "
        'intake. No events are lost, because Okta keeps them for 90 days. Datadog has received every event up to '
        '2026-11-22T15:02:45.000Z. If this lasts, check under Logs Agent in `agent status` whether the Agent can send '
        'logs.'
    ) in told


def test_what_is_older_than_okta_keeps_is_not_let_wait_for_an_outage(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(700, text='x' * 2000)
    check = agent.start(instance)
    complaint(check)
    agent.acknowledge(0, other=1)
    complaint(check)
    written = len(agent.lines)
    clock.advance(86 * 24 * HOUR_SECONDS)
    complaint(check)
    clock.advance(HOUR_SECONDS)
    complaint(check)
    assert 0 < written < len(agent.lines)


def test_without_a_log_file_one_event_is_tried_and_nothing_is_committed(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    agent.log_path.unlink()
    agent.on_line = lambda line: None
    okta.add(5)
    check = agent.start(instance)
    assert complaint(check).startswith('The Agent keeps no log file for this instance')
    assert len(agent.sent) == 1
    assert agent.cursor['written']['uuid'] == ''


def test_a_log_file_that_no_event_has_brought_into_being_is_told_of(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    agent.log_path.unlink()
    check = agent.start(instance)
    assert complaint(check) == ''
    assert any('no log file' in warning for warning in warnings(check))
    okta.add(2)
    complaint(check)
    agent.acknowledge()
    complaint(check)
    # Whether the Agent read the file from its beginning cannot be told, so the first event comes again.
    assert agent.uuids == ['event-0', 'event-0', 'event-1']


def test_lines_that_the_agent_does_not_write_are_not_committed(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    agent.on_line = lambda line: None
    okta.add(5)
    check = agent.start(instance)
    assert 'did not write' in complaint(check)
    agent.on_line = agent.write
    complaint(check)
    assert agent.uuids == [event['uuid'] for event in okta.events]


@pytest.mark.parametrize(
    ('ratio', 'usage', 'says'),
    [
        pytest.param(0.8, (100, 100, 0), 'is fuller than `logs_config.integrations_logs_disk_ratio` (0.8)', id='ratio'),
        pytest.param(1.0, (10**9, 10**9 - 10, 10), 'The disk is full. Free disk space', id='full'),
        pytest.param(1.0, None, 'If you ran `agent check` manually, this is expected', id='unknown'),
    ],
)
def test_why_the_agent_may_not_write_is_told(
    ratio: float,
    usage: tuple[int, int, int] | None,
    says: str,
    okta: FakeOkta,
    instance: Instance,
    agent: FakeAgent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def disk_usage(_: str) -> DiskUsage:
        if usage is None:
            raise OSError
        return DiskUsage(*usage)

    monkeypatch.setattr('shutil.disk_usage', disk_usage)
    agent.settings['logs_config.integrations_logs_disk_ratio'] = ratio
    agent.on_line = lambda line: None
    okta.add(1)
    assert says in complaint(agent.start(instance))


def test_a_full_disk_is_the_likelier_cause_of_a_missing_log_file(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('shutil.disk_usage', lambda _: DiskUsage(100, 100, 0))
    agent.settings['logs_config.integrations_logs_disk_ratio'] = 0.8
    agent.log_path.unlink()
    check = agent.start(instance)
    complaint(check)
    [warning] = warnings(check)
    assert 'The cause is one of two: the quota of all log files leaves no room (0 MiB' in warning


def test_a_crash_between_sending_and_committing_repeats_nothing(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.add(1)
    complaint(agent.start(instance))
    agent.acknowledge()
    okta.add(150)

    class Killed(BaseException):
        pass

    def die(key: str, value: str) -> None:
        raise Killed

    check = agent.start(instance)
    check.run_check_initializations()  # type: ignore[no-untyped-call]
    with monkeypatch.context() as dying:
        dying.setattr(stub, 'write_persistent_cache', die)
        with pytest.raises(Killed):
            check.run()
    assert len(agent.lines) == 101
    assert complaint(agent.start(instance)) == ''
    assert agent.uuids == [event['uuid'] for event in okta.events]


def test_what_the_agent_lost_is_collected_again_and_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.add(3)
    complaint(agent.start(instance))
    agent.log_path.unlink()
    agent.log_path.touch()
    check = agent.start(instance)
    complaint(check)
    assert agent.uuids == ['event-0', 'event-1', 'event-2']
    assert any(warning.startswith('The Agent replaced its log file before it sent') for warning in warnings(check))


def test_a_cache_that_does_not_keep_the_cursor_stops_collection(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.add(3)
    monkeypatch.setattr(stub, 'write_persistent_cache', lambda key, value: None)
    check = agent.start(instance)
    assert complaint(check).startswith('The Agent cannot store the cursor')
    assert agent.sent == []
    assert okta.requests == []


def test_an_agent_that_does_not_tell_its_run_path_is_handed_lines_unverified(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    agent.settings['logs_config.run_path'] = ''
    okta.add(2)
    check = agent.start(instance)
    complaint(check)
    assert len(agent.sent) == 2
    assert any('cannot be verified' in warning for warning in warnings(check))


def test_a_cursor_that_moves_to_another_host_repeats_nothing_that_datadog_has(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """The other host has no log file that would tell what was sent, so the cursor must."""
    okta.add(3)
    check = agent.start(instance)
    assert complaint(check) == ''
    agent.acknowledge()
    for _ in range(2):
        clock.advance(30)
        assert complaint(check) == ''
    agent.log_path.write_text('')
    agent.acknowledge(0)
    check = agent.start(instance)
    assert complaint(check) == ''
    assert warnings(check) == []
    assert len(agent.sent) == 3


def test_an_idle_run_commits_once_what_datadog_has_received(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(3)
    check = agent.start(instance)
    assert complaint(check) == ''
    number = agent.cursor['number']
    agent.acknowledge()
    for _ in range(5):
        clock.advance(30)
        assert complaint(check) == ''
    assert agent.cursor['number'] == number + 1


def test_the_size_at_which_the_agent_replaces_its_file_is_learned_and_forgotten(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """The Agent that started while the disk was fuller replaces its file before it looks full."""
    agent.settings['logs_config.max_message_size_bytes'] = 10_000
    replaced: list[int] = []

    def write_with_less_room(line: str) -> None:
        if agent.log_path.stat().st_size + len(line) + 1 > 300_000:
            replaced.append(agent.log_path.stat().st_size)
            agent.replace()
        agent.write(line)

    agent.on_line = write_with_less_room
    # Of different sizes, so that no new file looks like the one before.
    for number in range(1000):
        okta.add(text='x' * (1900 + number % 193))
    check = agent.start(instance)
    for _ in range(30):
        assert complaint(check) == ''
        agent.acknowledge()
        clock.advance(30)
    assert {*agent.uuids} == {event['uuid'] for event in okta.events}
    assert 0 < len(agent.uuids) - 1000 <= 100 * len(replaced)
    assert len(replaced) < 15
    agent.on_line = agent.write
    for number in range(300):
        okta.add(text='x' * (1900 + number % 193))
    for _ in range(30):
        assert complaint(check) == ''
        agent.acknowledge()
        clock.advance(30)
    assert {*agent.uuids} == {event['uuid'] for event in okta.events}
    assert agent.log_path.stat().st_size > 320_000
