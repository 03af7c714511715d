# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Delivery that is verified in the Agent's log file, and is never faster than the Agent."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import accumulate, islice

from datadog_checks.okta_workflows.clock import Clock, eventually
from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.errors import CollectionError

from .aftermath import Aftermath
from .books import Books
from .cursor import Cursor, Progress
from .log_file import MISSING, FileMark, FileState, LogFile
from .log_line import LogLine
from .outbox import MAX_EVENTS_PER_COMMIT, CursorBehind
from .registry import Registry, read_registry
from .settings import AgentSettings
from .throttle import PROBE_BYTES, Throttle
from .unwritten import no_log_file
from .writer import SendLog, Writer

# The Agent creates the file while it schedules the check, so the file may appear just after the first run has begun.
FIRST_FILE_DEADLINE_SECONDS = 5.0

# The Agent checks for replaced files every second, or every 10 seconds before 7.80. It batches lines for 5 seconds, and
# writes the acknowledged offsets to the registry once a second.
ACKNOWLEDGEMENT_DEADLINE_SECONDS = 20.0

# The Agent computes its quota when it starts. If the disk has filled up since then, the quota computed now is too low.
LOWEST_LIMIT_BYTES = 2 * MIB

SEE_LOGS_AGENT = 'Check under Logs Agent in `agent status` whether the Agent can send logs'

# No file can have this offset.
NOWHERE = -1


@dataclass(slots=True)
class Run:
    """The state of one run.

    `file` is the file that the run writes to. If its path has another file, the Agent replaced it. `leftover` maps the
    `uuid` of each line in the file that is not committed to the position where the line ends. `has_rotated`: the Agent
    replaced the file because of a line of this run, and is not known to have read the new file.
    """

    claim_seconds: Callable[[], float]
    file: FileState
    room_bytes: int = 0
    leftover: dict[str, int] = field(default_factory=dict)
    has_rotated: bool = False
    has_written: bool = False


