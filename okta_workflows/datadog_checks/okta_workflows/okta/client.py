# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The HTTP client: the only module that sends requests and reads responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from requests import PreparedRequest, Response
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.constants import MIB, NEVER
from datadog_checks.okta_workflows.errors import OktaError, TooLargeError

from .auth import Authentication
from .flow import Flow, Request, attempts
from .no_response import no_response
from .okta_clock import OktaClock
from .origin import Origin
from .rate_limit import Pause, RateLimit, read_rate_limit
from .refusal import endpoint, is_from_okta, refusal
from .remedies import CHECK_INTERMEDIARY

if TYPE_CHECKING:
    from datadog_checks.base.utils.http import RequestsWrapper

LESSEN_REQUESTS = 'If this lasts, raise `min_collection_interval` or ask which other client of the org uses it up'

# A page of 1,000 events has 2 or 3 MB, so no response from Okta comes near these limits.
MAX_BODY_BYTES = 16 * MIB
MAX_BODY_SECONDS = 120.0
BODY_PIECE_BYTES = 256 * 1024


class HeadersLast(AuthBase):
    """Sets headers last, so that neither the `headers` option nor a `.netrc` file can replace them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers.update(self._headers)
        return request


class OktaClient:
    """Sends requests to one Okta org, and pauses when its rate limit requires it.

    `timeout_seconds` is the pair of connect and read timeout. `http` defines the proxy, TLS, and additional headers.
    """

    def __init__(
        self, http: RequestsWrapper, origin: Origin, timeout_seconds: tuple[float, float], clock: Clock
    ) -> None:
        self.origin = origin
        self.clock = clock
        self.okta_clock = OktaClock(clock)
        self.okta_time = self.okta_clock.now
        self.rate_limit: RateLimit | None = None
        """The rate limit that the last page, or the last rejection because of it, stated."""
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._pause = Pause(0.0, '', '')
        # The wall clock may be changed during a pause, so pauses are measured with the monotonic clock.
        self._paused_until = NEVER

    @property
    def pause(self) -> Pause | None:
        """The rest of the pause in which no request may be sent; `None` if there is no pause."""
        seconds = self._paused_until - self.clock.monotonic()
        return replace(self._pause, seconds=seconds) if seconds > 0 else None

    def get(self, url: str, authentication: Authentication | None = None) -> Response:
        """Fetch `url` with the credential of `authentication`, if any. The caller must verify that it is on `origin`.

        Raises `TooLargeError` if the body is too large, and `OktaError` if there is no response or the status is not
        200. Retries once, immediately, after a dropped connection, a 502, a 503 without `Retry-After`, or a 504. Begins
        a `pause` when the rate limit is exhausted or nearly exhausted, and when a response asks for a pause.
        """
        request = Request('GET', url)
        flow = attempts(lambda: request) if authentication is None else authentication.flow(request)
        response = self.send(flow)
        self.rate_limit = read_rate_limit(response.headers)
        if self.rate_limit is not None and self.rate_limit.reserve_reached:
            left = f'{self.rate_limit.remaining} of {self.rate_limit.limit} requests are left until the reset'
            reason = f"Okta's rate limit for {self.origin} is nearly exhausted ({left})"
            self._begin(Pause(self.rate_limit.seconds_to_reset, reason, LESSEN_REQUESTS))
        return response

    def send[Result](self, flow: Flow[Result]) -> Result:
        """Send the requests of `flow` and return its result. Raises the errors of `get` that `flow` does not handle."""
        try:
            request = next(flow)
            while True:
                try:
                    response = self._attempt(request)
                except OktaError as error:
                    request = flow.throw(error)
                else:
                    request = flow.send(response)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _attempt(self, request: Request) -> Response:
        response: Response | None = None
        try:
            response = getattr(self._http, request.method.lower())(
                request.url,
                data=request.form,
                auth=HeadersLast(request.headers),
                # Following a redirect would send the credential to another server.
                allow_redirects=False,
                extra_headers={'Accept': 'application/json'},
                timeout=self._timeout_seconds,
                stream=True,
            )
            assert response is not None
            self.okta_clock.note_arrival()
            with response:
                self._read_body(request.method, request.url, response)
        # If an option is invalid, `requests` also raises errors of the libraries that it is built on.
        except (HTTPError, OSError, TypeError, ValueError) as error:
            if response is None or response.status_code == HTTPStatus.OK:
                where, org = endpoint(request.method, request.url), self.origin.authority
                raise no_response(error, where, org, self._timeout_seconds, self._http) from error
            # The status and headers of a rejection are sufficient: they say how long to pause.
            response._content = b''
        if is_from_okta(response):
            self.okta_clock.learn(response)
        if response.status_code == HTTPStatus.OK:
            return response
        rejection = refusal(response)
        if request.method == 'GET' and response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            # A token request has a limit of its own.
            self.rate_limit = read_rate_limit(response.headers)
        if rejection.wait_seconds:
            self._begin(Pause(rejection.wait_seconds, rejection.what, rejection.next_step))
        raise rejection

    def _begin(self, pause: Pause) -> None:
        self._paused_until = self.clock.monotonic() + pause.seconds
        self._pause = pause

    def _read_body(self, method: str, url: str, response: Response) -> None:
        """Read the body within limits of size and time, because `requests` has none."""
        deadline = self.clock.monotonic() + MAX_BODY_SECONDS
        # The pieces are joined at the end, because a buffer that grows is reallocated again and again, which fragments
        # the memory.
        pieces: list[bytes] = []
        size_bytes = 0

        def evidence() -> str:
            return f'{endpoint(method, url)}: status {response.status_code}, {size_bytes} bytes so far'

        # `read1` reads from the socket at most once per call, so that the deadline is checked even if the server sends
        # one byte at a time.
        while piece := response.raw.read1(BODY_PIECE_BYTES, decode_content=True):
            pieces.append(piece)
            size_bytes += len(piece)
            if size_bytes > MAX_BODY_BYTES:
                raise TooLargeError(
                    f'The response is larger than {MAX_BODY_BYTES / MIB:.3g} MiB ({evidence()})',
                    CHECK_INTERMEDIARY,
                    status=response.status_code,
                )
            if self.clock.monotonic() > deadline:
                raise OktaError(
                    f'The response took longer than {MAX_BODY_SECONDS:g} seconds ({evidence()})',
                    'Check the bandwidth between this host and Okta, and whether a proxy on the way delays responses',
                    status=response.status_code,
                )
        # `requests` itself stores a body that it has read in this attribute.
        response._content = b''.join(pieces)
