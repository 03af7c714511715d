# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Lines of `agent.log`, without secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable


class RedactingLog:
    """Writes to `log`. In an Agent the base class hides registered secrets in errors only."""

    def __init__(self, log: logging.Logger | logging.LoggerAdapter[logging.Logger], sanitize: Callable[[str], str]):
        self._log = log
        self._sanitize = sanitize

    def info(self, message: str, *args: object) -> None:
        """Write what an operator wants to see of an Agent that works."""
        self._write(logging.INFO, message, args)

    def debug(self, message: str, *args: object) -> None:
        """Write what helps to find out why an Agent does not work."""
        self._write(logging.DEBUG, message, args)

    def _write(self, level: int, message: str, args: tuple[object, ...]) -> None:
        if self._log.isEnabledFor(level):
            # The Agent shows the place of the call.
            self._log.log(level, '%s', self._sanitize(message % args), stacklevel=3)
