# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What Datadog's intake has of the history, and what becomes of it in a pipeline."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Protocol

from datadog_logs_local.pipeline import preprocess
from datadog_logs_local.search import Log
from okta_simulator import rfc3339

from .collection import collect
from .executions import SERVICE, SOURCE
from .history import history
from .incident import Incident

POST_DELAY_MS = 1500
"""How long a record of an execution is under way."""


class Processing(Protocol):
    def process(self, log: Log) -> Log:
        """The log as a pipeline leaves it."""


def incidents() -> dict[str, Incident]:
    """By name, in order of time."""
    return dict(history().incidents)


def audit_lines() -> list[dict[str, Any]]:
    """The logs that the check's lines have become at the intake, with the Agent's envelope and `message` parsed.

    Computed once, in some seconds; everybody gets the same dictionaries, so nobody may change them.
    """
    return list(collect())


def execution_records() -> list[dict[str, Any]]:
    """What Execution Log Streaming has posted, with `ddsource`, `service` and `ddtags` from the URL; not to be changed.

    In order of time.
    """
    return list(history().executions)


def logs(pipeline: Processing) -> list[Log]:
    """All audit lines and execution records after the intake's preprocessing and `pipeline`, in order of time."""
    received = [_audit_log(line) for line in audit_lines()] + [_execution_log(record) for record in execution_records()]
    return sorted((pipeline.process(log) for log in received), key=attrgetter('timestamp'))


def _audit_log(line: dict[str, Any]) -> Log:
    return preprocess(
        line['message'],
        source=line['ddsource'],
        service=line['service'],
        tags=tuple(line['ddtags'].split(',')),
        host=line['hostname'],
        received_ms=line['timestamp'],
    )


def _execution_log(record: dict[str, Any]) -> Log:
    received_ms = rfc3339.parse_ms(record['timestamp']) + POST_DELAY_MS
    return preprocess(record, source=SOURCE, service=SERVICE, received_ms=received_ms)
