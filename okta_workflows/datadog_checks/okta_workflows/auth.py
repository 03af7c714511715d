# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The ways to prove to Okta who is asking."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Protocol

from datadog_checks.base.utils.format import json

from .client import OktaClient
from .constants import (
    LOGS_SCOPE,
    TOKEN_DEFAULT_LIFETIME_SECONDS,
    TOKEN_EXPIRY_MARGIN_SECONDS,
    TOKEN_PATH,
)
from .errors import OktaError, describe

# What may stand in a header (RFC 6750, section 2.1, allows less).
TOKEN = re.compile(r'[\x21-\x7e]+')


class Authentication(Protocol):
    """What a request for a page needs to know of a credential."""

    def authorization(self) -> str:
        """The value of the `Authorization` header. Raises `OktaError` when it cannot be had."""

    def renew(self) -> bool:
        """Give up what Okta has just refused with 401. False if there is nothing else to try."""


class ApiKey:
    """An Okta API token (https://developer.okta.com/docs/reference/core-okta-api/#authentication)."""

    def __init__(self, api_key: str) -> None:
        self._authorization = f'SSWS {api_key}'

    def authorization(self) -> str:
        return self._authorization

    def renew(self) -> bool:
        return False


class ClientCredentials:
    """OAuth 2.0 client credentials of an API service integration.

    The token comes from the org authorization server, for HTTP Basic authentication and the one scope that the System
    Log needs (https://developer.okta.com/docs/guides/build-api-integration/main/). It is kept in memory only, until
    shortly before it expires. `register_secret` is told each token.
    """

    def __init__(
        self, client: OktaClient, client_id: str, client_secret: str, register_secret: Callable[[str], None]
    ) -> None:
        self._client = client
        self._credentials = (client_id, client_secret)
        self._register_secret = register_secret
        self._token = ''
        self._fresh_until = float('-inf')

    def authorization(self) -> str:
        if monotonic() >= self._fresh_until:
            self._fetch_token()
        return f'Bearer {self._token}'

    def renew(self) -> bool:
        self._fresh_until = float('-inf')
        return True

    def _fetch_token(self) -> None:
        # Taken before the request: the token's life begins at Okta while the answer is still on its way.
        asked_at = monotonic()
        form = {'grant_type': 'client_credentials', 'scope': LOGS_SCOPE}
        response = self._client.post_form(TOKEN_PATH, form, self._credentials)
        try:
            grant = json.decode(response.content)
        except ValueError:
            grant = None
        token = grant.get('access_token') if isinstance(grant, Mapping) else None
        if not isinstance(token, str) or TOKEN.fullmatch(token) is None:
            raise OktaError(
                f'{describe(response)}, but no access token in the answer. Check whether a proxy or firewall answers '
                'in place of Okta.',
                status=response.status_code,
            )
        self._register_secret(token)
        self._token = token
        self._fresh_until = asked_at + _lifetime_seconds(grant) - TOKEN_EXPIRY_MARGIN_SECONDS


def _lifetime_seconds(grant: Mapping[str, object]) -> float:
    lifetime = grant.get('expires_in')
    return float(lifetime) if isinstance(lifetime, int | float) else TOKEN_DEFAULT_LIFETIME_SECONDS
