# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The System Log endpoint, `GET /api/v1/logs`.

Source: Okta docs, docs/reference/system-log-query (polling and bounded requests, parameters, rejections) and
docs/reference/core-okta-api (links); the OpenAPI description of okta-management-openapi-spec (defaults and ranges).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from . import rfc3339
from .answer import JSON_TYPE, Answer
from .clock import milliseconds
from .errors import OktaError
from .filter import compile_filter
from .log import Cursor, Entry, Event, EventLog, Predicate

PATH = '/api/v1/logs'
DAY_MS = 86_400_000
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
DEFAULT_SINCE_DAYS = 7
RETENTION_DAYS = 90
OLDEST_SINCE_DAYS = 180
BOUNDED_LAG_SECONDS = 10.0
MAX_KEYWORDS = 10
MAX_KEYWORD_CHARACTERS = 40


@dataclass(frozen=True)
class SystemLog:
    """The endpoint at the time `now`, in epoch seconds."""

    log: EventLog
    now: float
    max_limit: int
    max_page_events: int
    retention_days: float
    next_equals_self_when_idle: bool
    """Whether the `next` link of an empty polling page equals `self` (okta-sdk-python#231) or is a later position."""
    bounded_lag_seconds: float
    """How long bounded requests miss a new event (Okta release notes 2018.20: results can lag up to 10 s)."""

    @property
    def _now_ms(self) -> int:
        return milliseconds(self.now)

    @property
    def _kept_since_ms(self) -> int:
        return self._now_ms - round(self.retention_days * DAY_MS)

    def answer(self, query_string: str, origin: str) -> Answer:
        """Respond to a request, or raise `OktaError`. `origin` is the scheme and host for the links."""
        pairs = parse_qsl(query_string, keep_blank_values=True)
        query = dict(pairs)
        limit = self._limit(query.get('limit'))
        matches = _predicate(query)
        descending = _descending(query.get('sortOrder') or 'ASCENDING')
        # An ascending request without an end is a polling request; an empty `until` counts as none (core-okta-api).
        if descending or query.get('until'):
            page, changes = self._bounded(query, limit, matches, descending)
        else:
            page, changes = self._poll(query, limit, matches)
        links = [('self', pairs)]
        if changes is not None:
            links.append(('next', _changed(pairs, changes)))
        return Answer(
            200,
            (
                ('Content-Type', JSON_TYPE),
                *(('Link', _link(origin, relation, parameters)) for relation, parameters in links),
            ),
            b'[' + b','.join(entry.body for entry in page) + b']',
        )

    def _poll(self, query: Mapping[str, str], limit: int, matches: Predicate) -> tuple[list[Entry], dict[str, str]]:
        """Return a page of a polling request, by persistence time and without an end: there is always a `next` link.

        The docs call `since` and `after` mutually exclusive, but Okta's own `next` links have both. In this case
        `after` counts, and the age of `since` does not matter.
        """
        since_ms = _moment(query, 'since', self._now_ms - DEFAULT_SINCE_DAYS * DAY_MS)
        if 'after' in query:
            start = _cursor(query['after'])
        else:
            self._refuse_too_old(since_ms)
            start = Cursor(since_ms, 0)
        limit = min(limit, self.max_page_events)
        page, position = self.log.poll(start, self._now_ms, limit, matches, kept_since_ms=self._kept_since_ms)
        if not page and self.next_equals_self_when_idle:
            return page, {}
        return page, {'after': str(position)}

    def _bounded(
        self, query: Mapping[str, str], limit: int, matches: Predicate, descending: bool
    ) -> tuple[list[Entry], dict[str, str] | None]:
        """Return a page of a bounded request, by `published` and with an end: the last page has no `next` link.

        The cursor of a descending request is a uuid, and its `next` link changes `until` (Okta docs, system-log-query).
        A descending request without `until` is not documented; here it gets the documented default, the current time.
        """
        until_ms = _moment(query, 'until', self._now_ms)
        since_ms = _moment(query, 'since', until_ms - DEFAULT_SINCE_DAYS * DAY_MS)
        after = query.get('after')
        if after is None:
            self._refuse_too_old(since_ms)
        cursor = Cursor(since_ms, 0) if after is None or descending else _cursor(after)
        candidates = self._between(max(since_ms, cursor.epoch_ms), until_ms, descending)
        if descending and after is not None:
            _skip_to(after, candidates)
        else:
            candidates = _behind(cursor, candidates)
        found = list(islice((entry for entry in candidates if matches(entry.event)), limit + 1))
        page = found[:limit]
        if not page or len(found) == len(page):
            return page, None
        last = page[-1]
        if descending:
            # The link always has `since`, because the default of `since` depends on `until`, which changes.
            until = rfc3339.format_ms(last.published_ms)
            since = query.get('since') or rfc3339.format_ms(since_ms)
            return page, {'until': until, 'since': since, 'after': last.event['uuid']}
        return page, {'after': str(self._bounded_cursor(last))}

    def _bounded_cursor(self, last: Entry) -> Cursor:
        moment = last.published_ms
        return Cursor(moment, sum(entry.number <= last.number for entry in self._between(moment, moment)))

    def _between(self, since_ms: int, until_ms: int, descending: bool = False) -> Iterator[Entry]:
        return self.log.between(
            since_ms,
            until_ms,
            kept_since_ms=self._kept_since_ms,
            seen_until_ms=self._now_ms - milliseconds(self.bounded_lag_seconds),
            descending=descending,
        )

    def _refuse_too_old(self, since_ms: int) -> None:
        """Reject a `since` more than 180 days ago (system-log-query). One beyond the retention only returns less."""
        if self._now_ms - since_ms > OLDEST_SINCE_DAYS * DAY_MS:
            cause = f'since must lie within the last {OLDEST_SINCE_DAYS} days'
            raise OktaError('E0000053', summary=cause, causes=[cause])

    def _limit(self, text: str | None) -> int:
        if not text:
            return DEFAULT_LIMIT
        if not re.fullmatch(r'\d{1,9}', text, re.ASCII) or int(text) > self.max_limit:
            raise _invalid('limit', f'must be a number between 0 and {self.max_limit}')
        return int(text)


