# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The simulated System Log keeps Okta's documented rules, seen over real HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.rfc3339 import format_ms

NOW = 1_790_000_000.0
DAY = 86_400.0
WORKFLOWS = 'eventType sw "workflows."'


@pytest.fixture
def okta() -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=VirtualClock(NOW), org_rate_limit=100_000) as okta:
        yield okta


def get(okta: OktaSimulator, url: str = '', **params: Any) -> requests.Response:
    headers = {'Authorization': f'SSWS {okta.api_key}'}
    return requests.get(url or f'{okta.url}/api/v1/logs', params=params, headers=headers, timeout=10)


def follow(okta: OktaSimulator, page: requests.Response) -> requests.Response:
    return get(okta, page.links['next']['url'])


def read_all(okta: OktaSimulator, **params: Any) -> list[dict[str, Any]]:
    """Every event from the first request to the first empty page, or to the page without a next link."""
    page = get(okta, **params)
    events: list[dict[str, Any]] = page.json()
    while page.json() and 'next' in page.links:
        page = follow(okta, page)
        events += page.json()
    return events


def uuids(events: list[dict[str, Any]]) -> list[str]:
    return [event['uuid'] for event in events]


def at(seconds_from_now: float) -> str:
    return format_ms(round((NOW + seconds_from_now) * 1000))


def flow_event(okta: OktaSimulator, seconds_from_now: float = 0.0, **changes: Any) -> dict[str, Any]:
    return okta.generator.event('workflows.user.flow.save', NOW + seconds_from_now, **changes)


def advance(okta: OktaSimulator, seconds: float) -> None:
    assert isinstance(okta.clock, VirtualClock)
    okta.clock.advance(seconds)


