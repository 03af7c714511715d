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
    CollectionError,
    OktaError,
    OperatorError,
    TransientError,
)
from datadog_checks.okta_workflows.okta.refusal import (
    describe,
    endpoint,
    is_from_okta,
    read_page,
    read_reason,
    refusal,
)
from datadog_checks.okta_workflows.okta.remedies import INTERMEDIARY_REMEDIES, OKTA_REMEDIES, Remedy, okta_remedy

URL = 'https://acme.okta.com/api/v1/logs?since=2026-11-22T15%3A02%3A45.000Z&after=1795402965000_1'
LOGS, TOKEN, ORGANIZATION = '/api/v1/logs', '/oauth2/v1/token', '/.well-known/okta-organization'
TOKEN_URL = f'https://acme.okta.com{TOKEN}'
ACCESS = 'Report Administrator is the least privileged role'
CREDENTIAL = 'Check the credential. An API token stops working when'
FILTER = 'Check `event_filter`: Okta does not understand it'
REQUEST = 'Check `event_filter`. If it is right, report this message at https://'
WAIT = 'No action needed: the next run retries'
SCOPE = 'Grant the scope `okta.logs.read`'
UNDOCUMENTED = 'Check whether a proxy or firewall between the Agent and Okta'
NETWORK_ZONES = 'network zones that the client may connect from'
GRANT_TYPE = 'grant type Client Credentials'
CLIENT = 'Check `client_id` and `client_secret`, or `client_id`, the private key, and `private_key_id`'
ACTIVE = 'Check the client in the Okta Admin Console: it must be active'
ALLOWED = 'Check in the Okta Admin Console that the client is active'
POLICY = 'Check the client and its policies'
FORM = 'Check whether a proxy changes requests'
PROOF = 'Check that the clock of this host is synchronized'
FEATURE = 'Ask Okta support'
DOMAIN = 'Check `domain`: use the domain that users sign in to'
HOST = 'Check `domain`: it must be the host of the org itself'
LIMIT = 'the next run after the reset continues'
DPOP_BINDING = 'Check whether a proxy removes `DPoP` headers'


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
    """The meaning, the evidence in brackets, the remedy."""
    refused = response(401, okta_error('E0000011', 'Invalid token provided'), X_Okta_Request_Id='Zx3kQ')
    assert str(refusal(refused)) == (
        'Okta rejected the API token or access token (GET https://acme.okta.com/api/v1/logs: status 401, '
        'E0000011 "Invalid token provided", request id Zx3kQ). Check the credential. An API token stops working when '
        'it is revoked, when its user is deactivated, or when it is not used for 30 days. A client stops working when '
        'it is deactivated or its secret is rotated.'
    )


def test_a_refusal_without_a_reason_has_the_meaning_of_its_status() -> None:
    assert str(refusal(response(403, X_Okta_Request_Id='Zx3kQ'))).startswith(
        'Okta accepted the credential but does not let it read the System Log (GET https://acme.okta.com/api/v1/logs: '
        'status 403, request id Zx3kQ). Assign the user'
    )


