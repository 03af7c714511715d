# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Hands lines to the Agent, and sees to it that they landed.

`send_log` returns normally although nothing is written: without a `logs` section, with a full disk, in an
`agent check` run by hand. It returns when the Agent has taken the line, not when it has written it (datadog-agent
`comp/logs/integrations/impl/integrations.go`). So a batch counts as delivered only when it is seen in the Agent's log
file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from copy import copy
from typing import Protocol

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.errors import CollectionError

from .log_file import MISSING, FileMark, FileState, LogFile
from .log_line import LogLine
from .registry import Registry, read_registry
from .settings import AgentSettings
from .throttle import Room, Throttle

# The Agent creates the file while it schedules the check, and the first run may be a moment faster.
FIRST_FILE_DEADLINE_SECONDS = 5.0

# While the Agent replaces the file, it is missing for a moment (datadog-agent#45885).
FILE_DEADLINE_SECONDS = 0.01
WRITE_DEADLINE_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.2

# The Agent looks for replaced files every second, or every 10 before 7.80; it collects lines for 5, and notes once a
# second what was taken.
ACKNOWLEDGEMENT_DEADLINE_SECONDS = 20.0

# The Agent works its quota out when it starts. If the disk has filled up since, today's figure is too low.
LOWEST_LIMIT_BYTES = 2 * MIB

# More than a batch, which is all that a crash leaves without a commit.
MAX_FOUND_BYTES = 8 * MIB

# Half of the smallest log file that an Agent keeps by default.
UNVERIFIED_BYTES_PER_RUN = 5 * MIB

FREE_DISK_SPACE = 'Free disk space, or raise that setting in `datadog.yaml`, and restart the Agent'
ADD_LOGS_SECTION = (
    'Add the `logs` section with `type: integration` from `conf.yaml.example` to `conf.yaml` and restart the Agent'
)
EXPECTED_BY_HAND = 'This is to be expected of `agent check` run by hand'
SEE_LOGS_AGENT = 'See whether the Agent can send logs, in `agent status` under Logs Agent'

SendLog = Callable[[str], None]


class Delivery(Protocol):
    """Where lines go."""

    def begin(self, now: float, mark: FileMark | None) -> None:
        """Start a run at `now` (seconds since the epoch), with lines written up to `mark` by the runs before."""

    def cancel(self) -> None:
        """End a wait for room. May be called from any thread."""

    def still_has(self, mark: FileMark | None) -> bool:
        """Whether the Agent has sent, or can still send, what was written up to `mark`."""

    def written_behind(self, mark: FileMark | None) -> dict[str, int]:
        """Find the lines that were written behind `mark` and that the Agent reads: for each `uuid` where its line ends.

        A crash between sending and committing leaves such lines, and so does a disk that is slower than the proof.
        """

    def mark_at(self, place: int) -> FileMark | None:
        """The mark of a line that ends at `place`, which `written_behind` found."""

    def is_drained(self) -> bool:
        """Whether, when last looked at, everything that was written was known to have reached Datadog."""

    def has_lost_unsent(self) -> bool:
        """Whether in this run the file was let rotate, after long waiting, before it was drained."""

    def is_sending(self) -> bool:
        """Whether lines that are in the file now are known to reach Datadog."""

    def mark(self) -> FileMark | None:
        """Up to where lines are written now."""

    def waiting_backlog(self) -> str:
        """What the Agent has yet to send before there is room again; empty if there is room."""

    def missing_file(self) -> CollectionError | None:
        """Tell that there is no log file, if no line has brought it into being."""

    def examine(self, now: float, mark: FileMark | None) -> str:
        """Look at the Agent's files at `now`, with lines written up to `mark`, and tell what becomes of lines.

        Raises `CollectionError` if they would go nowhere, or wait. Changes nothing.
        """

    def has_room(self) -> bool:
        """Whether anything can be handed over now."""

    def await_room(self, most_seconds: float) -> bool:
        """Whether there is room for the line that was last refused, now or soon.

        For so long the Agent gets the time to send what it was handed in this run or the one before.
        """

    def probe(self, *, urgent: bool) -> None:
        """Make some room, if it is time to see whether the Agent sends again.

        An `urgent` run does not wait for an outage to end.
        """

    def replaces_file(self, lines: Sequence[LogLine]) -> bool:
        """Whether the Agent is going to replace its log file if it is handed `lines`."""

    def hand_over(self, lines: Sequence[LogLine]) -> int:
        """Deliver as many of `lines`, from the first on, as there is room for, and tell how many.

        Raises `CollectionError` if the Agent did not write them: none of them counts as delivered then.
        """