class TestPolling:
    def test_pages_by_persistence_time_whatever_published_says(self, okta: OktaSimulator) -> None:
        prompt, late = flow_event(okta, -1), flow_event(okta, -3600)
        okta.append(prompt)
        advance(okta, 1)
        okta.append(late)
        assert uuids(get(okta).json()) == [prompt['uuid'], late['uuid']]

    def test_an_event_appears_only_once_it_is_persisted(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta), delay=0.1)
        page = get(okta)
        assert page.json() == []
        advance(okta, 0.1)
        assert len(follow(okta, page).json()) == 1

    def test_since_bounds_the_persistence_time(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta, -3600))
        assert len(get(okta, since=at(-1)).json()) == 1
        assert get(okta, since=at(0.001)).json() == []

    def test_without_since_the_last_seven_days_are_read(self, okta: OktaSimulator) -> None:
        okta.generate(50, since=NOW - 30 * DAY)
        recent = okta.generate(50, since=NOW - 6.9 * DAY)
        last_month = set(uuids(okta.events)) - set(uuids(read_all(okta, limit=1000)))
        assert last_month and not last_month & set(uuids(recent))

    def test_an_empty_until_still_polls(self, okta: OktaSimulator) -> None:
        assert 'next' in get(okta, until='').links

    def test_self_and_next_are_two_header_lines(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta))
        lines = get(okta).raw.headers.getlist('Link')
        assert [line.rpartition('; ')[2] for line in lines] == ['rel="self"', 'rel="next"']

    def test_next_is_the_request_plus_an_after_of_milliseconds_and_a_number(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta))
        page = get(okta, since=at(-60), limit=10, filter=WORKFLOWS)
        query = f'since={at(-60)}&limit=10&filter=eventType+sw+%22workflows.%22'.replace(':', '%3A')
        assert page.links['self']['url'] == f'{okta.url}/api/v1/logs?{query}'
        assert page.links['next']['url'] == f'{okta.url}/api/v1/logs?{query}&after={round(NOW * 1000)}_1'

    def test_an_empty_page_is_200_and_its_next_link_finds_later_events(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta))
        idle = follow(okta, get(okta))
        assert (idle.status_code, idle.json()) == (200, [])
        (event,) = okta.append(flow_event(okta))
        assert uuids(follow(okta, idle).json()) == [event['uuid']]

    def test_next_can_equal_self_when_idle(self, okta: OktaSimulator) -> None:
        okta.next_equals_self_when_idle = True
        for idle in (get(okta, limit=5), follow(okta, get(okta, limit=5))):
            assert idle.links['next']['url'] == idle.links['self']['url']
        okta.append(flow_event(okta))
        assert len(follow(okta, idle).json()) == 1

    def test_after_wins_over_since(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta), flow_event(okta))
        assert len(get(okta, since=at(-60), after=f'{round(NOW * 1000)}_1').json()) == 1

    def test_a_link_outlives_the_age_of_its_since(self, okta: OktaSimulator) -> None:
        page = get(okta, since=at(-60))
        advance(okta, 200 * DAY)
        assert follow(okta, page).status_code == 200

    def test_limit_zero_passes_nothing(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta))
        page = get(okta, limit=0)
        assert page.json() == []
        assert len(get(okta, page.links['next']['url'].replace('limit=0', 'limit=1')).json()) == 1

    @pytest.mark.parametrize('seed', range(4))
    def test_following_next_yields_every_match_once_in_order_of_persistence(
        self, okta: OktaSimulator, seed: int
    ) -> None:
        """Over a random history with bursts and late events, from any start, whatever the limit, while it grows."""
        rng = random.Random(seed)
        okta.generate(150, since=NOW - 3 * DAY, late_share=0.3)
        okta.append(*okta.generator.events(rng.randint(5, 60), NOW, noise_share=0.5))
        start = NOW - 3 * DAY + rng.random() * DAY
        page = get(okta, since=format_ms(round(start * 1000)), filter=WORKFLOWS, limit=rng.choice([1, 2, 7, 50, 1000]))
        seen = page.json()
        for _ in range(40):
            okta.append(
                *okta.generator.events(rng.randint(0, 3), NOW, noise_share=0.5), delay=rng.choice([0.0, 0.3, 0.5])
            )
            advance(okta, rng.choice([0.0, 0.0, 0.3]))
            page = follow(okta, page)
            seen += page.json()
        advance(okta, 1)
        while (page := follow(okta, page)).json():
            seen += page.json()
        assert seen == [
            entry.event
            for entry in okta.log.entries
            if entry.persisted_ms >= round(start * 1000) and entry.event['eventType'].startswith('workflows.')
        ]


class TestBounded:
    def test_orders_by_published(self, okta: OktaSimulator) -> None:
        second, first = flow_event(okta, -100), flow_event(okta, -200)
        okta.append(second)
        okta.append(first)
        advance(okta, 60)
        assert uuids(get(okta, since=at(-300), until=at(0)).json()) == uuids([first, second])

    def test_is_finite_and_complete_whatever_the_limit(self, okta: OktaSimulator) -> None:
        okta.generate(200, since=NOW - 3 * DAY, late_share=0.2)
        advance(okta, 60)
        expected = sorted(
            (event['published'], event['uuid']) for event in okta.events if event['published'] >= at(-2 * DAY)
        )
        for limit in (1, 7, 1000):
            events = read_all(okta, since=at(-2 * DAY), until=at(60), limit=limit)
            assert sorted((event['published'], event['uuid']) for event in events) == expected
            assert [event['published'] for event in events] == [published for published, _ in expected]

    def test_the_last_page_has_self_but_no_next(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta), flow_event(okta))
        advance(okta, 60)
        first = get(okta, since=at(-60), until=at(60), limit=1)
        assert 'next' in first.links
        assert set(follow(okta, first).links) == {'self'}

    def test_misses_the_newest_seconds(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta))
        assert get(okta, since=at(-60), until=at(60)).json() == []
        advance(okta, 10)
        assert len(get(okta, since=at(-60), until=at(60)).json()) == 1

    def test_descending_runs_backwards_with_a_uuid_cursor_and_a_moving_until(self, okta: OktaSimulator) -> None:
        okta.generate(60, since=NOW - DAY)
        advance(okta, 60)
        page = get(okta, since=at(-2 * DAY), until=at(60), sortOrder='DESCENDING', limit=7)
        last = page.json()[-1]
        assert f'after={last["uuid"]}' in page.links['next']['url']
        assert f'until={last["published"]}'.replace(':', '%3A') in page.links['next']['url']
        forwards = read_all(okta, since=at(-2 * DAY), until=at(60))
        backwards = read_all(okta, since=at(-2 * DAY), until=at(60), sortOrder='DESCENDING', limit=7)
        assert uuids(backwards) == uuids(forwards)[::-1]

    def test_descending_without_bounds_ends_after_the_default_seven_days(self, okta: OktaSimulator) -> None:
        okta.generate(60, since=NOW - 30 * DAY)
        advance(okta, 60)
        backwards = read_all(okta, sortOrder='DESCENDING', limit=3)
        assert backwards and min(event['published'] for event in backwards) >= at(60 - 7 * DAY)

    def test_an_unknown_descending_cursor_is_refused(self, okta: OktaSimulator) -> None:
        page = get(okta, until=at(0), sortOrder='DESCENDING', after='nobody')
        assert (page.status_code, page.json()['errorCode']) == (400, 'E0000001')


