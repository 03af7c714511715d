# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about access tokens, and about the rejection of credentials."""

from __future__ import annotations

from typing import Any

from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Basis, Expect, Need, Question, Replies
from okta_simulator.oauth import LOGS_SCOPE

from .asking import capital, rejection

INVALID = 'okta-simulator-conform'
_OAUTH_CODES = 'Okta docs, data/oauth2-error-codes.json'


async def _granted(org: Org) -> Replies:
    return (await org.granted(),)


def _token_response(replies: Replies) -> str:
    (reply,) = replies
    content: Any = reply.content
    wrong = []
    if content.get('token_type') not in ('Bearer', 'DPoP'):
        wrong.append('token_type')
    if not isinstance(content.get('expires_in'), int):
        wrong.append('expires_in')
    if content.get('scope') != LOGS_SCOPE:
        wrong.append('scope')
    return f'Missing or of another kind: {", ".join(wrong)}.' if wrong else ''


def _lifetime(replies: Replies) -> str:
    (reply,) = replies
    seconds = reply.content.get('expires_in')
    return '' if seconds == 3600 else f'`expires_in` is {seconds}.' if isinstance(seconds, int) else 'No number.'


async def _wrong_api_token(org: Org) -> Replies:
    return (await org.logs_with(f'SSWS 00{INVALID}'),)


async def _no_credential(org: Org) -> Replies:
    return (await org.logs_with(None),)


async def _wrong_access_token(org: Org) -> Replies:
    return (await org.logs_with(f'Bearer {INVALID}'),)


async def _bound_token_without_proof(org: Org) -> Replies:
    return (await org.logs_with(f'DPoP {await org.bound_token()}'),)


async def _bound_token_as_bearer(org: Org) -> Replies:
    return (await org.logs_with(f'Bearer {await org.bound_token()}'),)


def _challenge(status: int, error: str) -> Expect:
    """Expect the rejection of an access token: an empty body, and the reason in `WWW-Authenticate`."""

    def expect(replies: Replies) -> str:
        (reply,) = replies
        if (reply.status, reply.challenge_error) != (status, error):
            return f'{capital(reply.summary)}.'
        return 'The body is not empty.' if reply.body else ''

    return expect


async def _token_without_client(org: Org) -> Replies:
    return (await org.token_without_client({'grant_type': 'client_credentials', 'scope': LOGS_SCOPE}),)


async def _wrong_grant(org: Org) -> Replies:
    return (await org.token({'grant_type': INVALID, 'scope': LOGS_SCOPE}),)


async def _no_scope(org: Org) -> Replies:
    return (await org.token({'grant_type': 'client_credentials'}),)


async def _wrong_secret(org: Org) -> Replies:
    return (await org.token(org.client.grant_form(), secret=INVALID),)


async def _secret_in_form(org: Org) -> Replies:
    return (await org.token_without_client({**org.client.grant_form(), **org.client.secret_in_form()}),)


QUESTIONS = (
    Question(
        name='token response',
        rule='An access token comes with its type, its lifetime and its scope.',
        expectation='token_type Bearer or DPoP, a number in expires_in, scope okta.logs.read',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/guides/build-api-integration and docs/guides/dpop',
        ask=_granted,
        expect=_token_response,
        need=Need.CLIENT,
    ),
    Question(
        name='token lifetime',
        rule='An access token is valid for one hour.',
        expectation='expires_in is 3600',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/guides/implement-oauth-for-okta-serviceapp',
        ask=_granted,
        expect=_lifetime,
        need=Need.CLIENT,
    ),
    Question(
        name='wrong API token',
        rule='An API token that the org does not know is rejected.',
        expectation='status 401 and E0000011',
        basis=Basis.DOCUMENTED,
        source='Okta docs, data/error-codes.json',
        ask=_wrong_api_token,
        expect=rejection('E0000011', status=401),
        leaves_failure=True,
    ),
    Question(
        name='no credential',
        rule='A request without a credential is rejected.',
        expectation='status 403 and E0000005',
        basis=Basis.DOCUMENTED,
        source='Okta docs, data/error-codes.json (invalid session)',
        ask=_no_credential,
        expect=rejection('E0000005', status=403),
        leaves_failure=True,
    ),
    Question(
        name='wrong access token',
        rule='An access token that the org does not know is rejected in WWW-Authenticate.',
        expectation='status 401, no body, error="invalid_token"',
        basis=Basis.OBSERVED,
        source=f'okta-sdk-golang#145; {_OAUTH_CODES}',
        ask=_wrong_access_token,
        expect=_challenge(401, 'invalid_token'),
        leaves_failure=True,
    ),
    Question(
        name='bound token without a proof',
        rule='An access token that is bound by DPoP needs a proof.',
        expectation='status 400, no body, error="invalid_request"',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_bound_token_without_proof,
        expect=_challenge(400, 'invalid_request'),
        need=Need.BOUND_TOKEN,
        leaves_failure=True,
    ),
    Question(
        name='bound token as a bearer token',
        rule='An access token that is bound by DPoP needs the scheme DPoP.',
        expectation='status 400, no body, error="invalid_request"',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_bound_token_as_bearer,
        expect=_challenge(400, 'invalid_request'),
        need=Need.BOUND_TOKEN,
        leaves_failure=True,
    ),
    Question(
        name='token request without a client',
        rule='A token request without client credentials is rejected.',
        expectation='status 401 and invalid_client',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_token_without_client,
        expect=rejection('invalid_client', status=401),
        leaves_failure=True,
    ),
    Question(
        name='unknown grant type',
        rule='A grant type that the org does not know is rejected.',
        expectation='status 400 and unsupported_grant_type',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_wrong_grant,
        expect=rejection('unsupported_grant_type'),
        need=Need.CLIENT,
        leaves_failure=True,
    ),
    Question(
        name='no scope',
        rule='A token request without a scope is rejected.',
        expectation='status 400 and invalid_scope',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_no_scope,
        expect=rejection('invalid_scope'),
        need=Need.CLIENT,
        leaves_failure=True,
    ),
    Question(
        name='wrong client secret',
        rule='A wrong client secret is rejected.',
        expectation='status 401 and invalid_client',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_wrong_secret,
        expect=rejection('invalid_client', status=401),
        need=Need.SECRET,
        leaves_failure=True,
    ),
    Question(
        name='client secret in the form',
        rule='A client secret is accepted in HTTP Basic only.',
        expectation='status 401 and invalid_client',
        basis=Basis.DOCUMENTED,
        source=_OAUTH_CODES,
        ask=_secret_in_form,
        expect=rejection('invalid_client', status=401),
        need=Need.SECRET,
        leaves_failure=True,
    ),
)