class VerifiedOutbox:
    """Delivers lines through the Agent's log file.

    The cursor is committed when the lines before it are in the file. If the Agent loses the file before it has sent all
    of it, the cursor moves back. After a rotation, the run writes no more lines until the Agent has sent a part of the
    new file, because the Agent checks for a new file only periodically.
    """

    is_verified = True

    def __init__(
        self, send_log: SendLog, log_file: LogFile, settings: AgentSettings, books: Books, clock: Clock
    ) -> None:
        self.description = f'verified in {log_file.path}'
        self.backlog = ''
        self._log_file = log_file
        self._settings = settings
        self._books = books
        self._clock = clock
        self._writer = Writer(send_log, log_file, settings, clock)
        self._throttle = Throttle(settings.file_max_bytes)
        self._aftermath = Aftermath(log_file, self._throttle.acknowledgement, clock)
        self._run = Run(lambda: 0.0, MISSING)
        self._patience_seconds = FIRST_FILE_DEADLINE_SECONDS
        self._waited_at: int | None = NOWHERE
        # At which size the Agent replaced the file although more seemed to fit: when it started, the disk was fuller.
        self._observed_limit_bytes = math.inf
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    @property
    def missing_file(self) -> CollectionError | None:
        # The file may have appeared after the run had begun.
        is_missing = self._run.file == MISSING and not self._log_file.exists()
        return self._no_log_file('no event came that could bring it into being') if is_missing else None

    def open(self, claim_seconds: Callable[[], float], *, urgent: bool) -> bool:
        eventually(self._clock, self._log_file.exists, self._patience_seconds)
        self._patience_seconds = 0.0
        self._resume(self._throttle, self._books.progress.mark)
        self._run = Run(claim_seconds, self._log_file.look())
        self.backlog = ''
        self._find_room()
        if self._has_lost_lines():
            self._books.go_back()
            self._run.room_bytes = self._throttle.room_bytes
        else:
            self._note_acknowledged()
            if not self._books.progress.has_gap:
                self._run.leftover = self._aftermath.leftover(self._books.progress.mark)
        if not self._has_room:
            self.backlog = self._throttle.describe_backlog()
            # The Agent does not send a torn line until another line ends it, with or without an outage.
            urgent = urgent or self._writer.is_torn(self._run.file)
            self._run.room_bytes = self._throttle.probe(self._read_registry(), self._clock.monotonic(), urgent=urgent)
        return self._has_room

    def deliver(self, lines: Iterable[LogLine], cursor_behind: CursorBehind) -> bool:
        coming = self._unwritten(iter(lines), cursor_behind) if self._run.leftover else iter(lines)
        batch: list[LogLine] = []
        while batch := [*batch, *islice(coming, MAX_EVENTS_PER_COMMIT - len(batch))]:
            written = self._write(batch)
            if written:
                self._books.commit(cursor_behind(batch[:written]), self._mark(self._run.file.size))
                batch = batch[written:]
            elif not self._await_rotation():
                return False
        return True

    def move_to(self, cursor: Cursor) -> None:
        self._books.move_to(cursor)

    def examine(self, progress: Progress | None) -> str:
        file = self._log_file.look()
        if file == MISSING:
            raise self._no_log_file('the next run tries whether an event brings it into being')
        throttle = deepcopy(self._throttle)
        self._resume(throttle, progress.mark if progress is not None else None)
        throttle.follow(file, self._read_registry(), has_gap=progress is not None and progress.has_gap)
        if throttle.next_bytes > throttle.room_bytes:
            raise CollectionError(f'Collection is paused: {throttle.describe_backlog()}', SEE_LOGS_AGENT)
        if throttle.backlog_bytes is None:
            return 'The Agent keeps a log file for this instance, and does not report how much of it Datadog received'
        return f'The Agent keeps a log file for this instance and has room in it: {throttle.describe_backlog()}'

    def _resume(self, throttle: Throttle, mark: FileMark | None) -> None:
        if mark is not None and mark.path == self._log_file.path:
            throttle.acknowledgement.resume(mark)
        quota_bytes = self._settings.quota_bytes(self._log_file.folder) - self._log_file.others_bytes()
        limit_bytes = min(
            self._settings.file_max_bytes, self._settings.total_max_bytes, max(quota_bytes, LOWEST_LIMIT_BYTES)
        )
        throttle.limit_bytes = int(min(limit_bytes, self._observed_limit_bytes))

    def _write(self, lines: Sequence[LogLine]) -> int:
        """Write as many of the first `lines` as there is room for, and return their number."""
        file, run = self._log_file.look(), self._run
        # If something else replaced the file, unsent lines may be lost. The next run checks this first.
        if run.has_rotated or not file.continues(run.file):
            return 0
        batch = self._fitting(lines, file)
        if not batch:
            self._throttle.next_bytes = lines[0].size_bytes
            return 0
        self._throttle.next_bytes = 1
        may_rotate = file == MISSING or file.size + batch[0].size_bytes > self._throttle.limit_bytes
        if may_rotate:
            # Commit the acknowledgement before the rotation: once the old file is gone, it can no longer be verified.
            self._books.commit_noted()
        sent = [batch[0], *batch] if self._is_sacrificed(batch[0], file) else batch
        after = self._writer.write(sent, file)
        run.has_written = True
        replaced_bytes = file.size + sum(line.size_bytes for line in sent) - after.size
        is_committable = True
        if not after.continues(file):
            run.has_rotated = True
            # The Agent may not have sent the lines that went to the old file last.
            is_committable = may_rotate and replaced_bytes <= file.size
            if not is_committable:
                self._observed_limit_bytes = max(replaced_bytes, PROBE_BYTES)
            if not self._is_drained():
                self._books.note_gap()
        elif after.size > self._observed_limit_bytes + self._settings.line_max_bytes:
            # The Agent replaced the file for another reason, such as another integration that needed room.
            self._observed_limit_bytes = math.inf
        size_bytes = sum(line.size_bytes for line in batch)
        self._throttle.written(size_bytes, after)
        # The file now has unsent lines, so it must not rotate.
        run.room_bytes = min(run.room_bytes - size_bytes, self._throttle.limit_bytes - after.size)
        if not is_committable:
            # Commit the recorded progress, so that the offset of the new file does not count for the old one.
            self._books.commit_noted()
            return 0
        run.file = after
        return len(batch)

    def _fitting(self, lines: Sequence[LogLine], file: FileState) -> Sequence[LogLine]:
        """Select the first `lines` for which there is room. Only the first of them may cause a rotation."""
        if file == MISSING:
            return lines[:1]
        first_bytes, room_bytes = lines[0].size_bytes, self._run.room_bytes
        if first_bytes > room_bytes:
            return []
        # If the last write failed, one line is sufficient to find out whether writing works again.
        if self._writer.is_torn(file):
            return lines[:1]
        left_bytes = self._throttle.limit_bytes - file.size
        # A file that is emptied and then grows to its former size cannot be distinguished from the old one.
        end_bytes = left_bytes if first_bytes <= left_bytes else file.size - 1
        most_bytes = max(min(room_bytes, end_bytes), first_bytes)
        sizes = accumulate(line.size_bytes for line in lines)
        return lines[: sum(size <= most_bytes for size in sizes)]

    def _is_sacrificed(self, line: LogLine, file: FileState) -> bool:
        """Return whether the Agent would lose `line` after `file`, so that it must be sent twice.

        The Agent joins a line with a torn line before it. If a missing file appears again, the Agent reads it from the
        offset in the registry, if the file is already that long (datadog-agent `pkg/logs/launchers/file/position.go`).
        """
        if file != MISSING:
            return self._writer.is_torn(file)
        registry = self._read_registry()
        if registry is None:
            # A registry that exists but cannot be read may have any offset.
            return os.path.exists(self._log_file.registry_path)
        return registry.offset is not None and 0 < registry.offset <= line.size_bytes

    def _find_room(self) -> bool:
        """Check how much of the file was sent, and return whether there is room for the next line."""
        file, run = self._log_file.look(), self._run
        if not file.continues(run.file):
            run.room_bytes = 0
            return False
        self._throttle.follow(file, self._read_registry(), has_gap=self._books.progress.has_gap)
        # A rotation is over when the Agent has sent a part of the new file.
        run.has_rotated &= not self._throttle.is_acknowledged
        run.room_bytes = 0 if run.has_rotated else self._throttle.room_bytes
        if self._throttle.acknowledgement.offset != self._waited_at:
            self._waited_at = NOWHERE
        return self._has_room

    @property
    def _has_room(self) -> bool:
        run = self._run
        # The next line makes the Agent create a missing file.
        return run.file == MISSING and not run.has_rotated or self._throttle.next_bytes <= run.room_bytes

    def _await_rotation(self) -> bool:
        """Return whether there is room for the line that was rejected, now or as soon as a rotation is over.

        Before a rotation the Agent must have sent all of the old file, and after it a part of the new one. To avoid
        blocking a check runner during an outage, a run waits only if it has written lines and began with room, and if
        no earlier wait timed out since the Agent last sent lines.
        """
        run = self._run
        has_room = self._find_room()
        is_rotating = run.has_rotated or self._throttle.backlog_bytes is not None
        if not has_room and is_rotating and run.has_written and not self.backlog and self._waited_at == NOWHERE:
            eventually(
                self._clock,
                lambda: self._find_room() or self._cancelled or not self._log_file.look().continues(run.file),
                min(run.claim_seconds(), ACKNOWLEDGEMENT_DEADLINE_SECONDS),
            )
            has_room = self._has_room
            self._waited_at = NOWHERE if has_room else self._throttle.acknowledgement.offset
        if not has_room or self._has_lost_lines():
            return False
        self._note_acknowledged()
        return True

    def _has_lost_lines(self) -> bool:
        """Return whether the Agent lost lines before it sent them."""
        progress = self._books.progress
        if self._books.is_acknowledged:
            return False
        if progress.has_gap:
            # The Agent may have filtered these lines out. They count as lost once it sends lines that follow them.
            return self._throttle.is_acknowledged or self._run.file == MISSING
        return progress.mark is not None and self._aftermath.has_lost(progress.mark)

    def _is_drained(self) -> bool:
        # The lines of a missing file were already checked for loss.
        return self._throttle.is_drained or self._run.file == MISSING

    def _note_acknowledged(self) -> None:
        if self._is_drained():
            self._books.acknowledge()

    def _unwritten(self, lines: Iterator[LogLine], cursor_behind: CursorBehind) -> Iterator[LogLine]:
        """Skip the first of `lines` that are already in the log file."""
        for line in lines:
            place = self._run.leftover.pop(line.uuid, None)
            if place is None:
                # The Agent may have dropped a line in between, so lines after the first missing one are sent again.
                self._run.leftover = {}
                yield line
                yield from lines
                return
            self._books.skip_to(cursor_behind([line]), self._mark(place))
            # This run has not sent anything yet, so a drained file includes this line, unless it came in the meantime.
            if place <= (self._throttle.acknowledgement.offset or 0):
                self._note_acknowledged()

    def _mark(self, place: int) -> FileMark:
        stale_offset = self._throttle.acknowledgement.stale_offset
        return FileMark(self._log_file.path, self._run.file.inode, place, stale_offset)

    def _read_registry(self) -> Registry | None:
        return read_registry(self._log_file.registry_path, self._log_file.path, self._clock)

    def _no_log_file(self, evidence: str) -> CollectionError:
        return no_log_file(self._settings, self._log_file, evidence)