def _behind(cursor: Cursor, entries: Iterator[Entry]) -> Iterator[Entry]:
    """Skip the entries of the cursor's own millisecond that are before the cursor."""
    passed = cursor.passed
    for entry in entries:
        if passed and entry.published_ms == cursor.epoch_ms:
            passed -= 1
            continue
        yield entry


def _skip_to(uuid: str, entries: Iterator[Entry]) -> None:
    """Advance `entries` past the one with this uuid."""
    for entry in entries:
        if entry.event['uuid'] == uuid:
            return
    raise _invalid('after', 'the cursor is not valid')


def _predicate(query: Mapping[str, str]) -> Predicate:
    tests: list[Predicate] = []
    if query.get('filter'):
        tests.append(compile_filter(query['filter']))
    keywords = query.get('q', '').lower().split()
    if len(keywords) > MAX_KEYWORDS:
        raise _invalid('q', f'more than {MAX_KEYWORDS} keywords')
    if any(len(keyword) > MAX_KEYWORD_CHARACTERS for keyword in keywords):
        raise _invalid('q', f'a keyword is longer than {MAX_KEYWORD_CHARACTERS} characters')
    if keywords:
        wanted = set(keywords)
        tests.append(lambda event: wanted <= _words(event))
    if len(tests) == 1:
        return tests[0]
    return lambda event: all(test(event) for test in tests)


def _words(event: Event) -> set[str]:
    """Return the words of every text in the event, in lower case, both split at blanks and split at punctuation."""
    words: set[str] = set()
    nodes: list[Any] = [event]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
        elif isinstance(node, str):
            text = node.lower()
            words.update(text.split(), re.findall(r'\w+', text))
    return words


def _descending(order: str) -> bool:
    if order not in ('ASCENDING', 'DESCENDING'):
        raise _invalid('sortOrder', 'must be ASCENDING or DESCENDING')
    return order == 'DESCENDING'


def _moment(query: Mapping[str, str], name: str, default_ms: int) -> int:
    """Parse a time.

    An invalid `until` is E0000001 in the docs. E0000030 was received for an invalid `since` (okta-blog-archive#2499).
    """
    if not query.get(name):
        return default_ms
    try:
        return rfc3339.parse_ms(query[name])
    except ValueError as error:
        if name == 'until':
            raise _invalid(name, str(error)) from None
        raise OktaError('E0000030', causes=[str(error)]) from None


def _cursor(text: str) -> Cursor:
    """Parse `after`.

    An invalid one is a validation error (Okta release notes 2017, OKTA-119726), whose code Okta does not publish.
    """
    try:
        return Cursor.parse(text)
    except ValueError:
        raise _invalid('after', 'the cursor is not valid') from None


def _invalid(parameter: str, cause: str) -> OktaError:
    return OktaError('E0000001', parameter, causes=[f'{parameter}: {cause}'])


def _changed(pairs: list[tuple[str, str]], changes: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the parameters of the request in their order, with `changes`, and a new `after` at the end."""
    if not changes:
        return pairs
    kept = [(name, changes.get(name, value)) for name, value in pairs if name != 'after']
    present = {name for name, _ in kept}
    return kept + [(name, value) for name, value in changes.items() if name not in present]


def _link(origin: str, relation: str, parameters: list[tuple[str, str]]) -> str:
    # urlencode writes %3A, %2B, %22 and + for a blank, as Okta's published links do.
    query = urlencode(parameters)
    return f'<{origin}{PATH}{"?" if query else ""}{query}>; rel="{relation}"'
