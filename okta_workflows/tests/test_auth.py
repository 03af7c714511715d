# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs

import pytest

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.auth import ApiKey, ClientCredentials
from datadog_checks.okta_workflows.client import OktaClient
from datadog_checks.okta_workflows.errors import OktaError, RateLimitError
from datadog_checks.okta_workflows.origin import parse_origin
from datadog_checks.okta_workflows.page import Page, fetch_page

from .conftest import TIMEOUT_SECONDS
from .okta_simulator import OktaSimulator, RecordedRequest, VirtualClock, faults

LOGS = '/api/v1/logs'
TOKEN = '/oauth2/v1/token'


@pytest.fixture
def secrets() -> list[str]:
    """What the credential has registered as secret."""
    return []


@pytest.fixture
def credentials(client: OktaClient, okta: OktaSimulator, secrets: list[str]) -> ClientCredentials:
    return ClientCredentials(client, okta.client_id, okta.client_secret, secrets.append)


def token_requests(okta: OktaSimulator) -> list[RecordedRequest]:
    return [request for request in okta.requests if request.path == TOKEN]


def page_requests(okta: OktaSimulator) -> list[RecordedRequest]:
    return [request for request in okta.requests if request.path == LOGS]


def fetch(client: OktaClient, credentials: ApiKey | ClientCredentials) -> Page:
    return fetch_page(client, credentials, f'{client.origin.url}{LOGS}')


def grant(okta: OktaSimulator, **changes: Any) -> None:
    """Let the next token answer have these members; `None` takes one away."""
    members = {'token_type': 'Bearer', 'access_token': 'a-token', 'expires_in': 3600, **changes}
    body = {name: value for name, value in members.items() if value is not None}
    okta.faults.add(faults.Body(json.dumps(body).encode()), path=TOKEN)


def test_an_api_key_is_sent_as_ssws(client: OktaClient, okta: OktaSimulator) -> None:
    assert ApiKey('00token').authorization() == 'SSWS 00token'
    fetch(client, ApiKey(okta.api_key))
    assert token_requests(okta) == []


def test_an_api_key_cannot_be_renewed(client: OktaClient, okta: OktaSimulator) -> None:
    revoked = ApiKey(okta.api_key)
    okta.rotate_api_key()
    assert not revoked.renew()
    with pytest.raises(OktaError, match='E0000011.*Check the credential') as refused:
        fetch(client, revoked)
    assert refused.value.status == 401
    assert len(okta.requests) == 1


