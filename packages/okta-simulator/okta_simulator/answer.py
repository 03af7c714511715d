# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An HTTP response before it is sent: its content, and how the connection delivers it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

JSON_TYPE = 'application/json'


@dataclass(frozen=True)
class Delivery:
    """How the connection delivers the response. The default is a healthy connection."""

    delay_seconds: float = 0.0
    """Real seconds before the first byte."""
    withheld: bool = False
    """Nothing is ever sent, until the client gives up."""
    dropped: bool = False
    """The connection is closed before the first byte."""
    body_share: float = 1.0
    """The share of the body that is sent before the connection is closed."""
    chunked: bool = False
    """Whether the body is sent with chunked transfer coding instead of Content-Length."""
    parts: Callable[[], Iterator[bytes]] | None = None
    """Creates what is sent instead of the body, chunked and in no other coding, for as long as the client reads."""
    pause_seconds: float = 0.0
    """Real seconds after each part."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """The headers in order. A name may occur more than once: Okta sends one `Link` line for each relation."""
    body: bytes = b''
    delivery: Delivery = Delivery()

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        return replace(self, headers=(*self.headers, *headers))

    def without_headers(self, *names: str) -> Answer:
        unwanted = {name.lower() for name in names}
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() not in unwanted))

    def map_headers(self, name: str, change: Callable[[str], str]) -> Answer:
        """Rewrite every value of one header in place."""
        wanted = name.lower()
        return replace(
            self,
            headers=tuple((key, change(value) if key.lower() == wanted else value) for key, value in self.headers),
        )

    def with_body(self, body: bytes, content_type: str = JSON_TYPE) -> Answer:
        return replace(self.without_headers('Content-Type').with_headers(('Content-Type', content_type)), body=body)


def json_answer(status: int, content: Any, *headers: tuple[str, str]) -> Answer:
    body = json.dumps(content, ensure_ascii=False, separators=(',', ':')).encode()
    return Answer(status, (('Content-Type', JSON_TYPE), *headers), body)
