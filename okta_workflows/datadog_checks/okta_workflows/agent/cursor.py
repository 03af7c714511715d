# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The cursor: the position up to which events were delivered to the Agent. It survives restarts and crashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.errors import CollectionError
from datadog_checks.okta_workflows.possible_gap import PossibleGap

from .log_file import FileMark

# A page without events moves the cursor but delivers nothing, so it is committed rarely, to spare the disk.
IDLE_COMMIT_INTERVAL_SECONDS = 3600.0

VERSION = 1
# This is the end of the last year that a date can have, in seconds since the epoch.
LATEST_TIME = 253_402_300_800
CACHE_KEYS = ('cursor_even', 'cursor_odd')


class UnreadableCursorError(Exception):
    """The stored value is not a cursor of this org."""


class CursorNotStoredError(CollectionError):
    """The cursor that was read back differs from the cursor that was written."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f'The Agent cannot store the cursor: {reason}. Collection is paused, because a restart would deliver the '
            'same events again',
            "Check the free space and the permissions of the Agent's `run_path`",
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position to continue from: the page at `link`, after the event with `uuid`, or its start if `uuid` is empty.

    `time` (seconds since the epoch) is, as far as the check can determine, no later than the time when Okta persisted
    the next event. Collection restarts there if Okta rejects the link.
    """

    link: str
    time: float
    uuid: str = ''


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of collection.

    `written`: the events before this cursor are in the Agent's log file, which they fill up to `mark`. `acknowledged`:
    the events before this cursor have reached Datadog; collection goes back to it if the log file is lost. `has_gap`:
    some lines between the two cursors were lost with a file that was not drained, unless the Agent filters them out.
    `started_at`: the time when collection started, by the clock of this host, while Okta's clock is unknown.
    `possible_gaps`: the newest is last. `collected_since`: the start of what was collected without a break, as far as
    known. `collect_from`: the value of the option that was applied last. `again_since`, `again_until`: events published
    between these times had reached Datadog when it was applied. Times are in seconds since the epoch.

    New fields are optional when they are read, and older versions ignore them, so the cursor survives upgrades and
    downgrades.
    """

    written: Cursor
    acknowledged: Cursor
    mark: FileMark | None = None
    has_gap: bool = False
    started_at: float | None = None
    possible_gaps: tuple[PossibleGap, ...] = ()
    collect_from: float | None = None
    again_until: float | None = None
    collected_since: float | None = None
    again_since: float | None = None

    def restarted_at(self, cursor: Cursor) -> Progress:
        """Make the progress of a collection that continues at `cursor`, whatever the log file holds."""
        return replace(self, written=cursor, acknowledged=cursor, mark=None, has_gap=False, started_at=None)


class CursorStore:
    """Stores the cursor in the Agent's persistent cache, through its `read(key)` and `write(key, value)`.

    `is_link` returns whether a stored link leads to the System Log of the org, so that the credential may be sent
    there.

    The Agent truncates a file of its cache before it writes it, and reports no errors (datadog-agent
    `pkg/persistentcache/persistentcache.go`), so a file that it writes during a crash is empty or torn. Therefore
    commits alternate between two keys, and each is read back. In a running process the copy in memory counts.
    """

    def __init__(
        self,
        read: Callable[[str], str],
        write: Callable[[str, str], None],
        is_link: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._committed_at: float | None = None
        self._read = read
        self._write = write
        self._is_link = is_link
        self._progress: Progress | None = None
        self._number = 0
        self._is_kept = True
        self._stored: Progress | None = None

    def load(self) -> Progress | None:
        """Return the progress that was last committed, or `None` before the first commit.

        Raises `UnreadableCursorError` with the reason if no stored value is usable, and `CursorNotStoredError` if the
        last commit failed and its retry failed too.
        """
        if self._progress is None:
            self._load_newest()
            self._committed_at = self._clock.monotonic()
        elif not self._is_kept:
            self._keep(self._progress)
        return self._progress

    def commit(self, progress: Progress) -> None:
        """Store `progress`. All events before it must have been delivered.

        Raises `CursorNotStoredError` if it cannot be stored. A restart would then deliver again the events since the
        last successful commit.
        """
        self.move(progress)
        self._number += 1
        self._stored = progress
        self._committed_at = self._clock.monotonic()
        self._keep(progress)

    @property
    def current(self) -> Progress:
        """The current progress. Progress must have been loaded or committed before."""
        assert self._progress is not None
        return self._progress

    @property
    def last(self) -> Progress | None:
        """The current progress; `None` before it is loaded."""
        return self._progress

    def is_commit_due(self) -> bool:
        """Return whether to commit progress without an event. It is rarely committed, to spare the disk."""
        if self._committed_at is None:
            return True
        return self._clock.monotonic() - self._committed_at >= IDLE_COMMIT_INTERVAL_SECONDS

    def commit_soon(self) -> None:
        """Commit the next page even if it has no event."""
        self._committed_at = None

    @property
    def has_moved(self) -> bool:
        """Whether the current progress differs from the stored one."""
        return self._progress != self._stored

    def move(self, progress: Progress) -> None:
        """Set the current progress without storing it, which is sufficient if no event was delivered since a commit."""
        self._progress = progress

    def _keep(self, progress: Progress) -> None:
        key = CACHE_KEYS[self._number % 2]
        value = json.encode({'version': VERSION, 'number': self._number, **asdict(progress)})
        self._is_kept = False
        self._write(key, value)
        try:
            self._is_kept = self._read(key) == value
        except RuntimeError as error:
            raise CursorNotStoredError(str(error)) from error
        if not self._is_kept:
            raise CursorNotStoredError('what was written is not what is read back')

    def _load_newest(self) -> None:
        newest, reasons = -1, []
        for key in CACHE_KEYS:
            try:
                number, progress = self._load_one(key)
            except UnreadableCursorError as error:
                reasons.append(str(error))
                continue
            if number > newest:
                newest, self._progress, self._number = number, progress, number
                self._stored = progress
        if self._progress is None and reasons:
            raise UnreadableCursorError(reasons[0])

    def _load_one(self, key: str) -> tuple[int, Progress | None]:
        try:
            stored = self._read(key)
        except RuntimeError as error:
            raise UnreadableCursorError(f"the Agent's cache answered: {error}") from error
        # The Agent returns the same for an empty file as for a missing one.
        return _decode(stored, self._is_link) if stored else (-1, None)


def _decode(stored: str, is_link: Callable[[str], bool]) -> tuple[int, Progress]:
    try:
        fields: Any = json.decode(stored)
    except ValueError as error:
        raise UnreadableCursorError('it is torn') from error
    match fields:
        case {
            'version': 1,
            'number': int(number),
            'written': written,
            'acknowledged': acknowledged,
            'mark': mark,
            'has_gap': bool(has_gap),
        } if number >= 0:
            return number, Progress(
                _cursor(written, is_link),
                _cursor(acknowledged, is_link),
                _mark(mark),
                has_gap,
                _time(fields.get('started_at')),
                _possible_gaps(fields.get('possible_gaps')),
                _time(fields.get('collect_from')),
                _time(fields.get('again_until')),
                _time(fields.get('collected_since')),
                _time(fields.get('again_since')),
            )
    version = fields.get('version') if isinstance(fields, dict) else None
    is_other = isinstance(version, int) and version != VERSION
    formats = f' of the check, in format {version} instead of {VERSION}' if is_other else ''
    raise UnreadableCursorError(f'it was written by another version{formats}')


def _cursor(fields: object, is_link: Callable[[str], bool]) -> Cursor:
    match fields:
        case {'link': str(link), 'time': int() | float() as time, 'uuid': str(uuid)} if 0 <= time < LATEST_TIME:
            if not is_link(link):
                raise UnreadableCursorError('it leads to another org')
            return Cursor(link, time, uuid)
    raise UnreadableCursorError('it was written by another version')


def _mark(fields: object) -> FileMark | None:
    match fields:
        case {'path': str(path), 'inode': int(inode), 'size': int(size), 'stale_offset': int() | None as stale_offset}:
            return FileMark(path, inode, size, stale_offset)
    # Without a mark nothing is known about the log file, so none of its lines count as lost.
    return None


def _time(value: object) -> float | None:
    return value if isinstance(value, int | float) and 0 <= value < LATEST_TIME else None


def _possible_gaps(items: object) -> tuple[PossibleGap, ...]:
    return tuple(gap for item in (items if isinstance(items, list) else ()) if (gap := _possible_gap(item)) is not None)


def _possible_gap(fields: object) -> PossibleGap | None:
    if not isinstance(fields, dict):
        return None
    cause, until, noticed_at = fields.get('cause'), _time(fields.get('until')), _time(fields.get('noticed_at'))
    if not isinstance(cause, str) or until is None or noticed_at is None:
        return None
    return PossibleGap(cause, _time(fields.get('since')), until, noticed_at)


def cache_id(org_url: str, event_filter: str) -> str:
    """Return the id that ties a cursor to the events of one org that match one filter.

    No other option counts, so a rotated credential or a new tag does not reset the cursor. The id is a hash because the
    Agent drops most punctuation from the names in its cache, which would let different orgs collide.
    """
    return hashlib.sha256(json.encode([org_url, event_filter]).encode()).hexdigest()
