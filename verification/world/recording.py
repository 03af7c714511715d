# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Recorded events of the System Log: the same for the same seed, but for the times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from okta_simulator import HistoryGenerator

SEED = 1
PAGE_EVENTS = 1000
REAL_EVENT_BYTES = 2050
"""What one event of a real org takes, on average."""
SMALL_EVENT_BYTES = 1200
"""What one event takes of which little is known besides what happened."""

HISTORY_SECONDS = 3600.0
PADDING_CHARACTERS = 40
PADDING_FIELD_BYTES = len('"field10":"",') + PADDING_CHARACTERS


def record(count: int, until: float, *, event_bytes: int = 0, oddity_share: float = 0.05) -> list[bytes]:
    """`count` Workflows events as JSON, published in the hour before `until` (seconds since the epoch).

    With `event_bytes`, all are about that long: those that are shorter get further fields, and those that are longer
    lose what is known of the client. `oddity_share` of them are odd in a way that Okta's documentation allows for.
    """
    history = HistoryGenerator(SEED).history(
        count, until - HISTORY_SECONDS, until, noise_share=0.0, late_share=0.02, oddity_share=oddity_share
    )
    return [_fitted(event, event_bytes) if event_bytes else _encode(event) for event, _ in history]


def pages(events: list[bytes]) -> Iterator[bytes]:
    """The bodies of the answers that hold `events`."""
    for start in range(0, len(events), PAGE_EVENTS):
        yield b'[' + b','.join(events[start : start + PAGE_EVENTS]) + b']'


def _fitted(event: dict[str, Any], event_bytes: int) -> bytes:
    body = _encode(event)
    if len(body) > event_bytes and event.get('client'):
        # Okta leaves them null for clients without a browser and for addresses without a known place.
        event = {**event, 'client': {**event['client'], 'userAgent': None, 'geographicalContext': None}}
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
