# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explains why a request got no usable response, and how the operator can fix it."""

from __future__ import annotations

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

# The requested URL is known to be valid, so an invalid URL belongs to a proxy.
PROXY_ERRORS = (ProxyError, InvalidProxyURL, InvalidURL, LocationParseError, ProxySchemeUnknown)


def no_response(
    error: Exception, endpoint: str, org: str, timeout_seconds: tuple[float, float], http: RequestsWrapper
) -> OktaError:
    """Create the error for a request that `http` sent to `endpoint` of `org` and that failed with `error`.

    `timeout_seconds` is the pair of connect and read timeout.
    """
    causes = _causes(error)
    reach = f'that this host can reach {org}, if need be through `proxy`'
    timeout = _timeout(error, causes, org, reach, *timeout_seconds)
    if timeout is not None:
        what, next_step = timeout
        return OktaError(f'{what} ({endpoint})', next_step)
    # Show only the innermost reason, because the outer errors repeat it together with object addresses.
    reason = one_line(without_user_information(f'{type(causes[-1]).__name__}: {causes[-1]}'))
    evidence = f'{endpoint}: {reason}'
    known = _proxy_failure(error, causes, org) or describe_tls_failure(error, causes, org, http)
    if known is None and _is_a(error, ProtocolError):
        return TransientError(f'The connection was closed before the response was complete ({evidence})', WAIT)
    what, next_step = known or (_other_failure(error, org), f'Check `domain`, and {reach}')
    return OktaError(f'{what} ({evidence})', next_step)


def _timeout(
    error: Exception, causes: list[BaseException], org: str, reach: str, connect_seconds: float, read_seconds: float
) -> tuple[str, str] | None:
    if isinstance(error, ConnectTimeout):
        return f'The connection to {org} was not established within {connect_seconds:g} seconds', f'Check {reach}'
    if not _is_a(error, Timeout, ReadTimeoutError):
        return None
    # The libraries raise the same error for a proxy, a TLS handshake, and a response that take too long. Only the
    # function that raised it tells them apart. The read timeout starts when the connection is established.
    functions = {frame.f_code.co_name for cause in causes for frame, _ in walk_tb(cause.__traceback__)}
    allow = f'Check {reach}, and that a proxy or firewall on the way allows the connection'
    if '_tunnel' in functions:
        return f'The proxy did not respond to CONNECT within {connect_seconds:g} seconds', allow
    if 'do_handshake' in functions:
        return f'The TLS handshake did not finish within {connect_seconds:g} seconds', allow
    return f'Okta, or a proxy in front of it, sent no data for {read_seconds:g} seconds', WAIT


def _proxy_failure(error: Exception, causes: list[BaseException], org: str) -> tuple[str, str] | None:
    if isinstance(error, InvalidSchema):
        # The requested URL has a known scheme, so the unknown scheme belongs to a proxy.
        return (
            'The proxy is a SOCKS proxy, for which the Python of the Agent lacks PySocks',
            'Set `proxy` to an HTTP proxy, or install PySocks into the Python of the Agent',
        )
    is_socks = any(type(cause).__module__ == 'socks' or 'SOCKS version' in str(cause) for cause in causes)
    if isinstance(error, PROXY_ERRORS) or is_socks:
        return (
            f'The proxy did not connect to {org}',
            'Check the address, user name, and password in `proxy`, and that the proxy allows this connection',
        )
    return None


def _other_failure(error: Exception, org: str) -> str:
    if isinstance(error, ConnectionError):
        return f'The connection to {org} failed'
    return 'The response is not usable' if isinstance(error, HTTPError) else 'The request failed'


def _is_a(error: Exception, *types: type[Exception]) -> bool:
    """Return whether `error`, or the error that `requests` wrapped in it, is one of `types`."""
    return isinstance(error, types) or isinstance(error.args[0] if error.args else None, types)


def _causes(error: BaseException) -> list[BaseException]:
    """List `error` and the errors that caused it, the innermost last."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    return causes
