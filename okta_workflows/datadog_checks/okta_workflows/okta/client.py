# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""HTTP: the only place where requests leave and answers arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase
from requests.exceptions import (
    ConnectionError,
    ConnectTimeout,
    InvalidProxyURL,
    InvalidSchema,
    InvalidURL,
    ProxyError,
    Timeout,
)
from urllib3.exceptions import HTTPError, LocationParseError, ProtocolError, ProxySchemeUnknown, ReadTimeoutError

from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.errors import (
    OktaError,
    PauseError,
    TooLargeError,
    TransientError,
    one_line,
)
from datadog_checks.okta_workflows.redaction import without_user_information
from datadog_checks.okta_workflows.timestamps import answer_time

from .origin import Origin
from .rate_limit import RateLimit, read_rate_limit
from .refusal import endpoint, is_from_okta, refusal
from .remedies import CHECK_INTERMEDIARY, WAIT
from .tls import describe_tls_failure

if TYPE_CHECKING:
    from datadog_checks.base.utils.http import RequestsWrapper

LESSEN_REQUESTS = 'If this lasts, raise `min_collection_interval` or ask which other client of the org uses it up'

# The URL that is asked for is known to be one, so an invalid one is that of a proxy.
PROXY_ERRORS = (ProxyError, InvalidProxyURL, InvalidURL, LocationParseError, ProxySchemeUnknown)

# A page of 1,000 events is 2 or 3 MB, so no response of Okta's comes near these bounds.
MAX_BODY_BYTES = 16 * MIB
MAX_BODY_SECONDS = 120.0
BODY_PIECE_BYTES = 256 * 1024


