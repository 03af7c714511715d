# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The HTTP client for the org that is compared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from okta_simulator import oauth, system_log

from .credentials import Credentials
from .errors import CouldNotAsk
from .oauth_client import Headers, OAuthClient
from .pace import Pace
from .reply import Reply
from .target import Target

# Okta ends a query after 30 s (Okta docs, docs/reference/system-log-query).
TIMEOUT_SECONDS = 60.0
MAX_BODY_BYTES = 64 * 1024 * 1024
ATTEMPTS = 3
# A token is renewed this long before it expires, so that it does not expire during a request.
TOKEN_MARGIN_SECONDS = 120

Parts = Callable[[], tuple[Headers, Mapping[str, str] | None]]
"""Returns the headers and the form of one request."""


class Org:
    """Sends the requests of the questions, and keeps the responses, so that several questions can share one."""

    def __init__(
        self,
        target: Target,
        credentials: Credentials,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.target = target
        self.started = now()
        self.requests = 0
        self._now = now
        self._pace = Pace(wait, tell)
        self._api_token = credentials.api_token
        self.has_secret = credentials.client is not None and bool(credentials.client.secret)
        self._client = None if credentials.client is None else OAuthClient(credentials.client, self._token_url, now)
        self._token_reply: Reply | None = None
        self._token_until = 0.0
        self._known: dict[tuple[str, str], Reply] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # `trust_env` is off, because it would add a password from ~/.netrc to the requests without a credential.
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def client(self) -> OAuthClient:
        if self._client is None:
            raise CouldNotAsk('The question needs the credentials of an OAuth client.')
        return self._client

    @property
    def has_client(self) -> bool:
        return self._client is not None

    @property
    def token_is_bound(self) -> bool:
        return self._token_reply is not None and self._member('token_type') == 'DPoP'

    async def logs(self, query: Mapping[str, str]) -> Reply:
        """Return the response to a System Log request. The same request is not sent twice."""
        return await self.path(system_log.PATH, urlencode(query))

    async def path(self, path: str, query: str = '', *, anonymous: bool = False) -> Reply:
        key = (path, query)
        if key not in self._known:
            self._known[key] = await self._get(path, query, anonymous=anonymous)
        return self._known[key]

    async def follow(self, page: Reply) -> Reply:
        """Request the unchanged `next` link of a page. Raises `CouldNotAsk` if it leads to another host."""
        link = page.next
        if not self.target.holds(link) or URL(link, encoded=True).raw_path != system_log.PATH:
            raise CouldNotAsk('The `next` link leads elsewhere, so the credential must not follow it.')
        return await self._get(system_log.PATH, URL(link, encoded=True).raw_query_string)

    async def logs_with(self, authorization: str | None) -> Reply:
        """Send a System Log request with this `Authorization` instead of the credential."""
        headers = [] if authorization is None else [('Authorization', authorization)]
        return await self._send('GET', system_log.PATH, 'limit=1', lambda: (headers, None))

    async def token(self, form: Mapping[str, str], *, secret: str | None = None) -> Reply:
        """Send a token request as the client.

        The request always has a proof. For a client that needs one, the org would log a failure without it; for other
        clients, the org ignores it (okta-sdk-python, okta/oauth.py). `use_dpop_nonce` is the usual first response to a
        proof.
        """
        client = self.client
        nonce = ''

        def parts() -> tuple[Headers, Mapping[str, str]]:
            headers, fields = client.authentication(secret=secret)
            return headers + client.proof('POST', self._token_url, nonce=nonce), {**form, **fields}

        reply = await self._send('POST', oauth.PATH, '', parts)
        if reply.error_code == 'use_dpop_nonce' and oauth.NONCE_HEADER in reply.headers:
            nonce = reply.headers[oauth.NONCE_HEADER]
            reply = await self._send('POST', oauth.PATH, '', parts)
        return reply

    async def token_without_client(self, form: Mapping[str, str]) -> Reply:
        return await self._send('POST', oauth.PATH, '', lambda: ([], form))

    async def granted(self) -> Reply:
        """Return the response with a valid access token. Raises `CouldNotAsk` if the org does not grant one."""
        if self._token_reply is None or self._now() >= self._token_until:
            reply = await self.token(self.client.grant_form())
            content = reply.content
            if reply.status != 200 or not isinstance(content, dict) or not isinstance(content.get('access_token'), str):
                raise CouldNotAsk(f'The org granted no access token and responded with {reply.summary}.')
            self._token_reply = reply
            lifetime = content.get('expires_in')
            seconds = lifetime if isinstance(lifetime, int) else oauth.TOKEN_LIFETIME_SECONDS
            self._token_until = self._now() + seconds - TOKEN_MARGIN_SECONDS
        return self._token_reply

    async def bound_token(self) -> str:
        await self.granted()
        return self._member('access_token')

    def _member(self, name: str) -> str:
        return '' if self._token_reply is None else str(self._token_reply.content.get(name, ''))

    @property
    def _token_url(self) -> str:
        return str(self.target.base.with_path(oauth.PATH))

    async def _get(self, path: str, query: str, *, anonymous: bool = False) -> Reply:
        if not anonymous and not self._api_token:
            await self.granted()
        return await self._send('GET', path, query, lambda: ([] if anonymous else self._authorization(path), None))

    def _authorization(self, path: str) -> Headers:
        if self._api_token:
            return [('Authorization', f'SSWS {self._api_token}')]
        token = self._member('access_token')
        if not self.token_is_bound:
            return [('Authorization', f'Bearer {token}')]
        url = str(self.target.base.with_path(path))
        return [('Authorization', f'DPoP {token}'), *self.client.proof('GET', url, access_token=token)]

    async def _send(self, method: str, path: str, query: str, parts: Parts) -> Reply:
        for _ in range(ATTEMPTS):
            await self._pace.before(path)
            # Create the parts for each attempt, because proofs and assertions are single use (okta-sdk-golang#562).
            headers, form = parts()
            reply = await self._send_once(method, path, query, headers, form)
            self._pace.after(path, reply)
            if reply.status != 429:
                return reply
        raise CouldNotAsk('The rate limit of the org is used up (status 429).')

    async def _send_once(
        self, method: str, path: str, query: str, headers: Headers, form: Mapping[str, str] | None
    ) -> Reply:
        if self._session is None:
            raise RuntimeError('the org is not entered')
        url = URL(f'{self.target.base.with_path(path)}{"?" if query else ""}{query}', encoded=True)
        self.requests += 1
        try:
            async with self._session.request(
                method,
                url,
                headers=[('Accept', 'application/json'), ('User-Agent', 'okta-simulator conform'), *headers],
                data=form,
                allow_redirects=False,
                proxy=self._proxy(),
            ) as response:
                body = await response.content.read(MAX_BODY_BYTES)
                while len(body) <= MAX_BODY_BYTES and (more := await response.content.read(MAX_BODY_BYTES)):
                    body += more
                return Reply(str(self.target.base), query, response.status, response.headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Do not show the message of the error, because it contains URLs.
            raise CouldNotAsk(f'The request failed ({type(error).__name__}).') from None

    def _proxy(self) -> str | None:
        if self.target.is_loopback or proxy_bypass(self.target.base.host or ''):
            return None
        return getproxies().get(self.target.base.scheme)
