# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Delivery that is seen in the Agent's log file, and never outruns the Agent."""

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

# The Agent creates the file while it schedules the check, and the first run may be a moment faster.
FIRST_FILE_DEADLINE_SECONDS = 5.0

# The Agent looks for replaced files every second, or every 10 before 7.80; it collects lines for 5, and notes once a
# second what was taken.
ACKNOWLEDGEMENT_DEADLINE_SECONDS = 20.0

# The Agent works its quota out when it starts. If the disk has filled up since, today's figure is too low.
LOWEST_LIMIT_BYTES = 2 * MIB

SEE_LOGS_AGENT = 'See whether the Agent can send logs, in `agent status` under Logs Agent'

# No file has this offset.
NOWHERE = -1


@dataclass(slots=True)
class Run:
    """What counts within one run.

    `file` is the one that is written to: another one at its path means that the Agent replaced it. `leftover`: for each
    `uuid` in the file that no commit covers, where its line ends. `has_rotated`: the Agent replaced the file for a line
    of this run, and is not known to have taken up the new one.
    """

    claim_seconds: Callable[[], float]
    file: FileState
    room_bytes: int = 0
    leftover: dict[str, int] = field(default_factory=dict)
    has_rotated: bool = False
    has_written: bool = False


class VerifiedOutbox:
    """Delivers lines through the Agent's log file.

    A cursor is committed when the lines before it are seen there. Where the Agent loses the file before it sent all of
    it, the cursor goes back. After a rotation nothing more is written until the Agent has sent something of the new
    file, or the run is over: it finds out about the new file by looking once in a while, and must get the time to.
    """

    def __init__(
        self, send_log: SendLog, log_file: LogFile, settings: AgentSettings, books: Books, clock: Clock
    ) -> None:
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
        # It may have come in a run that was too early for it.
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
            # Of a torn line the Agent sends nothing before another ends it, whether there is an outage or not.
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
            raise CollectionError(f'Collection waits: {throttle.describe_backlog()}', SEE_LOGS_AGENT)
        if throttle.backlog_bytes is None:
            return 'The Agent keeps a log file for this instance, and does not tell how much of it reached Datadog'
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
        """Write as many of `lines`, from the first on, as there is room for, and tell how many."""
        file, run = self._log_file.look(), self._run
        # Replaced by anybody else, with what was not sent: the next run sees to that before anything else.
        if run.has_rotated or not file.continues(run.file):
            return 0
        batch = self._fitting(lines, file)
        if not batch:
            self._throttle.next_bytes = lines[0].size_bytes
            return 0
        self._throttle.next_bytes = 1
        may_rotate = file == MISSING or file.size + batch[0].size_bytes > self._throttle.limit_bytes
        if may_rotate:
            # Once the old file is gone, that all of it was sent can no longer be seen.
            self._books.commit_noted()
        sent = [batch[0], *batch] if self._is_sacrificed(batch[0], file) else batch
        after = self._writer.write(sent, file)
        run.has_written = True
        replaced_bytes = file.size + sum(line.size_bytes for line in sent) - after.size
        is_committable = True
        if not after.continues(file):
            run.has_rotated = True
            # What went to the old file last is not known to be sent.
            is_committable = may_rotate and replaced_bytes <= file.size
            if not is_committable:
                self._observed_limit_bytes = max(replaced_bytes, PROBE_BYTES)
            if not self._is_drained():
                self._books.note_gap()
        elif after.size > self._observed_limit_bytes + self._settings.line_max_bytes:
            # It was replaced for another reason then, such as another integration that needed room.
            self._observed_limit_bytes = math.inf
        size_bytes = sum(line.size_bytes for line in batch)
        self._throttle.written(size_bytes, after)
        # From now on something waits in the file, so it must not rotate.
        run.room_bytes = min(run.room_bytes - size_bytes, self._throttle.limit_bytes - after.size)
        if not is_committable:
            # The offset of the new file must not count for the old one.
            self._books.commit_noted()
            return 0
        run.file = after
        return len(batch)

    def _fitting(self, lines: Sequence[LogLine], file: FileState) -> Sequence[LogLine]:
        """The first of `lines` for which there is room, and none that would make the file rotate but the first."""
        if file == MISSING:
            return lines[:1]
        first_bytes, room_bytes = lines[0].size_bytes, self._run.room_bytes
        if first_bytes > room_bytes:
            return []
        # Where writing has just failed, one line shows whether it works.
        if self._writer.is_torn(file):
            return lines[:1]
        left_bytes = self._throttle.limit_bytes - file.size
        # A file that is emptied and at once grows to its former size looks to everybody as if it were the old one.
        end_bytes = left_bytes if first_bytes <= left_bytes else file.size - 1
        most_bytes = max(min(room_bytes, end_bytes), first_bytes)
        sizes = accumulate(line.size_bytes for line in lines)
        return lines[: sum(size <= most_bytes for size in sizes)]

    def _is_sacrificed(self, line: LogLine, file: FileState) -> bool:
        """Whether `line` is lost behind `file`, so that it has to be sent twice.

        The Agent joins it with a torn line before it. A file that turns up again the Agent reads from the offset in the
        registry, if it is that long already (datadog-agent `pkg/logs/launchers/file/position.go`).
        """
        if file != MISSING:
            return self._writer.is_torn(file)
        registry = self._read_registry()
        if registry is None:
            # One that cannot be read may hold any offset.
            return os.path.exists(self._log_file.registry_path)
        return registry.offset is not None and 0 < registry.offset <= line.size_bytes

    def _find_room(self) -> bool:
        """Look how much of the file was sent, and tell whether there is room for the next line."""
        file, run = self._log_file.look(), self._run
        if not file.continues(run.file):
            run.room_bytes = 0
            return False
        self._throttle.follow(file, self._read_registry(), has_gap=self._books.progress.has_gap)
        # Of a new file the Agent must have sent something.
        run.has_rotated &= not self._throttle.is_acknowledged
        run.room_bytes = 0 if run.has_rotated else self._throttle.room_bytes
        if self._throttle.acknowledgement.offset != self._waited_at:
            self._waited_at = NOWHERE
        return self._has_room

    @property
    def _has_room(self) -> bool:
        run = self._run
        # The next line brings a missing file into being.
        return run.file == MISSING and not run.has_rotated or self._throttle.next_bytes <= run.room_bytes

    def _await_rotation(self) -> bool:
        """Tell whether there is room for the line that was refused, now or as soon as a rotation is over.

        Before it the Agent must have sent all of the old file, and after it something of the new one. Nobody knows how
        long an outage lasts, so a run waits only if it has written lines and began with room, and if no run waited in
        vain since the Agent last sent something.
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
        """Whether the Agent lost lines before it sent them."""
        progress = self._books.progress
        if self._books.is_acknowledged:
            return False
        if progress.has_gap:
            # Whether what the file lost was to be sent at all shows when the Agent sends what comes after it.
            return self._throttle.is_acknowledged or self._run.file == MISSING
        return progress.mark is not None and self._aftermath.has_lost(progress.mark)

    def _is_drained(self) -> bool:
        # Of a file that is missing the lines were judged before.
        return self._throttle.is_drained or self._run.file == MISSING

    def _note_acknowledged(self) -> None:
        if self._is_drained():
            self._books.acknowledge()

    def _unwritten(self, lines: Iterator[LogLine], cursor_behind: CursorBehind) -> Iterator[LogLine]:
        """Skip the first of `lines` that stand in the log file already."""
        for line in lines:
            place = self._run.leftover.pop(line.uuid, None)
            if place is None:
                # The Agent may have dropped a line in between, so nothing behind the first gap counts.
                self._run.leftover = {}
                yield line
                yield from lines
                return
            self._books.skip_to(cursor_behind([line]), self._mark(place))
            # Nothing was sent in this run yet, so what is drained includes this line.
            self._note_acknowledged()

    def _mark(self, place: int) -> FileMark:
        stale_offset = self._throttle.acknowledgement.stale_offset
        return FileMark(self._log_file.path, self._run.file.inode, place, stale_offset)

    def _read_registry(self) -> Registry | None:
        return read_registry(self._log_file.registry_path, self._log_file.path, self._clock)

    def _no_log_file(self, evidence: str) -> CollectionError:
        return no_log_file(self._settings, self._log_file, evidence)
