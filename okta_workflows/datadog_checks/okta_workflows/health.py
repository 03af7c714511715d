# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Agent Health issues: so that collection that has stopped is seen by somebody who does not look at the status page.

The base package offers them since 38; with an older one nothing is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .errors import CollectionError, OktaError, OperatorError, one_line

# These do not pass by themselves. Whatever else goes wrong gets the time to.
LASTING_STATUSES = frozenset({400, 401, 403, 404})
PATIENCE_SECONDS = 900.0

TELL_MAINTAINERS = 'Tell the maintainers, with the error and the traceback that `datadog-agent status` shows'

SEVERITY_MEDIUM = 2
SEVERITY_HIGH = 3


class ReportIssue(Protocol):
    """`AgentCheck.report_issue`."""

    def __call__(self, id: str, issue_name: str, issue_type: str, **fields: Any) -> None: ...


class Health:
    """The state of one instance, as one issue that is reported when collection stops and resolved when it goes on.

    `issue_id` must be unique on the host; `sanitize` takes secrets out of a text. Times are in seconds since the epoch;
    `started_at` counts as a success.
    """

    def __init__(
        self,
        report_issue: ReportIssue | None,
        resolve_issue: Callable[[str], None] | None,
        issue_id: str,
        org: str,
        sanitize: Callable[[str], str],
        started_at: float,
    ) -> None:
        self._report_issue = report_issue
        self._resolve_issue = resolve_issue
        self._issue_id = issue_id
        self._org = org
        self._sanitize = sanitize
        self._succeeded_at = started_at
        # An issue may be left of an Agent that was restarted.
        self._reported: object = 'unknown'

    def succeeded(self, now: float) -> None:
        """A run collected all there was, or as much as fits into one run."""
        self._succeeded_at = now
        if self._reported is not None and self._resolve_issue is not None:
            self._resolve_issue(self._issue_id)
        self._reported = None

    def waited(self, backlog: str, next_step: str, now: float) -> None:
        """A run collected little or nothing, because the Agent has a `backlog` to send first."""
        if now - self._succeeded_at >= PATIENCE_SECONDS:
            self._report(f'Collection waits: {backlog}', next_step, SEVERITY_MEDIUM)

    def failed(self, error: Exception, now: float) -> None:
        """A run ended with `error`."""
        what, next_step = f'The check failed with {type(error).__name__}: {one_line(str(error))}', TELL_MAINTAINERS
        if isinstance(error, OperatorError):
            what, next_step = error.what, error.next_step
        is_lasting = isinstance(error, CollectionError)
        if isinstance(error, OktaError):
            is_lasting = error.status in LASTING_STATUSES
        if is_lasting or now - self._succeeded_at >= PATIENCE_SECONDS:
            self._report(what, next_step, SEVERITY_HIGH if is_lasting else SEVERITY_MEDIUM)

    def _report(self, what: str, next_step: str, severity: int) -> None:
        # Request ids and counts differ from run to run; the issue is the same.
        if self._report_issue is None or self._reported == (next_step, str(severity)):
            return
        self._reported = (next_step, str(severity))
        what, next_step = self._sanitize(what), self._sanitize(next_step)
        self._report_issue(
            self._issue_id,
            'Okta Workflows events are not collected',
            'okta_workflows_events_are_not_collected',
            title=f'No Okta Workflows events are collected from {self._org}',
            description=what,
            category='log_collection',
            severity=severity,
            remediation={
                'summary': next_step,
                'steps': [
                    {'order': 1, 'text': next_step},
                    {'order': 2, 'text': 'Run `datadog-agent diagnose` to see which step fails'},
                    {
                        'order': 3,
                        'text': 'See `datadog-agent status`: the instance shows [OK] again after its next run',
                    },
                ],
            },
            tags=[f'okta_domain:{self._org}'],
        )
