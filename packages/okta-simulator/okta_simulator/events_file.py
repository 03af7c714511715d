# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Reads your own LogEvents from a file: a JSON array, or JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import rfc3339
from .log import Event

_BLANKS = ' \t\r\n'
_REQUIRED = ('uuid', 'published', 'eventType')


class EventsFileError(ValueError):
    """The file contains something other than LogEvents. The message names the line."""


def read_events(path: Path) -> list[Event]:
    """Return the LogEvents of a file in order. Raises `EventsFileError` if one of them cannot be served."""
    text = _text(path)
    lines_of_uuids: dict[str, int] = {}
    events = []
    for line, event in _values(path, text):
        _check(path, line, event)
        if event['uuid'] in lines_of_uuids:
            first = lines_of_uuids[event['uuid']]
            raise _error(path, line, f'the event has the uuid of the event in line {first}, and each needs its own')
        lines_of_uuids[event['uuid']] = line
        events.append(event)
    if not events:
        raise EventsFileError(f'{path} contains no events.')
    return events


def moved(events: list[Event], newest: float) -> list[Event]:
    """Shift all `published` by the same time, so that the newest event is published at `newest` (epoch seconds)."""
    shift_ms = round(newest * 1000) - max(rfc3339.parse_ms(event['published']) for event in events)
    return [
        {**event, 'published': rfc3339.format_ms(rfc3339.parse_ms(event['published']) + shift_ms)} for event in events
    ]


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EventsFileError(f'Cannot read {path}: {error.strerror}.') from None
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise _error(path, content.count(b'\n', 0, error.start) + 1, 'the text is not UTF-8') from None


def _values(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Yield each event with the number of the line on which it starts."""
    decoder = json.JSONDecoder(parse_constant=_reject_constant)
    in_array = text.lstrip(_BLANKS).startswith('[')
    position = _skip_blanks(text, text.index('[') + 1 if in_array else 0)
    while position < len(text) and not (in_array and text[position] == ']'):
        line = _line(text, position)
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise _error(path, error.lineno, f'this is not JSON ({error.msg})') from None
        except (ValueError, RecursionError) as error:
            raise _error(path, line, f'this is not JSON ({error})') from None
        yield line, value
        end = _line(text, position)
        position = _skip_blanks(text, position)
        if in_array:
            position = _behind_comma(path, text, position)
        elif position < len(text) and _line(text, position) == end:
            raise _error(path, end, 'JSON Lines need one event on each line')
    if in_array:
        _check_end_of_array(path, text, position)


def _behind_comma(path: Path, text: str, position: int) -> int:
    if text[position : position + 1] == ']':
        return position
    if text[position : position + 1] != ',':
        raise _error(path, _line(text, position), 'the array needs a comma or a closing bracket here')
    following = _skip_blanks(text, position + 1)
    if text[following : following + 1] == ']':
        raise _error(path, _line(text, position), 'the array has a comma behind its last event')
    return following


def _check_end_of_array(path: Path, text: str, position: int) -> None:
    if position >= len(text):
        raise _error(path, _line(text, len(text)), 'the array has no closing bracket')
    rest = _skip_blanks(text, position + 1)
    if rest < len(text):
        raise _error(path, _line(text, rest), 'the array is followed by more text')


def _check(path: Path, line: int, event: Any) -> None:
    if not isinstance(event, dict):
        raise _error(path, line, 'a LogEvent is a JSON object')
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise _error(path, line, f'the event has no text in `{name}`')
    try:
        rfc3339.parse_ms(event['published'])
    except ValueError:
        raise _error(path, line, '`published` is not an RFC 3339 timestamp') from None
    try:
        json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _error(path, line, 'the event contains half of a surrogate pair, which is no character') from None


def _error(path: Path, line: int, reason: str) -> EventsFileError:
    return EventsFileError(f'{path}, line {line}: {reason}.')


def _reject_constant(name: str) -> Any:
    raise ValueError(f'{name} is no JSON number')


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in _BLANKS:
        position += 1
    return position


def _line(text: str, position: int) -> int:
    return text.count('\n', 0, position) + 1
