# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Requests to Okta, and the pages that come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import pytest
from requests import Response

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.errors import OktaError, TooLargeError, TransientError
from datadog_checks.okta_workflows.okta import client as client_module
from datadog_checks.okta_workflows.okta.auth import AccessToken, ApiKey, ClientProof, ClientSecret, SignedAssertion
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.page import Page, fetch_page, first_link
from datadog_checks.okta_workflows.okta.private_key import load_private_key

from .fake_clock import NOW, FakeClock
from .fake_okta import LOGS_PATH, TOKEN_PATH, Answer, FakeOkta, Request, error


@pytest.fixture
def client(okta: FakeOkta, clock: FakeClock) -> OktaClient:
    http = RequestsWrapper({}, {})
    return OktaClient(http, parse_origin(okta.url), (5.0, 5.0), clock)


def fetch(client: OktaClient, okta: FakeOkta) -> Page:
    return fetch_page(client, ApiKey(okta.api_key), first_link(client.origin, 'x eq "1"', NOW))


def altered(okta: FakeOkta, body: Any = None, **headers: str) -> Any:
    """The page that was asked for, with another body or other headers."""

    def answer(request: Request) -> Answer:
        page = okta.page(request)
        changed = {name.replace('_', '-'): value for name, value in headers.items()}
        return Answer(200, page.body if body is None else body, {**page.headers, **changed})

    return answer


# Requests


def test_a_request_carries_the_credential_and_nothing_of_the_environment(
    client: OktaClient, okta: FakeOkta, monkeypatch: pytest.MonkeyPatch
) -> None:
    client._http.options['headers']['Authorization'] = 'Basic of-somebody-else'
    fetch(client, okta)
    [request] = okta.asked()
    assert request.headers['Authorization'] == f'SSWS {okta.api_key}'
    assert request.headers['Accept'] == 'application/json'


@pytest.mark.parametrize(
    'answer', [Answer(502), Answer(504, b'<html>'), error(503, 'E0000000')], ids=['502', '504', '503']
)
def test_what_passes_at_once_is_tried_once_more(answer: Answer, client: OktaClient, okta: FakeOkta) -> None:
    okta.answer_next(answer)
    fetch(client, okta)
    assert [request.status for request in okta.asked()] == [answer.status, 200]
    okta.answer_next(answer, answer)
    with pytest.raises(TransientError):
        fetch(client, okta)


def test_503_with_a_time_is_a_pause(client: OktaClient, okta: FakeOkta, clock: FakeClock) -> None:
    okta.answer_next(error(503, 'E0000000', Retry_After='90'))
    with pytest.raises(OktaError):
        fetch(client, okta)
    assert client.pause is not None
    assert client.pause.seconds == pytest.approx(90)
    clock.advance(91)
    assert client.pause is None
    assert len(okta.requests) == 1


@pytest.mark.parametrize('set_forward_seconds', [-3600.0, 3600.0])
def test_a_pause_lasts_as_long_if_the_clock_of_this_host_is_set(
    set_forward_seconds: float, client: OktaClient, okta: FakeOkta, clock: FakeClock
) -> None:
    okta.answer_next(error(503, 'E0000000', Retry_After='90'))
    with pytest.raises(OktaError):
        fetch(client, okta)
    clock.ahead_seconds = set_forward_seconds
    assert client.pause is not None
    assert client.pause.seconds == pytest.approx(90)
    clock.advance(91)
    assert client.pause is None


def test_a_redirect_is_not_followed(client: OktaClient, okta: FakeOkta) -> None:
    okta.answer_next(Answer(302, b'', {'Location': f'{okta.url}/elsewhere'}))
    with pytest.raises(OktaError) as raised:
        fetch(client, okta)
    assert raised.value.status == 302
    assert okta.asked('/elsewhere') == []
    assert len(okta.asked()) == 1


def test_a_body_is_bounded_in_size(client: OktaClient, okta: FakeOkta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, 'MAX_BODY_BYTES', 1000)
    with pytest.raises(TooLargeError, match='larger than'):
        okta.answer_next(Answer(200, b'x' * 2000))
        client.get(f'{okta.url}/large')
    okta.answer_next(Answer(200, b'x' * 1000))
    assert len(client.get(f'{okta.url}/just-fits').content) == 1000


