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
    REMEDIES,
    CollectionError,
    OktaError,
    OperatorError,
    RateLimitError,
    Remedy,
    TransientError,
    describe,
    endpoint,
    is_from_okta,
    next_step,
    read_reason,
    refusal,
)

URL = 'https://acme.okta.com/api/v1/logs?since=2026-11-22T15%3A02%3A45.000Z&after=1795402965000_1'
ACCESS = 'Report Administrator'
CREDENTIAL = 'Check it: an `api_key` dies'
FILTER = 'Check `event_filter`'
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
    assert str(refusal(refused)) == (
        'GET https://acme.okta.com/api/v1/logs: status 401, request id Zx3kQ, E0000011 "Invalid token provided". '
        'Check it: an `api_key` dies when it is revoked, when its user is deactivated and after 30 days '
        'without use; a client when it is deactivated or its secret is rotated.'
    )


@pytest.mark.parametrize(
    'answer, is_okta',
    [
        pytest.param(response(404, b'<html>', X_Okta_Request_Id='Zx3kQ'), True, id='request id'),
        pytest.param(response(404, okta_error('E0000007')), True, id='error code'),
        pytest.param(response(403, WWW_Authenticate=challenge('insufficient_scope', '')), True, id='challenge'),
        pytest.param(response(404, b'<html><title>404 Not Found</title></html>'), False, id='page of a gateway'),
        pytest.param(response(403), False, id='nothing'),
    ],
)
def test_an_answer_is_oktas_if_it_has_a_request_id_or_an_error_of_okta(answer: Response, is_okta: bool) -> None:
    assert is_from_okta(answer) is is_okta
    assert refusal(answer).is_from_okta is is_okta


def test_a_refusal_without_a_word_says_where_and_what_to_do() -> None:
    assert str(refusal(response(403))).startswith('GET https://acme.okta.com/api/v1/logs: status 403. Give the token')


@pytest.mark.parametrize(
    ('status', 'code', 'says'),
    [
        (400, 'invalid_client', 'Check `client_id` and `client_secret`'),
        (401, 'invalid_client', 'Check `client_id` and `client_secret`'),
        (400, 'invalid_scope', SCOPE),
        (400, 'invalid_dpop_proof', 'Check the clock'),
        (400, 'use_dpop_nonce', 'Check the clock'),
        (400, 'invalid_request', 'do not agree on proof of possession'),
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
        (404, 'E0000007', 'Check `domain`: use the domain users sign in to'),
        (405, 'E0000022', 'Check `domain`: use the domain users sign in to'),
        (407, '', 'Check the user and password in `proxy`'),
        (300, '', 'Check `domain`: it must be the host of the org itself'),
        (302, '', 'Check `domain`: it must be the host of the org itself'),
        (399, '', 'Check `domain`: it must be the host of the org itself'),
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
    assert SCOPE in refusal(answer).next_step


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
        pytest.param('x' * 298 + ' secret', 'x' * 298 + '...', id='too-long-by-a-word'),
        pytest.param('x' * 300 + ' secret', 'x' * 300 + '...', id='cut-behind-a-word'),
        pytest.param('x' * 301, '...', id='too-long-in-one-word'),
    ],
)
def test_what_a_remote_party_says_becomes_one_short_line(text: str, shown: str) -> None:
    assert read_reason(response(400, okta_error('E0000001', text))).summary == shown
    assert read_reason(response(400, {'error': text})).code == shown


def test_many_causes_become_one_short_line() -> None:
    causes = [f'problem\n{number}' for number in range(1000)]
    line = str(refusal(response(400, okta_error('E0000001', 'Api validation failed', *causes))))
    assert line.isprintable()
    assert len(line) < 1000


def test_a_hostile_request_id_becomes_one_short_line() -> None:
    line = describe(response(500, X_Okta_Request_Id='id\x1b[2J' + 'x' * 5000))
    assert line.isprintable()
    assert len(line) < 500


@pytest.mark.parametrize('status', [400, 401, 403, 404, 429, 500])
def test_the_request_id_is_shown_and_the_query_is_not(status: int) -> None:
    line = str(refusal(response(status, X_Okta_Request_Id='Zx3kQ')))
    assert 'request id Zx3kQ' in line
    assert 'since' not in line
    assert '?' not in line.partition(': status')[0]


