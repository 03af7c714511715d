# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import json
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from datadog_checks.okta_workflows.errors import (
    OktaError,
    RateLimitError,
    TransientError,
    describe,
    endpoint,
    next_step,
    read_reason,
    refusal,
)

URL = 'https://acme.okta.com/api/v1/logs?since=2026-11-22T15%3A02%3A45.000Z&after=1795402965000_1'
ACCESS = 'Report Administrator'
CREDENTIAL = 'Check the credential'
FILTER = 'Check `event_filter`: Okta does not accept this expression'
REQUEST = 'Check `event_filter`; if it is right, tell the maintainers'
WAIT = 'Nothing to do unless it lasts'
SCOPE = 'Grant the scope `okta.logs.read`'
INTERCEPTED = 'Check whether a proxy or firewall answers in place of Okta'


def response(status: int, body: Any = b'', *, method: str = 'GET', url: str | None = URL, **headers: str) -> Response:
    """An answer to a request for a page; a body that is not bytes is sent as JSON."""
    answer = Response()
    answer.status_code = status
    answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer.headers = CaseInsensitiveDict({name.replace('_', '-'): value for name, value in headers.items()})
    answer.request = PreparedRequest()
    answer.request.method = method
    answer.request.url = url
    return answer


def okta_error(code: str, summary: str = '', *causes: str) -> dict[str, Any]:
    return {
        'errorCode': code,
        'errorSummary': summary,
        'errorLink': code,
        'errorId': 'oaeErrorId',
        'errorCauses': [{'errorSummary': cause} for cause in causes],
    }


def challenge(error: str, description: str) -> str:
    """`WWW-Authenticate` as captured in okta-sdk-golang#145."""
    return (
        'Bearer authorization_uri="http://acme.okta.com/oauth2/v1/authorize", realm="http://acme.okta.com", '
        f'scope="okta.logs.read", error="{error}", error_description="{description}", resource="/api/v1/logs"'
    )


def test_the_whole_line_of_a_refusal() -> None:
    refused = response(401, okta_error('E0000011', 'Invalid token provided'), X_Okta_Request_Id='Zx3kQ')
    assert refusal(refused) == (
        'GET https://acme.okta.com/api/v1/logs: status 401, request id Zx3kQ, E0000011 "Invalid token provided". '
        'Check the credential: an `api_key` dies when it is revoked, when its user is deactivated and after 30 days '
        'without use; a client when it is deactivated or its secret is rotated.'
    )


def test_a_refusal_without_a_word_says_where_and_what_to_do() -> None:
    assert refusal(response(403)).startswith('GET https://acme.okta.com/api/v1/logs: status 403. Give the token')


@pytest.mark.parametrize(
    ('status', 'code', 'says'),
    [
        (400, 'invalid_client', 'Check `client_id` and `client_secret`'),
        (401, 'invalid_client', 'Check `client_id` and `client_secret`'),
        (400, 'invalid_scope', SCOPE),
        (400, 'invalid_dpop_proof', 'DPoP'),
        (400, 'use_dpop_nonce', 'DPoP'),
        (400, 'unauthorized_client', 'grant type Client Credentials'),
        (400, 'unsupported_grant_type', 'grant type Client Credentials'),
        (403, 'access_denied', 'network zones'),
        (400, 'E0000031', FILTER),
        (400, 'E0000053', FILTER),
        (400, 'E0000001', REQUEST),
        (400, '', REQUEST),
        (401, 'E0000015', 'Ask Okta support'),
        (401, 'E0000011', CREDENTIAL),
        (401, 'invalid_token', CREDENTIAL),
        (401, '', CREDENTIAL),
        (403, 'insufficient_scope', SCOPE),
        (403, 'E0000006', ACCESS),
        (403, '', ACCESS),
        (404, 'E0000007', 'Check `domain`: this host does not serve'),
        (405, 'E0000022', 'Check `domain`: this host does not serve'),
        (407, '', 'proxy in `proxy`'),
        (301, '', 'Credentials do not follow redirects'),
        (302, '', 'Credentials do not follow redirects'),
        (308, '', 'Credentials do not follow redirects'),
        (429, 'E0000047', 'after the reset'),
        (500, 'E0000009', WAIT),
        (502, '', WAIT),
        (503, 'E0000010', WAIT),
        (599, '', WAIT),
        (204, '', INTERCEPTED),
        (406, '', INTERCEPTED),
        (451, '', INTERCEPTED),
        # http.client lets these through, and firewalls do invent some.
        (600, '', INTERCEPTED),
        (999, '', INTERCEPTED),
    ],
)
def test_each_answer_has_a_next_step(status: int, code: str, says: str) -> None:
    assert says in next_step(status, code)


@pytest.mark.parametrize(
    ('status', 'code', 'says'),
    [
        # The docs show E0000053 with both: a bad filter with 400, an internal error with 500.
        (500, 'E0000053', WAIT),
        (500, 'invalid_client', WAIT),
        (403, 'E0000053', ACCESS),
        (429, 'invalid_client', 'after the reset'),
    ],
)
def test_the_status_counts_before_the_code(status: int, code: str, says: str) -> None:
    assert says in next_step(status, code)


