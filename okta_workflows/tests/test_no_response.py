# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the operator reads of a request that ended without a response."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from requests import exceptions
from urllib3.exceptions import DecodeError, LocationParseError, NewConnectionError, ProtocolError, ReadTimeoutError

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.errors import OktaError, TransientError
from datadog_checks.okta_workflows.okta.no_response import no_response

ENDPOINT = 'GET https://acme.okta.com/api/v1/logs'
ORG = 'acme.okta.com'
REACH = 'that this host can reach acme.okta.com, if need be through `proxy`'
ALLOWS = f'Check {REACH}, and that a proxy or firewall on the way allows the connection'


def described(error: Exception, **options: Any) -> OktaError:
    http = RequestsWrapper({}, {})
    http.options.update(options)
    return no_response(error, ENDPOINT, ORG, (10.0, 60.0), http)


def raised_in(name: str, error: Exception) -> Exception:
    """`error` as it comes out of a function with this name."""
    scope: dict[str, Any] = {'error': error}
    exec(f'def {name}():\n    raise error', scope)
    try:
        scope[name]()
    except Exception as raised:
        return raised
    raise AssertionError


def unverified(code: int) -> Exception:
    """As `requests` wraps it through a proxy: the reason stands in the arguments alone."""
    reason = ssl.SSLCertVerificationError(1, 'certificate verify failed')
    reason.verify_code = code
    return exceptions.SSLError(reason)


@pytest.mark.parametrize(
    ('error', 'what', 'next_step'),
    [
        pytest.param(
            exceptions.ConnectTimeout('late'),
            f'The connection to {ORG} was not established within 10 seconds ({ENDPOINT})',
            f'Check {REACH}',
            id='connect',
        ),
        pytest.param(
            raised_in('_tunnel', exceptions.ReadTimeout('late')),
            f'The proxy did not respond to CONNECT within 10 seconds ({ENDPOINT})',
            ALLOWS,
            id='tunnel',
        ),
        pytest.param(
            raised_in('do_handshake', exceptions.ReadTimeout('late')),
            f'The TLS handshake did not finish within 10 seconds ({ENDPOINT})',
            ALLOWS,
            id='handshake',
        ),
        pytest.param(
            exceptions.ConnectionError(ReadTimeoutError(None, '', 'late')),  # type: ignore[arg-type]
            f'Okta, or a proxy in front of it, sent no data for 60 seconds ({ENDPOINT})',
            'No action needed: the next run retries. Investigate if this lasts longer than an hour',
            id='read',
        ),
        pytest.param(
            exceptions.InvalidSchema('Missing dependencies for SOCKS support.'),
            'The proxy is a SOCKS proxy, for which the Python of the Agent lacks PySocks',
            'Set `proxy` to an HTTP proxy, or install PySocks into the Python of the Agent',
            id='socks-without-pysocks',
        ),
        pytest.param(
            exceptions.ProxyError('407 for http://user:hunter2@proxy.example:3128'),
            f'The proxy did not connect to {ORG} ({ENDPOINT}: ProxyError: 407 for http://********@proxy.example:3128)',
            'Check the address, user name, and password in `proxy`, and that the proxy allows this connection',
            id='proxy',
        ),
        pytest.param(
            exceptions.ConnectionError('SOCKS version is wrong: SOCKS version 72'),
            f'The proxy did not connect to {ORG} (',
            'Check the address, user name, and password in `proxy`, and that the proxy allows this connection',
            id='socks',
        ),
        pytest.param(
            LocationParseError('proxy:port'), f'The proxy did not connect to {ORG} (', 'Check the address', id='address'
        ),
        pytest.param(
            exceptions.ConnectionError(NewConnectionError(None, 'refused')),  # type: ignore[arg-type]
            f'The connection to {ORG} failed ({ENDPOINT}: ',
            f'Check `domain`, and {REACH}',
            id='refused',
        ),
        pytest.param(
            DecodeError('odd'), f'The response is not usable ({ENDPOINT}: DecodeError: odd)', 'Check', id='odd'
        ),
        pytest.param(
            TypeError('None'), f'The request failed ({ENDPOINT}: TypeError: None)', 'Check `domain`', id='failed'
        ),
    ],
)
def test_what_happened_is_told_with_what_to_do(error: Exception, what: str, next_step: str) -> None:
    told = described(error)
    assert told.what.startswith(what)
    assert told.next_step.startswith(next_step)
    assert not isinstance(told, TransientError)
    assert not told.is_from_okta