def test_a_body_is_bounded_in_time(client: OktaClient, okta: FakeOkta, clock: FakeClock) -> None:
    moments = count(0.0, 200.0)
    clock.monotonic = lambda: next(moments)  # type: ignore[method-assign]
    with pytest.raises(OktaError, match='took longer than 120 seconds'):
        okta.answer_next(Answer(200, b'x' * 2000))
        client.get(f'{okta.url}/slow')


def test_of_a_rejection_the_head_is_enough(client: OktaClient, okta: FakeOkta, clock: FakeClock) -> None:
    reset = {'X-Rate-Limit-Reset': str(int(clock.now()) + 30), 'Content-Encoding': 'gzip'}
    okta.answer_next(Answer(429, b'this is no gzip', reset))
    with pytest.raises(OktaError) as raised:
        fetch(client, okta)
    assert raised.value.status == 429
    assert client.pause is not None


def test_a_page_that_cannot_be_unpacked_is_an_error(client: OktaClient, okta: FakeOkta) -> None:
    okta.answer_next(altered(okta, b'this is no gzip', Content_Encoding='gzip'))
    with pytest.raises(OktaError, match='The response is not usable'):
        fetch(client, okta)


def test_nobody_answers(client: OktaClient, okta: FakeOkta) -> None:
    okta._server.server_close()
    okta._server.shutdown()
    with pytest.raises(OktaError, match='The connection to 127.0.0.1'):
        fetch(client, okta)


# Okta's time


