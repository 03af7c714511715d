# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The integration launcher: what happens to a line between `send_log` and the log file.

Follows datadog-agent pkg/logs/launchers/integration/launcher.go.
"""

from __future__ import annotations

import math
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from .agent_log import AgentLog
from .clock import Clock, stamp
from .configuration import MIB, AgentSettings
from .faults import AgentKilled, Faults, SendBlocked, WorkerDied

Rotation = Literal['truncate', 'recreate', 'remove fails']
"""What the launcher does with a full file.

`truncate` is the Agent before datadog-agent#45885 (2026-02), and `recreate` the Agent since then. `remove fails` is the
latter on a system that cannot remove the file (on Windows: while any process has it open).
"""


@dataclass
class LogFile:
    """The launcher's record of a file, from the start-up scan and its own writes. It never calls `stat` again."""

    path: Path
    size: int
    last_modified: float


def integrations_folder(settings: AgentSettings) -> Path:
    """Return the folder without `.` and doubled separators, and with symbolic links, as the registry spells it."""
    return Path(os.path.normpath(settings.get('logs_config.run_path'))) / 'integrations'


def file_name(check_id: str) -> str:
    return check_id.replace(':', '_') + '.log'


def check_id_of(path: Path) -> str:
    """Derive the check id from a file name as the start-up scan does: the last `_` becomes a `:`.

    The result is wrong for an id with an instance name (`name:instance:digest`). Registration then creates the file
    again, which empties it.
    """
    head, underscore, tail = path.stem.rpartition('_')
    return f'{head}:{tail}' if underscore else path.stem


class LogFileLauncher:
    """One log file per check id, with the Agent's limits."""

    def __init__(
        self, settings: AgentSettings, clock: Clock, log: AgentLog, faults: Faults, rotation: Rotation
    ) -> None:
        self.folder = integrations_folder(settings)
        self._clock = clock
        self._log = log
        self._faults = faults
        self._rotation = rotation
        self._files: dict[str, LogFile] = {}
        self.file_max_bytes = settings.get('logs_config.integrations_logs_files_max_size') * MIB
        try:
            self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            log.warning('Unable to create integrations logs directory: %s', error)
        self.total_max_bytes = self._total_max_bytes(settings)
        self._scan()
        if self.total_max_bytes == 0:
            log.warning('Integrations logs are disabled: no disk space may be used for them, all of them are dropped')

    def _total_max_bytes(self, settings: AgentSettings) -> int:
        """Compute the quota when the logs part starts. A disk that fills up later has no effect."""
        allowed: int = settings.get('logs_config.integrations_logs_total_usage') * MIB
        ratio = float(settings.get('logs_config.integrations_logs_disk_ratio'))
        if not 0 <= ratio <= 1:
            return allowed
        try:
            total, free = self._disk_total_and_free_bytes()
        except OSError as error:
            self._log.warning('Unable to compute integrations logs max disk usage, using the setting: %s', error)
            return allowed
        return min(allowed, max(0, free - math.ceil(total * (1 - ratio))))

    def _disk_total_and_free_bytes(self) -> tuple[int, int]:
        if self._faults.disk_unreadable:
            raise OSError('statfs failed')
        if self._faults.disk_total_and_free_bytes is not None:
            return self._faults.disk_total_and_free_bytes
        usage = shutil.disk_usage(self.folder)
        return usage.total, usage.free

    def _scan(self) -> None:
        """Register the files of an earlier run. Over quota, delete the oldest files and do not create them again.

        An empty file is deleted like any other, and the entry of a deleted one stays.
        """
        for path in sorted(self.folder.rglob('*')):
            if not path.is_file():
                continue
            stat = path.stat()
            # Only the last part of a path is kept, so files of nested folders are flattened.
            self._files[check_id_of(path)] = LogFile(self.folder / path.name, stat.st_size, stat.st_mtime)
        # One that was deleted counts as modified just now, so that its turn does not come again.
        for oldest in sorted(self._files.values(), key=lambda file: file.last_modified):
            if self._total() <= self.total_max_bytes:
                break
            try:
                oldest.path.unlink()
            except OSError as error:
                self._log.warning('Error deleting log file: %s', error)
                break
            oldest.size, oldest.last_modified = 0, self._clock.now()

    def _total(self) -> int:
        return sum(file.size for file in self._files.values())

    def register(self, check_id: str) -> Path | None:
        """Return the log file of a check. Create it empty unless the start-up scan found it. `None`: there is none."""
        if self.total_max_bytes == 0:
            return None
        if check_id not in self._files:
            path = self.folder / file_name(check_id)
            try:
                self._faults.fail_create()
                _create(path)
            except OSError as error:
                self._log.warning('Failed to create integration log file: %s', error)
                return None
            self._files[check_id] = LogFile(path, 0, self._clock.now())
        return self._files[check_id].path

    def handle(self, line: bytes, check_id: str) -> None:
        """Write a line, or drop it with a warning. Does not report to the sender which of these happened."""
        if self.total_max_bytes == 0:
            return
        file = self._files.get(check_id)
        if file is None:
            self._log.warning('Failed to write log to file, no file is known for integration %s', check_id)
            return
        size = len(line) + 1
        if size > self.file_max_bytes or size > self.total_max_bytes:
            text = line.decode('utf-8', 'replace')
            self._log.warning('Integration log of %s is larger than the size limit, dropped: %s', check_id, text)
            return
        try:
            if file.size + size > self.file_max_bytes:
                self._rotate(file)
            while self._total() + size > self.total_max_bytes:
                self._evict_oldest()
        except OSError as error:
            self._log.error('Failed to delete and remake log file: %s', error)
            return
        try:
            self._append(file.path, line)
            stamp(file.path, self._clock)
        except OSError as error:
            self._log.warning('Error writing log to file: %s', error)
            return
        file.size += size
        file.last_modified = self._clock.now()

    def _rotate(self, file: LogFile) -> None:
        if self._rotation == 'truncate':
            _create(file.path)
        else:
            self._remove_and_create(file)
        file.size = 0

    def _evict_oldest(self) -> None:
        """Empty the file modified longest ago, even if another check owns it and lines are unread."""
        oldest = min(self._files.values(), key=lambda file: file.last_modified)
        self._remove_and_create(oldest)
        oldest.size, oldest.last_modified = 0, self._clock.now()

    def _remove_and_create(self, file: LogFile) -> None:
        if self._rotation == 'remove fails':
            raise PermissionError(f'{file.path} is in use by another process')
        file.path.unlink()
        _create(file.path)

    def _append(self, path: Path, line: bytes) -> None:
        """Write text and newline with two calls. A process that dies between them leaves a line without an end."""
        self._faults.reach('before_write')
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if self._faults.write_errno is not None and self._faults.short_write:
                os.write(descriptor, line[: len(line) // 2])
            self._faults.fail_write()
            os.write(descriptor, line)
            self._faults.reach('between_writes')
            os.write(descriptor, b'\n')
        finally:
            os.close(descriptor)
        self._faults.reach('after_write')


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))


