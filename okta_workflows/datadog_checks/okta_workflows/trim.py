# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Makes a line that the Agent would cut, and so make unreadable, short enough to stay whole."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from datadog_checks.base.utils.format import json

MARKER = '[trimmed by the Agent check: too large]'

# Nothing is free-form text below this length, and there is nothing to gain.
SHORTEST_TRIMMED_CHARACTERS = 256

# What an event is found and told apart by.
ESSENTIAL_FIELDS = frozenset({'uuid', 'published', 'eventType'})
KEPT_FIELDS = ESSENTIAL_FIELDS | {'severity', 'version', 'displayMessage', 'outcome', 'actor'}

Place = tuple[Any, Any]
"""A container and the key or index in it."""


def trim(line: dict[str, Any], excess_bytes: int) -> dict[str, Any]:
    """A copy of `line`, shorter by at least `excess_bytes` where that is possible.

    The largest texts of the event are cut first, each with a marker; if that is not enough, whole fields give way, the
    largest first. `uuid`, type, times and outcome are kept.
    """
    # A copy through JSON: the events may be shared, and hold nothing else.
    trimmed: dict[str, Any] = json.decode(json.encode_bytes(line))
    excess_bytes = _cut_texts(trimmed, excess_bytes)
    event = trimmed['log']
    excess_bytes = _drop_fields(event, excess_bytes, KEPT_FIELDS)
    _drop_fields(event, excess_bytes, ESSENTIAL_FIELDS)
    return trimmed


def _cut_texts(line: dict[str, Any], excess_bytes: int) -> int:
    texts = sorted(_texts(line), key=lambda place: len(place[0][place[1]]), reverse=True)
    for container, key in texts:
        if excess_bytes <= 0:
            break
        text = container[key]
        before = _encoded_bytes(text)
        # Each character takes at least a byte, so this many are enough, unless more than there are would have to go.
        keep = max(len(text) - excess_bytes - len(MARKER), SHORTEST_TRIMMED_CHARACTERS // 2)
        container[key] = text[:keep] + MARKER
        excess_bytes -= before - _encoded_bytes(container[key])
    return excess_bytes


def _texts(value: Any) -> Iterator[Place]:
    places = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in places:
        if isinstance(item, str):
            if len(item) > SHORTEST_TRIMMED_CHARACTERS and key not in {'uuid', 'ddtags'}:
                yield value, key
        else:
            yield from _texts(item)


def _drop_fields(event: dict[str, Any], excess_bytes: int, kept: Set[str]) -> int:
    sizes = {key: _encoded_bytes(value) for key, value in event.items() if key not in kept}
    for key in sorted(sizes, key=lambda key: sizes[key], reverse=True):
        if excess_bytes <= 0:
            break
        event[key] = MARKER
        excess_bytes -= sizes[key] - _encoded_bytes(MARKER)
    return excess_bytes


def _encoded_bytes(value: Any) -> int:
    return len(json.encode_bytes(value))
