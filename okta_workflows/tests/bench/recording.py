# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Recorded events of the System Log: the same for the same seed, but for the times."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.okta_simulator import HistoryGenerator

SEED = 1
PAGE_EVENTS = 1000
REAL_EVENT_BYTES = 2050
"""What one event of a real org takes, on average."""

HISTORY_SECONDS = 3600.0
PADDING_CHARACTERS = 40
PADDING_FIELD_BYTES = len('"field10":"",') + PADDING_CHARACTERS


def record(count: int, until: float, *, event_bytes: int = 0, oddity_share: float = 0.05) -> list[bytes]:
    """`count` Workflows events as JSON, published in the hour before `until` (seconds since the epoch).

    Those that are shorter than `event_bytes` get further fields; `oddity_share` of them are odd in a way that Okta's
    documentation allows for.
    """
    history = HistoryGenerator(SEED).history(
        count, until - HISTORY_SECONDS, until, noise_share=0.0, late_share=0.02, oddity_share=oddity_share
    )
    return [_padded(event, event_bytes) for event, _ in history]


def pages(events: list[bytes]) -> Iterator[bytes]:
    """The bodies of the answers that hold `events`."""
    for start in range(0, len(events), PAGE_EVENTS):
        yield b'[' + b','.join(events[start : start + PAGE_EVENTS]) + b']'


def _padded(event: dict[str, object], event_bytes: int) -> bytes:
    body = _encode(event)
    missing = event_bytes - len(body)
    if missing <= 0:
        return body
    # As many fields, not one long text: what a field costs is not what its bytes cost.
    fields = {f'field{number}': 'x' * PADDING_CHARACTERS for number in range(missing // PADDING_FIELD_BYTES)}
    return _encode({**event, 'padding': fields})


def _encode(event: dict[str, object]) -> bytes:
    # As Okta writes it, in which every character stands for itself.
    return json.dumps(event, ensure_ascii=False, separators=(',', ':')).encode()
