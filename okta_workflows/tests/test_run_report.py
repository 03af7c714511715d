# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What an operator reads of runs that work: `agent.log`, the metadata on the status page, and warnings of a delay."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from datadog_checks.base.stubs.datadog_agent import DatadogAgentStub
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows import run_time as run_time_module

from .fake_agent import CHECK_ID, FakeAgent
from .fake_clock import FakeClock
from .fake_okta import FakeOkta, Request, error
from .runs import warnings

Instance = dict[str, Any]
START, NOW = '2026-11-22T15:02:45.000Z', '2026-11-23T03:02:45.000Z'
HALF_HOUR_SECONDS = 1800.0


def run(check: OktaWorkflowsCheck) -> list[str]:
    """Run the check, which must not fail. Returns the warnings."""
    assert check.run() == ''
    return warnings(check)


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """What the check wrote to `agent.log` at this level since the last call, without the name of the check."""
    records = [record for record in caplog.records if record.pathname.endswith('run_report.py')]
    messages = [record.getMessage() for record in records if record.levelno == level]
    caplog.clear()
    return messages


def metadata(datadog_agent: DatadogAgentStub) -> dict[str, str]:
    return {name: value for (check_id, name), value in datadog_agent._metadata.items() if check_id == CHECK_ID}


# agent.log


