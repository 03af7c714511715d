# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Each fault of the simulated org reaches the client as described."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer

NOW = 1_790_000_000.0


@pytest.fixture
def okta() -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=VirtualClock(NOW)) as okta:
        okta.generate(20)
        yield okta


def get(okta: OktaSimulator, url: str = '', timeout: float = 10) -> requests.Response:
    headers = {'Authorization': f'SSWS {okta.api_key}'}
    return requests.get(url or f'{okta.url}/api/v1/logs', headers=headers, timeout=timeout, allow_redirects=False)


@pytest.mark.parametrize(
    'fault, status, code',
    [
        pytest.param(faults.Error('E0000007'), 404, 'E0000007', id='resource not found'),
        pytest.param(faults.Error('E0000009'), 500, 'E0000009', id='internal error'),
        pytest.param(faults.Error('E0000053', status=500), 500, 'E0000053', id='the code of a filter with 500'),
        pytest.param(faults.Error('E0000010'), 503, 'E0000010', id='read only'),
        pytest.param(faults.Error('E0000011'), 401, 'E0000011', id='token'),
        pytest.param(faults.RateLimited(), 429, 'E0000047', id='rate limit'),
    ],
)
def test_okta_errors_keep_the_headers_of_every_answer(
    okta: OktaSimulator, fault: faults.Fault, status: int, code: str
) -> None:
    okta.faults.add(fault)
    answer = get(okta)
    assert (answer.status_code, answer.json()['errorCode'], answer.links) == (status, code, {})
    assert answer.headers['Content-Type'] == 'application/json'
    assert {'Date', 'X-Okta-Request-Id', 'X-Rate-Limit-Reset'} <= set(answer.headers)
    assert okta.requests[-1].status == status
    assert get(okta).status_code == 200


def test_the_page_of_nginx_has_none_of_the_headers_of_okta(okta: OktaSimulator) -> None:
    okta.faults.add(faults.ClientCertificateRequired())
    answer = get(okta)
    assert (answer.status_code, answer.headers['Server']) == (400, 'nginx')
    assert '<title>400 No required SSL certificate was sent</title>' in answer.text
    assert 'Date' in answer.headers and 'X-Okta-Request-Id' not in answer.headers


@pytest.mark.parametrize('shape', ['gateway', 'gateway json'])
def test_a_gateway_gives_back_what_it_was_asked_without_the_headers_of_okta(okta: OktaSimulator, shape: Any) -> None:
    okta.faults.add(faults.Echo(401, shape))
    answer = get(okta)
    assert answer.status_code == 401
    assert f'SSWS {okta.api_key}' in answer.text
    assert 'X-Okta-Request-Id' not in answer.headers


def test_a_forgotten_token_is_refused_and_another_is_not(okta: OktaSimulator) -> None:
    okta.faults.add(faults.ForgottenToken('another'))
    assert get(okta).status_code == 200
    okta.faults.add(faults.ForgottenToken(okta.api_key))
    answer = get(okta)
    assert (answer.status_code, answer.content) == (401, b'')
    assert 'error="invalid_dpop_proof"' in answer.headers['WWW-Authenticate']


def test_rate_limited_says_when_it_ends_by_the_org_s_clock(okta: OktaSimulator) -> None:
    okta.date_skew_seconds = 1000
    okta.faults.add(faults.RateLimited(reset_in_seconds=7))
    headers = get(okta).headers
    reset = int(headers['X-Rate-Limit-Reset'])
    assert reset - parsedate_to_datetime(headers['Date']).timestamp() == 7
    assert headers['X-Rate-Limit-Remaining'] == '0' and headers['X-Rate-Limit-Limit'] == '60'


def test_concurrency_limited_has_limit_and_remaining_zero(okta: OktaSimulator) -> None:
    okta.faults.add(faults.ConcurrencyLimited())
    answer = get(okta)
    assert (answer.status_code, answer.json()['errorCode']) == (429, 'E0000047')
    assert answer.headers['X-Rate-Limit-Limit'] == answer.headers['X-Rate-Limit-Remaining'] == '0'


