# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Selects the outbox of an instance."""

from __future__ import annotations

from collections.abc import Callable

from datadog_checks.okta_workflows.clock import Clock

from .books import Books
from .cursor import CursorStore
from .log_file import LogFile
from .outbox import Outbox, UnverifiedOutbox
from .settings import AgentSettings
from .verified_outbox import VerifiedOutbox
from .writer import SendLog


def open_outbox(
    send_log: SendLog,
    check_id: str,
    settings: AgentSettings,
    cursors: CursorStore,
    on_loss: Callable[[float, float], None],
    clock: Clock,
    *,
    verify: bool,
) -> Outbox:
    """Create the outbox of the instance with `check_id`.

    `on_loss(since, until)` is called with the times of the cursors between which the Agent lost lines. Without
    `verify`, or if the Agent does not report its `run_path`, every line that `send_log` accepts counts as delivered.
    """
    books = Books(cursors, on_loss)
    if not verify:
        return UnverifiedOutbox(send_log, books, '`verify_delivery` is `false`')
    if settings.run_path is None:
        return UnverifiedOutbox(send_log, books, 'the Agent does not report its `logs_config.run_path`')
    return VerifiedOutbox(send_log, LogFile(settings.run_path, check_id, clock), settings, books, clock)
