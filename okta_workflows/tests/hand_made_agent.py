# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A log file and a registry that are written by the test, with an outbox between them and the cursor."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from datadog_checks.okta_workflows.agent.books import Books
from datadog_checks.okta_workflows.agent.cursor import Cursor, CursorStore, Progress
from datadog_checks.okta_workflows.agent.log_file import FileMark, LogFile
from datadog_checks.okta_workflows.agent.log_line import LogLine
from datadog_checks.okta_workflows.agent.settings import AgentSettings
from datadog_checks.okta_workflows.agent.verified_outbox import VerifiedOutbox

from .fake_clock import FakeClock

MIB = 1024 * 1024
LINK = 'https://example.okta.com/api/v1/logs'


def whole(uuid: str) -> LogLine:
    text = json.dumps({'log': {'uuid': uuid}, 'note': 'n' * 100})
    return LogLine(text, len(text) + 1, uuid, 0.0)


def uuid_of(text: str) -> str:
    uuid: str = json.loads(text)['log']['uuid']
    return uuid


class HandMadeAgent:
    """The Agent of one instance. `seconds`: how long a run may still wait."""

    def __init__(self, run_path: Path, clock: FakeClock) -> None:
        self.clock = clock
        self.started = clock.now()
        (run_path / 'integrations').mkdir()
        self.log_file = LogFile(str(run_path), 'okta_workflows:1a2b', clock)
        self.path = Path(self.log_file.path)
        self.path.touch()
        self.registry = run_path / 'registry.json'
        self.sent: list[str] = []
        self.on_line: Callable[[str], object] = self.write
        self.settings = AgentSettings(str(run_path), MIB, 100 * MIB, 1.0, 256_000)
        self.seconds = 15.0
        self.cache: dict[str, str] = {}
        self.losses: list[tuple[float, float]] = []
        self.start()

    def start(self, settings: AgentSettings | None = None) -> None:
        """Begin a new process, over the same files."""
        self.cursors = CursorStore(lambda key: self.cache.get(key, ''), self.cache.__setitem__, bool, self.clock)
        if self.cursors.load() is None:
            cursor = Cursor(LINK, self.started)
            self.cursors.commit(Progress(cursor, cursor))
        books = Books(self.cursors, lambda since, until: self.losses.append((since, until)))
        self.outbox = VerifiedOutbox(self._send_log, self.log_file, settings or self.settings, books, self.clock)

    def has_written(self, mark: FileMark | None, *, has_gap: bool = False) -> None:
        """Let the cursor say that events were written up to `mark`, and are not acknowledged."""
        start = Cursor(LINK, self.started)
        self.cursors.commit(Progress(Cursor(LINK, self.started + 1, 'written'), start, mark, has_gap))

    def open(self, *, urgent: bool = False) -> bool:
        return self.outbox.open(lambda: self.seconds, urgent=urgent)

    def deliver(self, *uuids: str) -> bool:
        return self.outbox.deliver([whole(uuid) for uuid in uuids], self._cursor_behind)

    @property
    def progress(self) -> Progress:
        return self.cursors.current

    @property
    def delivered(self) -> str:
        """The event behind which the cursor stands; empty before the first."""
        return self.progress.written.uuid

    def write(self, text: str) -> None:
        with self.path.open('a', newline='\n') as file:
            file.write(text + '\n')

    def replace_and_write(self, text: str) -> None:
        """What the Agent does with the line that is too much for the file."""
        self.path.write_bytes(b'')
        self.write(text)
        self.on_line = self.write

    def write_in_bounds(self, text: str) -> None:
        """Write, after a rotation if the file would grow beyond its limit."""
        if self.path.stat().st_size + len(text) + 1 > MIB:
            self.path.write_bytes(b'')
        self.write(text)

    def fill(self, left_bytes: int) -> None:
        """Let the file be full but for `left_bytes`."""
        self.path.write_bytes(b'x' * (MIB - left_bytes - 1) + b'\n')

    def acknowledge(self, **offsets: int) -> None:
        """The offset of each log file, named by its check id's last part."""
        folder = self.log_file.folder
        entries = {
            f'file:{folder}/okta_workflows_{name.removeprefix("of_")}.log': {'Offset': str(offset)}
            for name, offset in offsets.items()
        }
        self.registry.write_text(json.dumps({'Version': 2, 'Registry': entries}))
        self.refresh_registry()

    def refresh_registry(self) -> None:
        """The Agent writes it every second, whatever happens."""
        os.utime(self.registry, (self.clock.now(), self.clock.now()))

    def works_after(self, seconds: float, work: Callable[[], object]) -> None:
        """Does `work` when so much time has passed while the check waits."""
        due = [self.clock.now() + seconds]

        def sleep(seconds: float) -> None:
            self.clock.advance(seconds)
            if due and self.clock.now() >= due[0]:
                due.clear()
                work()

        self.clock.sleep = sleep

    def mark(self, size: int, name: str = '1a2b') -> FileMark:
        path = self.path.with_name(f'okta_workflows_{name}.log')
        return FileMark(str(path), self.path.stat().st_ino, size)

    def _send_log(self, text: str) -> None:
        self.sent.append(text)
        self.on_line(text)

    def _cursor_behind(self, lines: Sequence[LogLine]) -> Cursor:
        return Cursor(LINK, self.started + 2, lines[-1].uuid)