class TestParameters:
    def test_limit_is_100_by_default_and_1000_at_most(self, okta: OktaSimulator) -> None:
        okta.generate(1100)
        assert len(get(okta).json()) == 100
        assert len(get(okta, limit=1000).json()) == 1000

    @pytest.mark.parametrize(
        'params, code',
        [
            pytest.param({'limit': 1001}, 'E0000001', id='limit too high'),
            pytest.param({'limit': 'many'}, 'E0000001', id='limit no number'),
            pytest.param({'limit': '-1'}, 'E0000001', id='limit negative'),
            pytest.param({'sortOrder': 'SIDEWAYS'}, 'E0000001', id='unknown order'),
            pytest.param({'after': 'foobar'}, 'E0000001', id='garbage cursor'),
            pytest.param({'after': ''}, 'E0000001', id='empty cursor'),
            pytest.param({'since': 'foobar'}, 'E0000030', id='since no date'),
            pytest.param({'since': '2026-09-21'}, 'E0000030', id='since without time'),
            pytest.param({'since': '2026-09-21T00:00:00 01:00'}, 'E0000030', id='since with a plus not encoded'),
            pytest.param({'until': '01-01-2017'}, 'E0000001', id='until no date'),
            pytest.param({'since': at(-181 * DAY)}, 'E0000053', id='since over 180 days back'),
            pytest.param({'q': 'x' * 41}, 'E0000001', id='keyword too long'),
            pytest.param({'q': 'a b c d e f g h i j k'}, 'E0000001', id='too many keywords'),
        ],
    )
    def test_bad_parameters_are_400_with_the_code_of_the_source(
        self, okta: OktaSimulator, params: dict[str, Any], code: str
    ) -> None:
        refused = get(okta, **params)
        assert (refused.status_code, refused.json()['errorCode']) == (400, code)
        assert refused.json()['errorLink'] == code

    def test_an_offset_and_unknown_parameters_are_accepted(self, okta: OktaSimulator) -> None:
        assert get(okta, since='2026-09-21T02:00:00+02:00', colour='blue').status_code == 200

    def test_keywords_match_whole_words_without_case_and_all_of_them(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta, displayMessage='Flow saved by Zoë'))
        assert len(get(okta, q='ZOË saved').json()) == 1
        assert get(okta, q='sav').json() == []
        assert get(okta, q='saved never').json() == []


