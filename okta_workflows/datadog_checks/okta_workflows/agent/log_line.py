# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What goes to the Agent."""

from __future__ import annotations

from dataclasses import dataclass


# There is one for each event, and one that is frozen, or a tuple with names, takes twice the time to make.
@dataclass(slots=True)
class LogLine:
    """What goes to the Agent, and what the delivery must know of it.

    `text` is JSON in one line; `size_bytes` counts it with its line break. `uuid` is empty, and `published` (seconds
    since the epoch) is `None` where the event has none.
    """

    text: str
    size_bytes: int
    uuid: str
    published: float | None
