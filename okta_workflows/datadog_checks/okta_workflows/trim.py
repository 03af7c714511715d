# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Shortens a line that the Agent would split, so that the event stays one readable log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from datadog_checks.base.utils.format import json

MARKER = '[trimmed by the Agent check: too large]'

# Texts of up to this length are ids, names, and addresses, which are useless when they are cut.
LONGEST_UNCUT_CHARACTERS = 256
SHORTEST_CUT_CHARACTERS = 128

# These texts are never cut: a search for a cut id finds no event, and a cut tag is a different tag.
UNCUT_TEXTS = frozenset({'uuid', 'ddtags'})

# Operators search for events by these fields.
ESSENTIAL_FIELDS = frozenset({'uuid', 'published', 'eventType'})
KEPT_FIELDS = ESSENTIAL_FIELDS | {'severity', 'version', 'displayMessage', 'outcome', 'actor'}

# The bytes for the digits of a count, and for the punctuation around it.
COUNT_BYTES = 24

Place = tuple[Any, Any]
"""A container and the key or index in it."""


def trim(line: dict[str, Any], excess_bytes: int) -> dict[str, Any]:
    """Return a copy of `line` whose JSON is shorter by at least `excess_bytes`, and by little more.

    A step runs only if the line is still too long after the steps before it:

    1. The longest texts are cut, each with `MARKER` at its end.
    2. The list or object that makes a field of the event large keeps as many of its first elements as fit.
       `trimmed.<field>` is the number of elements that it had.
    3. If not even one element of a field fits, the field is replaced with `MARKER`.
    4. The event keeps as many of its fields as fit. `trimmed.log` is the number of fields that it had.

    Actor and outcome are trimmed after the other fields. Id, time, and type stay, even if they alone are too long.
    """
    # The line is copied, because other lines may share the event. A copy through JSON is possible, because the line
    # contains only JSON.
    trimmed: dict[str, Any] = json.decode(json.encode_bytes(line))
    excess_bytes = _cut_texts(trimmed, excess_bytes)
    counts: dict[str, int] = {}
    for field in list(_fields(trimmed)):
        if excess_bytes <= 0:
            break
        excess_bytes -= _shorten(field, excess_bytes, counts)
    if excess_bytes > 0:
        _drop_fields(trimmed, excess_bytes, counts)
    if counts:
        trimmed['trimmed'] = counts
    return trimmed


def _cut_texts(line: dict[str, Any], excess_bytes: int) -> int:
    """Cut texts, the largest first, and return how many bytes are still too many."""
    for container, key in _largest_first(_texts(line)):
        if excess_bytes <= 0:
            break
        text = container[key]
        size = _encoded_bytes(text)
        kept = _fitting(text, size - excess_bytes - len(MARKER))
        container[key] = text[: max(kept, SHORTEST_CUT_CHARACTERS)] + MARKER
        excess_bytes -= size - _encoded_bytes(container[key])
    return excess_bytes


def _texts(value: Any) -> Iterator[Place]:
    for key, item in _items(value):
        if isinstance(item, str):
            if len(item) > LONGEST_UNCUT_CHARACTERS and key not in UNCUT_TEXTS:
                yield value, key
        elif isinstance(item, dict | list):
            yield from _texts(item)


def _fields(line: dict[str, Any]) -> Iterator[Place]:
    """Iterate over the fields of the event, and over the details copied from it, in the order in which to trim them."""
    event = line['log']
    places = _largest_first((event, key) for key in event)
    yield from (place for place in places if place[1] not in KEPT_FIELDS or _is_essential_of_another_kind(place))
    if 'enrichment_details' in line:
        yield line, 'enrichment_details'
    yield from (place for place in places if place[1] in KEPT_FIELDS - ESSENTIAL_FIELDS)


def _is_essential_of_another_kind(place: Place) -> bool:
    return place[1] in ESSENTIAL_FIELDS and not isinstance(place[0][place[1]], str)


def _shorten(field: Place, excess_bytes: int, counts: dict[str, int]) -> int:
    """Make a field smaller by `excess_bytes`, or by as much as possible, and return the number of bytes saved."""
    name = field[1]
    count_bytes = _count_bytes(name)
    container, key = _bulk(field, excess_bytes + count_bytes)
    value = container[key]
    size = _encoded_bytes(value)
    if isinstance(value, dict | list):
        kept = _fitting(value, size - excess_bytes - count_bytes)
        if kept > 0:
            container[key] = _beginning(value, kept)
            counts[name] = len(value)
            return size - _encoded_bytes(container[key]) - count_bytes
    saved = size - _encoded_bytes(MARKER)
    if saved > 0:
        container[key] = MARKER
    return max(saved, 0)


def _drop_fields(line: dict[str, Any], excess_bytes: int, counts: dict[str, int]) -> None:
    """Keep the essential fields of the event, and as many of its other fields as fit."""
    event = line['log']
    essential = {key: event[key] for key in event if key in ESSENTIAL_FIELDS}
    ordered = essential | event
    kept = _fitting(ordered, _encoded_bytes(event) - excess_bytes - _count_bytes('log'))
    line['log'] = _beginning(ordered, max(kept, len(essential)))
    counts['log'] = len(event)


def _count_bytes(name: str) -> int:
    return _encoded_bytes({'trimmed': {name: 0}}) + COUNT_BYTES


def _bulk(place: Place, excess_bytes: int) -> Place:
    """Find the innermost list or object that has most of the bytes at `place` and is larger than `excess_bytes`."""
    while True:
        container, key = place
        value = container[key]
        inner = _largest_first((value, name) for name, item in _items(value) if isinstance(item, dict | list))
        if not inner:
            return place
        size = _encoded_bytes(value[inner[0][1]])
        if size * 2 <= _encoded_bytes(value) or size - _encoded_bytes(MARKER) < excess_bytes:
            return place
        place = inner[0]


def _largest_first(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: _encoded_bytes(place[0][place[1]]), reverse=True)


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _fitting(value: Any, room_bytes: int) -> int:
    """Return how many characters or elements at the beginning of `value` take at most `room_bytes` as JSON."""
    # Every character and every element takes at least one byte, so at most `room_bytes` of them can fit.
    lengths = range(min(len(value), max(room_bytes, 0)) + 1)
    return bisect_right(lengths, room_bytes, key=lambda length: _encoded_bytes(_beginning(value, length))) - 1


def _beginning(value: Any, length: int) -> Any:
    return dict(islice(value.items(), length)) if isinstance(value, dict) else value[:length]


def _encoded_bytes(value: Any) -> int:
    return len(json.encode_bytes(value))