class UnverifiedDelivery:
    """Delivery to an Agent whose log file is not known: what was taken counts as delivered.

    The only guard against outrunning the Agent is a bound for each run.
    """

    def __init__(self, send_log: SendLog) -> None:
        self._send_log = send_log
        self._room_bytes = 0

    def begin(self, now: float, mark: FileMark | None) -> None:
        self._room_bytes = UNVERIFIED_BYTES_PER_RUN

    def cancel(self) -> None:
        pass

    def still_has(self, mark: FileMark | None) -> bool:
        return True

    def written_behind(self, mark: FileMark | None) -> dict[str, int]:
        return {}

    def mark_at(self, place: int) -> FileMark | None:
        return None

    def is_drained(self) -> bool:
        return True

    def has_lost_unsent(self) -> bool:
        return False

    def is_sending(self) -> bool:
        return True

    def mark(self) -> FileMark | None:
        return None

    def waiting_backlog(self) -> str:
        return ''

    def missing_file(self) -> CollectionError | None:
        return None

    def examine(self, now: float, mark: FileMark | None) -> str:
        return 'The check does not verify whether the Agent writes and sends logs'

    def has_room(self) -> bool:
        return True

    def await_room(self, most_seconds: float) -> bool:
        return False

    def probe(self, *, urgent: bool) -> None:
        pass

    def replaces_file(self, lines: Sequence[LogLine]) -> bool:
        return False

    def hand_over(self, lines: Sequence[LogLine]) -> int:
        if self._room_bytes <= 0:
            return 0
        for line in lines:
            self._send_log(line.text)
            self._room_bytes -= line.size_bytes
        return len(lines)


