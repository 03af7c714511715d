# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Which texts of the configuration must never be shown."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

REDACTED = '********'


def secrets_of(instance: Mapping[str, Any], *proxies: object) -> Iterator[str]:
    """Every secret of an instance and of `proxies`, in each form in which it goes over the wire."""
    client_id, client_secret = _text(instance.get('client_id')), _text(instance.get('client_secret'))
    api_key = _text(instance.get('api_key'))
    private_key, passphrase = _text(instance.get('private_key')), _text(instance.get('private_key_passphrase'))
    yield from filter(None, (api_key, without_scheme(api_key), client_secret, private_key, passphrase))
    # An error may show any line of a key alone.
    yield from (line for line in private_key.replace('\\n', '\n').splitlines() if line and not line.startswith('-----'))
    if client_secret:
        yield b64encode(f'{client_id}:{client_secret}'.encode()).decode()
    for proxy in proxies:
        if isinstance(proxy, Mapping):
            for url in proxy.values():
                yield from _password_of(url)


def without_scheme(api_key: str) -> str:
    """An API token without the `SSWS` of the header it was copied from."""
    return re.sub(r'^\s*SSWS\s+', '', api_key)


def _password_of(url: object) -> Iterator[str]:
    try:
        password = urlsplit(_text(url)).password
    except ValueError:
        return
    if password:
        yield from {password, unquote(password)}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ''