def test_the_date_of_a_response_is_compared_with_the_moment_its_head_arrived(
    client: OktaClient, okta: FakeOkta, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_body = client._read_body

    def read_slowly(method: str, url: str, response: Response) -> None:
        read_body(method, url, response)
        clock.advance(100)

    monkeypatch.setattr(client, '_read_body', read_slowly)
    clock.ahead_seconds = 7.0
    fetch(client, okta)
    assert client.okta_clock.ahead_seconds == -7


def test_a_page_tells_the_time_although_a_proxy_removed_its_request_id(
    client: OktaClient, okta: FakeOkta, clock: FakeClock
) -> None:
    clock.ahead_seconds = 7.0
    okta.answer_next(altered(okta, X_Okta_Request_Id=''))
    fetch(client, okta)
    assert client.okta_clock.ahead_seconds == -7


# Pages


def test_a_page_has_its_events_and_the_link_behind_it(client: OktaClient, okta: FakeOkta) -> None:
    events = okta.add(3)
    page = fetch(client, okta)
    assert [*page.events_after('')] == events
    assert [*page.events_after('event-1')] == events[2:]
    assert [*page.events_after('unknown')] == events
    assert page.next_link.endswith('&after=3')
    assert page.answered_at == NOW
    assert not page.is_empty()
    assert not page.is_full()


@pytest.mark.parametrize(
    ('headers', 'says'),
    [
        pytest.param({'Link': ''}, 'The response lacks the `next` link', id='no-link'),
        pytest.param({'Link': '<https://evil.example/api/v1/logs>; rel="next"'}, 'leads to', id='another-host'),
        pytest.param({'Link': '<http://[::1>; rel="next"'}, 'leads to a malformed address', id='malformed'),
    ],
)
def test_a_page_without_a_link_of_okta_s_is_not_taken(
    headers: dict[str, str], says: str, client: OktaClient, okta: FakeOkta
) -> None:
    okta.add(1)
    okta.answer_next(altered(okta, **headers))
    with pytest.raises(OktaError, match=says):
        fetch(client, okta)


def test_of_a_link_to_another_place_only_the_place_is_told(client: OktaClient, okta: FakeOkta) -> None:
    okta.answer_next(altered(okta, Link='<https://user:hidden-1@evil.example/path?token=hidden-2>; rel="next"'))
    with pytest.raises(OktaError) as raised:
        fetch(client, okta)
    assert "leads to 'https://evil.example/path' instead of" in str(raised.value)
    assert 'hidden' not in str(raised.value)


@pytest.mark.parametrize('body', [b'{}', b'', b'<html>', b'[1]'])
def test_what_is_no_list_of_events_is_not_taken(body: bytes, client: OktaClient, okta: FakeOkta) -> None:
    okta.answer_next(altered(okta, body))
    with pytest.raises(OktaError, match='The response is not a list of events'):
        fetch(client, okta)


def test_a_page_that_is_too_large_is_fetched_in_parts(
    client: OktaClient, okta: FakeOkta, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.add(200)
    monkeypatch.setattr(client_module, 'MAX_BODY_BYTES', 20_000)
    page = fetch(client, okta)
    assert [request.query['limit'] for request in okta.asked()] == ['1000', '100']
    assert [event['uuid'] for event in page.events_after('')] == [f'event-{number}' for number in range(100)]
    assert page.is_full()
    # Okta's link goes on with the limit of the request; the next page is asked for in full again.
    assert 'limit=1000' in page.next_link


def test_a_page_of_one_event_that_is_too_large_is_an_error(
    client: OktaClient, okta: FakeOkta, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.add(2)
    monkeypatch.setattr(client_module, 'MAX_BODY_BYTES', 20)
    with pytest.raises(TooLargeError):
        fetch(client, okta)
    assert [request.query['limit'] for request in okta.asked()] == ['1000', '100', '10', '1']


@pytest.mark.parametrize(
    'query',
    [
        pytest.param('since=x', id='without'),
        pytest.param('since=x&limit=%D9%A7', id='in-digits-that-okta-does-not-read'),
    ],
)
def test_a_stored_link_without_a_usable_limit_is_asked_for_as_it_is(
    query: str, client: OktaClient, okta: FakeOkta
) -> None:
    okta.add(99)
    for is_full in (False, True):
        okta.answer_next(lambda request: okta.page(replace(request, query={'since': 'x'})))
        page = fetch_page(client, ApiKey(okta.api_key), f'{okta.url}{LOGS_PATH}?{query}')
        assert [*page.events_after('')] == okta.events
        assert page.is_full() is is_full
        okta.add(1)
    assert [request.query for request in okta.asked()] == [dict(parse_qsl(query))] * 2


def test_a_page_without_a_date_is_dated_by_this_host(client: OktaClient, okta: FakeOkta, clock: FakeClock) -> None:
    clock.ahead_seconds = 100.0
    okta.answer_next(altered(okta, Date=''))
    assert fetch(client, okta).answered_at == NOW + 100


# Tokens


@pytest.fixture(params=['secret', 'key'])
def token(request: pytest.FixtureRequest, client: OktaClient, okta: FakeOkta) -> Iterator[AccessToken]:
    key = load_private_key(okta.private_key_pem, None)
    proofs: dict[str, ClientProof] = {
        'secret': ClientSecret(okta.client_id, okta.client_secret),
        'key': SignedAssertion(okta.service_app_id, key, okta.key_id),
    }
    yield AccessToken(client.origin, client.okta_clock, proofs[request.param], lambda _: None)


@pytest.mark.parametrize('dpop_required', [False, True])
def test_a_token_is_fetched_once_and_kept_for_its_hour(
    dpop_required: bool, client: OktaClient, token: AccessToken, okta: FakeOkta, clock: FakeClock
) -> None:
    okta.dpop_required = dpop_required
    link = first_link(client.origin, 'x', NOW)
    for _ in range(3):
        fetch_page(client, token, link)
    assert len(okta.tokens) == 1
    clock.advance(3600)
    fetch_page(client, token, link)
    assert len(okta.tokens) == 2
    assert {request.headers['Authorization'].split()[0] for request in okta.asked()} == {
        'DPoP' if dpop_required else 'Bearer'
    }


def test_a_token_that_okta_rejects_is_replaced_once(client: OktaClient, token: AccessToken, okta: FakeOkta) -> None:
    link = first_link(client.origin, 'x', NOW)
    fetch_page(client, token, link)
    okta.tokens[0] = 'revoked'
    fetch_page(client, token, link)
    assert [request.status for request in okta.asked()] == [200, 401, 200]


@pytest.mark.parametrize('body', [b'<html>', b'[]', json.dumps({'access_token': 'a b'}).encode(), b'{}'])
def test_a_response_without_a_token_is_an_error(
    body: bytes, client: OktaClient, token: AccessToken, okta: FakeOkta
) -> None:
    okta.answer_next(Answer(200, body))
    with pytest.raises(OktaError, match='holds no access token'):
        fetch_page(client, token, first_link(client.origin, 'x', NOW))
    assert okta.asked() == []
    assert len(okta.asked(TOKEN_PATH)) == 1