@pytest.mark.parametrize(
    ('path', 'status', 'code', 'says'),
    [
        (TOKEN, 400, 'invalid_client', CLIENT),
        (TOKEN, 401, 'invalid_client', CLIENT),
        (TOKEN, 400, 'invalid_scope', SCOPE),
        (TOKEN, 400, 'consent_required', SCOPE),
        (TOKEN, 400, 'invalid_dpop_proof', PROOF),
        (TOKEN, 400, 'use_dpop_nonce', PROOF),
        (TOKEN, 400, 'invalid_request', FORM),
        (TOKEN, 401, 'invalid_request', FORM),
        (TOKEN, 400, 'unauthorized_client', GRANT_TYPE),
        (TOKEN, 400, 'unsupported_grant_type', GRANT_TYPE),
        (TOKEN, 400, 'temporarily_unavailable', WAIT),
        (TOKEN, 400, 'access_denied', POLICY),
        (TOKEN, 401, 'access_denied', POLICY),
        (TOKEN, 403, 'access_denied', NETWORK_ZONES),
        (TOKEN, 400, 'server_error', WAIT),
        (TOKEN, 403, 'server_error', FEATURE),
        (TOKEN, 500, 'server_error', WAIT),
        (TOKEN, 400, 'unmet_authentication_requirements', ACTIVE),
        (TOKEN, 400, 'E0000001', ACTIVE),
        (TOKEN, 400, '', ACTIVE),
        (TOKEN, 401, '', CLIENT),
        (TOKEN, 401, 'E0000015', FEATURE),
        (TOKEN, 403, 'E0000006', ALLOWED),
        (TOKEN, 403, '', ALLOWED),
        (LOGS, 400, 'invalid_dpop_proof', PROOF),
        (LOGS, 401, 'invalid_dpop_proof', PROOF),
        (LOGS, 400, 'use_dpop_nonce', PROOF),
        (LOGS, 400, 'invalid_request', DPOP_BINDING),
        (LOGS, 400, 'E0000031', FILTER),
        (LOGS, 400, 'E0000053', FILTER),
        (LOGS, 400, 'E0000001', REQUEST),
        (LOGS, 400, '', REQUEST),
        (LOGS, 401, 'E0000015', FEATURE),
        (LOGS, 401, 'E0000011', CREDENTIAL),
        (LOGS, 401, 'invalid_token', CREDENTIAL),
        (LOGS, 401, '', CREDENTIAL),
        (LOGS, 403, 'insufficient_scope', SCOPE),
        (LOGS, 403, 'E0000006', ACCESS),
        (LOGS, 403, '', ACCESS),
        (LOGS, 404, 'E0000007', DOMAIN),
        (ORGANIZATION, 404, 'E0000008', DOMAIN),
        (LOGS, 405, 'E0000022', DOMAIN),
        (LOGS, 300, '', HOST),
        (TOKEN, 302, '', HOST),
        (LOGS, 399, '', HOST),
        (LOGS, 429, 'E0000047', LIMIT),
        (LOGS, 500, 'E0000009', WAIT),
        (LOGS, 502, '', WAIT),
        (TOKEN, 503, 'E0000010', WAIT),
        (LOGS, 599, '', WAIT),
        (LOGS, 204, '', UNDOCUMENTED),
        (ORGANIZATION, 401, '', UNDOCUMENTED),
        # http.client lets these through, and firewalls do invent some.
        (LOGS, 600, '', UNDOCUMENTED),
        (LOGS, 999, '', UNDOCUMENTED),
    ],
)
def test_each_response_of_okta_has_a_next_step(path: str, status: int, code: str, says: str) -> None:
    assert says in okta_remedy(path, status, code).next_step


@pytest.mark.parametrize(
    ('path', 'status', 'code', 'says'),
    [
        # The docs show E0000053 with both: a bad filter with 400, an internal error with 500.
        (LOGS, 500, 'E0000053', WAIT),
        (TOKEN, 500, 'invalid_client', WAIT),
        (LOGS, 403, 'E0000053', ACCESS),
        (TOKEN, 429, 'invalid_client', LIMIT),
    ],
)
def test_the_status_counts_before_the_code(path: str, status: int, code: str, says: str) -> None:
    assert says in okta_remedy(path, status, code).next_step


@pytest.mark.parametrize('status', [400, 401, 403])
def test_no_refusal_of_a_token_request_blames_the_filter_or_the_role(status: int) -> None:
    """Whatever its code, also one that Okta may add."""
    for code in ('', 'invalid_request', 'server_error', 'access_denied', 'E0000006', 'E0000053', 'of_the_future'):
        error = refusal(response(status, {'error': code}, method='POST', url=TOKEN_URL, X_Okta_Request_Id='Zx3kQ'))
        assert f'(POST {TOKEN_URL}: status {status}' in error.what
        assert 'event_filter' not in str(error) and 'administrator role' not in str(error)


# Responses that are not Okta's