def test_a_request_is_named_by_method_and_url_without_query() -> None:
    assert endpoint('get', URL) == 'GET https://acme.okta.com/api/v1/logs'


def test_an_answer_without_a_request_can_be_described() -> None:
    answer = response(200, url=None)
    answer.request.method = None
    assert describe(answer).endswith(': status 200')


def test_an_error_is_two_sentences_that_can_be_had_apart() -> None:
    """The status page shows them together; a diagnosis and a health issue show each in its place."""
    error = OperatorError('It rained', 'Take an umbrella')
    assert (str(error), error.what, error.next_step) == (
        'It rained. Take an umbrella.',
        'It rained',
        'Take an umbrella',
    )


def test_the_errors_carry_what_the_caller_decides_by() -> None:
    error = OktaError('x', 'y')
    assert (error.status, error.code, error.dpop_nonce) == (None, '', '')
    assert TransientError('x', 'y', status=503).status == 503
    assert not isinstance(CollectionError('x', 'y'), OktaError)


@pytest.mark.parametrize(
    ('status', 'kind'),
    [
        (400, OktaError),
        (401, OktaError),
        (429, RateLimitError),
        (500, OktaError),
        (501, OktaError),
        (502, TransientError),
        (503, TransientError),
        (504, TransientError),
    ],
)
def test_the_status_decides_what_kind_of_error_it_is(status: int, kind: type[OktaError]) -> None:
    error = refusal(response(status, okta_error('E0000009')))
    assert type(error) is kind
    assert (error.status, error.code) == (status, 'E0000009')


def test_a_rate_limit_carries_the_time_to_wait() -> None:
    limited = refusal(response(429, Date='Mon, 23 Nov 2026 03:02:45 GMT', X_Rate_Limit_Reset='1795402995'))
    assert isinstance(limited, RateLimitError)
    assert limited.wait_seconds == 31.0


def test_a_challenge_carries_its_nonce() -> None:
    challenged = refusal(response(400, {'error': 'use_dpop_nonce'}, DPoP_Nonce='nonce-1'))
    assert (challenged.code, challenged.dpop_nonce) == ('use_dpop_nonce', 'nonce-1')


# The documented refusals: Okta docs, docs/reference/error-codes, docs/reference/system-log-query and
# data/oauth2-error-codes.json

NETWORK_ZONES = 'network zones that the client may connect from'
GRANT_TYPE = 'grant type Client Credentials'
CLIENT = 'Check `client_id` and `client_secret`, or `client_id`, the private key and `private_key_id`'
PROOF = 'Check the clock of this host'
FEATURE = 'Ask Okta support'
DOMAIN = 'Check `domain`: use the domain users sign in to'
LIMIT = 'the next run after the reset carries on'
DPOP_BINDING = 'Tell the maintainers: Okta and the check do not agree on proof of possession'


@pytest.mark.parametrize(
    ('status', 'code', 'text', 'advice'),
    [
        (400, 'E0000001', 'Api validation failed: until', REQUEST),
        (400, 'E0000030', 'Bad request. Invalid date.', REQUEST),
        (400, 'E0000031', 'Invalid search criteria.', FILTER),
        (400, 'E0000053', 'Invalid SCIM filter.', FILTER),
        (401, 'E0000011', 'Invalid token provided', CREDENTIAL),
        (401, 'E0000015', 'You do not have permission to access the feature you are requesting', FEATURE),
        (403, 'E0000006', 'You do not have permission to perform the requested action', ACCESS),
        (403, 'E0000005', 'Invalid session', ACCESS),
        (404, 'E0000007', 'Not found: Resource not found', DOMAIN),
        (404, 'E0000008', 'The requested path was not found', DOMAIN),
        (405, 'E0000022', 'The endpoint does not support the provided HTTP method', DOMAIN),
        (429, 'E0000047', 'API call exceeded rate limit due to too many requests.', LIMIT),
        (500, 'E0000009', 'Internal Server Error', WAIT),
        (500, 'E0000053', 'Internal Server Error', WAIT),
        (503, 'E0000010', 'Service is in read only mode', WAIT),
        (503, 'E0000100', 'Unable to perform the search.', WAIT),
        (503, 'E0000181', 'The service is temporarily unavailable.', WAIT),
    ],
)
def test_each_refusal_of_the_system_log_has_its_message(status: int, code: str, text: str, advice: str) -> None:
    error = refusal(response(status, okta_error(code, text)))
    assert error.what == f'GET https://acme.okta.com/api/v1/logs: status {status}, {code} "{text}"'
    assert advice in error.next_step