def test_the_log_tells_once_what_is_collected_and_then_what_each_run_delivered(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    check = agent.start(instance)
    run(check)
    domain = okta.url
    assert lines(caplog, logging.INFO) == [
        f'Collecting the events of {domain} that match `eventType sw "workflows."`, authenticated by an API token. '
        f'Delivery is verified in {agent.log_path}. Collection continues at {START}'
    ]
    okta.add(1200)
    run(check)
    assert lines(caplog, logging.INFO) == [
        f'Delivered 1200 events from {domain} (2 pages, 0.0 seconds). The cursor is at {NOW}'
    ]
    run(check)
    assert lines(caplog, logging.INFO) == [], 'a run without events has nothing to tell'
    run(agent.start(instance))
    assert lines(caplog, logging.INFO)[0].endswith(f'Collection continues at {NOW}')


@pytest.mark.parametrize(
    ('options', 'settings', 'says'),
    [
        pytest.param({'verify_delivery': False}, {}, 'not verified, because `verify_delivery` is `false`', id='option'),
        pytest.param(
            {},
            {'logs_config.run_path': None},
            'not verified, because the Agent does not report its `logs_config.run_path`',
            id='agent',
        ),
    ],
)
def test_the_log_tells_why_delivery_is_not_verified(
    options: Instance,
    settings: dict[str, Any],
    says: str,
    instance: Instance,
    agent: FakeAgent,
    datadog_agent: DatadogAgentStub,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    agent.settings |= settings
    run(agent.start({**instance, **options}))
    [start] = lines(caplog, logging.INFO)
    assert f'Delivery is {says}. ' in start
    assert metadata(datadog_agent)['delivery'] == says
    assert metadata(datadog_agent)['delivered_up_to'] == 'unknown'


@pytest.mark.parametrize('method', ['a client secret', 'a private key'])
def test_the_log_names_the_authentication_method(
    method: str, okta: FakeOkta, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = {'client_id': okta.client_id, 'client_secret': okta.client_secret}
    key = {'client_id': okta.service_app_id, 'private_key': okta.private_key_pem, 'private_key_id': okta.key_id}
    credentials = secret if method == 'a client secret' else key
    run(agent.start({'domain': okta.url, **credentials}))
    [start] = lines(caplog, logging.INFO)
    assert f'authenticated by {method}. ' in start


def test_the_debug_log_tells_pages_and_batches_with_figures(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    okta.add(150)
    run(agent.start(instance))
    told = lines(caplog, logging.DEBUG)
    assert told[0].startswith(f'Fetched the page at {okta.url}/api/v1/logs?since=')
    assert told[0].endswith(', 0.0 seconds after the page before')
    assert told[1:] == [
        'Delivered a batch of 100 events. The cursor moves behind it',
        'Delivered a batch of 50 events. The cursor moves behind it',
    ]


def test_the_debug_log_tells_why_a_run_sends_nothing_or_little(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    okta.add(600, text='x' * 2000)
    check = agent.start(instance)
    run(check)
    agent.acknowledge(0, other=1)
    run(check)
    caplog.set_level(logging.DEBUG)
    run(check)
    assert lines(caplog, logging.DEBUG) == [
        "The run sends nothing, because there is a backlog: 1.0 MiB in the Agent's log file wait for Datadog's intake"
    ]
    clock.advance(700)
    agent.acknowledge(0, other=2)
    run(check)
    assert lines(caplog, logging.DEBUG)[0].startswith(
        'The run sends a few events to see whether the Agent sends them, because there is a backlog: '
    )


def test_the_debug_log_tells_of_a_pause(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    okta.remaining = 12
    check = agent.start(instance)
    run(check)
    caplog.set_level(logging.DEBUG)
    run(check)
    assert lines(caplog, logging.DEBUG)[0].startswith('The run sends no request: Pausing for ')


def test_what_was_delivered_before_a_run_failed_is_told(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    okta.add(1500)
    check = agent.start(instance)
    okta.answer_next(okta.page, error(500, 'E0000009'))
    assert 'E0000009' in check.run()
    assert lines(caplog, logging.INFO)[1].startswith(f'Delivered 1000 events from {okta.url} (1 page, ')


def test_no_secret_gets_into_the_log(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    run(agent.start({**instance, 'event_filter': f'actor.id eq "{okta.api_key}"'}))
    [start] = lines(caplog, logging.INFO)
    assert 'match `actor.id eq "********"`' in start
    assert okta.api_key not in caplog.text


def test_the_link_of_a_page_shows_no_secret_in_another_form(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    okta.client_secret = 'fake/secret+0001=='
    caplog.set_level(logging.DEBUG)
    way_in = {'client_id': okta.client_id, 'client_secret': okta.client_secret}
    run(agent.start({'domain': okta.url, **way_in, 'event_filter': f'actor.id eq "{okta.client_secret}"'}))
    [page] = [line for line in lines(caplog, logging.DEBUG) if 'Fetched the page' in line]
    assert 'filter=actor.id%20eq%20%22********%22' in page


# Metadata


def test_a_rate_limit_that_is_used_up_is_shown_as_used_up(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, datadog_agent: DatadogAgentStub
) -> None:
    check = agent.start(instance)
    run(check)
    okta.answer_next(error(429, 'E0000047', X_Rate_Limit_Limit='120', X_Rate_Limit_Remaining='0'))
    assert 'status 429' in check.run()
    assert metadata(datadog_agent)['rate_limit'] == '0 of 120 requests left'


def test_the_status_page_shows_how_far_collection_and_delivery_have_come(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock, datadog_agent: DatadogAgentStub
) -> None:
    okta.add(3)
    check = agent.start(instance)
    run(check)
    told = {
        'collected_up_to': NOW,
        'delivered_up_to': START,
        'delivered_events': '3',
        'delivery': f'verified in {agent.log_path}',
        'rate_limit': '100 of 120 requests left',
    }
    assert metadata(datadog_agent) == told
    agent.acknowledge()
    clock.advance(60)
    okta.add(2)
    run(check)
    agent.acknowledge()
    clock.advance(60)
    run(check)
    assert metadata(datadog_agent) == told | {
        'collected_up_to': '2026-11-23T03:04:45.000Z',
        'delivered_up_to': '2026-11-23T03:04:45.000Z',
        'delivered_events': '5',
    }


# Delays


def test_a_run_that_ends_late_for_want_of_time_warns(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock
) -> None:
    okta.add(2000)
    clock.advance(HALF_HOUR_SECONDS)
    check = agent.start(instance)

    def slow(request: Request) -> Any:
        clock.advance(run_time_module.LONG_RUN_SECONDS)
        return okta.page(request)

    okta.answer_next(slow)
    assert run(check) == [
        f'Collection is 30 minutes behind: the cursor is at {NOW}. The run ended because a run must leave time for the '
        'other checks of the Agent. The next run continues.'
    ]
    assert run(check) == [], 'nothing is left'
    assert len(agent.lines) == 2000


def test_a_run_that_ends_late_for_want_of_requests_warns_with_the_figures(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock
) -> None:
    okta.add(2000)
    clock.advance(HALF_HOUR_SECONDS)
    okta.remaining = 12
    check = agent.start(instance)
    assert run(check) == [
        f"Collection is 30 minutes behind: the cursor is at {NOW}. The run ended because Okta's rate limit for "
        f'{okta.url} is nearly exhausted (12 of 120 requests are left until the reset). The next run continues.'
    ]


def test_a_run_that_ends_late_for_want_of_room_warns(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock
) -> None:
    okta.add(600, text='x' * 2000)
    clock.advance(HALF_HOUR_SECONDS)
    [warning] = run(agent.start(instance))
    assert warning.startswith(f'Collection is 30 minutes behind: the cursor is at {NOW}. ')
    assert "because the Agent's log file has no room for more events. " in warning


def test_a_run_that_is_hardly_late_does_not_warn(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock
) -> None:
    okta.add(600, text='x' * 2000)
    check = agent.start(instance)
    assert run(check) == []
    assert 0 < len(agent.lines) < 600


def test_the_warning_of_a_backlog_keeps_its_beginning(
    okta: FakeOkta, instance: Instance, agent: FakeAgent, clock: FakeClock
) -> None:
    okta.add(600, text='x' * 2000)
    check = agent.start(instance)
    run(check)
    agent.acknowledge(0, other=1)
    beginnings = []
    for _ in range(2):
        [warning] = run(check)
        beginnings.append(warning.partition(': ')[0])
        clock.advance(60)
    assert beginnings[0].startswith('Collection is paused since 2026-11-23T03:0')
    assert beginnings[0] == beginnings[1]
    agent.acknowledge()
    run(check)
    agent.acknowledge()
    assert run(check) == []
    okta.add(600, text='x' * 2000)
    run(check)
    agent.acknowledge(0, other=1)
    run(check)
    [warning] = run(check)
    assert warning.startswith('Collection is paused since ')
    assert warning.partition(': ')[0] not in beginnings, 'another backlog has another beginning'
