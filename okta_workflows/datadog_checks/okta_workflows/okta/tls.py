# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explains why TLS failed, and how the operator can fix it: each cause has its own remedy."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING

from requests.exceptions import RequestException, SSLError

from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.errors import one_line

if TYPE_CHECKING:
    from datadog_checks.base.utils.http import RequestsWrapper

# These are the X509_V_ERR_* codes of OpenSSL (`x509_vfy.h`), found in `ssl.SSLCertVerificationError.verify_code`.
NOT_YET_VALID = 9
EXPIRED = 10
WRONG_NAMES = frozenset({62, 64})
UNKNOWN_AUTHORITIES = frozenset({2, 18, 19, 20, 21})

KEY_END = 'PRIVATE KEY-----'
CHECK_CLOCK = 'Check the clock of this host. If it is right, the server, or the proxy that inspects TLS, needs'


def describe_tls_failure(
    error: Exception, causes: Iterable[BaseException], host: str, http: RequestsWrapper
) -> tuple[str, str] | None:
    """Describe the TLS failure with `host` in `error` and its `causes`, and the remedy; `None` if TLS did not fail."""
    # Before it connects, the base package reads the files that the options name. It does not catch the errors of that.
    is_option = isinstance(error, OSError) and not isinstance(error, RequestException)
    if not is_option and not isinstance(error, SSLError):
        return None
    # If there is a proxy, urllib3 keeps the wrapped error only in the arguments of its own error.
    errors = (each for cause in causes for each in (cause, *cause.args))
    code = next((each.verify_code for each in errors if isinstance(each, ssl.SSLCertVerificationError)), None)
    ca_cert = http.options['verify']
    if isinstance(ca_cert, str) and (is_option or code in UNKNOWN_AUTHORITIES):
        fault = _fault_of_authorities(os.path.expanduser(ca_cert))
        if fault:
            return (
                f"`tls_ca_cert` '{one_line(ca_cert)}' cannot be used: {fault}",
                'Set `tls_ca_cert` to a file with the certificate of the authority in PEM form, which the user that '
                'runs the Agent can read',
            )
    if not is_option:
        return _describe_handshake_failure(code, host)
    if http.options['cert'] is None:
        return None
    return (
        '`tls_cert` or `tls_private_key` cannot be used',
        'Set `tls_cert` to a file with a certificate in PEM form, and `tls_private_key` to a file with its '
        'unencrypted key. The user that runs the Agent needs to be able to read both',
    )


def _describe_handshake_failure(code: int | None, host: str) -> tuple[str, str]:
    if code == EXPIRED:
        return f'The TLS certificate of {host} has expired', f'{CHECK_CLOCK} a new certificate'
    if code == NOT_YET_VALID:
        return f'The TLS certificate of {host} is not valid yet', f'{CHECK_CLOCK} another certificate'
    if code in WRONG_NAMES:
        return (
            f'The TLS certificate was issued for another host name than {host}',
            'Check `domain`, and whether a proxy or gateway between the Agent and Okta presents its own certificate',
        )
    if code in UNKNOWN_AUTHORITIES:
        return (
            f'The TLS certificate of {host} is signed by an authority that the Agent does not trust',
            'If a proxy inspects TLS, set `tls_ca_cert` to the certificate of its authority',
        )
    return (
        f'The TLS handshake with {host} failed',
        'Check whether a proxy or firewall between the Agent and Okta interferes with TLS. If it requires a client '
        'certificate, set `tls_cert` and `tls_private_key`',
    )


def _fault_of_authorities(path: str) -> str:
    """Explain why `path` provides no certificate authority, or return an empty text if it may. Accepts any folder."""
    if os.path.isdir(path):
        return ''
    text = ''
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            text = file.read(MIB)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except FileNotFoundError:
        return 'the file does not exist'
    except ssl.SSLError:
        if not text.strip():
            return 'the file is empty'
        return f'the file holds {"a private key, and " if KEY_END in text else ""}no certificate'
    except OSError as error:
        return f'the file cannot be read ({error.strerror})'
    return ''
