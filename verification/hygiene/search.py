# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Looks for secrets in every form in which a text may hold them."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

# Anything shorter is met by chance.
SHORTEST_FORM_CHARACTERS = 8
# Half of a secret is a leak too; of a short one it is not told from a word.
SHORTEST_HALVED_CHARACTERS = 24


@dataclass(frozen=True, order=True)
class Hit:
    secret: str
    """Its name."""
    form: str
    text: str
    """The name of the text it stands in."""


@dataclass
class Figures:
    texts: int = 0
    text_bytes: int = 0
    secrets: int = 0
    forms: int = 0
    hits: list[Hit] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f'{self.texts} texts with {self.text_bytes:,} bytes, {self.secrets} secrets in {self.forms} forms: '
            f'{len(self.hits)} hits'
        )


def forms(secret: str) -> Iterator[tuple[str, str]]:
    """The ways to write a secret, by name."""
    yield 'plain', secret
    yield 'lower case', secret.lower()
    yield 'URL', quote(secret)
    yield 'URL, slashes too', quote(secret, safe='')
    yield 'form', quote_plus(secret)
    yield 'JSON', json.dumps(secret)[1:-1]
    yield 'JSON, in UTF-8', json.dumps(secret, ensure_ascii=False)[1:-1]
    yield 'repr', repr(secret)[1:-1]
    yield 'HTML', html.escape(secret)
    for offset in range(3):
        encoded = _core_of_base64(secret.encode(), offset)
        yield f'base64 at {offset}', encoded
        yield f'base64url at {offset}', encoded.replace('+', '-').replace('/', '_')
    if len(secret) >= SHORTEST_HALVED_CHARACTERS:
        yield 'first half', secret[: len(secret) // 2]
        yield 'last half', secret[len(secret) // 2 :]


def _core_of_base64(content: bytes, offset: int) -> str:
    """What base64 makes of `content` wherever it begins in a longer text: without what depends on its neighbours.

    Thus also with padding and without.
    """
    encoded = b64encode(b'\0' * offset + content).decode().rstrip('=')
    first = (0, 2, 3)[offset]
    whole = (offset + len(content)) * 8 // 6
    return encoded[first:whole]


def search(secrets: Mapping[str, str], texts: Iterable[tuple[str, bytes]]) -> Figures:
    """Look for `secrets` in `texts`, both by name."""
    wanted: dict[bytes, tuple[str, str]] = {}
    for name, secret in secrets.items():
        for form, written in forms(secret):
            if len(written) >= SHORTEST_FORM_CHARACTERS:
                wanted.setdefault(written.encode(), (name, form))
    figures = Figures(secrets=len(secrets), forms=len(wanted))
    for name, content in texts:
        figures.texts += 1
        figures.text_bytes += len(content)
        figures.hits += [Hit(secret, form, name) for written, (secret, form) in wanted.items() if written in content]
    figures.hits.sort()
    return figures
