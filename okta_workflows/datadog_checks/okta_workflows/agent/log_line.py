# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The log line that the check sends to the Agent."""

from __future__ import annotations

from dataclasses import dataclass


# There is one line for each event. A frozen class or a named tuple would take twice the time to create.
@dataclass(slots=True)
class LogLine:
    """A log line, and the facts about its event that the delivery needs.

    `text` is JSON in one line; `size_bytes` is its size including the line break. `uuid` is empty, and `published`
    (seconds since the epoch) is `None`, if the event does not have one.
    """

    text: str
    size_bytes: int
    uuid: str
    published: float | None