class Handover(Protocol):
    """The unbuffered channel between `send_log` and the launcher's only worker.

    `send` returns when the worker has received the line. The worker writes it after that, and the next `send` of any
    check waits for the write (datadog-agent comp/logs/integrations/impl/integrations.go).
    """

    died: bool
    """Whether a fault killed the worker. The process ends after that."""

    def send(self, line: bytes, check_id: str) -> None: ...

    def settle(self) -> None:
        """Wait until the worker is idle."""

    launcher: LogFileLauncher
    """The launcher that writes the lines. It is not used while the handover is stopped."""

    def stop(self, seconds: float | None = None) -> None:
        """Finish the current line, and receive no other line. `send` blocks from now on.

        `seconds` is the time until `resume` is called, for virtual time.
        """

    def resume(self) -> None:
        """Receive lines again."""

    def abandon(self) -> None:
        """Drop the current line, as SIGKILL does."""


STEP_SECONDS = 1e-6
"""The shortest step of the clock. Without it, a rounding error could keep the clock just before a time forever."""


class SteppedHandover:
    """The worker in virtual time.

    Without a write delay the worker is faster than the sender. With a delay, the line is written when the clock reaches
    that time: while the check sleeps on the Agent's clock, or while the next `send` waits.
    """

    launcher: LogFileLauncher

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        after: Callable[[float, Callable[[], object]], None],
        sleep: Callable[[float], None],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._after = after
        self._sleep = sleep
        self._in_hand: tuple[bytes, str] | None = None
        self._due = 0.0
        self._stopped = False
        self._resumes_at: float | None = None
        self.died = False

    def send(self, line: bytes, check_id: str) -> None:
        self.settle()
        while self._stopped and self._resumes_at is not None:
            self._sleep(max(self._resumes_at - self._clock.now(), STEP_SECONDS))
        if self.died or self._faults.dead:
            self._faults.die()
        if self._stopped:
            raise SendBlocked
        self._in_hand = (line, check_id)
        delay = self._faults.write_delay_seconds
        self._due = self._clock.now() + delay
        if delay > 0:
            self._after(delay, self._write)
        else:
            self._write()

    def _write(self) -> None:
        if self._in_hand is None or self._clock.now() < self._due:
            return
        (line, check_id), self._in_hand = self._in_hand, None
        try:
            self.launcher.handle(line, check_id)
        except WorkerDied:
            self.died = True

    def settle(self) -> None:
        while self._in_hand is not None:
            self._sleep(max(self._due - self._clock.now(), STEP_SECONDS))
            self._write()

    def stop(self, seconds: float | None = None) -> None:
        self.settle()
        self._stopped = True
        self._resumes_at = None if seconds is None else self._clock.now() + seconds

    def resume(self) -> None:
        self._stopped = False

    def abandon(self) -> None:
        self._resumes_at = None
        self._in_hand = None


class ThreadedHandover:
    """The worker as a thread, for real time."""

    launcher: LogFileLauncher

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._state = threading.Condition()
        self._in_hand: tuple[bytes, str] | None = None
        self._stopped = False
        self._ended = False
        self.died = False
        self._worker = threading.Thread(target=self._work, name='integration-launcher', daemon=True)
        self._worker.start()

    def send(self, line: bytes, check_id: str) -> None:
        with self._state:
            self._state.wait_for(lambda: self._ended or self.died or (self._in_hand is None and not self._stopped))
            if self._ended:
                raise AgentKilled
            if self.died:
                self._faults.die()
            self._in_hand = (line, check_id)
            self._state.notify_all()

    def _work(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._in_hand is not None or self._ended)
                if self._in_hand is None or self._ended:
                    return
                line, check_id = self._in_hand
            time.sleep(self._faults.write_delay_seconds)
            try:
                self.launcher.handle(line, check_id)
            except (WorkerDied, AgentKilled):
                self.died = True
            with self._state:
                self._in_hand = None
                self._state.notify_all()
                if self.died:
                    return

    def settle(self) -> None:
        with self._state:
            self._state.wait_for(lambda: self._in_hand is None or self._ended)

    def stop(self, seconds: float | None = None) -> None:
        with self._state:
            self._stopped = True
        self.settle()

    def resume(self) -> None:
        with self._state:
            self._stopped = False
            self._state.notify_all()

    def abandon(self) -> None:
        with self._state:
            self._ended = True
            self._in_hand = None
            self._state.notify_all()
