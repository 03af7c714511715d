# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""HTTP: the only place where requests leave and answers arrive."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, RequestException, Response
from requests.auth import AuthBase
from requests.exceptions import ConnectTimeout, ProxyError, SSLError, Timeout
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from .errors import OktaError, RateLimitError, TransientError, endpoint, refusal
from .origin import Origin
from .rate_limit import read_rate_limit, seconds_to_reset

if TYPE_CHECKING:
    from datadog_checks.base.utils.http import RequestsWrapper

# What a load balancer says while it has no server to give the request to.
UNAVAILABLE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


class AuthorizationHeader(AuthBase):
    """Sets the `Authorization` header last, so that neither `headers` nor a `.netrc` file can replace it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers['Authorization'] = self._value
        return request


class OktaClient:
    """Sends requests to one Okta org, and stays away from it while its rate limit demands that.

    `timeout_seconds` is the pair of connect and read timeout; proxy, TLS and further headers are those of `http`.
    """

    def __init__(self, http: RequestsWrapper, origin: Origin, timeout_seconds: tuple[float, float]) -> None:
        self.origin = origin
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

    def get(self, url: str, authorization: str) -> Response:
        """Fetch `url`, which the caller has found to be on `origin`.

        Raises `RateLimitError` on 429 and `OktaError` on no answer or any other than 200. A dropped connection, 502,
        503 and 504 are tried once more at once. Sets `pause_seconds` when the allowance is used up or nearly so.
        """
        response = self._send('get', url, auth=AuthorizationHeader(authorization))
        rate_limit = read_rate_limit(response.headers)
        if rate_limit is not None and rate_limit.reserve_reached:
            self.pause(rate_limit.seconds_to_reset)
        return response

    def post_form(self, path: str, form: Mapping[str, str], credentials: tuple[str, str]) -> Response:
        """Post `form` to `path` with HTTP Basic authentication. Raises as `get` does."""
        return self._send('post', f'{self.origin.url}{path}', data=form, auth=credentials)

    def _send(self, method: str, url: str, **options: Any) -> Response:
        try:
            return self._attempt(method, url, options)
        except TransientError:
            pass
        return self._attempt(method, url, options)

    def _attempt(self, method: str, url: str, options: Mapping[str, Any]) -> Response:
        try:
            response: Response = getattr(self._http, method)(
                url,
                # A redirect would carry the credential to wherever it points.
                allow_redirects=False,
                extra_headers={'Accept': 'application/json'},
                timeout=self._timeout_seconds,
                **options,
            )
        except RequestException as error:
            raise self._no_answer(method, url, error) from error
        status = response.status_code
        if status == HTTPStatus.OK:
            return response
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait_seconds = seconds_to_reset(response.headers)
            self.pause(wait_seconds)
            raise RateLimitError(refusal(response), wait_seconds=wait_seconds)
        failure = TransientError if status in UNAVAILABLE else OktaError
        raise failure(refusal(response), status=status)

    def _no_answer(self, method: str, url: str, error: RequestException) -> OktaError:
        where, cause = endpoint(method, url), _root_cause(error)
        connect_seconds, read_seconds = self._timeout_seconds
        wrapped = error.args[0] if error.args else None
        if isinstance(error, ConnectTimeout):
            return OktaError(
                f'{where}: no connection within {connect_seconds:g} seconds. Check that this host may reach '
                f'{self.origin.authority}, if need be through `proxy`.'
            )
        if isinstance(error, Timeout) or isinstance(wrapped, ReadTimeoutError):
            return OktaError(
                f'{where}: no answer within {read_seconds:g} seconds. Nothing to do unless it lasts: the next run asks '
                'for the same page again.'
            )
        if isinstance(error, ProxyError):
            return OktaError(f'{where}: the proxy did not connect ({cause}). Check `proxy`.')
        if isinstance(error, SSLError):
            return OktaError(
                f'{where}: TLS failed ({cause}). Check `tls_ca_cert`: a proxy that inspects TLS needs its own CA there.'
            )
        if isinstance(wrapped, ProtocolError):
            return TransientError(
                f'{where}: the connection was dropped ({cause}). Nothing to do unless it lasts: the next run asks for '
                'the same page again.'
            )
        return OktaError(
            f'{where}: no usable answer ({cause}). Check `domain`, and that this host may reach '
            f'{self.origin.authority}, if need be through `proxy`.'
        )


def _root_cause(error: BaseException) -> str:
    """The innermost reason: the layers above only repeat it, wrapped in object addresses."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return f'{type(error).__name__}: {error}'
