# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Faults that a test can set up in the stand-in."""

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
    """A fault killed the Agent.

    This is not an `Exception`, because a check that catches exceptions must not survive its process.
    """


class SendBlocked(BaseException):
    """`send_log` does not return, because the launcher is stopped.

    This is raised in virtual time only, where waiting would stop the test instead of the check.
    """


GIB = 1024**3
ROOMY_DISK = (1000 * GIB, 900 * GIB)


@dataclass
class Faults:
    """What fails, and when. You can change every attribute while the Agent runs."""

    write_delay_seconds: float = 0.0
    """The time between receiving a line and writing it, as on a stalled disk."""

    write_errno: int | None = None
    """The error with which the launcher's writes fail, for example `errno.ENOSPC` or `errno.EACCES`."""

    short_write: bool = False
    """Whether half of the text reaches the file before the error of `write_errno`."""

    create_errno: int | None = None
    """The error with which the creation of log files fails."""

    cache_errno: int | None = None
    """The error with which writes to the persistent cache fail. As in the Agent, the check does not see it."""

    disk_total_and_free_bytes: tuple[int, int] | None = ROOMY_DISK
    """The size and free space of the disk when the launcher starts. `None` uses the disk of the machine, and makes the
    test depend on it."""

    disk_unreadable: bool = False
    """Whether the launcher fails to read the size of the disk."""

    logs_start_delay_seconds: float = 0.0
    """The time between the start of the Agent and the start of its logs agent. Until then, `send_log` blocks, and log
    files are neither scanned nor created. Agents that start their components one after another behave like this
    (datadog-agent comp/logs/agent/impl/agent.go). That their checks already run is inferred."""

    tailer_start_delay_seconds: float = 0.0
    """The time between the creation of a log file and the start of its tailer, which may skip lines written before."""

    tailer_bytes_per_poll: int | None = None
    """The maximum that a tailer reads at a time, as on a busy host. Bytes that are not read when the file is removed
    are lost (datadog-agent#51505)."""

    filtered: Callable[[bytes], bool] | None = None
    """A global processing rule: messages for which it returns true are dropped, and never acknowledged."""

    registry_flush: Literal['whole', 'empty', 'half', 'stalled'] = 'whole'
    """What a flush writes to `registry.json`. With `stalled`, it writes nothing."""

    kill_process: bool = False
    """Whether to end the process with `os._exit` instead of raising `AgentKilled`."""

    dead: bool = field(default=False, init=False)
    _kill_point: KillPoint | None = field(default=None, init=False)
    _kill_countdown: int = field(default=0, init=False)
    _kill_linger: bool = field(default=False, init=False)

    def kill_at(self, point: KillPoint, count: int = 1, *, linger: bool = False) -> None:
        """Kill the Agent once, when it reaches `point` for the `count`-th time.

        With `linger`, the launcher dies immediately, and the check continues until it sends another line or its run
        ends. Until then it can write its cursor. This applies to the three points of the launcher.
        """
        if linger and 'cache' in point:
            raise ValueError('The check itself writes the cache, so it cannot go on after this point')
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
    """The launcher's worker is dead while the check still runs."""


def _raise(number: int | None) -> None:
    if number is not None:
        raise OSError(number, os.strerror(number))