def test_a_dropped_connection_is_worth_another_attempt() -> None:
    told = described(exceptions.ConnectionError(ProtocolError('Connection aborted.')))
    assert isinstance(told, TransientError)
    assert told.what.startswith(f'The connection was closed before the response was complete ({ENDPOINT}: ')


def test_the_innermost_reason_is_told() -> None:
    try:
        try:
            raise OSError(101, 'Network is unreachable')
        except OSError as reason:
            raise exceptions.ConnectionError('<object at 0x7f>') from reason
    except exceptions.ConnectionError as error:
        assert 'OSError: [Errno 101] Network is unreachable' in described(error).what


@pytest.mark.parametrize(
    ('code', 'what', 'next_step'),
    [
        pytest.param(10, f'The TLS certificate of {ORG} has expired', 'Check the clock of this host', id='expired'),
        pytest.param(9, f'The TLS certificate of {ORG} is not valid yet', 'Check the clock of this host', id='early'),
        pytest.param(62, 'The TLS certificate was issued for another host name', 'Check `domain`', id='another-host'),
        pytest.param(
            20,
            f'The TLS certificate of {ORG} is signed by an authority that the Agent does not trust',
            'If a proxy inspects TLS, set `tls_ca_cert`',
            id='unknown-authority',
        ),
        pytest.param(
            1, f'The TLS handshake with {ORG} failed', 'Check whether a proxy or firewall', id='anything-else'
        ),
    ],
)
def test_a_certificate_that_cannot_be_verified_is_told(code: int, what: str, next_step: str) -> None:
    told = described(unverified(code))
    assert told.what.startswith(what)
    assert told.next_step.startswith(next_step)


@pytest.mark.parametrize(
    ('content', 'fault'),
    [
        pytest.param(None, 'the file does not exist', id='missing'),
        pytest.param('', 'the file is empty', id='empty'),
        pytest.param('nothing', 'the file holds no certificate', id='text'),
        pytest.param(
            '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
            'the file holds a private key, and no certificate',
            id='key',
        ),
    ],
)
def test_a_file_of_authorities_that_cannot_be_used_is_told(content: str | None, fault: str, tmp_path: Path) -> None:
    path = tmp_path / 'ca.pem'
    if content is not None:
        path.write_text(content)
    for error in (OSError('from the option'), unverified(20)):
        told = described(error, verify=str(path))
        assert told.what.startswith(f"`tls_ca_cert` '{path}' cannot be used: {fault} (")
        assert told.next_step.startswith('Set `tls_ca_cert` to a file')


def test_a_file_of_authorities_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr('builtins.open', refuse)
    told = described(unverified(20), verify=str(tmp_path / 'ca.pem'))
    assert 'the file cannot be read (Permission denied)' in told.what


def test_a_folder_of_authorities_is_taken_for_right(tmp_path: Path) -> None:
    assert 'signed by an authority' in described(unverified(20), verify=str(tmp_path)).what


def test_a_file_of_authorities_that_is_right_is_not_to_blame(tmp_path: Path) -> None:
    certificate = ssl.DER_cert_to_PEM_cert(next(iter(ssl.create_default_context().get_ca_certs(binary_form=True)), b''))
    path = tmp_path / 'ca.pem'
    path.write_text(certificate)
    assert 'signed by an authority' in described(unverified(20), verify=str(path)).what


def test_files_of_the_client_that_cannot_be_used_are_told() -> None:
    assert described(OSError('no file'), cert='/etc/client.pem').what.startswith(
        '`tls_cert` or `tls_private_key` cannot be used'
    )
    assert described(OSError('no file'), cert=None).what.startswith('The request failed')
