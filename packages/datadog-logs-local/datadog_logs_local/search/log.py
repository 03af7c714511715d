# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Log:
    """A log with its official fields, its attributes, and its tags."""

    message: str
    # The attributes are nested objects. Their keys do not have the `@` of a query.
    attributes: dict[str, Any]
    # A tag is `key:value`, or a word without a key.
    tags: tuple[str, ...] = ()
    # The time is in milliseconds since the epoch.
    timestamp: int = 0
    status: str | None = None
    service: str | None = None
    source: str | None = None
    host: str | None = None
