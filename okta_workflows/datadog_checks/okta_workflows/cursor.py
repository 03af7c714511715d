# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The place in the System Log up to which events were handed to the Agent, kept over restarts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from datadog_checks.base.utils.format import json

from .origin import Origin
from .page import is_page_link

CACHE_KEY = 'cursor'
VERSION = 1


class UnreadableCursorError(Exception):
    """Something is stored, but it is not a cursor of this org."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to go on: `link` is the URL of the first page with events that were not handed over yet."""

    link: str


class CursorStore:
    """Keeps the cursor in the Agent's persistent cache, through its `read(key)` and `write(key, value)`.

    The Agent writes its cache by truncating the file first and tells of no error (datadog-agent
    `pkg/persistentcache/persistentcache.go`): after a crash the cursor may be empty or torn. It is therefore read once,
    at the start of the process; from then on the copy in memory counts.
    """

    def __init__(self, read: Callable[[str], str], write: Callable[[str, str], None], origin: Origin) -> None:
        self._read = read
        self._write = write
        self._origin = origin
        self._cursor: Cursor | None = None

    def load(self) -> Cursor | None:
        """The cursor that was last committed, `None` before the first commit.

        Raises `UnreadableCursorError` with the reason when what is stored cannot be used.
        """
        if self._cursor is None:
            self._cursor = self._decode(self._read_stored())
        return self._cursor

    def commit(self, cursor: Cursor) -> None:
        """Remember `cursor`. All events before it must have been handed to the Agent."""
        if cursor == self._cursor:
            return
        self._write(CACHE_KEY, json.encode({'version': VERSION, 'link': cursor.link}))
        self._cursor = cursor

    def _read_stored(self) -> str:
        try:
            return self._read(CACHE_KEY)
        except RuntimeError as error:
            raise UnreadableCursorError(f"the Agent's cache answered: {error}") from error

    def _decode(self, stored: str) -> Cursor | None:
        # The Agent does not tell an empty file from none.
        if not stored:
            return None
        try:
            fields = json.decode(stored)
        except ValueError as error:
            raise UnreadableCursorError('it is torn') from error
        if not isinstance(fields, dict) or fields.get('version') != VERSION:
            raise UnreadableCursorError('it was written by another version')
        link = fields.get('link')
        if not isinstance(link, str) or not is_page_link(self._origin, link):
            raise UnreadableCursorError(f'it does not lead to {self._origin.url}')
        return Cursor(link)


def cache_id(origin: Origin, event_filter: str) -> str:
    """What a cursor belongs to: the events of one org that match one filter.

    Nothing else of the configuration counts, so that a rotated credential or a new tag does not lose the place. It is a
    hash because the Agent drops most punctuation from names in its cache, which would let different orgs collide.
    """
    return hashlib.sha256(json.encode([origin.url, event_filter]).encode()).hexdigest()
