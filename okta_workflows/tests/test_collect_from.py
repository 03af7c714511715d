# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Collecting a span again, because Datadog lost what Okta still has."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows.config_models.instance import InstanceConfig

from .fake_agent import FakeAgent
from .fake_clock import NOW, FakeClock
from .fake_okta import Answer, FakeOkta, Request, formatted
from .runs import complaint, warnings

Instance = dict[str, Any]
HOUR_SECONDS = 3600.0
DAY_SECONDS = 24 * HOUR_SECONDS
TAG = 'collected_again:true'


def told(check: OktaWorkflowsCheck) -> str:
    return ' '.join(warnings(check))


def from_since_on(okta: FakeOkta) -> Any:
    """A page of the events published from `since` on, in place of all."""

    def answer(request: Request) -> Answer:
        before = sum(event['published'] < request.query['since'] for event in okta.events)
        return okta.page(Request(**{**vars(request), 'query': {**request.query, 'after': str(before)}}))

    return answer


@pytest.fixture
def history(okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent) -> list[float]:
    """The times of five events, an hour apart, of which Datadog has received all."""
    times = []
    check = agent.start(instance)
    for _ in range(5):
        times.append(clock.now())
        okta.add()
        assert complaint(check) == ''
        agent.acknowledge()
        clock.advance(HOUR_SECONDS)
    assert complaint(check) == ''
    assert len(agent.uuids) == 5
    return times


def go_back(
    okta: FakeOkta, agent: FakeAgent, instance: Instance, collect_from: float, answers: int = 1
) -> OktaWorkflowsCheck:
    """Restart the Agent with the option. The first request still asks for the page behind the cursor."""
    okta.answer_next(okta.page, *[from_since_on(okta)] * answers)
    return agent.start({**instance, 'collect_from': formatted(collect_from)})


