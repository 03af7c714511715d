# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Workflows event types of Okta's catalogue (Okta docs, data/event-types.json, release 2026.08.1).

In the catalogue these types, and no others, have the tag `workflows`. The descriptions are not Okta's. Okta publishes
only six display messages (flow activated and deleted, and the four about roles); the others are modelled on them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).with_name('event_types.csv')


@dataclass(frozen=True)
class EventType:
    name: str
    display_message: str
    beta: bool
    """Whether Okta marks the type as beta and omits it from the public list."""
    description: str


def _read() -> dict[str, EventType]:
    with _TABLE.open(encoding='utf-8', newline='') as table:
        return {
            row['event_type']: EventType(
                row['event_type'], row['display_message'], row['beta'] == 'true', row['description']
            )
            for row in csv.DictReader(table)
        }


WORKFLOWS_EVENT_TYPES = _read()
