# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Decodes the body of a page to its events, a few at a time.

Decoded events take five times the memory of their text. A few of them stay in the processor's cache until they are
encoded again and freed. This reduces the total processing time by a quarter, and a page takes hardly more memory than
its text.
"""

from __future__ import annotations

import json as lenient_json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.encodable import ENCODER_MAY_ABORT, encodable, is_shallow

# About twenty events. When decoded, they stay in the processor's cache even if other processes use it too; twice as
# many do not always stay there.
PIECE_BYTES = 32 * 1024

WHITESPACE = rb'[ \t\r\n]*'
LIST_OF_EVENTS = re.compile(WHITESPACE + rb'\[' + WHITESPACE + rb'[{\]]')
FIRST_KEY = re.compile(WHITESPACE + rb'\[(\{"[^"\\]*":)')

Event = Mapping[str, Any]


def is_list_of_events(body: bytes) -> bool:
    """Return whether the beginning of `body` looks like a list of events."""
    return LIST_OF_EVENTS.match(body) is not None


def decode_events(body: bytes) -> Iterator[list[Event]]:
    """Decode the events of a page in their order, a few at a time.

    Raises `ValueError` when it reaches something that is not an event, or not JSON.
    """
    may_be_deep = ENCODER_MAY_ABORT and not is_shallow(body)
    for events in _decode_pieces(body):
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise ValueError('not a list of objects')
        yield [encodable(event) for event in events] if may_be_deep else events


def _decode_pieces(body: bytes) -> Iterator[Any]:
    """Decode the list in `body` as several lists that together have the same elements.

    If a piece of the text ends at the end of an element, a closing bracket makes it valid JSON; if it ends anywhere
    else, it does not. A piece that can be decoded is therefore cut correctly. The only assumption is that most events
    begin with the same key; if they do not, the pieces are larger.
    """
    first_key = FIRST_KEY.match(body)
    if first_key is None:
        yield _decode(body)
        return
    begin, separator, view = first_key.start(1), b'},' + first_key[1], memoryview(body)
    while (end := body.find(separator, begin + PIECE_BYTES)) >= 0:
        try:
            events = json.decode(b''.join((b'[', view[begin : end + 1], b']')))
        except ValueError:
            break
        yield events
        begin = end + len(b'},')
    yield _decode(b'[' + body[begin:])


def _decode(text: bytes) -> Any:
    try:
        return json.decode(text)
    except ValueError:
        # The Agent's decoder rejects a single half of a surrogate pair, which JSON allows. One such name must not stop
        # collection, so it is decoded another way. The halves are replaced, because the Agent's encoder may even abort
        # the process on one.
        return lenient_json.loads(_without_surrogates(text))


def _without_surrogates(text: bytes) -> bytes:
    try:
        content = lenient_json.loads(text.decode('utf-8'), parse_constant=_refuse)
        return lenient_json.dumps(content, ensure_ascii=False).encode('utf-8', 'replace')
    except RecursionError as error:
        raise ValueError('nested too deep') from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} is not JSON')