@pytest.mark.parametrize(
    ('status', 'code', 'text', 'advice'),
    [
        (401, 'invalid_token', 'The token has expired.', CREDENTIAL),
        (401, 'invalid_token', 'The presented access_token is not DPoP bound.', CREDENTIAL),
        (403, 'insufficient_scope', 'The access token provided does not contain the required scopes.', SCOPE),
        (400, 'invalid_request', 'The resource request requires a DPoP proof.', DPOP_BINDING),
        (400, 'invalid_dpop_proof', "'htu' claim in the DPoP proof JWT is invalid.", PROOF),
    ],
)
def test_each_refusal_of_an_access_token_has_its_message(status: int, code: str, text: str, advice: str) -> None:
    """Without a body: the reason is in `WWW-Authenticate` (okta-sdk-golang#145 and #468)."""
    error = refusal(response(status, WWW_Authenticate=challenge(code, text)))
    assert error.what == f'GET https://acme.okta.com/api/v1/logs: status {status}, {code} "{text}"'
    assert advice in error.next_step


@pytest.mark.parametrize(
    ('status', 'code', 'text', 'advice'),
    [
        (401, 'invalid_client', 'The client secret supplied for a confidential client is invalid.', CLIENT),
        (401, 'invalid_client', "Invalid value for 'client_id' parameter.", CLIENT),
        (
            401,
            'invalid_client',
            'Client Credentials requests to the Org Authorization Server must use the private_key_jwt '
            'token_endpoint_auth_method.',
            'works for API service integrations only',
        ),
        (401, 'invalid_client', 'The client_assertion JWT kid is invalid.', 'a key must be registered with the app'),
        (400, 'invalid_scope', 'The requested scope is invalid, unknown, malformed.', SCOPE),
        (400, 'invalid_dpop_proof', 'The DPoP proof JWT header is missing.', PROOF),
        (400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.', PROOF),
        (403, 'access_denied', "The request is made from outside the client's permitted network zones.", NETWORK_ZONES),
        (400, 'unauthorized_client', 'The client is not authorized to use the provided grant type.', GRANT_TYPE),
        (400, 'unsupported_grant_type', 'The authorization grant type is not supported.', GRANT_TYPE),
        (500, 'server_error', 'Internal server error.', WAIT),
    ],
)
def test_each_refusal_of_the_token_endpoint_has_its_message(status: int, code: str, text: str, advice: str) -> None:
    url = 'https://acme.okta.com/oauth2/v1/token'
    error = refusal(response(status, {'error': code, 'error_description': text}, method='POST', url=url))
    assert error.what == f'POST {url}: status {status}, {code} "{text}"'
    assert advice in error.next_step


def test_a_token_endpoint_that_is_not_available_for_a_while_is_no_fault_of_the_configuration() -> None:
    """`temporarily_unavailable` comes with 400."""
    error = refusal(response(400, {'error': 'temporarily_unavailable'}))
    assert error.next_step.startswith(WAIT)


# The table of remedies


def test_every_remedy_is_reachable() -> None:
    """No row stands behind one that takes all of its answers away."""
    for remedy in REMEDIES:
        codes = remedy.codes or ('any-other',)
        reached = {id(remedy_of(status, code)) for status in remedy.statuses for code in codes}
        assert id(remedy) in reached, remedy.meaning
        assert all(id(remedy_of(remedy.statuses[0], code)) == id(remedy) for code in remedy.codes), remedy.codes


def remedy_of(status: int, code: str) -> Remedy:
    return next(remedy for remedy in REMEDIES if remedy.matches(status, code))


def test_every_answer_has_a_remedy() -> None:
    assert all(next_step(status, code) for status in range(100, 1000) for code in ('', 'E0000001', 'invalid_client'))


@pytest.mark.parametrize('remedy', REMEDIES, ids=lambda remedy: remedy.meaning[:30])
def test_a_remedy_is_whole_sentences_for_one_line_of_a_table(remedy: Remedy) -> None:
    for text in (remedy.meaning, remedy.next_step):
        assert text[0].isupper()
        assert not text.endswith('.')
        assert '\n' not in text
        assert '|' not in text