@pytest.mark.parametrize(
    ('answer', 'is_okta'),
    [
        pytest.param(response(404, b'<html>', X_Okta_Request_Id='Zx3kQ'), True, id='request-id'),
        pytest.param(response(404, okta_error('E0000007')), True, id='error-code'),
        pytest.param(response(401, {'error': 'invalid_client'}), True, id='error-of-oauth'),
        pytest.param(response(403, WWW_Authenticate=challenge('insufficient_scope', '')), True, id='challenge'),
        pytest.param(response(404, b'<html><title>404 Not Found</title></html>'), False, id='page-of-a-gateway'),
        pytest.param(response(403), False, id='nothing'),
        pytest.param(response(403, {'error': 'Forbidden'}), False, id='error-of-a-gateway'),
        pytest.param(response(403, {'message': 'Forbidden'}), False, id='message-of-a-gateway'),
        pytest.param(response(403, {'errorCode': 'AccessDenied'}), False, id='code-of-another-form'),
        pytest.param(response(403, {'errorCode': 'E00000061'}), False, id='code-with-a-digit-more'),
        pytest.param(response(401, WWW_Authenticate='Basic realm="proxy"'), False, id='sign-in-of-a-gateway'),
        pytest.param(response(401, WWW_Authenticate='Bearer error="expired"'), False, id='challenge-of-a-gateway'),
        pytest.param(response(200, okta_error('E0000007')), False, id='error-with-200'),
    ],
)
def test_a_response_is_oktas_if_it_has_a_request_id_or_an_error_code_of_okta(answer: Response, is_okta: bool) -> None:
    assert is_from_okta(answer) is is_okta
    assert refusal(answer).is_from_okta is is_okta


@pytest.mark.parametrize('url', [URL, TOKEN_URL])
@pytest.mark.parametrize(
    ('status', 'meaning', 'advice'),
    [
        (400, 'A proxy, gateway, or firewall between the Agent and Okta responded', 'it must pass on the requests'),
        (401, 'A proxy, gateway, or firewall between the Agent and Okta responded', 'it must pass on the requests'),
        (403, 'A proxy, gateway, or firewall between the Agent and Okta responded', 'it must pass on the requests'),
        (451, 'A proxy, gateway, or firewall between the Agent and Okta responded', 'it must pass on the requests'),
        (404, 'The server at `domain` is not an Okta org, or a proxy or gateway responded', DOMAIN),
        (405, 'The server at `domain` is not an Okta org, or a proxy or gateway responded', DOMAIN),
        (302, 'A proxy, gateway, or captive portal responded in place of Okta with a redirect', 'check `domain`'),
        (407, 'The proxy requires a user name and password', 'Check the user name and password in `proxy`'),
        (429, 'A proxy or gateway between the Agent and Okta limits the requests', 'after the pause'),
        (502, 'Okta, or a proxy or load balancer in front of it, is unavailable', WAIT),
        (503, 'Okta, or a proxy or load balancer in front of it, is unavailable', WAIT),
    ],
)
def test_a_page_of_a_gateway_blames_the_way_and_shows_who_sent_it(
    url: str, status: int, meaning: str, advice: str
) -> None:
    page = b'<html><head><title>\n Access &amp; Policy\n</title></head><body>Ask the help desk</body></html>'
    error = refusal(response(status, page, url=url, Server='gateway/2.1', Via='1.1 squid-3', Location='/login'))
    evidence = f'status {status}, page "Access & Policy", Server gateway/2.1, Via 1.1 squid-3)'
    assert error.what.startswith(meaning) and error.what.endswith(evidence), error.what
    assert advice in error.next_step
    for blamed in ('event_filter', 'credential.', 'administrator role', 'client_id'):
        assert blamed not in str(error)


@pytest.mark.parametrize(
    'page',
    [
        pytest.param('<title>400 No required SSL certificate was sent</title>', id='nginx-without-one'),
        pytest.param('<title>400 The SSL certificate error</title>', id='nginx-with-another'),
        pytest.param('<title>403.7</title><h2>Forbidden: Client certificate required</h2>', id='outside-the-title'),
    ],
)
def test_a_gateway_that_wants_a_client_certificate_leads_to_its_options(page: str) -> None:
    error = refusal(response(400, page.encode()))
    assert error.what.startswith('A server between the Agent and Okta requires a client certificate that it accepts (')
    assert error.next_step.startswith('Set `tls_cert` and `tls_private_key` to a client certificate')


