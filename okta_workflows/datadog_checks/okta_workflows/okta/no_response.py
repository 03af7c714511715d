# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Why a request got no usable response, and what the operator can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from traceback import walk_tb
from typing import TYPE_CHECKING

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

from datadog_checks.okta_workflows.errors import OktaError, TransientError, one_line
from datadog_checks.okta_workflows.redaction import without_user_information

from .remedies import WAIT
from .tls import describe_tls_failure

if TYPE_CHECKING:
    from datadog_checks.base.utils.http import RequestsWrapper

# The requested URL is known to be valid, so an invalid one is that of a proxy.
PROXY_ERRORS = (ProxyError, InvalidProxyURL, InvalidURL, LocationParseError, ProxySchemeUnknown)


@dataclass(frozen=True, slots=True)
class Failure:
    """The `error` that a request to `endpoint` of `org` ended with. `timeout_seconds`: to connect and to read."""

    error: Exception
    endpoint: str
    org: str
    timeout_seconds: tuple[float, float]

    def is_a(self, *types: type[Exception]) -> bool:
        """Tell whether the error, or the one that `requests` wrapped in it, is of one of `types`."""
        return isinstance(self.error, types) or isinstance(self.error.args[0] if self.error.args else None, types)

    @property
    def causes(self) -> list[BaseException]:
        """The error and all that led to it, the innermost last."""
        causes: list[BaseException] = [self.error]
        while cause := causes[-1].__cause__ or causes[-1].__context__:
            causes.append(cause)
        return causes

    @property
    def evidence(self) -> str:
        """The endpoint and the innermost reason: the layers above only repeat it, wrapped in object addresses."""
        innermost = self.causes[-1]
        return f'{self.endpoint}: {one_line(without_user_information(f"{type(innermost).__name__}: {innermost}"))}'

    @property
    def reach(self) -> str:
        """What to check where the connection failed."""
        return f'that this host can reach {self.org}, if need be through `proxy`'


def no_response(failure: Failure, http: RequestsWrapper) -> OktaError:
    """Make the error for `failure`, a request of `http`."""
    return _timeout(failure) or _proxy_failure(failure) or _tls_failure(failure, http) or _disconnection(failure)


def _timeout(failure: Failure) -> OktaError | None:
    connect_seconds, read_seconds = failure.timeout_seconds
    if isinstance(failure.error, ConnectTimeout):
        return OktaError(
            f'The connection to {failure.org} was not established within {connect_seconds:g} seconds '
            f'({failure.endpoint})',
            f'Check {failure.reach}',
        )
    if not failure.is_a(Timeout, ReadTimeoutError):
        return None
    unfinished = _unfinished_step(failure.causes)
    if unfinished:
        # The read timeout begins to count when the connection is established.
        return OktaError(
            f'{unfinished} within {connect_seconds:g} seconds ({failure.endpoint})',
            f'Check {failure.reach}, and that a proxy or firewall on the way allows the connection',
        )
    return OktaError(
        f'Okta, or a proxy in front of it, sent no data for {read_seconds:g} seconds ({failure.endpoint})', WAIT
    )


def _unfinished_step(causes: list[BaseException]) -> str:
    """Name the step of establishing a connection that the timeout ended; empty if the connection was established.

    The libraries raise the same error for both; only where it was raised tells them apart.
    """
    functions = {frame.f_code.co_name for cause in causes for frame, _ in walk_tb(cause.__traceback__)}
    if '_tunnel' in functions:
        return 'The proxy did not respond to CONNECT'
    return 'The TLS handshake did not finish' if 'do_handshake' in functions else ''


def _proxy_failure(failure: Failure) -> OktaError | None:
    if isinstance(failure.error, InvalidSchema):
        # The requested URL has a known scheme, so the one that is not known is that of a proxy.
        return OktaError(
            f'The proxy is a SOCKS proxy, for which the Python of the Agent lacks PySocks ({failure.evidence})',
            'Set `proxy` to an HTTP proxy, or install PySocks into the Python of the Agent',
        )
    is_socks = any(type(cause).__module__ == 'socks' or 'SOCKS version' in str(cause) for cause in failure.causes)
    if isinstance(failure.error, PROXY_ERRORS) or is_socks:
        return OktaError(
            f'The proxy did not connect to {failure.org} ({failure.evidence})',
            'Check the address, user name, and password in `proxy`, and that the proxy allows this connection',
        )
    return None


def _tls_failure(failure: Failure, http: RequestsWrapper) -> OktaError | None:
    tls = describe_tls_failure(failure.error, failure.org, http)
    return OktaError(f'{tls[0]} ({failure.evidence})', tls[1]) if tls is not None else None


def _disconnection(failure: Failure) -> OktaError:
    if failure.is_a(ProtocolError):
        return TransientError(f'The connection was closed before the response was complete ({failure.evidence})', WAIT)
    what = 'The response is not usable' if isinstance(failure.error, HTTPError) else 'The request failed'
    if isinstance(failure.error, ConnectionError):
        what = f'The connection to {failure.org} failed'
    return OktaError(f'{what} ({failure.evidence})', f'Check `domain`, and {failure.reach}')
