# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Where collection stands, and what moves it besides delivery: clocks, rejected links, Okta's retention."""

from __future__ import annotations

import json
from typing import Any

import pytest

from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .fake_agent import FakeAgent
from .fake_clock import NOW, FakeClock
from .fake_okta import Answer, FakeOkta, Request, error, formatted
from .runs import complaint, warnings

Instance = dict[str, Any]
HOUR_SECONDS = 3600.0
DAY_SECONDS = 24 * HOUR_SECONDS
LOOKBACK_SECONDS = 12 * HOUR_SECONDS
OVERLAP_SECONDS = 900.0
# Not Okta's, so its time does not count.
PROXY_FAILS = Answer(502, b'<html>', {'X-Okta-Request-Id': ''})


def told(check: OktaWorkflowsCheck) -> str:
    return ' '.join(warnings(check))


def since(request: Request) -> str:
    return request.query['since']


def gaps(agent: FakeAgent) -> list[tuple[str, float | None, float]]:
    return [(each['cause'], each['since'], each['until']) for each in agent.cursor['possible_gaps']]


@pytest.fixture
def settled(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> OktaWorkflowsCheck:
    """A check that has delivered two events, of which Datadog has received both."""
    okta.add(2)
    check = agent.start(instance)
    assert complaint(check) == ''
    agent.acknowledge()
    assert complaint(check) == ''
    return check


# The start


def test_the_first_run_stores_its_start_before_it_asks(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.answer_next(error(500, 'E0000009'))
    check = agent.start(instance)
    assert 'E0000009' in complaint(check)
    okta.add(1)
    assert complaint(agent.start(instance)) == ''
    assert {since(request) for request in okta.asked()} == {formatted(NOW - LOOKBACK_SECONDS)}
    assert agent.uuids == ['event-0']


@pytest.mark.parametrize('ahead_hours', [-24, -3, 3, 24])
def test_a_start_by_a_wrong_clock_is_converted_to_okta_s(
    ahead_hours: float, okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    clock.ahead_seconds = ahead_hours * HOUR_SECONDS
    okta.add(1)
    check = agent.start(instance)
    complaint(check)
    first, second, *_ = okta.asked()
    assert since(first) == formatted(NOW + ahead_hours * HOUR_SECONDS - LOOKBACK_SECONDS)
    assert since(second) == formatted(NOW - LOOKBACK_SECONDS)
    assert agent.uuids == ['event-0']


def test_a_start_in_the_future_of_okta_is_taken_back(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """Okta's time was not known at the start, and its first event came after a restart."""
    clock.ahead_seconds = 10 * DAY_SECONDS
    okta.answer_next(PROXY_FAILS, PROXY_FAILS)
    assert '502' in complaint(agent.start(instance))
    stored = {key: json.loads(value) for key, value in agent.cache.items()}
    for key, value in stored.items():
        agent.cache[key] = json.dumps({**value, 'started_at': None})
    check = agent.start(instance)
    complaint(check)
    assert 'Collection started in the future of Okta' in told(check)
    assert [cause for cause, _, _ in gaps(agent)] == ["Collection started in the future of Okta's clock"]
    okta.add(1)
    complaint(check)
    assert agent.uuids == ['event-0']


def test_a_clock_that_was_put_right_after_the_start_misses_nothing(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    clock.ahead_seconds = 5 * HOUR_SECONDS
    okta.answer_next(PROXY_FAILS, PROXY_FAILS)
    assert '502' in complaint(agent.start(instance))
    clock.ahead_seconds = 0.0
    complaint(agent.start(instance))
    assert since(okta.asked()[-1]) == formatted(NOW - LOOKBACK_SECONDS)


def test_a_rejection_tells_okta_s_time_too(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """A start by a wrong clock may be why Okta rejects it."""
    clock.ahead_seconds = DAY_SECONDS
    okta.answer_next(error(400, 'E0000031', 'Invalid since'))
    assert complaint(agent.start(instance)) == ''
    first, second = okta.asked()
    assert since(first) == formatted(NOW + DAY_SECONDS - LOOKBACK_SECONDS)
    assert since(second) == formatted(NOW - LOOKBACK_SECONDS)


def test_a_start_before_okta_s_retention_is_told(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.answer_next(PROXY_FAILS, PROXY_FAILS)
    assert '502' in complaint(agent.start(instance))
    clock.advance(100 * DAY_SECONDS)
    check = agent.start(instance)
    complaint(check)
    assert 'may be missing: Okta keeps events for 90 days' in told(check)
    assert [cause for cause, _, _ in gaps(agent)] == ['Okta keeps events for 90 days']


# What is stored


@pytest.mark.parametrize(
    ('stored', 'reason'),
    [
        pytest.param('{', 'it is torn', id='torn'),
        pytest.param('{}', 'it was written by another version', id='another-version'),
    ],
)
def test_a_cursor_that_cannot_be_used_is_told_and_begun_anew(
    stored: str, reason: str, settled: OktaWorkflowsCheck, okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    agent.cache.update(dict.fromkeys(agent.cache, stored))
    check = agent.start(instance)
    complaint(check)
    assert f'Cannot use the stored cursor ({reason}). Collection restarts 12 hours in the past' in told(check)
    assert agent.uuids == ['event-0', 'event-1', 'event-0', 'event-1']
    assert [cause for cause, _, _ in gaps(agent)] == [f'The stored cursor could not be used: {reason}']


def test_a_cursor_of_a_time_that_okta_no_longer_keeps_is_told_once(
    settled: OktaWorkflowsCheck, okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    clock.advance(91 * DAY_SECONDS)
    check = agent.start(instance)
    complaint(check)
    assert 'may be missing: Okta keeps events for 90 days' in told(check)
    complaint(check)
    assert 'may be missing' not in told(check)
    assert len(gaps(agent)) == 1
    complaint(agent.start(instance))
    assert len(gaps(agent)) == 1


def test_in_the_midst_of_the_first_page_too_what_okta_no_longer_keeps_is_told(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """No link of Okta's is stored yet then."""
    okta.add(200)
    agent.on_line = lambda line: agent.write(line) if len(agent.sent) <= 100 else None
    complaint(agent.start(instance))
    assert agent.cursor['written']['uuid'] == 'event-99'
    agent.acknowledge()
    agent.on_line = agent.write
    clock.advance(91 * DAY_SECONDS)
    okta.events.clear()
    check = agent.start(instance)
    assert complaint(check) == ''
    assert 'may be missing: Okta keeps events for 90 days' in told(check)
    assert [cause for cause, _, _ in gaps(agent)] == ['Okta keeps events for 90 days']


# A link that Okta rejects


def test_a_link_that_okta_rejects_is_replaced_with_an_overlap(
    settled: OktaWorkflowsCheck, okta: FakeOkta, agent: FakeAgent
) -> None:
    [event] = okta.add(1)
    before = okta.now()
    okta.answer_next(error(400, 'E0000031', 'Invalid after'))
    assert complaint(settled) == ''
    assert 'Okta rejected the stored cursor. Collection restarts at' in told(settled)
    assert since(okta.asked()[-1]) == formatted(before - OVERLAP_SECONDS)
    assert agent.uuids[-1] == event['uuid']
    assert [cause for cause, _, _ in gaps(agent)] == ['Okta rejected the stored cursor']


def test_what_was_not_acknowledged_is_gone_back_to_with_an_overlap_too(
    okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(2)
    check = agent.start(instance)
    complaint(check)
    okta.answer_next(error(400, 'E0000031', 'Invalid after'))
    complaint(check)
    assert agent.cursor['acknowledged']['time'] < agent.cursor['written']['time']
    assert 'since=' in agent.cursor['acknowledged']['link']


@pytest.mark.parametrize(
    'answer',
    [
        pytest.param(error(401, 'E0000011'), id='credential'),
        pytest.param(error(403, 'E0000006'), id='permission'),
        pytest.param(Answer(400, b'<html>', {'X-Okta-Request-Id': ''}), id='not-from-okta'),
    ],
)
def test_a_rejection_of_something_else_replaces_no_link(
    answer: Answer, settled: OktaWorkflowsCheck, okta: FakeOkta, agent: FakeAgent
) -> None:
    made = len(okta.asked())
    okta.answer_next(answer)
    assert complaint(settled) != ''
    assert len(okta.asked()) == made + 1
    assert gaps(agent) == []


def test_an_org_that_rejects_every_link_is_asked_anew_once_an_hour(
    settled: OktaWorkflowsCheck, okta: FakeOkta, clock: FakeClock
) -> None:
    refuse = error(400, 'E0000031', 'Invalid')
    okta.answer_next(refuse, refuse, refuse, refuse, refuse)
    made = len(okta.asked())
    complaint(settled)
    assert len(okta.asked()) == made + 2
    complaint(settled)
    assert len(okta.asked()) == made + 3
    clock.advance(2 * HOUR_SECONDS)
    complaint(settled)
    assert len(okta.asked()) == made + 5


def test_a_query_that_okta_cannot_answer_is_replaced_after_an_hour(
    settled: OktaWorkflowsCheck, okta: FakeOkta, clock: FakeClock, agent: FakeAgent
) -> None:
    broken = error(500, 'E0000009')
    okta.answer_next(broken, broken)
    complaint(settled)
    complaint(settled)
    assert gaps(agent) == []
    clock.advance(2 * HOUR_SECONDS)
    okta.answer_next(broken)
    assert complaint(settled) == ''
    assert [cause for cause, _, _ in gaps(agent)] == ['Okta rejected the stored cursor']


def test_a_query_that_fails_for_a_reason_that_passes_is_tried_again(
    settled: OktaWorkflowsCheck, okta: FakeOkta
) -> None:
    okta.answer_next(error(400, 'E0000031', 'Invalid'), Answer(502), Answer(502))
    assert complaint(settled) != ''
    okta.answer_next(error(400, 'E0000031', 'Invalid'))
    assert complaint(settled) == ''


def test_a_link_that_is_older_than_the_retention_is_replaced_and_the_span_told(
    settled: OktaWorkflowsCheck, okta: FakeOkta, clock: FakeClock, agent: FakeAgent
) -> None:
    clock.advance(95 * DAY_SECONDS)
    okta.answer_next(error(400, 'E0000031', 'Invalid'))
    complaint(settled)
    assert 'Okta keeps events for 90 days' in told(settled)
    assert since(okta.asked()[-1]) == formatted(clock.now() - 90 * DAY_SECONDS)
    assert {cause for cause, _, _ in gaps(agent)} == {
        'Okta keeps events for 90 days',
        'Okta rejected the stored cursor',
    }


def test_a_span_that_okta_does_not_keep_is_told_once_though_its_link_is_rejected_too(
    settled: OktaWorkflowsCheck, okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    clock.advance(95 * DAY_SECONDS)
    okta.answer_next(error(400, 'E0000031', 'Invalid'))
    complaint(agent.start(instance))
    causes = [cause for cause, _, _ in gaps(agent)]
    assert causes.count('Okta keeps events for 90 days') == 1
    assert 'Okta rejected the stored cursor' in causes
