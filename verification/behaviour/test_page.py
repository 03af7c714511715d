# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.errors import OktaError
from datadog_checks.okta_workflows.okta.auth import ApiKey
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.page import Page, fetch_page, first_link, is_continued, is_page_link
from datadog_checks.okta_workflows.okta.refusal import Evidence
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer
from verification.world.scenario import NOW, TIMEOUT_SECONDS

LOGS = '/api/v1/logs'
WORKFLOWS = 'eventType sw "workflows."'


@dataclass(frozen=True)
class NextAs(faults.Fault):
    """Only the given `Link` header, made from the URL that the honest `next` link has."""

    make: Callable[[str], str]

    def apply(self, answer: Answer) -> Answer:
        url = next(link for link in answer.values('Link') if 'rel="next"' in link).partition('>')[0].removeprefix('<')
        return answer.without_headers('Link').with_headers(('Link', self.make(url)))


@dataclass(frozen=True)
class Replayed(faults.Fault):
    """200 with this body and this `Link` header, whatever was asked for."""

    body: bytes
    link: str

    def apply(self, answer: Answer) -> Answer:
        return Answer(200, (('Content-Type', 'application/json'), ('Link', self.link)), self.body)


def fetch(client: OktaClient, okta: OktaSimulator, query: str = '') -> Page:
    return fetch_page(client, ApiKey(okta.api_key), f'{okta.url}{LOGS}{query}')


def events_of(page: Page) -> list[Mapping[str, Any]]:
    return list(page.events_after(''))


def is_full(page: Page) -> bool:
    """What is known when all events were read."""
    events_of(page)
    return page.is_full()


def next_link_of(okta: OktaSimulator, client: OktaClient) -> str:
    return fetch(client, okta).next_link


def test_the_first_link_is_a_polling_request_for_full_pages() -> None:
    """Okta docs, docs/reference/system-log-query: ascending and without `until`."""
    link = first_link(parse_origin('acme.okta.com'), WORKFLOWS, NOW - 12 * 3600 + 0.3189)
    assert link == (
        'https://acme.okta.com/api/v1/logs?since=2026-11-22T15%3A02%3A45.318Z&sortOrder=ASCENDING&limit=1000'
        '&filter=eventType%20sw%20%22workflows.%22'
    )


def test_since_has_milliseconds_even_on_a_full_second() -> None:
    assert 'since=2026-11-23T03%3A02%3A45.000Z&' in first_link(parse_origin('acme.okta.com'), WORKFLOWS, NOW)


@pytest.mark.usefixtures('host_far_from_utc')
def test_since_is_utc_wherever_the_host_is() -> None:
    assert 'since=2026-11-23T03%3A02%3A45.000Z&' in first_link(parse_origin('acme.okta.com'), WORKFLOWS, NOW)


@pytest.mark.parametrize(
    'event_filter',
    [
        WORKFLOWS,
        'target.displayName eq "Übergabe & Co. + 50% #1 = ?"',
        'actor.id eq "a\\"b" and (not (severity eq "INFO"))',
    ],
)
def test_a_filter_arrives_as_it_was_configured(event_filter: str) -> None:
    link = first_link(parse_origin('acme.okta.com'), event_filter, NOW)
    assert dict(parse_qsl(urlsplit(link).query))['filter'] == event_filter
    assert is_page_link(parse_origin('acme.okta.com'), link)


def test_only_links_to_the_system_log_of_the_org_are_page_links() -> None:
    origin = parse_origin('acme.okta.com')
    assert is_page_link(origin, 'https://acme.okta.com/api/v1/logs?after=1_1')
    assert not is_page_link(origin, 'https://acme.okta.com/api/v1/users?after=1_1')
    assert not is_page_link(origin, 'https://beta.okta.com/api/v1/logs?after=1_1')


def test_a_page_has_the_events_in_the_order_of_their_persistence(client: OktaClient, okta: OktaSimulator) -> None:
    okta.generate(200, late_share=0.5)
    page = fetch_page(client, ApiKey(okta.api_key), first_link(client.origin, WORKFLOWS, NOW - 8 * 86_400))
    events = events_of(page)
    assert events == okta.workflows_events
    published = [event['published'] for event in events]
    assert published != sorted(published), 'the history is in both orders the same'