class VerifiedDelivery:
    """Delivery that is looked up in the Agent's log file, and never outruns the Agent.

    After a rotation nothing more is handed over until the Agent has sent something of the new file, or the run is over:
    it finds out about the new file by looking once in a while, and must get the time to.
    """

    def __init__(self, send_log: SendLog, log_file: LogFile, settings: AgentSettings, clock: Clock) -> None:
        self._clock = clock
        self._send_log = send_log
        self._log_file = log_file
        self._settings = settings
        self._throttle = Throttle(settings.file_max_bytes)
        self._room = Room(0)
        self._lost_unsent = False
        self._waits = False
        self._needed_bytes = 1
        self._now = 0.0
        self._rotated = False
        self._seen = FileState(0, 0)
        self._proven: FileState | None = None
        # Whether the Agent has something to acknowledge from this run, and from the one before.
        self._has_handed_over = False
        self._had_handed_over = False
        self._cancelled = False
        self._file_deadline_seconds = FIRST_FILE_DEADLINE_SECONDS

    def begin(self, now: float, mark: FileMark | None) -> None:
        self._now = now
        self._eventually(lambda: self._log_file.state() is not None, self._file_deadline_seconds)
        self._file_deadline_seconds = FILE_DEADLINE_SECONDS
        if mark is not None and mark.path == self._log_file.path:
            self._throttle.resume(mark)
        self._rotated = self._lost_unsent = self._waits = False
        self._throttle.limit_bytes = self._limit_bytes()
        self._had_handed_over, self._has_handed_over = self._has_handed_over, False
        self._seen = self._look()
        self._finds_room()

    def cancel(self) -> None:
        self._cancelled = True

    def still_has(self, mark: FileMark | None) -> bool:
        if mark is None:
            return True
        state = self._look()
        is_same_path = mark.path == self._log_file.path
        if is_same_path and state.continues(FileState(mark.inode, mark.size)):
            return not self._throttle.has_missed_rotation
        registry = read_registry(self._log_file.registry_path, mark.path, self._now, self._clock.sleep)
        if registry is None or registry.offset is None or registry.offset < mark.size:
            return False
        # While the registry shows an earlier file, its offset may still rise. Only one that fell is of the marked file.
        if mark.stale_offset is not None and registry.offset >= mark.stale_offset:
            return False
        # A file of the same name is another one now: only an offset beyond its end must be that of the lost one.
        return not is_same_path or registry.offset > state.size

    def written_behind(self, mark: FileMark | None) -> dict[str, int]:
        file = self._look()
        # A stale offset may let the Agent begin in the middle of the file, and without one it begins at its end.
        if mark is None or mark.path != self._log_file.path or mark.stale_offset is not None:
            return {}
        if not file.continues(FileState(mark.inode, mark.size)) or file.size == mark.size:
            return {}
        registry = self._read_registry()
        if registry is None or registry.offset is None or self._throttle.has_missed_rotation:
            return {}
        before, *lines = self._log_file.behind(mark.size, MAX_FOUND_BYTES).split(b'\n')
        # Behind a torn line the next one looks whole, and the Agent joins the two.
        if before or not lines:
            return {}
        found: dict[str, int] = {}
        place = mark.size
        # What stands behind the last line break is not whole.
        for line in lines[:-1]:
            place += len(line) + 1
            uuid = _uuid_of(line)
            if uuid:
                found.setdefault(uuid, place)
        return found

    def mark_at(self, place: int) -> FileMark | None:
        return FileMark(self._log_file.path, self._look().inode, place)

    def is_drained(self) -> bool:
        # Of a file that is missing the lines were judged before.
        return (self._throttle.is_acknowledged and self._throttle.backlog_bytes == 0) or self._seen == MISSING

    def has_lost_unsent(self) -> bool:
        return self._lost_unsent

    def is_sending(self) -> bool:
        return self._throttle.is_acknowledged or self._seen == MISSING

    def mark(self) -> FileMark | None:
        # What is there now may be more than was seen to be whole lines, or another file.
        state = self._proven or self._look()
        return FileMark(self._log_file.path, state.inode, state.size, self._throttle.stale_offset)

    def waiting_backlog(self) -> str:
        return _describe_backlog(self._throttle) if self._waits else ''

    def missing_file(self) -> CollectionError | None:
        return self._no_file('no event came that could bring it into being') if self._seen == MISSING else None

    def examine(self, now: float, mark: FileMark | None) -> str:
        file = self._look()
        if file == MISSING:
            raise self._no_file('the next run tries whether an event brings it into being')
        throttle = copy(self._throttle)
        throttle.limit_bytes = self._limit_bytes()
        if mark is not None and mark.path == self._log_file.path:
            throttle.resume(mark)
        needed_bytes = self._needed_bytes
        registry = read_registry(self._log_file.registry_path, self._log_file.path, now, self._clock.sleep)
        room = throttle.room(needed_bytes, file, registry)
        is_full = file.size + needed_bytes > throttle.limit_bytes
        if room.size_bytes < needed_bytes or (is_full and not room.may_rotate):
            raise CollectionError(f'Collection waits: {_describe_backlog(throttle)}', SEE_LOGS_AGENT)
        if throttle.backlog_bytes is None:
            return 'The Agent keeps a log file for this instance, and does not tell how much of it reached Datadog'
        return f'The Agent keeps a log file for this instance and has room in it: {_describe_backlog(throttle)}'

    def has_room(self) -> bool:
        return self._fits(self._needed_bytes, self._look())

    def await_room(self, most_seconds: float) -> bool:
        # Of an outage nobody knows how long it lasts, but that it is one.
        is_soon = (self._has_handed_over or self._had_handed_over) and not self._waits
        self._eventually(
            lambda: self._finds_room() or self._cancelled or self._is_replaced(self._look()),
            min(most_seconds, ACKNOWLEDGEMENT_DEADLINE_SECONDS) if is_soon else 0.0,
        )
        return self.has_room()

    def probe(self, *, urgent: bool) -> None:
        self._waits = True
        # Of a torn line the Agent sends nothing before another ends it, whether there is an outage or not.
        urgent = urgent or self._is_torn(self._look())
        self._room = self._throttle.probe(self._needed_bytes, self._read_registry(), self._now, urgent=urgent)

    def replaces_file(self, lines: Sequence[LogLine]) -> bool:
        file = self._look()
        return self._is_first_line(file) or (self._room.may_rotate and self._rotates(lines[0].size_bytes, file))

    def hand_over(self, lines: Sequence[LogLine]) -> int:
        before = self._look()
        # Replaced by anybody else, with what was not sent: the next run sees to that before anything else.
        if self._rotated or self._is_replaced(before):
            return 0
        is_torn = self._is_torn(before)
        # Where writing has just failed, or where there is no file, one line shows whether it works.
        batch = self._take(lines[:1] if is_torn or self._is_first_line(before) else lines, before)
        if not batch:
            self._needed_bytes = lines[0].size_bytes
            return 0
        self._needed_bytes = 1
        # The Agent joins this line with the torn one before it, or begins to read in the middle of it.
        is_sacrificed = is_torn or (self._is_first_line(before) and self._is_read_from_within(batch[0]))
        return len(batch) if self._write([batch[0], *batch] if is_sacrificed else batch, before) else 0

    def _finds_room(self) -> bool:
        """Look how much of the file was sent, and whether there is room now."""
        file = self._look()
        if self._is_replaced(file):
            self._room = Room(0)
            return False
        room = self._throttle.room(self._needed_bytes, file, self._read_registry())
        # Of a new file the Agent must have sent something.
        self._rotated &= not self._throttle.is_acknowledged
        self._room = Room(0) if self._rotated else room
        return self._fits(self._needed_bytes, file)

    def _is_torn(self, file: FileState) -> bool:
        return file != self._proven and not self._log_file.ends_in_line()

    def _is_replaced(self, file: FileState) -> bool:
        """Whether it is another file than the one that was last seen."""
        return not file.continues(self._seen)

    def _is_first_line(self, file: FileState) -> bool:
        """Whether the next line is to bring the file into being, which has been missing since the run began."""
        return file == self._seen == MISSING and not self._rotated

    def _is_read_from_within(self, line: LogLine) -> bool:
        """Whether the Agent may begin to read behind the beginning of `line`, the first one of a new file.

        A file that turns up again is read from the offset in the registry, if it is that long already (datadog-agent
        `pkg/logs/launchers/file/position.go`).
        """
        registry = self._read_registry()
        if registry is None:
            # One that cannot be read may hold any offset.
            return os.path.exists(self._log_file.registry_path)
        return registry.offset is not None and 0 < registry.offset <= line.size_bytes

    def _fits(self, line_bytes: int, file: FileState) -> bool:
        if self._is_first_line(file):
            return True
        return line_bytes <= self._room.size_bytes and (self._room.may_rotate or not self._rotates(line_bytes, file))

    def _rotates(self, line_bytes: int, file: FileState) -> bool:
        return file.size + line_bytes > self._throttle.limit_bytes

    def _take(self, lines: Sequence[LogLine], file: FileState) -> Sequence[LogLine]:
        """As many of the first lines as there is room for, and none that would make the file rotate but the first."""
        first_bytes = lines[0].size_bytes
        if not self._fits(first_bytes, file):
            return []
        if self._is_first_line(file):
            return lines
        most = self._room.size_bytes
        if not self._rotates(first_bytes, file):
            most = min(most, self._throttle.limit_bytes - file.size)
        count, size_bytes = 0, 0
        for line in lines:
            size_bytes += line.size_bytes
            if size_bytes > most:
                break
            count += 1
        return lines[:count]

    def _write(self, batch: Sequence[LogLine], before: FileState) -> bool:
        """Hand over `batch`. False if the file was replaced meanwhile, though it was not to rotate."""
        may_rotate = self._is_first_line(before) or self._rotates(batch[0].size_bytes, before)
        for line in batch:
            self._send_log(line.text)
        size_bytes = sum(line.size_bytes for line in batch)
        self._prove(batch, size_bytes, before)
        after = self._proven = self._look()
        self._has_handed_over = True
        self._rotated = self._is_replaced(after)
        self._lost_unsent |= self._rotated and not self.is_drained()
        self._throttle.handed_over(size_bytes, after)
        # From now on something waits in the file, so it must not rotate.
        self._room = Room(self._room.size_bytes - size_bytes)
        if self._rotated and not may_rotate:
            return False
        self._seen = after
        return True

    def _limit_bytes(self) -> int:
        """The size at which the Agent replaces the file, or deletes it for the sake of others."""
        quota_bytes = self._settings.quota_bytes(self._log_file.folder) - self._log_file.others_bytes()
        return min(self._settings.file_max_bytes, self._settings.total_max_bytes, max(quota_bytes, LOWEST_LIMIT_BYTES))

    def _look(self) -> FileState:
        self._eventually(lambda: self._log_file.state() is not None, FILE_DEADLINE_SECONDS)
        return self._log_file.state() or MISSING

    def _read_registry(self) -> Registry | None:
        return read_registry(self._log_file.registry_path, self._log_file.path, self._now, self._clock.sleep)

    def _prove(self, sent: Sequence[LogLine], size_bytes: int, before: FileState) -> None:
        if not self._eventually(lambda: self._holds(sent, size_bytes, before), WRITE_DEADLINE_SECONDS):
            if self._is_first_line(before) and self._look() == MISSING:
                raise self._no_file('an event that the check sent did not bring it into being', f'. {EXPECTED_BY_HAND}')
            raise self._not_written(len(sent))

    def _holds(self, batch: Sequence[LogLine], size_bytes: int, before: FileState) -> bool:
        """Whether the file has grown by the whole batch, and ends in the line of its last event."""
        state = self._log_file.state()
        if state is None:
            return False
        grown_bytes = state.size - (before.size if state.continues(before) else 0)
        if grown_bytes < size_bytes:
            return False
        is_exact = grown_bytes == size_bytes
        tail = self._log_file.tail(batch[-1].size_bytes if is_exact else grown_bytes)
        # Where something else came as well, its bytes may stand in for those of a line that is torn or missing.
        has_lines = is_exact or tail.count(b'\n') >= len(batch)
        return has_lines and tail.endswith(b'\n') and batch[-1].uuid.encode() in tail

    def _no_file(self, evidence: str, by_hand: str = '') -> CollectionError:
        section = '`conf.yaml` has no `logs` section of type `integration`'
        quota = f'the quota of all log files leaves no room ({self._describe_quota()})'
        likelier, other = (quota, section) if self._quota_leaves_no_room() else (section, quota)
        steps = (FREE_DISK_SPACE, ADD_LOGS_SECTION) if likelier == quota else (ADD_LOGS_SECTION, FREE_DISK_SPACE)
        return CollectionError(
            f'The Agent keeps no log file for this instance ({self._log_file.path}), and {evidence}. The cause is one '
            f'of two: {likelier}, or {other}',
            '. Otherwise: '.join(steps) + by_hand,
        )

    def _quota_leaves_no_room(self) -> bool:
        return self._settings.quota_bytes(self._log_file.folder) == 0

    def _describe_quota(self) -> str:
        settings, folder = self._settings, self._log_file.folder
        return (
            f'{settings.quota_bytes(folder) / MIB:.0f} MiB, after `logs_config.integrations_logs_total_usage` '
            f'{settings.total_max_bytes / MIB:.0f} MiB, `logs_config.integrations_logs_disk_ratio` '
            f'{settings.disk_ratio:g}, and {settings.free_bytes(folder) / MIB:.0f} MiB free; the log files of other '
            f'integrations take {self._log_file.others_bytes() / MIB:.0f} MiB'
        )

    def _not_written(self, count: int) -> CollectionError:
        what = f'The Agent took {count} events and did not write them to {self._log_file.path}; they will be sent again'
        if self._quota_leaves_no_room():
            return CollectionError(f'{what}. {self._disk_too_full()}', FREE_DISK_SPACE)
        if self._settings.free_bytes(self._log_file.folder) < MIB:
            return CollectionError(f'{what}. The disk is full', 'Free disk space')
        return CollectionError(
            f'{what}. {EXPECTED_BY_HAND}',
            "Otherwise look in `agent.log` for the reason: the file's permissions, or a logs Agent that does not run",
        )

    def _disk_too_full(self) -> str:
        ratio = f'`logs_config.integrations_logs_disk_ratio` ({self._settings.disk_ratio:g})'
        return f'The disk of {self._log_file.folder} is fuller than {ratio} allows'

    def _eventually(self, is_so: Callable[[], bool], deadline_seconds: float) -> bool:
        """Whether it comes true before the deadline; asked again after longer and longer pauses."""
        deadline = self._clock.monotonic() + deadline_seconds
        pause_seconds = FIRST_PAUSE_SECONDS
        while not is_so():
            if self._clock.monotonic() >= deadline:
                return False
            self._clock.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        return True


def _uuid_of(line: bytes) -> str:
    """The `uuid` of the event in a line of the log file; empty if it has none, or is no line of ours."""
    try:
        content = json.decode(line)
        uuid = content['log']['uuid']
    except (KeyError, TypeError, ValueError):
        return ''
    return uuid if isinstance(uuid, str) else ''


def _describe_backlog(throttle: Throttle) -> str:
    if throttle.backlog_bytes is None:
        return (
            f'{throttle.allowance_bytes / MIB:.1f} MiB were handed to the Agent, which does not tell how much of it '
            'reached Datadog'
        )
    return f"{throttle.backlog_bytes / MIB:.1f} MiB in the Agent's log file wait for Datadog's intake"
