# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""HTTP: the only place where requests leave and answers arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase
from requests.exceptions import ConnectTimeout, InvalidProxyURL, InvalidURL, ProxyError, SSLError, Timeout
from urllib3.exceptions import HTTPError, LocationParseError, ProtocolError, ProxySchemeUnknown, ReadTimeoutError

from .constants import MIB
from .errors import WAIT, OktaError, RateLimitError, TooLargeError, TransientError, endpoint, one_line, refusal
from .origin import Origin
from .rate_limit import RateLimit, answer_time, read_rate_limit
from .redaction import without_user_information

if TYPE_CHECKING:
    from datadog_checks.base.utils.http import RequestsWrapper

# The URL that is asked for is known to be one, so an invalid one is that of a proxy.
PROXY_ERRORS = (ProxyError, InvalidProxyURL, InvalidURL, LocationParseError, ProxySchemeUnknown)

# A page of 1,000 events is 2 or 3 MB, so nothing of Okta's comes near. Both bounds are for who answers in its place.
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

    def __init__(self, http: RequestsWrapper, origin: Origin, timeout_seconds: tuple[float, float]) -> None:
        self.origin = origin
        self.clock_ahead_seconds = 0.0
        """By how much Okta's clock is ahead of this host's, as far as its last answer tells."""
        self.rate_limit: RateLimit | None = None
        """What the last answer to `get` said of it."""
        self._http = http
        self._timeout_seconds = timeout_seconds
        # The wall clock may be set while the check waits, so a wait is measured on the monotonic one.
        self._paused_until = float('-inf')

    @property
    def pause_seconds(self) -> float:
        """How long no request may be made; 0 when one may."""
        return max(self._paused_until - monotonic(), 0.0)

    def pause(self, seconds: float) -> None:
        """Ask the caller to make no request for `seconds` from now."""
        self._paused_until = monotonic() + seconds

    def okta_time(self) -> float:
        """The time at Okta in seconds since the epoch: what it sees in a signature should not depend on this host."""
        return time() + self.clock_ahead_seconds

    def get(self, url: str, headers: Callable[[], Mapping[str, str]]) -> Response:
        """Fetch `url`, which the caller has found to be on `origin`, with the `headers` made for each attempt.

        Raises `RateLimitError` on 429, `TooLargeError` on a body that is, and `OktaError` on no answer or any other
        than 200. A dropped connection, 502,
        503 and 504 are tried once more at once. Sets `pause_seconds` when the allowance is used up or nearly so.
        """
        response = self._send('get', url, lambda: {'auth': HeadersLast(headers())})
        self.rate_limit = read_rate_limit(response.headers)
        if self.rate_limit is not None and self.rate_limit.reserve_reached:
            self.pause(self.rate_limit.seconds_to_reset)
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
        try:
            response: Response = getattr(self._http, method)(
                url,
                # A redirect would carry the credential to wherever it points.
                allow_redirects=False,
                extra_headers={'Accept': 'application/json'},
                timeout=self._timeout_seconds,
                stream=True,
                **options,
            )
            with response:
                self._read_body(method, url, response)
        # Besides its own errors the library lets through those of what it is built on, where an option makes no sense.
        except (HTTPError, OSError, TypeError, ValueError) as error:
            raise self._no_answer(method, url, error) from error
        answered_at = answer_time(response.headers)
        if answered_at is not None:
            self.clock_ahead_seconds = answered_at - time()
        if response.status_code == HTTPStatus.OK:
            return response
        failure = refusal(response)
        if isinstance(failure, RateLimitError):
            self.pause(failure.wait_seconds)
        raise failure

    def _read_body(self, method: str, url: str, response: Response) -> None:
        """Read the body within the bounds of size and time, where `requests` knows none."""
        deadline = monotonic() + MAX_BODY_SECONDS
        # Joined at the end: a buffer that grows moves about, and leaves gaps in memory that fit no later page.
        pieces: list[bytes] = []
        size_bytes = 0
        # One look at the socket for each piece, however little came.
        while piece := response.raw.read1(BODY_PIECE_BYTES, decode_content=True):
            pieces.append(piece)
            size_bytes += len(piece)
            is_too_large = size_bytes > MAX_BODY_BYTES
            if is_too_large or monotonic() > deadline:
                kind = TooLargeError if is_too_large else OktaError
                raise kind(
                    f'{endpoint(method, url)}: an answer without end ({size_bytes} bytes so far)',
                    'Check whether a proxy or firewall answers in place of Okta',
                    status=response.status_code,
                )
        # Where `requests` itself keeps a body that it has read.
        response._content = b''.join(pieces)

    def _no_answer(self, method: str, url: str, error: Exception) -> OktaError:
        where, cause = endpoint(method, url), _root_cause(error)
        connect_seconds, read_seconds = self._timeout_seconds
        reach = f'that this host may reach {self.origin.authority}, if need be through `proxy`'
        wrapped = error.args[0] if error.args else None
        if isinstance(error, ConnectTimeout):
            return OktaError(f'{where}: no connection within {connect_seconds:g} seconds', f'Check {reach}')
        if isinstance(error, Timeout | ReadTimeoutError) or isinstance(wrapped, ReadTimeoutError):
            return OktaError(f'{where}: no answer within {read_seconds:g} seconds', WAIT)
        if isinstance(error, PROXY_ERRORS) or any(type(cause).__module__ == 'socks' for cause in _causes(error)):
            return OktaError(
                f'{where}: the proxy did not connect ({cause})', 'Check the address, user and password in `proxy`'
            )
        if isinstance(error, SSLError):
            return OktaError(
                f'{where}: TLS failed ({cause})',
                'Check `tls_ca_cert`: a proxy that inspects TLS needs its own CA there',
            )
        if isinstance(error, ProtocolError) or isinstance(wrapped, ProtocolError):
            return TransientError(f'{where}: the connection was dropped ({cause})', WAIT)
        return OktaError(f'{where}: no usable answer ({cause})', f'Check `domain`, and {reach}')


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