def test_the_code_of_a_gateway_is_none_of_oktas() -> None:
    error = refusal(response(403, {'error': 'Forbidden'}))
    assert (error.status, error.code, error.is_from_okta) == (403, '', False)
    assert 'page "Forbidden"' in error.what


def test_of_a_redirect_only_the_host_is_shown() -> None:
    error = refusal(response(302, Location='https://user:hidden-1@portal.example/login/hidden-2?state=hidden-3'))
    assert 'status 302, redirect to portal.example)' in error.what
    assert 'hidden' not in str(error)


@pytest.mark.parametrize('location', ['/login', '', 'https://[', 'https:///x'])
def test_a_redirect_without_a_host_shows_none(location: str) -> None:
    assert refusal(response(302, Location=location)).what.endswith(': status 302)')


@pytest.mark.parametrize(
    ('body', 'words'),
    [
        pytest.param(b'<TITLE lang="en">Sign  in</TITLE>', 'Sign in', id='title'),
        pytest.param(b'<title> </title><p>Please <b>sign</b> in', 'Please sign in', id='blank-title'),
        pytest.param(
            b'<style>b {x: y}</style><script>let a = "<p>"</script><h1>Blocked</h1>', 'Blocked', id='hidden-elements'
        ),
        pytest.param(b'Forbidden\r\n', 'Forbidden', id='text'),
        pytest.param(b'<title>a&lt;b&gt;c</title>', 'a<b>c', id='escaped'),
        pytest.param('<title>Zugriff verweigert \u2013 nö</title>'.encode(), 'Zugriff verweigert – nö', id='unicode'),
        pytest.param(b'{"message": "Forbidden"}', 'Forbidden', id='json-message'),
        pytest.param(b'{"error": "Forbidden", "status": 403}', 'Forbidden', id='json-error'),
        pytest.param(b'{"error": {"code": 403}}', '', id='json-error-of-another-type'),
        pytest.param(b'{"data": "secret"}', '', id='json-without-words'),
        pytest.param(b'[{"actor": "mara"}]', '', id='events'),
        pytest.param(b'[{"actor": "ma', '', id='truncated-events'),
        pytest.param(b'<title', '', id='only-a-tag'),
        pytest.param(b'<p ' * 3000, '', id='tags-without-end'),
        pytest.param(b'word ' * 3000, ('word ' * 1638).strip(), id='long-text'),
        pytest.param(b'x' * 9000, '', id='one-word-too-long'),
        pytest.param(b'', '', id='nothing'),
    ],
)
def test_the_words_of_a_page_are_its_title_or_its_text(body: bytes, words: str) -> None:
    assert read_page(response(403, body)) == words


@pytest.mark.parametrize(('status', 'words'), [(200, ''), (403, 'token=hidden')])
def test_of_a_page_with_200_only_the_title_is_shown(status: int, words: str) -> None:
    """What has none may be data."""
    assert read_page(response(status, b'token=hidden')) == words
    assert read_page(response(status, b'<title>Sign in</title>token=hidden')) == 'Sign in'


def test_what_a_gateway_says_becomes_one_short_line() -> None:
    page = b'<title>' + b'no\x1b[2J \xe2\x80\xae ' * 400 + b'</title>'
    line = str(refusal(response(403, page, Server='s ' * 5000, Via='\x07v ' * 5000)))
    assert 'page "no [2J' in line and 'Server s s' in line and 'Via v  v' in line, line
    assert line.isprintable()
    assert len(line) < 700


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
        (429, OktaError),
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
    assert limited.wait_seconds == 31.0


def test_a_rate_limit_carries_the_longer_of_reset_and_retry_after() -> None:
    headers = {'Date': 'Mon, 23 Nov 2026 03:02:45 GMT', 'X_Rate_Limit_Reset': '1795402995'}
    waits = [refusal(response(429, **headers, Retry_After=after)) for after in ('20', '120')]
    assert [error.wait_seconds for error in waits] == [31.0, 120.0]


def test_503_with_retry_after_is_a_pause_and_no_transient_error() -> None:
    busy = refusal(response(503, okta_error('E0000010'), Retry_After='90'))
    assert type(busy) is OktaError
    assert (busy.status, busy.wait_seconds) == (503, 90.0)


