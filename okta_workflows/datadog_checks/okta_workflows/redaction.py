# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Lists the texts of the configuration that must never be shown."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

REDACTED = '********'
# A shorter secret may be a part of ordinary words. Redacting it everywhere would make messages unreadable.
SHORTEST_BARE_CHARACTERS = 8
USER_INFORMATION = re.compile(r'//\S*@')
KEY_LINE = re.compile(r'[A-Za-z0-9+/=]{8,}')
SECRET_HEADER = re.compile('auth|cookie|key|pass|secret|token', re.IGNORECASE)


def secrets_of(instance: Mapping[str, Any], *proxies: object) -> Iterator[str]:
    """List every secret of an instance and of `proxies`, in each form in which it is sent or may be shown.

    A secret with fewer than `SHORTEST_BARE_CHARACTERS` characters is not listed on its own.
    """
    client_id, client_secret = _text(instance.get('client_id')), _text(instance.get('client_secret'))
    api_key, passphrase = _text(instance.get('api_key')), _text(instance.get('private_key_passphrase'))
    yield from _long_enough(api_key, without_scheme(api_key), client_secret, passphrase)
    if client_secret:
        yield b64encode(f'{client_id}:{client_secret}'.encode()).decode()
    for value in map(_text, instance.values()):
        # Redact a private key in every option, because operators may put it in the wrong one.
        if 'PRIVATE KEY' in value:
            yield value
            yield from _words_of_key(value)
    for option in ('headers', 'extra_headers'):
        yield from _secret_headers(instance.get(option))
    for proxy in proxies:
        if isinstance(proxy, Mapping):
            for url in proxy.values():
                yield from _credentials_of(_text(url))


def without_scheme(api_key: str) -> str:
    """Return an API token without `SSWS`, which it has if it was copied from a header."""
    return re.sub(r'^\s*SSWS\s+', '', api_key)


def _words_of_key(pem: str) -> Iterator[str]:
    """Iterate over the parts of a key that an error may show on their own: its lines, however they are joined."""
    words = re.sub('-----[^-]*-----', ' ', pem.replace('\\n', ' ')).split()
    return (word for word in words if KEY_LINE.fullmatch(word))


def _secret_headers(headers: object) -> Iterator[str]:
    for name, sent in headers.items() if isinstance(headers, Mapping) else ():
        # YAML takes digits for a number, and the base package sends the text of whatever it is.
        value = str(sent)
        if value.strip() and SECRET_HEADER.search(str(name)):
            # A server may give back what stands behind the scheme, or one of several cookies.
            yield from _long_enough(*{value, value.strip(), *re.split(r'[\s,;]+', value)})


def _credentials_of(url: str) -> Iterator[str]:
    """List the forms of the user information of a proxy URL, even if the URL is invalid, so that errors show parts.

    The forms are the whole user information and the pair for HTTP Basic authentication. The password on its own is
    listed only if it is too long to be confused with an ordinary word.
    """
    userinfo, _, _ = url.rpartition('://')[2].rpartition('@')
    if not userinfo:
        return
    password = userinfo.partition(':')[2]
    # A user name is often an ordinary word, such as that of the Agent, so it is not listed on its own.
    whole = userinfo if password else f'{userinfo}@'
    yield from {whole, unquote(whole), b64encode(unquote(userinfo).encode()).decode()}
    yield from _long_enough(*{password, unquote(password), *re.split(r'[/?#\[\]\\]', password)})


def _long_enough(*secrets: str) -> Iterator[str]:
    return (secret for secret in secrets if len(secret) >= SHORTEST_BARE_CHARACTERS)


def without_user_information(text: str) -> str:
    """Redact the user names and passwords in the addresses of a text."""
    return USER_INFORMATION.sub(f'//{REDACTED}@', text)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ''