def test_a_token_is_asked_for_once_with_basic_and_the_one_scope(
    client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    for _ in range(3):
        fetch(client, credentials)
    (request,) = token_requests(okta)
    basic = b64encode(f'{okta.client_id}:{okta.client_secret}'.encode()).decode()
    assert request.method == 'POST'
    assert request.headers['Authorization'] == f'Basic {basic}'
    assert parse_qs(request.body) == {'grant_type': ['client_credentials'], 'scope': ['okta.logs.read']}
    assert okta.client_secret not in request.body + request.query_string
    tokens = {request.headers['Authorization'] for request in page_requests(okta)}
    assert tokens == {credentials.authorization()}
    assert credentials.authorization().startswith('Bearer ')


def test_nothing_is_asked_before_a_token_is_needed(okta: OktaSimulator, credentials: ClientCredentials) -> None:
    assert okta.requests == []


def test_the_token_is_asked_for_with_the_configured_headers(okta: OktaSimulator) -> None:
    client = OktaClient(
        RequestsWrapper({'extra_headers': {'X-Route': 'blue'}}, {}), parse_origin(okta.url), TIMEOUT_SECONDS
    )
    ClientCredentials(client, okta.client_id, okta.client_secret, lambda _: None).authorization()
    assert okta.requests[0].headers['X-Route'] == 'blue'


def test_a_token_is_renewed_two_minutes_before_it_expires(
    clock: VirtualClock, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    first = credentials.authorization()
    clock.advance(3600 - 120 - 1)
    assert credentials.authorization() == first
    clock.advance(1)
    assert credentials.authorization() != first
    assert len(token_requests(okta)) == 2


def test_a_shorter_life_of_the_token_counts(
    clock: VirtualClock, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    okta.token_lifetime_seconds = 300
    first = credentials.authorization()
    clock.advance(179)
    assert credentials.authorization() == first
    clock.advance(1)
    assert credentials.authorization() != first


def test_the_life_of_a_token_begins_when_it_is_asked_for(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is long on its way is not fresh any more."""
    post_form = client.post_form

    def slow(*arguments: Any) -> Any:
        response = post_form(*arguments)
        clock.advance(40)
        return response

    monkeypatch.setattr(client, 'post_form', slow)
    credentials = ClientCredentials(client, okta.client_id, okta.client_secret, lambda _: None)
    first = credentials.authorization()
    clock.advance(3600 - 120 - 40)
    assert credentials.authorization() != first


@pytest.mark.parametrize(
    'expires_in',
    [
        pytest.param(None, id='missing'),
        pytest.param('3600', id='text'),
        pytest.param([3600], id='list'),
        pytest.param({}, id='object'),
    ],
)
def test_without_a_stated_life_a_token_counts_as_good_for_an_hour(
    expires_in: Any, clock: VirtualClock, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    grant(okta, expires_in=expires_in)
    assert credentials.authorization() == 'Bearer a-token'
    clock.advance(3600 - 120 - 1)
    assert credentials.authorization() == 'Bearer a-token'
    clock.advance(1)
    assert credentials.authorization() != 'Bearer a-token'


@pytest.mark.parametrize('expires_in', [0, -1, 60, 119.5], ids=str)
def test_a_token_with_hardly_any_life_is_used_once(
    expires_in: float, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    grant(okta, expires_in=expires_in)
    assert credentials.authorization() == 'Bearer a-token'
    assert credentials.authorization() != 'Bearer a-token'


def test_a_revoked_token_is_renewed_once_and_the_same_page_asked_for_again(
    client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    okta.generate(5)
    fetch(client, credentials)
    okta.revoke_tokens()
    assert len(fetch(client, credentials).events) == 5
    assert [request.status for request in page_requests(okta)] == [200, 401, 200]
    assert len(token_requests(okta)) == 2


def test_a_refused_token_is_not_renewed_endlessly(
    client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    okta.faults.add(faults.BearerRefused(), times=None)
    with pytest.raises(OktaError, match='invalid_token "The token has expired."') as refused:
        fetch(client, credentials)
    assert refused.value.status == 401
    assert len(page_requests(okta)) == len(token_requests(okta)) == 2


@pytest.mark.parametrize(
    ('fault', 'says'),
    [
        pytest.param(faults.BearerRefused(403, 'insufficient_scope', 'x'), 'okta.logs.read', id='403-scope'),
        pytest.param(faults.Error('E0000006'), 'administrator role', id='403-role'),
        pytest.param(faults.Error('E0000009'), 'Nothing to do unless it lasts', id='500'),
    ],
)
def test_a_new_token_does_not_help_against_other_refusals(
    fault: faults.Fault, says: str, client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    okta.faults.add(fault)
    with pytest.raises(OktaError, match=says):
        fetch(client, credentials)
    assert len(page_requests(okta)) == len(token_requests(okta)) == 1


def test_a_rotated_secret_does_not_matter_until_the_token_expires(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    fetch(client, credentials)
    okta.rotate_client_secret()
    fetch(client, credentials)
    clock.advance(3600)
    with pytest.raises(OktaError, match='invalid_client.*Check `client_id` and `client_secret`'):
        fetch(client, credentials)


def test_a_refused_client_secret_is_sent_once(
    client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    """Its 401 is not that of a stale token: to ask again at once is one more failed sign-in in the org's log."""
    okta.rotate_client_secret()
    with pytest.raises(OktaError, match='invalid_client'):
        fetch(client, credentials)
    assert len(okta.requests) == 1


def test_a_scope_that_was_not_granted_is_named(
    client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    okta.granted_scopes = {'okta.users.read'}
    with pytest.raises(OktaError, match='invalid_scope.*Grant the scope `okta.logs.read`'):
        fetch(client, credentials)
    assert page_requests(okta) == []


def test_an_exhausted_token_endpoint_is_a_rate_limit(okta: OktaSimulator, credentials: ClientCredentials) -> None:
    okta.faults.add(faults.RateLimited(), path=TOKEN)
    with pytest.raises(RateLimitError):
        credentials.authorization()


@pytest.mark.parametrize(
    'body',
    [
        pytest.param(b'{"token_type": "Bearer", "expires_in": 3600}', id='no-token'),
        pytest.param(b'{"access_token": ""}', id='empty-token'),
        pytest.param(b'{"access_token": null}', id='null-token'),
        pytest.param(b'{"access_token": 42}', id='number-for-token'),
        pytest.param(b'{"access_token": "first\\r\\nX-Second: line"}', id='token-with-a-line-break'),
        pytest.param('{"access_token": "töken–x"}'.encode(), id='token-outside-ascii'),
        pytest.param(b'["access_token"]', id='list'),
        pytest.param(b'null', id='null'),
        pytest.param(b'"access_token"', id='text'),
        pytest.param(b'<html>Please sign in</html>', id='html'),
        pytest.param(b'', id='nothing'),
        pytest.param(b'{"access_token": "cut', id='truncated'),
    ],
)
def test_an_answer_without_a_usable_token_is_an_error(
    body: bytes, client: OktaClient, okta: OktaSimulator, credentials: ClientCredentials
) -> None:
    okta.faults.add(faults.Body(body), path=TOKEN)
    with pytest.raises(
        OktaError, match=f'POST {okta.url}{TOKEN}: status 200.* no access token in the answer'
    ) as failed:
        fetch(client, credentials)
    assert failed.value.status == 200
    assert 'X-Second' not in str(failed.value)
    assert page_requests(okta) == []


def test_the_next_run_asks_again_after_a_failure(okta: OktaSimulator, credentials: ClientCredentials) -> None:
    okta.faults.add(faults.Body(b'null'), path=TOKEN)
    with pytest.raises(OktaError):
        credentials.authorization()
    assert credentials.authorization().startswith('Bearer ')


def test_each_token_is_registered_as_a_secret(
    okta: OktaSimulator, credentials: ClientCredentials, secrets: list[str]
) -> None:
    first = credentials.authorization()
    assert credentials.renew()
    second = credentials.authorization()
    assert first != second
    assert [f'Bearer {secret}' for secret in secrets] == [first, second]


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.Error('E0000009'), id='500'),
        pytest.param(faults.DroppedConnection(), id='dropped-connection'),
        pytest.param(faults.Body(b'null'), id='no-token'),
        pytest.param(faults.Redirect('https://evil.example/'), id='redirect'),
        pytest.param(faults.BearerRefused(), id='401'),
    ],
)
@pytest.mark.parametrize('path', [TOKEN, LOGS])
def test_no_error_shows_a_secret(
    path: str,
    fault: faults.Fault,
    client: OktaClient,
    okta: OktaSimulator,
    credentials: ClientCredentials,
    secrets: list[str],
) -> None:
    okta.faults.add(fault, path=path, times=None)
    with pytest.raises(OktaError) as failed:
        fetch(client, credentials)
    basic = b64encode(f'{okta.client_id}:{okta.client_secret}'.encode()).decode()
    for secret in (okta.client_secret, basic, *secrets):
        assert secret not in str(failed.value)