def test_the_next_link_is_followed_to_the_letter(client: OktaClient, okta: OktaSimulator) -> None:
    okta.generate(30)
    link = f'{okta.url}{LOGS}?since=2026-11-16T03%3A02%3A45.000Z&limit=7&filter=eventType+pr'
    received = []
    for _ in range(6):
        page = fetch_page(client, ApiKey(okta.api_key), link)
        assert okta.requests[-1].query_string == urlsplit(link).query
        received += events_of(page)
        link = page.next_link
    assert received == okta.events


def test_an_empty_page_still_has_a_next_link(client: OktaClient, okta: OktaSimulator, clock: VirtualClock) -> None:
    page = fetch(client, okta)
    assert (events_of(page), page.is_empty(), page.is_full()) == ([], True, False)
    clock.advance(60)
    (late,) = okta.emit(1)
    assert events_of(fetch_page(client, ApiKey(okta.api_key), page.next_link)) == [late]


def test_an_idle_next_link_may_be_the_page_itself(client: OktaClient, okta: OktaSimulator) -> None:
    """Seen in okta-sdk-python#231."""
    okta.next_equals_self_when_idle = True
    page = fetch(client, okta, '?limit=20')
    assert page.next_link == f'{okta.url}{LOGS}?limit=20'
    assert not is_full(page)
    assert page.is_empty()


