# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The address of the org that is compared."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from yarl import URL

from .errors import UsageError

_HOST = re.compile(r'[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?', re.ASCII)


@dataclass(frozen=True)
class Target:
    base: URL
    """The scheme, host, and port."""

    @property
    def name(self) -> str:
        """The host, with the port if it is not the default one."""
        return self.base.authority

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(self.base.host or '')

    def holds(self, link: str) -> bool:
        """Return whether a link leads to this org, so that a credential may follow it."""
        try:
            return URL(link, encoded=True).origin() == self.base
        except ValueError:
            return False


def parse_target(domain: str) -> Target:
    """Parse `--domain`: a host, `host:port`, or the URL of an org. Raises `UsageError` if requests must not go there.

    Only HTTPS protects a credential in transit. Plain HTTP is therefore accepted for loopback addresses only, where no
    request leaves the machine. It is their default.
    """
    text = domain.strip()
    try:
        parts = urlsplit(text if '://' in text else f'//{text}')
        host, port = parts.hostname or '', parts.port
    except ValueError:
        raise UsageError('The domain is not a host name. Use the form acme.okta.com.') from None
    if parts.username is not None or parts.path.strip('/') or parts.query or parts.fragment:
        raise UsageError('The domain contains more than a host. Use the form acme.okta.com.')
    if not _HOST.fullmatch(host) and not _is_loopback(host):
        raise UsageError('The domain is not a host name. Use the form acme.okta.com.')
    if host.partition('.')[0].endswith('-admin'):
        # okta-sdk-python rejects it too (okta/config/config_validator.py).
        raise UsageError('The domain is the one of the Admin Console. Remove -admin.')
    scheme = parts.scheme or ('http' if _is_loopback(host) else 'https')
    if scheme not in ('http', 'https') or (scheme == 'http' and not _is_loopback(host)):
        raise UsageError('The credential travels with each request, so the domain needs HTTPS. Remove the scheme.')
    return Target(URL.build(scheme=scheme, host=host, port=port).origin())


def _is_loopback(host: str) -> bool:
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