def test_a_challenge_carries_its_nonce() -> None:
    challenged = refusal(response(400, {'error': 'use_dpop_nonce'}, DPoP_Nonce='nonce-1'))
    assert (challenged.code, challenged.dpop_nonce) == ('use_dpop_nonce', 'nonce-1')


# The documented refusals: Okta docs, docs/reference/error-codes, docs/reference/system-log-query and
# data/oauth2-error-codes.json


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
    assert error.what.endswith(f' (GET https://acme.okta.com/api/v1/logs: status {status}, {code} "{text}")')
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
    assert error.what.endswith(f' (GET https://acme.okta.com/api/v1/logs: status {status}, {code} "{text}")')
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
        (
            401,
            'invalid_client',
            'The client_assertion JWT kid is invalid.',
            'its public key is registered with the app',
        ),
        (400, 'invalid_scope', 'The requested scope is invalid, unknown, malformed.', SCOPE),
        (400, 'invalid_dpop_proof', 'The DPoP proof JWT header is missing.', PROOF),
        (400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.', PROOF),
        (403, 'access_denied', "The request is made from outside the client's permitted network zones.", NETWORK_ZONES),
        (400, 'unauthorized_client', 'The client is not authorized to use the provided grant type.', GRANT_TYPE),
        (400, 'unsupported_grant_type', 'The authorization grant type is not supported.', GRANT_TYPE),
        (400, 'consent_required', 'You are not allowed any of the requested scopes.', SCOPE),
        (400, 'access_denied', 'Policy evaluation succeeded, but all the requested scopes were rejected.', POLICY),
        (401, 'access_denied', 'Policy evaluation failed for this request.', POLICY),
        (400, 'invalid_request', "The 'grant_type' parameter is missing.", FORM),
        (401, 'invalid_request', 'Cannot supply multiple client credentials.', FORM),
        (403, 'server_error', 'The requested feature is not enabled in this environment.', FEATURE),
        (500, 'server_error', 'Internal server error.', WAIT),
    ],
)
def test_each_refusal_of_the_token_endpoint_has_its_message(status: int, code: str, text: str, advice: str) -> None:
    error = refusal(response(status, {'error': code, 'error_description': text}, method='POST', url=TOKEN_URL))
    assert error.what.endswith(f' (POST {TOKEN_URL}: status {status}, {code} "{text}")')
    assert advice in error.next_step


# The tables of remedies


@pytest.mark.parametrize('remedies', [OKTA_REMEDIES, INTERMEDIARY_REMEDIES], ids=['okta', 'intermediary'])
def test_every_remedy_is_reachable(remedies: tuple[Remedy, ...]) -> None:
    """No row stands behind one that takes all of its responses away."""
    for remedy in remedies:
        for code in remedy.codes or ('any-other',):
            assert any(
                first_of(remedies, path, status, code) is remedy
                for status in remedy.statuses
                for path in (remedy.path or ORGANIZATION, TOKEN, LOGS)
            ), (remedy.meaning, code)


def first_of(remedies: tuple[Remedy, ...], path: str, status: int, code: str) -> Remedy:
    return next(remedy for remedy in remedies if remedy.matches(path, status, code))


@pytest.mark.parametrize('remedies', [OKTA_REMEDIES, INTERMEDIARY_REMEDIES], ids=['okta', 'intermediary'])
@pytest.mark.parametrize('path', [LOGS, TOKEN, ORGANIZATION])
def test_every_response_has_a_remedy(path: str, remedies: tuple[Remedy, ...]) -> None:
    for code in ('', 'E0000001', 'invalid_client'):
        assert all(first_of(remedies, path, status, code).next_step for status in range(100, 1000))


@pytest.mark.parametrize(
    'remedy', [*OKTA_REMEDIES, *INTERMEDIARY_REMEDIES], ids=lambda remedy: f'{remedy.path[-4:]} {remedy.meaning[:30]}'
)
def test_a_remedy_is_whole_sentences_for_one_line_of_a_table(remedy: Remedy) -> None:
    for text in (remedy.meaning, remedy.next_step):
        assert text[0].isupper()
        assert not text.endswith('.')
        assert '\n' not in text
        assert '|' not in text