def test_empty_body(okta: OktaSimulator) -> None:
    okta.faults.add(faults.EmptyBody(502))
    answer = get(okta)
    assert (answer.status_code, answer.content) == (502, b'')


def test_bearer_refused(okta: OktaSimulator) -> None:
    okta.faults.add(faults.BearerRefused(403, 'insufficient_scope', 'no'))
    answer = get(okta)
    assert (answer.status_code, answer.content) == (403, b'')
    assert 'error="insufficient_scope", error_description="no"' in answer.headers['WWW-Authenticate']


@pytest.mark.parametrize('status', [200, 502, 503])
def test_html(okta: OktaSimulator, status: int) -> None:
    okta.faults.add(faults.Html(status))
    answer = get(okta)
    assert (answer.status_code, answer.headers['Content-Type']) == (status, 'text/html; charset=utf-8')
    assert answer.text.startswith('<!DOCTYPE html>')
    assert 'X-Rate-Limit-Limit' not in answer.headers


def test_slow(okta: OktaSimulator) -> None:
    okta.faults.add(faults.Slow(0.2))
    started = time.monotonic()
    assert get(okta).status_code == 200
    assert time.monotonic() - started >= 0.2


def test_silence_lasts_until_the_client_gives_up_and_holds_nobody_else(okta: OktaSimulator) -> None:
    okta.faults.add(faults.Silence())
    with pytest.raises(requests.ReadTimeout):
        get(okta, timeout=0.2)
    assert okta.requests[-1].status == 0
    assert get(okta).status_code == 200