def test_collection_goes_back_once_and_continues(
    history: list[float], okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    check = go_back(okta, agent, instance, history[2])
    assert complaint(check) == ''
    assert okta.asked()[-1].query['since'] == formatted(history[2])
    assert agent.uuids[5:] == ['event-2', 'event-3', 'event-4']
    assert f'Collection goes back to {formatted(history[2])}, because `collect_from` is new' in told(check)
    okta.add()
    for restarted in (check, agent.start({**instance, 'collect_from': formatted(history[2])}), agent.start(instance)):
        assert complaint(restarted) == ''
        assert 'goes back' not in told(restarted)
    assert agent.uuids[8:] == ['event-5']
    again = agent.start({**instance, 'collect_from': formatted(history[2])})
    assert complaint(again) == ''
    assert len(agent.uuids) == 9, 'an option that was removed meanwhile is remembered'
    assert complaint(go_back(okta, agent, instance, history[1])) == ''
    assert agent.uuids[9:] == ['event-1', 'event-2', 'event-3', 'event-4', 'event-5']


def test_what_is_collected_again_carries_a_tag_and_what_is_new_does_not(
    history: list[float], okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add()
    check = go_back(okta, agent, instance, history[3])
    assert complaint(check) == ''
    [late] = okta.add(published=formatted(history[0]))
    assert complaint(check) == ''
    tags = {line['log']['uuid']: TAG in line['ddtags'].split(',') for line in agent.lines[5:]}
    assert tags == {'event-3': True, 'event-4': True, 'event-5': False, late['uuid']: False}
    assert TAG not in agent.lines[4]['ddtags']


def test_of_the_last_quarter_of_an_hour_nothing_counts_as_delivered_before(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """Okta may have stored an event behind the one that was asked for last."""
    for age_seconds in (901, 899, 1):
        okta.add(published=formatted(NOW - age_seconds))
    check = agent.start(instance)
    assert complaint(check) == ''
    agent.acknowledge()
    assert complaint(check) == ''
    assert complaint(go_back(okta, agent, instance, NOW - HOUR_SECONDS)) == ''
    assert [TAG in line['ddtags'] for line in agent.lines[3:]] == [True, False, False]


def test_what_was_never_collected_does_not_count_as_delivered_before(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """Neither what is older than the look-back of the first run, nor what a cursor that was lost skipped."""

    def add(days: float) -> str:
        [event] = okta.add(published=formatted(NOW + days * DAY_SECONDS))
        return str(event['uuid'])

    def collect(check: OktaWorkflowsCheck) -> None:
        for _ in range(2):
            assert complaint(check) == ''
            agent.acknowledge()

    before_the_look_back, delivered, skipped, newer = add(-2), add(0), add(1), add(1.9)
    everything, okta.events = okta.events, okta.events[:2]
    okta.answer_next(from_since_on(okta))
    collect(agent.start(instance))
    clock.advance(2 * DAY_SECONDS)
    agent.cache.update(dict.fromkeys(agent.cache, '{'))
    okta.events = everything
    okta.answer_next(from_since_on(okta))
    collect(agent.start(instance))
    clock.advance(DAY_SECONDS)
    assert agent.uuids == [delivered, newer]
    for since, expected in (
        (0.5, {skipped: False, newer: True}),
        (-5, {before_the_look_back: False, delivered: False, skipped: True, newer: True}),
        (-6, {before_the_look_back: True, delivered: True, skipped: True, newer: True}),
    ):
        count = len(agent.lines)
        collect(go_back(okta, agent, instance, NOW + since * DAY_SECONDS))
        tags = {line['log']['uuid']: TAG in line['ddtags'] for line in agent.lines[count:]}
        assert tags == expected


def test_a_change_of_the_option_while_collection_is_back_tags_only_what_was_delivered(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    for hours in (60, 50, 40, 30, 2):
        okta.add(published=formatted(NOW - hours * HOUR_SECONDS))
    okta.answer_next(from_since_on(okta))
    check = agent.start(instance)
    assert complaint(check) == ''
    agent.acknowledge()
    assert complaint(check) == ''
    assert agent.uuids == ['event-4']

    def short(request: Request) -> Answer:
        page = from_since_on(okta)(request)
        return Answer(200, page.body[:1], {**page.headers, 'Link': page.headers['Link'].replace('after=5', 'after=3')})

    okta.answer_next(okta.page, short, Answer(403, b'{"errorCode": "E0000006"}'))
    check = agent.start({**instance, 'collect_from': formatted(NOW - 45 * HOUR_SECONDS)})
    assert 'E0000006' in complaint(check)
    assert agent.uuids[1:] == ['event-2']
    check = go_back(okta, agent, instance, NOW - 55 * HOUR_SECONDS)
    assert complaint(check) == ''
    tags = {line['log']['uuid']: TAG in line['ddtags'] for line in agent.lines[2:]}
    assert tags == {'event-1': False, 'event-2': False, 'event-3': False, 'event-4': True}


def test_what_datadog_is_not_known_to_have_received_does_not_count_as_delivered_before(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """The Agent may lose the lines after collection went back, and monitors leave out what has the tag."""
    check = agent.start(instance)
    for is_received in (True, True, False, False):
        okta.add()
        assert complaint(check) == ''
        if is_received:
            agent.acknowledge()
        clock.advance(HOUR_SECONDS)
    check = go_back(okta, agent, instance, NOW - HOUR_SECONDS)
    assert complaint(check) == ''
    agent.log_path.write_text('')
    okta.answer_next(from_since_on(okta))
    assert complaint(check) == ''
    tags = {line['log']['uuid']: TAG in line['ddtags'] for line in agent.lines}
    assert tags == {'event-0': True, 'event-1': False, 'event-2': False, 'event-3': False}


def test_a_cursor_that_went_by_a_clock_ahead_does_not_make_new_events_look_delivered_before(
    history: list[float], okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    def without_date(request: Request) -> Answer:
        page = okta.page(request)
        return Answer(200, page.body, {**page.headers, 'Date': ''})

    clock.ahead_seconds = DAY_SECONDS
    check = agent.start(instance)
    for _ in range(3):
        okta.answer_next(without_date)
        assert complaint(check) == ''
        clock.advance(HOUR_SECONDS)
    clock.ahead_seconds = 0.0
    check = go_back(okta, agent, instance, history[4])
    assert complaint(check) == ''
    clock.advance(HOUR_SECONDS)
    okta.add()
    assert complaint(check) == ''
    tags = {line['log']['uuid']: TAG in line['ddtags'] for line in agent.lines[5:]}
    assert tags == {'event-4': True, 'event-5': False}


def test_collection_never_goes_forward(okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent) -> None:
    """What Datadog is not known to have received is collected again, although the option names a later time."""
    okta.add()
    assert complaint(agent.start(instance)) == ''
    clock.advance(2 * HOUR_SECONDS)
    agent.log_path.write_text('')
    okta.answer_next(okta.page)
    check = agent.start({**instance, 'collect_from': formatted(NOW + HOUR_SECONDS)})
    assert complaint(check) == ''
    assert agent.uuids == ['event-0']
    assert okta.asked()[-1].query['since'] == formatted(NOW - 12 * HOUR_SECONDS)


def test_a_crash_right_after_going_back_loses_nothing(
    history: list[float], okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(300, text='new')

    class Crash(Exception):
        pass

    def die_in_the_second_batch(line: str) -> None:
        if len(agent.lines) == 5 + 130:
            raise Crash
        agent.write(line)

    agent.on_line = die_in_the_second_batch
    option = {**instance, 'collect_from': formatted(history[0])}
    assert 'Crash' in go_back(okta, agent, instance, history[0]).run()
    agent.on_line = agent.write
    assert complaint(agent.start(option)) == ''
    again = agent.uuids[5:]
    assert sorted({*again}) == sorted(event['uuid'] for event in okta.events)
    assert len(again) == len({*again}), 'what stands in the log file is not sent twice'


def test_a_time_just_before_the_cursor_skips_nothing_that_its_link_leads_to(
    history: list[float], okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """Okta may leave out newest events of a page, and give them behind its link."""
    okta.add(published=formatted(clock.now() - 500))
    [left_out] = okta.add(published=formatted(clock.now() - 300))

    def short(request: Request) -> Answer:
        page = okta.page(request)
        return Answer(200, page.body[:1], {**page.headers, 'Link': page.headers['Link'].replace('after=7', 'after=6')})

    okta.answer_next(short)
    assert complaint(agent.start(instance)) == ''
    assert left_out['uuid'] not in agent.uuids
    agent.acknowledge()
    assert complaint(go_back(okta, agent, instance, clock.now() - 60)) == ''
    assert left_out['uuid'] in agent.uuids
    assert okta.asked()[-1].query['since'] == formatted(clock.now() - 900)


def test_a_crash_before_the_first_commit_goes_back_again(
    history: list[float], okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    okta.answer_next(okta.page, Answer(403, b'{"errorCode": "E0000006"}'))
    option = {**instance, 'collect_from': formatted(history[1])}
    assert 'E0000006' in complaint(agent.start(option))
    assert complaint(go_back(okta, agent, instance, history[1])) == ''
    assert agent.uuids[5:] == ['event-1', 'event-2', 'event-3', 'event-4']


@pytest.mark.parametrize('is_full', [False, True], ids=['room', 'full'])
def test_a_run_by_hand_does_not_go_back_for_the_agent(
    is_full: bool, history: list[float], okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    if is_full:
        with agent.log_path.open('ab') as file:
            file.write(b' ' * (agent.file_max_bytes - agent.log_path.stat().st_size - 1) + b'\n')
        agent.acknowledge()
    stored = dict(agent.cache)
    agent.on_line = lambda line: None
    assert 'did not write them' in complaint(go_back(okta, agent, instance, history[1]))
    assert agent.cache == stored


# The first run


@pytest.mark.parametrize('hours', [1, 48])
def test_the_first_run_begins_there_in_place_of_the_look_back(
    hours: int, okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    okta.add()
    since = formatted(NOW - hours * HOUR_SECONDS)
    check = agent.start({**instance, 'collect_from': since})
    assert complaint(check) == ''
    assert {request.query['since'] for request in okta.asked()} == {since}
    assert [TAG in line['ddtags'] for line in agent.lines] == [False]
    assert complaint(agent.start({**instance, 'collect_from': since})) == ''
    assert agent.uuids == ['event-0']


def test_after_a_first_run_without_events_collection_never_goes_forward(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    assert complaint(agent.start(instance)) == ''
    clock.advance(600)
    okta.add()
    clock.advance(600)
    okta.answer_next(*[lambda request: (okta.page if 'after' in request.query else from_since_on(okta))(request)] * 2)
    assert complaint(agent.start({**instance, 'collect_from': formatted(clock.now() - 60)})) == ''
    assert agent.uuids == ['event-0']


def test_a_cache_that_was_lost_applies_the_option_again(
    history: list[float], okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    assert complaint(go_back(okta, agent, instance, history[4])) == ''
    agent.cache.clear()
    okta.answer_next(from_since_on(okta))
    assert complaint(agent.start({**instance, 'collect_from': formatted(history[4])})) == ''
    assert agent.uuids[5:] == ['event-4', 'event-4']


def test_another_filter_applies_the_option_again_and_tags_nothing(
    history: list[float], okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    option = {**instance, 'collect_from': formatted(history[3])}
    assert complaint(go_back(okta, agent, instance, history[3])) == ''
    count = len(agent.lines)
    okta.answer_next(from_since_on(okta))
    assert complaint(agent.start({**option, 'event_filter': 'eventType sw "workflows.user."'})) == ''
    assert [line['log']['uuid'] for line in agent.lines[count:]] == ['event-3', 'event-4']
    assert not any(TAG in line['ddtags'] for line in agent.lines[count:])


def test_a_cursor_that_cannot_be_used_restarts_there(
    history: list[float], okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    agent.cache.update(dict.fromkeys(agent.cache, '{'))
    okta.answer_next(from_since_on(okta))
    check = agent.start({**instance, 'collect_from': formatted(history[3])})
    assert complaint(check) == ''
    assert f'Collection restarts at {formatted(history[3])}: ' in told(check)
    assert agent.uuids[5:] == ['event-3', 'event-4']


# Times that cannot be


@pytest.mark.parametrize('first', [True, False], ids=['first-run', 'later-run'])
@pytest.mark.parametrize('ahead_seconds', [0.0, DAY_SECONDS, -DAY_SECONDS], ids=['right', 'ahead', 'behind'])
def test_a_time_in_the_future_of_okta_is_rejected_at_the_first_response(
    first: bool, ahead_seconds: float, okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """Whatever the clock of this host shows."""
    okta.add()
    if not first:
        assert complaint(agent.start(instance)) == ''
    clock.ahead_seconds = ahead_seconds
    check = agent.start({**instance, 'collect_from': formatted(NOW + 60)})
    for _ in range(2):
        assert complaint(check).startswith(
            "`collect_from` (2026-11-23T03:03:45.000Z) is in the future of Okta's clock (2026-11-23T03:02:45.000Z). "
        )
    assert len(agent.lines) == (not first)
    clock.ahead_seconds = 0.0
    assert complaint(agent.start({**instance, 'collect_from': formatted(NOW - 60)})) == ''
    assert agent.uuids[-1] == 'event-0'


@pytest.mark.parametrize('first', [True, False], ids=['first-run', 'later-run'])
def test_a_time_before_the_retention_collects_what_okta_has_and_says_so(
    first: bool, okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add()
    if not first:
        assert complaint(agent.start(instance)) == ''
        agent.acknowledge()
    check = agent.start({**instance, 'collect_from': '2026-01-01'})
    assert complaint(check) == ''
    kept_since = formatted(NOW - 90 * DAY_SECONDS)
    shown = told(check)
    assert '`collect_from` is 2026-01-01T00:00:00.000Z, but Okta keeps events for 90 days. ' in shown
    assert f'Collection starts at {kept_since}.' in shown
    assert okta.asked()[-1].query['since'] == kept_since
    assert agent.uuids == ['event-0'] * (1 if first else 2)
    assert complaint(agent.start({**instance, 'collect_from': '2026-01-01'})) == ''
    assert agent.uuids == ['event-0'] * (1 if first else 2)


def test_a_failure_that_is_not_okta_s_judges_no_time(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    """The clock of this host may be behind, and nothing has told Okta's."""
    okta.answer_next(*[Answer(502, b'', {'X-Okta-Request-Id': ''})] * 2)
    assert '502' in complaint(agent.start({**instance, 'collect_from': formatted(NOW + 60)}))


@pytest.mark.parametrize('has_option', [False, True], ids=['without-the-option', 'with-the-option'])
def test_the_clock_of_a_host_without_network_restarts_nothing(
    has_option: bool, history: list[float], okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    """It may be far behind until the network is there, and the option would be applied a second time."""
    option = {**instance, 'collect_from': formatted(history[4])} if has_option else instance
    check = go_back(okta, agent, instance, history[4]) if has_option else agent.start(instance)
    assert complaint(check) == ''
    agent.acknowledge()
    assert complaint(check) == ''
    delivered = agent.uuids
    clock.ahead_seconds = -2 * DAY_SECONDS
    okta.answer_next(*[Answer(502, b'', {'X-Okta-Request-Id': ''})] * 2)
    check = agent.start(option)
    assert '502' in complaint(check)
    clock.ahead_seconds = 0.0
    assert complaint(check) == ''
    assert 'restarts' not in told(check)
    assert 'after' in okta.asked()[-1].query
    assert agent.uuids == delivered


# The option


@pytest.mark.parametrize(
    ('value', 'time'),
    [
        pytest.param('2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z', id='text'),
        pytest.param(' 2026-11-01T08:00:00 ', '2026-11-01T08:00:00.000Z', id='utc-if-it-does-not-say'),
        pytest.param('2026-11-01T09:30:00+01:30', '2026-11-01T08:00:00.000Z', id='another-zone'),
        pytest.param('2026-11-01', '2026-11-01T00:00:00.000Z', id='day'),
        pytest.param('0001-01-01', '1970-01-01T00:00:00.000Z', id='long-ago'),
        pytest.param(datetime(2026, 11, 1, 8, tzinfo=UTC), '2026-11-01T08:00:00.000Z', id='time-of-yaml'),
        pytest.param(datetime(2026, 11, 1, 8), '2026-11-01T08:00:00.000Z', id='time-of-yaml-without-zone'),
        pytest.param(date(2026, 11, 1), '2026-11-01T00:00:00.000Z', id='day-of-yaml'),
        pytest.param(None, None, id='cleared'),
    ],
)
def test_the_time_is_read_as_people_write_it(value: Any, time: str | None) -> None:
    assert model(value).collect_from == time


@pytest.mark.parametrize('value', ['yesterday', '', '12', '2026-13-01', '%%env_FROM%%', 7, ['2026-11-01']])
def test_what_is_no_time_is_rejected_with_the_name_of_the_option(value: Any) -> None:
    with pytest.raises(ValidationError, match='collect_from'):
        model(value)


def model(value: Any) -> InstanceConfig:
    options = {'domain': 'acme.okta.com', 'api_key': 'a-key-of-nobody', 'collect_from': value}
    return InstanceConfig.model_validate(options, context={'configured_fields': frozenset(options)})


def test_a_cursor_of_an_earlier_version_goes_back_too(
    history: list[float], okta: FakeOkta, instance: Instance, agent: FakeAgent
) -> None:
    """It does not say since when events were collected, so all of them may have been delivered."""
    for key, value in agent.cache.items():
        fields = json.loads(value)
        for new in ('collected_since', 'collect_from', 'again_since', 'again_until'):
            del fields[new]
        agent.cache[key] = json.dumps(fields)
    assert complaint(go_back(okta, agent, instance, history[2])) == ''
    assert agent.uuids[5:] == ['event-2', 'event-3', 'event-4']
    assert all(TAG in line['ddtags'] for line in agent.lines[5:])