@pytest.mark.parametrize(
    ('body', 'said'),
    [
        pytest.param(okta_error('E0000011', 'Invalid token provided'), 'E0000011 "Invalid token provided"', id='okta'),
        pytest.param(
            okta_error('E0000001', 'Api validation failed: since', 'since: bad date', 'limit: too high'),
            'E0000001 "Api validation failed: since; since: bad date; limit: too high"',
            id='okta-with-causes',
        ),
        pytest.param(okta_error('E0000001', '', 'since: bad date'), 'E0000001 "since: bad date"', id='only-a-cause'),
        pytest.param({'errorCode': 'E0000009'}, 'E0000009', id='code-alone'),
        pytest.param({'errorSummary': 'Internal Server Error'}, 'Internal Server Error', id='summary-alone'),
        pytest.param(
            {'errorCode': 'E0000001', 'errorCauses': ['text', None, {'errorSummary': None}]},
            'E0000001',
            id='odd-causes',
        ),
        pytest.param({'errorCode': 'E0000001', 'errorCauses': 'text'}, 'E0000001', id='causes-that-are-no-list'),
        pytest.param(
            {'error': 'invalid_client', 'error_description': 'No client credentials found.'},
            'invalid_client "No client credentials found."',
            id='oauth',
        ),
        pytest.param({'error': 'invalid_scope'}, 'invalid_scope', id='oauth-without-description'),
        pytest.param({}, '', id='empty-object'),
        pytest.param({'errorCode': 47, 'errorSummary': ['x']}, '', id='not-texts'),
        pytest.param([okta_error('E0000011')], '', id='list'),
        pytest.param(None, '', id='null'),
        pytest.param(b'', '', id='nothing'),
        pytest.param(b'<html><h1>503 Service Unavailable</h1></html>', '', id='html'),
        pytest.param(b'\xff\xfe\x00', '', id='not-utf-8'),
        pytest.param(b'{"errorCode": "E00', '', id='truncated'),
    ],
)
def test_the_reason_is_read_from_the_body(body: Any, said: str) -> None:
    assert str(read_reason(response(400, body))) == said


@pytest.mark.parametrize('body', [pytest.param(b'', id='nothing'), pytest.param({}, id='empty-object')])
def test_where_the_body_says_nothing_the_reason_is_in_www_authenticate(body: Any) -> None:
    answer = response(
        403, body, WWW_Authenticate=challenge('insufficient_scope', 'The access token lacks "okta.logs.read", sorry.')
    )
    reason = read_reason(answer)
    assert reason.code == 'insufficient_scope'
    assert SCOPE in refusal(answer)


def test_the_description_in_www_authenticate_is_shown() -> None:
    answer = response(401, WWW_Authenticate=challenge('invalid_token', 'The token has expired.'))
    assert str(read_reason(answer)) == 'invalid_token "The token has expired."'


def test_the_body_counts_before_www_authenticate() -> None:
    """`invalid_client` answers carry both."""
    answer = response(401, {'error': 'invalid_client'}, WWW_Authenticate=challenge('invalid_token', 'x'))
    assert read_reason(answer).code == 'invalid_client'


@pytest.mark.parametrize(
    'value', ['', 'Bearer', 'Basic realm="acme"', 'Bearer error', 'Negotiate ====', '"""', 'Bearer ,,,']
)
def test_a_challenge_without_an_error_gives_no_reason(value: str) -> None:
    assert str(read_reason(response(401, WWW_Authenticate=value))) == ''


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        pytest.param('one\r\ntwo\n\nthree', 'one two three', id='line-breaks'),
        pytest.param('\x1b[31mred\x07\x00', '[31mred', id='control-characters'),
        pytest.param('a\u2028b\x85c', 'a b c', id='line-breaks-of-unicode'),
        pytest.param('  padded\t\t ', 'padded', id='blanks'),
        pytest.param('Ungültiger Schlüssel – 無効', 'Ungültiger Schlüssel – 無効', id='other-scripts-stay'),
        pytest.param('x' * 300, 'x' * 300, id='at-the-limit'),
        pytest.param('x' * 301, 'x' * 300 + '...', id='too-long'),
    ],
)
def test_what_a_remote_party_says_becomes_one_short_line(text: str, shown: str) -> None:
    assert read_reason(response(400, okta_error('E0000001', text))).summary == shown
    assert read_reason(response(400, {'error': text})).code == shown


def test_many_causes_become_one_short_line() -> None:
    causes = [f'problem\n{number}' for number in range(1000)]
    line = refusal(response(400, okta_error('E0000001', 'Api validation failed', *causes)))
    assert line.isprintable()
    assert len(line) < 1000


def test_a_hostile_request_id_becomes_one_short_line() -> None:
    line = describe(response(500, X_Okta_Request_Id='id\x1b[2J' + 'x' * 5000))
    assert line.isprintable()
    assert len(line) < 500


@pytest.mark.parametrize('status', [400, 401, 403, 404, 429, 500])
def test_the_request_id_is_shown_and_the_query_is_not(status: int) -> None:
    line = refusal(response(status, X_Okta_Request_Id='Zx3kQ'))
    assert 'request id Zx3kQ' in line
    assert 'since' not in line
    assert '?' not in line.partition(': status')[0]


def test_a_request_is_named_by_method_and_url_without_query() -> None:
    assert endpoint('get', URL) == 'GET https://acme.okta.com/api/v1/logs'


def test_an_answer_without_a_request_can_be_described() -> None:
    answer = response(200, url=None)
    answer.request.method = None
    assert describe(answer).endswith(': status 200')


def test_the_errors_carry_what_the_caller_decides_by() -> None:
    assert OktaError('x').status is None
    assert TransientError('x', status=503).status == 503
    limited = RateLimitError('x', wait_seconds=31.0)
    assert (limited.status, limited.wait_seconds) == (429, 31.0)