@pytest.mark.parametrize(
    ('query', 'full'),
    [
        pytest.param('?limit=9', True, id='more-than-full'),
        pytest.param('?limit=10', True, id='just-full'),
        pytest.param('?limit=11', False, id='one-short'),
        pytest.param('?limit=1000', False, id='short'),
    ],
)
def test_a_page_is_full_if_it_is_not_shorter_than_its_own_limit(
    query: str, full: bool, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(10)
    page = fetch(client, okta, query)
    assert is_full(page) is full
    assert not page.is_empty()


@pytest.mark.parametrize('query', ['', '?limit=', '?limit=many', '?limit=-1', '?limit=%C2%B2'])
@pytest.mark.parametrize(('events', 'full'), [(99, False), (100, True)])
def test_without_a_limit_it_is_the_one_that_okta_takes(
    query: str, events: int, full: bool, client: OktaClient, okta: OktaSimulator
) -> None:
    """Okta docs: 100 events. What Okta itself would refuse cannot come from one of its links."""
    okta.generate(100)
    body = json.dumps(okta.events[:events]).encode()
    okta.faults.add(Replayed(body, f'<{okta.url}{LOGS}?after=1_1>; rel="next"'))
    assert is_full(fetch(client, okta, query)) is full


def test_a_body_is_packed_on_its_way(client: OktaClient, okta: OktaSimulator) -> None:
    okta.generate(50)
    assert events_of(fetch(client, okta, '?limit=1000')) == okta.events
    assert 'gzip' in okta.requests[0].headers['Accept-Encoding']


def test_a_page_tells_its_own_link(client: OktaClient, okta: OktaSimulator) -> None:
    assert fetch(client, okta, '?limit=7').link == f'{okta.url}{LOGS}?limit=7'


@pytest.mark.parametrize('skew_seconds', [-600, 0, 600])
def test_a_page_tells_when_okta_answered_by_oktas_own_clock(
    skew_seconds: int, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.date_skew_seconds = skew_seconds
    assert fetch(client, okta).answered_at == NOW + skew_seconds


def test_a_page_without_a_date_goes_by_what_the_responses_before_told(
    client: OktaClient, okta: OktaSimulator, clock: VirtualClock
) -> None:
    replayed = Replayed(b'[]', f'<{okta.url}{LOGS}?after=1_1>; rel="next"')
    okta.faults.add(replayed)
    assert fetch(client, okta).answered_at == NOW, 'the clock of this host'
    okta.date_skew_seconds = 3600
    fetch(client, okta)
    clock.advance(60)
    okta.faults.add(replayed)
    assert fetch(client, okta).answered_at == NOW + 3660


def page_of(*uuids: object) -> Page:
    body = json.dumps([{'uuid': uuid} for uuid in uuids]).encode()
    evidence = Evidence('GET link: status 200', is_from_okta=True)
    return Page(link='link', body=body, limit=10, next_link='next', answered_at=NOW, evidence=evidence)


@pytest.mark.parametrize(
    ('uuid', 'left'),
    [
        pytest.param('a', ['b', 'c'], id='first'),
        pytest.param('b', ['c'], id='middle'),
        pytest.param('c', [], id='last'),
        pytest.param('', ['a', 'b', 'c'], id='none'),
        pytest.param('d', ['a', 'b', 'c'], id='not-there'),
    ],
)
def test_a_page_goes_on_behind_an_event(uuid: str, left: list[str]) -> None:
    assert [event['uuid'] for event in page_of('a', 'b', 'c').events_after(uuid)] == left


def test_a_page_that_is_found_not_to_hold_events_is_an_error_with_the_evidence_of_its_response() -> None:
    page = page_of('a', 'b')
    page.body = b'[{"uuid": "a"}, 7]'
    with pytest.raises(OktaError) as failed:
        next(page.events_after(''))
    assert failed.value.what == 'The response is not a list of events (GET link: status 200)'
    assert (failed.value.status, failed.value.is_from_okta) == (200, True)


def test_a_page_that_was_searched_in_vain_is_no_longer_for_that() -> None:
    page = page_of(*'abcdef')
    assert len(list(page.events_after('g'))) == 6
    assert not page.is_full()


def test_behind_a_repeated_event_a_page_goes_on_after_the_first() -> None:
    """To repeat is better than to leave out."""
    assert [event['uuid'] for event in page_of('a', 'b', 'a', 'c').events_after('a')] == ['b', 'a', 'c']


def test_an_event_without_an_id_is_never_the_one_to_go_on_from() -> None:
    assert len(list(page_of(None, '', 7).events_after(''))) == 3


def test_a_link_is_continued_if_it_holds_a_cursor() -> None:
    assert is_continued('https://acme.okta.com/api/v1/logs?limit=5&after=1_1')
    assert not is_continued('https://acme.okta.com/api/v1/logs?since=2026-11-23T03%3A02%3A45.000Z&filter=after')


@pytest.mark.parametrize(
    'make',
    [
        pytest.param(lambda url: f'<{url}>; rel="next"', id='alone'),
        pytest.param(lambda url: f'<{url}>; rel="NEXT"', id='capitals'),
        pytest.param(lambda url: f'<{url}>; rel=next', id='unquoted'),
        pytest.param(lambda url: f'<{url}>;rel="next";title="more"', id='further-parameter'),
        pytest.param(lambda url: f'<https://evil.example/>; rel="self", <{url}>; rel="next"', id='joined-self-first'),
        pytest.param(lambda url: f'<{url}>; rel="next", <https://evil.example/>; rel="self"', id='joined-next-first'),
        pytest.param(lambda url: f'<{url}&ids=1,2,3>; rel="next"', id='commas-in-the-url'),
    ],
)
def test_the_next_link_is_found_in_whatever_form(
    make: Callable[[str], str], client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(1)
    honest = next_link_of(okta, client)
    okta.faults.add(NextAs(make))
    assert next_link_of(okta, client).removesuffix('&ids=1,2,3') == honest


def test_links_in_one_header_line_are_as_good_as_in_two(client: OktaClient, okta: OktaSimulator) -> None:
    okta.generate(1)
    honest = next_link_of(okta, client)
    okta.faults.add(faults.JoinedLinks())
    assert next_link_of(okta, client) == honest


@pytest.mark.parametrize(
    ('fault', 'shown'),
    [
        pytest.param(faults.NextLink(host='evil.example'), 'http://evil.example:', id='foreign-host'),
        pytest.param(faults.NextLink(scheme='https'), 'https://127.0.0.1:', id='other-scheme'),
        pytest.param(faults.NextLink(port=81), 'http://127.0.0.1:81/', id='other-port'),
        pytest.param(faults.NextLink(path='/api/v1/users'), '/api/v1/users', id='other-path'),
        pytest.param(faults.NextLink(path='/api/v1/logs/../users'), '/api/v1/logs/../users', id='path-with-detour'),
        pytest.param(faults.NextLink(userinfo='mara:pa55'), 'http://127.0.0.1:', id='userinfo'),
        pytest.param(
            faults.NextLink(userinfo='127.0.0.1', host='evil.example'), 'http://evil.example:', id='host-as-userinfo'
        ),
        pytest.param(NextAs(lambda url: f'<{urlsplit(url).path}?after=1_1>; rel="next"'), "'://", id='relative'),
        pytest.param(
            NextAs(lambda url: '<https://[evil/api/v1/logs>; rel="next"'), 'a malformed address', id='malformed'
        ),
        pytest.param(NextAs(lambda url: '<>; rel="next"'), "'://'", id='empty'),
        pytest.param(NextAs(lambda url: f'<{url}\\@evil.example>; rel="next"'), '127.0.0.1', id='backslash'),
    ],
)
def test_a_next_link_that_leads_elsewhere_is_named_and_not_followed(
    fault: faults.Fault, shown: str, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(1)
    okta.faults.add(fault)
    with pytest.raises(OktaError, match='was not followed, to protect the credential') as refused:
        fetch(client, okta)
    line = str(refused.value)
    assert shown in line
    assert f'instead of {okta.url}{LOGS}' in line
    assert 'pa55' not in line
    assert 'after=' not in line
    assert line.isprintable()
    assert len(okta.requests) == 1


def test_a_foreign_next_link_gets_no_request() -> None:
    """The credential would go there: the foreign host must not even see that somebody asks."""
    with OktaSimulator() as okta, OktaSimulator(seed=1) as elsewhere:
        client = OktaClient(RequestsWrapper({}, {}), parse_origin(okta.url), TIMEOUT_SECONDS, SystemClock())
        port = urlsplit(elsewhere.url).port
        okta.faults.add(faults.NextLink(port=port))
        with pytest.raises(OktaError, match=f':{port}/'):
            fetch(client, okta)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.NoLinks(), id='none'),
        pytest.param(faults.OnlySelfLink(), id='only-self'),
        pytest.param(NextAs(lambda url: url), id='no-brackets-no-relation'),
        pytest.param(NextAs(lambda url: f'<{url}>; rel="nextpage"'), id='relation-that-begins-alike'),
        pytest.param(NextAs(lambda url: ', ;;, <'), id='garbage'),
    ],
)
def test_a_page_without_a_next_link_is_an_error(fault: faults.Fault, client: OktaClient, okta: OktaSimulator) -> None:
    okta.generate(1)
    okta.faults.add(fault)
    with pytest.raises(OktaError, match='lacks the `next` link .*: status 200, request id ') as refused:
        fetch(client, okta)
    assert refused.value.status == 200


def limits(okta: OktaSimulator) -> list[str | None]:
    return [request.query.get('limit') for request in okta.requests]


def test_of_a_page_that_is_too_large_the_first_events_are_fetched(
    client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else such a page would stop collection for ever."""
    okta.generate(300, noise_share=0.0)
    whole = fetch(client, okta, '?limit=1000&since=2026-11-01T00:00:00.000Z')
    okta.requests.clear()
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 300_000)
    page = fetch(client, okta, '?limit=1000&since=2026-11-01T00:00:00.000Z')
    assert limits(okta) == ['1000', '100']
    assert events_of(page) == events_of(whole)[:100]
    assert page.link == whole.link
    assert page.is_full()
    assert 'limit=1000&' in page.next_link
    following = fetch_page(client, ApiKey(okta.api_key), page.next_link)
    assert events_of(following) == events_of(whole)[100:]


def test_a_page_that_is_too_large_whatever_its_limit_is_an_error(
    client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.generate(300, noise_share=0.0)
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 500)
    with pytest.raises(OktaError, match='The response is larger than'):
        fetch(client, okta, '?limit=1000&since=2026-11-01T00:00:00.000Z')
    assert limits(okta) == ['1000', '100', '10', '1']


def test_a_link_without_a_limit_is_asked_for_once(
    client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.generate(300, noise_share=0.0)
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 500)
    with pytest.raises(OktaError, match='The response is larger than'):
        fetch(client, okta, '?since=2026-11-01T00:00:00.000Z')
    assert limits(okta) == [None]


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.Body(b'{}'), id='object'),
        pytest.param(faults.Body(b'{"events": []}'), id='envelope'),
        pytest.param(faults.Body(b'null'), id='null'),
        pytest.param(faults.Body(b'"text"'), id='text'),
        pytest.param(faults.Body(b''), id='nothing'),
        pytest.param(faults.Body(b'["event"]'), id='list-of-texts'),
        pytest.param(faults.Body(b'[{"uuid": "1"}, null]'), id='list-with-a-null'),
        pytest.param(faults.Body(b'[{"uuid": "1"}]x'), id='text-behind-the-list'),
        pytest.param(faults.Body(b'[{"uuid": "\xff"}]'), id='not-utf-8'),
        pytest.param(faults.TruncatedJson(), id='truncated'),
        pytest.param(faults.Html(200), id='html'),
    ],
)
def test_a_body_that_is_no_list_of_events_is_an_error(
    fault: faults.Fault, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(3)
    okta.faults.add(fault)
    with pytest.raises(
        OktaError, match=r'is not a list of events \(.*\). Check whether a proxy or firewall'
    ) as refused:
        events_of(fetch(client, okta))
    assert refused.value.status == 200
    assert len(okta.requests) == 1


@pytest.mark.parametrize(
    'body',
    [
        pytest.param(rb'[{"uuid": "1", "displayMessage": "\ud83d"}, {"uuid": "2"}]', id='half-a-surrogate-pair'),
        pytest.param(b'[{"uuid": "1", "number": %s}, {"uuid": "2"}]' % (b'9' * 400), id='number-of-400-digits'),
    ],
)
def test_an_odd_value_does_not_stop_the_events_beside_it(body: bytes, client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.Body(body))
    assert [event['uuid'] for event in events_of(fetch(client, okta))] == ['1', '2']


@pytest.mark.parametrize(
    'body',
    [
        pytest.param(rb'[{"uuid": "\ud83d", "number": NaN}]', id='not-a-number'),
        pytest.param(rb'[{"uuid": "\ud83d", "number": Infinity}]', id='infinity'),
        pytest.param(rb'["\ud83d", ' + b'[' * 200_000 + b']' * 200_000 + b']', id='nested-too-deep'),
        pytest.param(rb'[{"uuid": "\ud83d", "number": ' + b'9' * 5000 + b'}]', id='number-of-5000-digits'),
    ],
)
def test_what_no_decoder_takes_is_an_error(body: bytes, client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.Body(body))
    with pytest.raises(OktaError, match='is not a list of events'):
        events_of(fetch(client, okta))


def test_a_body_that_is_no_list_is_described(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.Html(200))
    with pytest.raises(OktaError, match=r'status 200, text/html; charset=utf-8, \d+ bytes, page "200"'):
        fetch(client, okta)


def test_a_repeated_event_is_part_of_the_page(client: OktaClient, okta: OktaSimulator) -> None:
    """Delivery is at least once: it is not for the page to drop what Okta sends."""
    okta.generate(3)
    okta.faults.add(faults.RepeatedEvent())
    assert events_of(fetch(client, okta)) == [*okta.events, okta.events[0]]


@pytest.mark.parametrize(
    'fault', [pytest.param(faults.CutBody(), id='length'), pytest.param(faults.CutBody(chunked=True), id='chunked')]
)
def test_a_cut_page_is_fetched_again_whole(fault: faults.Fault, client: OktaClient, okta: OktaSimulator) -> None:
    okta.generate(20)
    okta.faults.add(fault)
    assert events_of(fetch(client, okta)) == okta.events


def test_a_refused_cursor_is_an_error_of_the_request(client: OktaClient, okta: OktaSimulator) -> None:
    link = next_link_of(okta, client)
    okta.faults.add(faults.CursorRefused())
    with pytest.raises(OktaError, match='E0000001') as refused:
        fetch_page(client, ApiKey(okta.api_key), link)
    assert refused.value.status == 400


def test_unknown_members_of_events_are_kept(client: OktaClient, okta: OktaSimulator) -> None:
    odd: dict[str, Any] = okta.generator.event(
        'workflows.user.flow.create', NOW, target=None, future={'deep': [1, None]}
    )
    okta.append(odd)
    assert events_of(fetch(client, okta)) == [odd]
