# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""From the body of a page to its events, a few at a time.

Decoded events take five times the size of their text. A few of them stay in the processor's cache until they are
encoded again and freed, which makes the whole way cheaper by a quarter, and a page takes hardly more memory than its
text.
"""

from __future__ import annotations

import json as lenient_json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.encodable import ENCODER_MAY_ABORT, encodable, is_shallow

# Some twenty events. What they decode to stays in the processor's cache even where other processes use it too; with
# twice as many it does not always.
PIECE_BYTES = 32 * 1024

WHITESPACE = rb'[ \t\r\n]*'
LIST_OF_EVENTS = re.compile(WHITESPACE + rb'\[' + WHITESPACE + rb'[{\]]')
FIRST_KEY = re.compile(WHITESPACE + rb'\[(\{"[^"\\]*":)')

Event = Mapping[str, Any]


def is_list_of_events(body: bytes) -> bool:
    """Whether `body` looks like a list of events, as far as its beginning tells."""
    return LIST_OF_EVENTS.match(body) is not None


def decode_events(body: bytes) -> Iterator[list[Event]]:
    """The events of a page in their order, some at a time.

    Raises ValueError when it comes to what is not an event, or not JSON.
    """
    may_be_deep = ENCODER_MAY_ABORT and not is_shallow(body)
    for events in _decode_pieces(body):
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise ValueError('not a list of objects')
        yield [encodable(event) for event in events] if may_be_deep else events


def _decode_pieces(body: bytes) -> Iterator[Any]:
    """The list in `body`, in several that together are the same.

    A text that ends at the end of an element of the list is JSON if it is closed with a bracket, and if it ends
    anywhere else, it is not: so a piece that can be decoded is one. All that is assumed of the events is that most of
    them begin with the same key; where they do not, pieces are larger.
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
        # The Agent's decoder refuses half a surrogate pair, which JSON allows: one odd name must not stop the rest. Its
        # encoder may even abort the process on one, so none is let through.
        return lenient_json.loads(_without_surrogates(text))


def _without_surrogates(text: bytes) -> bytes:
    try:
        content = lenient_json.loads(text.decode('utf-8'), parse_constant=_refuse)
        return lenient_json.dumps(content, ensure_ascii=False).encode('utf-8', 'replace')
    except RecursionError as error:
        raise ValueError('nested too deep') from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} is not JSON')