class TestRetention:
    def test_events_older_than_90_days_are_gone(self, okta: OktaSimulator) -> None:
        okta.generate(50, since=NOW - 120 * DAY, until=NOW - 95 * DAY)
        kept = okta.generate(50, since=NOW - 80 * DAY)
        assert uuids(read_all(okta, since=at(-179 * DAY))) == uuids(kept)
        assert len(read_all(okta, since=at(-179 * DAY), until=at(0))) == 50

    def test_a_position_beyond_retention_goes_on_with_what_is_kept(self, okta: OktaSimulator) -> None:
        okta.generate(50, since=NOW - 120 * DAY, until=NOW - 95 * DAY)
        (kept,) = okta.append(flow_event(okta))
        assert uuids(get(okta, after=f'{round((NOW - 119 * DAY) * 1000)}_1').json()) == [kept['uuid']]


class StepBackClock:
    """A machine's clock that somebody may set."""

    time = NOW

    def now(self) -> float:
        return self.time


class TestTruth:
    def test_nothing_can_be_persisted_before_a_position_that_was_handed_out(self, okta: OktaSimulator) -> None:
        get(okta)
        with pytest.raises(ValueError, match='already handed'):
            okta.generate(1, since=NOW - DAY, until=NOW - 1)

    def test_an_event_appended_after_the_clock_was_set_back_is_still_read(self) -> None:
        clock = StepBackClock()
        with OktaSimulator(clock=clock) as okta:
            page = get(okta)
            clock.time -= 60
            okta.append(okta.generator.event('workflows.user.flow.save', clock.time))
            clock.time += 61
            assert len(follow(okta, page).json()) == 1

    def test_workflows_events_are_those_with_the_prefix(self, okta: OktaSimulator) -> None:
        okta.generate(200, noise_share=0.5)
        assert 0 < len(okta.workflows_events) < 200
        assert uuids(read_all(okta, filter=WORKFLOWS)) == uuids(okta.workflows_events)

    def test_requests_are_recorded_as_received(self, okta: OktaSimulator) -> None:
        requests.get(okta.url + '/api/v1/logs?since=2026-09-21T00%3A00%3A00Z&q=a+b%20c', timeout=10)
        (recorded,) = okta.requests
        assert (recorded.method, recorded.path, recorded.status) == ('GET', '/api/v1/logs', 403)
        assert recorded.query_string == 'since=2026-09-21T00%3A00%3A00Z&q=a+b%20c'
        assert recorded.query == {'since': '2026-09-21T00:00:00Z', 'q': 'a b c'}
        assert recorded.headers['user-agent'].startswith('python-requests')
        assert recorded.time == NOW


class TestServer:
    def test_pages_are_gzipped_only_for_clients_that_accept_it(self, okta: OktaSimulator) -> None:
        okta.generate(100)
        url, authorization = f'{okta.url}/api/v1/logs', f'SSWS {okta.api_key}'
        plain = requests.get(url, headers={'Authorization': authorization, 'Accept-Encoding': 'identity'}, timeout=10)
        zipped = get(okta)
        assert 'Content-Encoding' not in plain.headers
        assert zipped.headers['Content-Encoding'] == 'gzip'
        assert int(zipped.headers['Content-Length']) < len(plain.content) / 5
        assert zipped.json() == plain.json()

    def test_stop_and_start_is_an_outage_of_the_same_org(self, okta: OktaSimulator) -> None:
        okta.append(flow_event(okta))
        url = okta.url
        okta.stop()
        with pytest.raises(requests.ConnectionError):
            get(okta)
        okta.start()
        assert okta.url == url
        assert len(get(okta).json()) == 1

    def test_a_page_of_1000_from_100_000_events_is_served_in_under_a_second(self, okta: OktaSimulator) -> None:
        event = flow_event(okta)
        for number in range(100_000):
            okta.log.append({**event, 'uuid': str(number)}, round(NOW * 1000) - 100_000 + number)
        started = time.monotonic()
        page = get(okta, limit=1000, filter=WORKFLOWS, since=at(-10))
        assert time.monotonic() - started < 1
        assert page.json()[0]['uuid'] == '90000' and len(page.json()) == 1000
