# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The only origin (scheme, host, port) to which requests and credentials may be sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

OKTA_DOMAINS = (
    'okta.com',
    'oktapreview.com',
    'okta-emea.com',
    'okta-gov.com',
    'okta.mil',
)
LONGEST_ORG_NAME_CHARACTERS = 30
DEFAULT_PORTS = {'https': 443, 'http': 80}
PLACEHOLDER = re.compile(r'.*[<>{}$\[\]].*|your-?(okta-?)?(sub)?(domain|org)(\..*)?')
HOST_NAME = re.compile(r'(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*')
# A valid URL has none of these characters. URL parsers disagree on where the host ends if it has one.
NOT_IN_URLS = re.compile(r'[^\x21-\x5b\x5d-\x7e]')


@dataclass(frozen=True, slots=True)
class Origin:
    """The scheme, host, and port of an Okta org.

    `host` is in lower case; an IPv6 address has no brackets. `port` is `None` for the default port of the scheme.
    """

    scheme: str
    host: str
    port: int | None = None

    @property
    def authority(self) -> str:
        """Host and port as they are written in a URL."""
        host = f'[{self.host}]' if ':' in self.host else self.host
        return host if self.port is None else f'{host}:{self.port}'

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return f'{self.scheme}://{self.authority}'

    def __str__(self) -> str:
        return self.authority if self.scheme == 'https' else self.url

    def serves(self, url: str, path: str) -> bool:
        """Return whether `url` is on this origin at exactly `path`, with any query.

        Rejects everything that could make another parser see another host (userinfo, backslashes, control characters,
        blanks, non-ASCII letters), because the request to `url` carries the credential.
        """
        if NOT_IN_URLS.search(url):
            return False
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        authorities = {self.authority}
        if self.port is None:
            authorities.add(f'{self.authority}:{DEFAULT_PORTS[self.scheme]}')
        return parts.scheme == self.scheme and parts.netloc.lower() in authorities and parts.path == path


def parse_origin(domain: str) -> Origin:
    """Parse the `domain` option in the forms that people write: bare, as a URL, in capitals, with a path.

    Raises `ValueError` with the reason and the remedy for anything that is not the domain of an Okta org. Okta's own
    SDKs also reject the host of the Admin Console and placeholders (okta-sdk-python
    `okta/config/config_validator.py`).
    """
    text = domain.strip()
    if not text:
        raise ValueError('it is empty: set it to the domain of the Okta org, such as `example.okta.com`')
    scheme, separator, rest = text.rpartition('://')
    scheme = scheme.lower() if separator else 'https'
    authority = re.split(r'[/?#]', rest, maxsplit=1)[0].lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError('it is not a domain: leave out what stands before the domain, as in `example.okta.com`')
    if '@' in authority:
        raise ValueError('it holds a user name or password: set it to the domain alone, such as `example.okta.com`')

    host, port = _split_port(authority)
    loopback = _is_loopback(host)
    if not loopback:
        _require_org_domain(host)
    if scheme == 'http' and not loopback:
        raise ValueError(f'`http://` would send the credential in clear: use `{host}`, which is reached over https')
    if port == DEFAULT_PORTS[scheme]:
        port = None
    if port is not None and not loopback:
        raise ValueError(f'Okta answers on port 443 only: use `{host}` without `:{port}`')
    return Origin(scheme, host, port)


def _split_port(authority: str) -> tuple[str, int | None]:
    match = re.fullmatch(r'(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[^:]*))(?::(?P<port>\d{0,5}))?', authority)
    if match is None:
        raise ValueError('it is not a domain: use the form `example.okta.com`')
    port = int(match['port']) if match['port'] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError(f'`{authority}` has a port that does not exist: use the form `example.okta.com`')
    return (match['ipv6'] or match['name']).rstrip('.'), port


def _is_loopback(host: str) -> bool:
    try:
        return host == 'localhost' or ip_address(host).is_loopback
    except ValueError:
        return False


def _require_org_domain(host: str) -> None:
    if PLACEHOLDER.fullmatch(host):
        raise ValueError(f'`{host}` is a placeholder: set it to the domain of the Okta org, such as `acme.okta.com`')
    if not host.isascii():
        raise ValueError(f'`{host}` has letters outside ASCII: write it in its `xn--` form')
    if HOST_NAME.fullmatch(host) is None:
        raise ValueError('it is not a domain: use the form `example.okta.com`')
    if '.' not in host:
        if len(host) > LONGEST_ORG_NAME_CHARACTERS:
            # A text of this length is more likely a token in the wrong option, so do not repeat it.
            raise ValueError('it is not a domain: use the form `example.okta.com`')
        raise ValueError(f'`{host}` is not a full domain: for an org on okta.com use `{host}.okta.com`')
    if re.fullmatch(r'[\d.]+', host):
        raise ValueError(f'`{host}` is an address: use the domain of the Okta org, such as `example.okta.com`')
    if host.endswith('.com.com'):
        raise ValueError(f'`{host}` ends in `.com` twice: use `{host.removesuffix(".com")}`')
    if host in OKTA_DOMAINS:
        raise ValueError(f'`{host}` lacks the name of the org: use the form `example.{host}`')
    org, _, parent = host.partition('.')
    if parent in OKTA_DOMAINS and org.endswith('-admin'):
        raise ValueError(
            f'`{host}` is the host of the Admin Console: use `{org.removesuffix("-admin")}.{parent}` instead'
        )