class HeadersLast(AuthBase):
    """Sets headers after everything else, so that neither `headers` nor a `.netrc` file can replace them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers.update(self._headers)
        return request


class OktaClient:
    """Sends requests to one Okta org, and stays away from it while its rate limit demands that.

    `timeout_seconds` is the pair of connect and read timeout; proxy, TLS and further headers are those of `http`.
    """

    def __init__(
        self, http: RequestsWrapper, origin: Origin, timeout_seconds: tuple[float, float], clock: Clock
    ) -> None:
        self.origin = origin
        self.clock = clock
        self.clock_ahead_seconds = 0.0
        """By how much Okta's clock is ahead of this host's, as the last `Date` of Okta's tells."""
        self.is_clock_known = False
        """Whether a response of Okta's had a usable `Date`."""
        self._arrived_at = 0.0
        self.rate_limit: RateLimit | None = None
        """What the last answer to `get` said of it."""
        self._http = http
        self._timeout_seconds = timeout_seconds
        self.pause_reason = self.pause_remedy = ''
        """Why no request may be made, and what to do, as sentences without their full stops, while there is a pause."""
        # The wall clock may be set while the check waits, so a wait is measured on the monotonic one.
        self._paused_until = float('-inf')

    @property
    def pause_seconds(self) -> float:
        """How long no request may be made; 0 when one may."""
        return max(self._paused_until - self.clock.monotonic(), 0.0)

    def describe_pause(self) -> str:
        """Tell how long no request may be made, and why; empty when one may."""
        seconds = self.pause_seconds
        return f'Pausing for {seconds:.0f} seconds: {self.pause_reason}' if seconds > 0 else ''

    def pause(self, seconds: float, reason: str, remedy: str) -> None:
        """Ask the caller to make no request for `seconds` from now."""
        self._paused_until = self.clock.monotonic() + seconds
        self.pause_reason, self.pause_remedy = reason, remedy

    def okta_time(self) -> float:
        """Tell the time at Okta in seconds since the epoch; this host's until a response of Okta's has a `Date`.

        Whatever concerns events and signatures goes by it, because the clock of this host may be wrong.
        """
        return self.clock.now() + self.clock_ahead_seconds

    def learn_time(self, response: Response) -> None:
        """Learn Okta's time from the last `response`, which is known to be Okta's, if it has a usable `Date`."""
        answered_at = answer_time(response.headers)
        if answered_at is not None:
            self.clock_ahead_seconds, self.is_clock_known = answered_at - self._arrived_at, True

    def get(self, url: str, headers: Callable[[], Mapping[str, str]]) -> Response:
        """Fetch `url`, which the caller has found to be on `origin`, with the `headers` made for each attempt.

        Raises `RateLimitError` on 429, `PauseError` on 503 with `Retry-After`, `TooLargeError` on a body that is, and
        `OktaError` on no response or any other status than 200. A dropped connection, 502, any other 503, and 504 are
        tried once more at once. Sets `pause_seconds` when the allowance is used up or nearly so, and where a response
        asks for a pause.
        """
        response = self._send('get', url, lambda: {'auth': HeadersLast(headers())})
        self.rate_limit = read_rate_limit(response.headers)
        if self.rate_limit is not None and self.rate_limit.reserve_reached:
            left = f'{self.rate_limit.remaining} of {self.rate_limit.limit} requests are left until the reset'
            self.pause(
                self.rate_limit.seconds_to_reset,
                f"Okta's rate limit for {self.origin} is nearly exhausted ({left})",
                LESSEN_REQUESTS,
            )
        return response

    def post_form(
        self, path: str, form_and_headers: Callable[[], tuple[Mapping[str, str], Mapping[str, str]]]
    ) -> Response:
        """Post a form to `path`; form and headers are made for each attempt. Raises as `get` does."""

        def options() -> Mapping[str, Any]:
            form, headers = form_and_headers()
            return {'data': form, 'auth': HeadersLast(headers)}

        return self._send('post', f'{self.origin.url}{path}', options)

    def _send(self, method: str, url: str, options: Callable[[], Mapping[str, Any]]) -> Response:
        try:
            return self._attempt(method, url, options())
        except TransientError:
            pass
        return self._attempt(method, url, options())

    def _attempt(self, method: str, url: str, options: Mapping[str, Any]) -> Response:
        response: Response | None = None
        try:
            response = getattr(self._http, method)(
                url,
                # A redirect would carry the credential to wherever it points.
                allow_redirects=False,
                extra_headers={'Accept': 'application/json'},
                timeout=self._timeout_seconds,
                stream=True,
                **options,
            )
            assert response is not None
            # The body may take minutes, and `Date` is the time of the head.
            self._arrived_at = self.clock.now()
            with response:
                self._read_body(method, url, response)
        # Besides its own errors the library lets through those of what it is built on, where an option makes no sense.
        except (HTTPError, OSError, TypeError, ValueError) as error:
            if response is None or response.status_code == HTTPStatus.OK:
                raise self._no_answer(method, url, error) from error
            # The head of a rejection says enough, above all for how long no request may be made.
            response._content = b''
        if is_from_okta(response):
            self.learn_time(response)
        if response.status_code == HTTPStatus.OK:
            return response
        failure = refusal(response)
        if isinstance(failure, PauseError):
            self.pause(failure.wait_seconds, failure.what, failure.next_step)
        raise failure

    def _read_body(self, method: str, url: str, response: Response) -> None:
        """Read the body within the bounds of size and time, where `requests` knows none."""
        deadline = self.clock.monotonic() + MAX_BODY_SECONDS
        # Joined at the end: a buffer that grows moves about, and leaves gaps in memory that fit no later page.
        pieces: list[bytes] = []
        size_bytes = 0

        def evidence() -> str:
            return f'{endpoint(method, url)}: status {response.status_code}, {size_bytes} bytes so far'

        # `read1` reads from the socket at most once, so that the deadline is checked even if single bytes come.
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
        # Where `requests` itself keeps a body that it has read.
        response._content = b''.join(pieces)

    def _no_answer(self, method: str, url: str, error: Exception) -> OktaError:
        """Make the error for a request that got no usable response because of `error`."""
        where, org, causes = endpoint(method, url), self.origin.authority, _causes(error)
        evidence = f'{where}: {_root_cause(error)}'
        connect_seconds, read_seconds = self._timeout_seconds
        reach = f'that this host can reach {org}, if need be through `proxy`'
        wrapped = error.args[0] if error.args else None
        if isinstance(error, ConnectTimeout):
            return OktaError(
                f'The connection to {org} was not established within {connect_seconds:g} seconds ({where})',
                f'Check {reach}',
            )
        if isinstance(error, Timeout | ReadTimeoutError) or isinstance(wrapped, ReadTimeoutError):
            unfinished = _unfinished_step(causes)
            if unfinished:
                # The read timeout begins to count when the connection stands.
                return OktaError(
                    f'{unfinished} within {connect_seconds:g} seconds ({where})',
                    f'Check {reach}, and that a proxy or firewall on the way allows the connection',
                )
            return OktaError(
                f'Okta, or a proxy in front of it, sent no data for {read_seconds:g} seconds ({where})', WAIT
            )
        if isinstance(error, InvalidSchema):
            # The URL has a scheme of ours, so the one that is not known is that of a proxy.
            return OktaError(
                f'The proxy is a SOCKS proxy, for which the Python of the Agent lacks PySocks ({evidence})',
                'Set `proxy` to an HTTP proxy, or install PySocks into the Python of the Agent',
            )
        is_socks = any(type(cause).__module__ == 'socks' or 'SOCKS version' in str(cause) for cause in causes)
        if isinstance(error, PROXY_ERRORS) or is_socks:
            return OktaError(
                f'The proxy did not connect to {org} ({evidence})',
                'Check the address, user name, and password in `proxy`, and that the proxy allows this connection',
            )
        tls = describe_tls_failure(error, org, self._http)
        if tls is not None:
            meaning, next_step = tls
            return OktaError(f'{meaning} ({evidence})', next_step)
        if isinstance(error, ProtocolError) or isinstance(wrapped, ProtocolError):
            return TransientError(f'The connection was closed before the response was complete ({evidence})', WAIT)
        what = 'The response is not usable' if isinstance(error, HTTPError) else 'The request failed'
        if isinstance(error, ConnectionError):
            what = f'The connection to {org} failed'
        return OktaError(f'{what} ({evidence})', f'Check `domain`, and {reach}')


def _unfinished_step(causes: list[BaseException]) -> str:
    """What was still being done for a connection when the time was over; empty if it stood already.

    The libraries raise the same error for both; only where it was raised tells them apart.
    """
    functions = {frame.f_code.co_name for cause in causes for frame, _ in walk_tb(cause.__traceback__)}
    if '_tunnel' in functions:
        return 'The proxy did not respond to CONNECT'
    return 'The TLS handshake did not finish' if 'do_handshake' in functions else ''


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that led to it, the innermost last."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    return causes


def _root_cause(error: BaseException) -> str:
    """The innermost reason: the layers above only repeat it, wrapped in object addresses."""
    innermost = _causes(error)[-1]
    return one_line(without_user_information(f'{type(innermost).__name__}: {innermost}'))
