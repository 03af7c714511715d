# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Faults that a test can arrange in the stand-in."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

KillPoint = Literal[
    'before_write',
    'between_writes',
    'after_write',
    'before_cache_write',
    'cache_truncated',
    'cache_half_written',
    'after_cache_write',
]


class AgentKilled(BaseException):
    """The Agent process is dead.

    Not an `Exception`: no check may catch its own death.
    """


class SendBlocked(BaseException):
    """A `send_log` that never returns, because the launcher is stopped.

    Raised only in virtual time, where waiting for ever would stop the test instead of the check.
    """


GIB = 1024**3
ROOMY_DISK = (1000 * GIB, 900 * GIB)


@dataclass
class Faults:
    """What goes wrong, and when. Every setting may be changed while the Agent runs."""

    write_delay_seconds: float = 0.0
    """How long the launcher takes from having taken a line to having written it (a stalled disk)."""

    write_errno: int | None = None
    """The launcher's writes fail with this error, e.g. `errno.ENOSPC` or `errno.EACCES`."""

    short_write: bool = False
    """With `write_errno`: half of the text reaches the file before the error."""

    create_errno: int | None = None
    """The launcher cannot create log files."""

    cache_errno: int | None = None
    """Writes to the persistent cache fail with this error, of which the check learns nothing."""

    disk_total_and_free_bytes: tuple[int, int] | None = ROOMY_DISK
    """What the disk seems to have when the launcher starts; `None`: what the machine's really has, on which a test
    would then depend."""

    disk_unreadable: bool = False
    """The launcher cannot learn the size of the disk."""

    logs_start_delay_seconds: float = 0.0
    """From the start of the Agent to that of its logs part. Meanwhile `send_log` blocks, and log files are neither
    scanned nor created. Agents that start their parts one after another do so (datadog-agent
    comp/logs/agent/impl/agent.go); that their checks run meanwhile is inferred."""

    tailer_start_delay_seconds: float = 0.0
    """From the creation of the log file to the opening of its tailer: lines written meanwhile may be skipped."""

    tailer_bytes_per_poll: int | None = None
    """How much a tailer reads at a time, as on a busy host; what it has not read when its file goes is lost
    (datadog-agent#51505)."""

    filtered: Callable[[bytes], bool] | None = None
    """A global processing rule: messages for which it is true are dropped, and never acknowledged."""

    registry_flush: Literal['whole', 'empty', 'half', 'stalled'] = 'whole'
    """What a flush of `registry.json` leaves behind; `stalled`: it is not written at all."""

    kill_process: bool = False
    """Die by `os._exit`, not by `AgentKilled` (for an Agent in a process of its own)."""

    dead: bool = field(default=False, init=False)
    _kill_point: KillPoint | None = field(default=None, init=False)
    _kill_countdown: int = field(default=0, init=False)
    _kill_linger: bool = field(default=False, init=False)

    def kill_at(self, point: KillPoint, count: int = 1, *, linger: bool = False) -> None:
        """Kill the Agent at the `count`-th time it reaches `point`, once.

        `linger` is for the three points of the launcher, which works beside the check: the line meets its fate, and
        the check goes on (it may write its cursor) until it hands over another line or ends its run.
        """
        if linger and 'cache' in point:
            raise ValueError('The cache is written by the check itself, which cannot outlive it')
        self._kill_point, self._kill_countdown, self._kill_linger = point, count, linger

    def reach(self, point: KillPoint) -> None:
        if self._kill_point != point:
            return
        self._kill_countdown -= 1
        if self._kill_countdown == 0:
            self._kill_point = None
            if self._kill_linger:
                raise WorkerDied
            self.die()

    def die(self) -> None:
        if self.kill_process:
            os._exit(128 + 9)
        self.dead = True
        raise AgentKilled

    def fail_write(self) -> None:
        _raise(self.write_errno)

    def fail_create(self) -> None:
        _raise(self.create_errno)

    def fail_cache_write(self) -> None:
        _raise(self.cache_errno)


class WorkerDied(BaseException):
    """The launcher's worker is gone while the check still runs for a moment."""


def _raise(number: int | None) -> None:
    if number is not None:
        raise OSError(number, os.strerror(number))
