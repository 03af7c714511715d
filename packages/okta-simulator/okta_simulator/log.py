# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The System Log: events in the order in which they were committed, each with two times.

`published` is the time when an action happened. The persistence time, which clients never see, is the time when the
event was committed to the log. Polling requests return events by persistence time, including events that arrive late.
Bounded requests return events by `published` (Okta docs, docs/reference/system-log-query).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from . import rfc3339

Event = dict[str, Any]
Predicate = Callable[[Event], bool]


@dataclass
class Entry:
    event: Event
    persisted_ms: int
    published_ms: int
    number: int
    """The serial number in order of `append`, which distinguishes entries of the same millisecond."""

    @cached_property
    def body(self) -> bytes:
        return json.dumps(self.event, ensure_ascii=False, separators=(',', ':')).encode()

    @property
    def published_key(self) -> tuple[int, int]:
        return (self.published_ms, self.number)


@dataclass(frozen=True, order=True)
class Cursor:
    """A position in time, and not a session of the server: `<epoch milliseconds>_<n>`.

    All published cursors of ascending requests have this form (Okta docs, docs/reference/core-okta-api:
    `after=1627500044869_1`). Here `n` is the number of events of that millisecond before the position.
    """

    epoch_ms: int
    passed: int

    _FORM = re.compile(r'(\d{1,15})_(\d{1,9})', re.ASCII)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Parse a cursor. Raises `ValueError` if the text is not a cursor of the simulator."""
        found = cls._FORM.fullmatch(text)
        if not found:
            raise ValueError(f'not a cursor: {text!r}')
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f'{self.epoch_ms}_{self.passed}'


_persisted = attrgetter('persisted_ms')
_published = attrgetter('published_ms')
_published_key = attrgetter('published_key')


@dataclass
class EventLog:
    _by_persistence: list[Entry] = field(default_factory=list)
    _by_published: list[Entry] = field(default_factory=list)
    _passed: Cursor = Cursor(0, 0)
    """The latest position that a polling client received. No event may be committed before it."""

    def append(self, event: Event, persisted_ms: int) -> None:
        """Commit an event. Raises `ValueError` if a client has read past that time and so could never see the event."""
        if persisted_ms < self._passed.epoch_ms:
            raise ValueError('an event cannot be persisted before a position that was already handed to a client')
        entry = Entry(event, persisted_ms, rfc3339.parse_ms(event['published']), len(self._by_persistence))
        insort(self._by_persistence, entry, key=_persisted)
        insort(self._by_published, entry, key=_published_key)

    @property
    def earliest_append_ms(self) -> int:
        return self._passed.epoch_ms

    @property
    def entries(self) -> list[Entry]:
        """List all entries in order of persistence, regardless of their age."""
        return list(self._by_persistence)

    def poll(
        self, start: Cursor, now_ms: int, limit: int, matches: Predicate, *, kept_since_ms: int
    ) -> tuple[list[Entry], Cursor]:
        """Return the next `limit` matching events in order of persistence, and the position after the page.

        The position of an empty page is `now_ms`, so that a filter with few matches does not read the same events again
        and again.
        """
        log = self._by_persistence
        kept_from = bisect_left(log, kept_since_ms, key=_persisted)
        index = max(kept_from, self._index(start))
        end = bisect_right(log, now_ms, key=_persisted)
        page: list[Entry] = []
        while index < end and len(page) < limit:
            if matches(log[index].event):
                page.append(log[index])
            index += 1
        if page:
            position = self._position(index)
        elif index >= end:
            position = max(start, Cursor(now_ms, end - bisect_left(log, now_ms, key=_persisted)))
        else:
            position = start
        if position.epoch_ms <= now_ms:
            self._passed = max(self._passed, position)
        return page, position

    def between(
        self, since_ms: int, until_ms: int, *, kept_since_ms: int, seen_until_ms: int, descending: bool = False
    ) -> Iterator[Entry]:
        """Yield the events published from `since_ms` to `until_ms`, both included, that a bounded request can see.

        These are the events that were committed between `kept_since_ms` and `seen_until_ms`.
        """
        log = self._by_published
        first = bisect_left(log, since_ms, key=_published)
        last = bisect_right(log, until_ms, key=_published)
        positions: Sequence[int] = range(first, last)
        for position in reversed(positions) if descending else positions:
            if kept_since_ms <= log[position].persisted_ms <= seen_until_ms:
                yield log[position]

    def _index(self, cursor: Cursor) -> int:
        """Return the index of the first event after the cursor."""
        log = self._by_persistence
        first = bisect_left(log, cursor.epoch_ms, key=_persisted)
        behind = bisect_right(log, cursor.epoch_ms, lo=first, key=_persisted)
        return min(first + cursor.passed, behind)

    def _position(self, index: int) -> Cursor:
        """Return the position just after the event before `index`."""
        last = self._by_persistence[index - 1].persisted_ms
        return Cursor(last, index - bisect_left(self._by_persistence, last, key=_persisted))