def test_a_silent_answer_does_not_hold_the_stop() -> None:
    with OktaSimulator() as okta:
        okta.faults.add(faults.Silence())
        with pytest.raises(requests.ReadTimeout):
            get(okta, timeout=0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 2


def test_dropped_connection(okta: OktaSimulator) -> None:
    okta.faults.add(faults.DroppedConnection())
    with pytest.raises(requests.ConnectionError):
        get(okta)
    assert okta.requests[-1].status == 0


@pytest.mark.parametrize('chunked', [False, True])
def test_cut_body_announces_more_than_it_sends(okta: OktaSimulator, chunked: bool) -> None:
    okta.faults.add(faults.CutBody(chunked=chunked))
    headers = {'Authorization': f'SSWS {okta.api_key}', 'Accept-Encoding': 'identity'}
    with requests.get(f'{okta.url}/api/v1/logs', headers=headers, stream=True, timeout=10) as answer:
        assert answer.status_code == 200
        assert ('Content-Length' in answer.headers) is not chunked
        received = b''
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for part in answer.iter_content(1024):
                received += part
    assert received.startswith(b'[{')


@pytest.mark.parametrize('content', [b'{}', b'null', b'[1, 2]', b''])
def test_another_body(okta: OktaSimulator, content: bytes) -> None:
    okta.faults.add(faults.Body(content))
    answer = get(okta)
    assert (answer.status_code, answer.content) == (200, content)
    assert 'next' in answer.links


def test_truncated_json_is_complete_for_http(okta: OktaSimulator) -> None:
    okta.faults.add(faults.TruncatedJson())
    answer = get(okta)
    assert answer.content.startswith(b'[{')
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_repeated_event(okta: OktaSimulator) -> None:
    okta.faults.add(faults.RepeatedEvent())
    repeated, plain = get(okta).json(), get(okta).json()
    assert repeated == [*plain, plain[0]]


def test_missing_links(okta: OktaSimulator) -> None:
    okta.faults.add(faults.NoLinks())
    okta.faults.add(faults.OnlySelfLink())
    assert [set(get(okta).links) for _ in range(3)] == [set(), {'self'}, {'self', 'next'}]


def test_joined_links_are_one_header_line(okta: OktaSimulator) -> None:
    okta.faults.add(faults.JoinedLinks())
    answer = get(okta)
    (line,) = answer.raw.headers.getlist('Link')
    assert line.count('rel=') == 2 and set(answer.links) == {'self', 'next'}


@pytest.mark.parametrize(
    'fault, origin',
    [
        pytest.param(faults.NextLink(host='evil.example', port=443), 'http://evil.example:443/api/v1/logs', id='host'),
        pytest.param(faults.NextLink(scheme='ftp'), 'ftp://127.0.0.1:{port}/api/v1/logs', id='scheme'),
        pytest.param(faults.NextLink(port=1), 'http://127.0.0.1:1/api/v1/logs', id='port'),
        pytest.param(faults.NextLink(path='/api/v1/users'), 'http://127.0.0.1:{port}/api/v1/users', id='path'),
        pytest.param(faults.NextLink(userinfo='a:b'), 'http://a:b@127.0.0.1:{port}/api/v1/logs', id='userinfo'),
    ],
)
def test_next_link_elsewhere_keeps_its_query(okta: OktaSimulator, fault: faults.Fault, origin: str) -> None:
    okta.faults.add(fault)
    answer = get(okta)
    url, _, query = answer.links['next']['url'].partition('?')
    assert url == origin.format(port=okta.url.rpartition(':')[2])
    assert query.startswith('after=')
    assert answer.links['self']['url'] == f'{okta.url}/api/v1/logs'


@pytest.mark.parametrize('status', [302, 307])
def test_redirect(okta: OktaSimulator, status: int) -> None:
    okta.faults.add(faults.Redirect('https://evil.example/', status))
    answer = get(okta)
    assert (answer.status_code, answer.headers['Location']) == (status, 'https://evil.example/')


def test_doubled_rate_limit_headers_are_separate_lines(okta: OktaSimulator) -> None:
    okta.faults.add(faults.DoubledRateLimit(120, 100, int(NOW) + 90))
    headers = get(okta).raw.headers
    assert headers.getlist('X-Rate-Limit-Limit') == ['60', '120']
    assert headers.getlist('X-Rate-Limit-Remaining') == ['59', '100']
    assert headers.getlist('X-Rate-Limit-Reset')[1] == str(int(NOW) + 90)


def test_missing_headers(okta: OktaSimulator) -> None:
    okta.faults.add(faults.NoRateLimitHeaders())
    okta.faults.add(faults.NoDate())
    unlimited, dateless = get(okta), get(okta)
    assert 'X-Rate-Limit-Reset' not in unlimited.headers and 'Date' in unlimited.headers
    assert 'X-Rate-Limit-Reset' in dateless.headers and 'Date' not in dateless.headers


def test_cursor_refused_spares_requests_without_after(okta: OktaSimulator) -> None:
    okta.faults.add(faults.CursorRefused(), times=None)
    first = get(okta)
    refused = get(okta, first.links['next']['url'])
    assert (first.status_code, refused.status_code, refused.json()['errorCode']) == (200, 400, 'E0000001')


class TestPlan:
    def statuses(self, okta: OktaSimulator, n: int) -> list[int]:
        return [get(okta).status_code for _ in range(n)]

    def test_strikes_a_number_of_requests_after_sparing_some(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.EmptyBody(500), times=2, after=1)
        assert self.statuses(okta, 4) == [200, 500, 500, 200]

    def test_faults_follow_each_other(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.EmptyBody(500))
        okta.faults.add(faults.EmptyBody(502))
        assert self.statuses(okta, 3) == [500, 502, 200]

    def test_a_fault_that_still_spares_lets_the_next_one_strike(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.EmptyBody(500), after=1)
        okta.faults.add(faults.EmptyBody(502))
        assert self.statuses(okta, 3) == [502, 500, 200]

    def test_lasts_until_cleared(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.EmptyBody(500), times=None)
        assert self.statuses(okta, 2) == [500, 500]
        okta.faults.clear()
        assert self.statuses(okta, 1) == [200]

    def test_strikes_only_its_path(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.EmptyBody(500), path='/oauth2/v1/token')
        assert self.statuses(okta, 1) == [200]
        assert requests.post(okta.token_url, timeout=10).status_code == 500


class OneOfYourOwn(faults.Fault):
    def apply(self, answer: Answer) -> Answer:
        raise LookupError('a mistake in a fault of yours')


def test_a_fault_that_raises_is_a_500_and_the_org_goes_on(okta: OktaSimulator) -> None:
    okta.faults.add(OneOfYourOwn())
    assert get(okta).status_code == 500
    assert get(okta).status_code == 200
