# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Log:
    """A log as the processing and the search of Datadog see it."""

    message: str
    # Nested, without the `@` that a query puts in front
    attributes: dict[str, Any]
    # `key:value`, or a bare word
    tags: tuple[str, ...] = ()
    # Milliseconds since the epoch
    timestamp: int = 0
    status: str | None = None
    service: str | None = None
    source: str | None = None
    host: str | None = None
