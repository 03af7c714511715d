# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Agent Health issues, which show that collection has stopped to operators who do not look at the status page.

The base package supports them since version 38. With an older one, nothing is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .constants import ISSUES_URL
from .errors import CollectionError, OktaError, OperatorError, one_line
from .possible_gap import COMPARE_WITH_OKTA, PossibleGap

# These responses of Okta are permanent, so they are reported at once. Other failures get time to pass.
PERMANENT_STATUSES = frozenset({400, 401, 403, 404})
REPORT_AFTER_SECONDS = 900.0

TELL_MAINTAINERS = f'Report the error, with the traceback that `datadog-agent status` shows, at {ISSUES_URL}'

SEVERITY_MEDIUM = 2
SEVERITY_HIGH = 3


class Issue:
    """One issue, reported when there is something new to say and resolved once. `id` must be unique on the host.

    `report` and `resolve` are the `report_issue` and `resolve_issue` of `AgentCheck`, where the base package has them.
    """

    def __init__(
        self, report: Callable[..., None] | None, resolve: Callable[[str], None] | None, id: str, name: str
    ) -> None:
        self._report = report
        self._resolve = resolve
        self._id = id
        self._name = name
        # An issue may be left from before a restart of the Agent.
        self._reported: object = 'unknown'

    def report(self, occasion: object, **fields: Any) -> None:
        """Report the issue, unless it was for the same `occasion`."""
        if self._report is None or self._reported == occasion:
            return
        self._reported = occasion
        issue_type = self._name.lower().replace(' ', '_')
        self._report(self._id, self._name, issue_type, category='log_collection', **fields)

    def resolve(self) -> None:
        if self._reported is not None and self._resolve is not None:
            self._resolve(self._id)
        self._reported = None


class Health:
    """The state of one instance, as two issues.

    One is reported when collection stops and resolved when it goes on; the other stays for a day after events may have
    been missed. `issue_id` must be unique on the host; `sanitize` takes secrets out of a text. Times are monotonic,
    in seconds; `started_at` counts as a success.
    """

    def __init__(
        self,
        report_issue: Callable[..., None] | None,
        resolve_issue: Callable[[str], None] | None,
        issue_id: str,
        org: str,
        sanitize: Callable[[str], str],
        started_at: float,
    ) -> None:
        self._stopped = Issue(report_issue, resolve_issue, issue_id, 'Okta Workflows events are not collected')
        self._missing = Issue(
            report_issue, resolve_issue, f'{issue_id}:possible_gap', 'Okta Workflows events may be missing'
        )
        self._org = org
        self._sanitize = sanitize
        self._succeeded_at = started_at

    def succeeded(self, now: float) -> None:
        """Note that a run delivered everything, or as much as fits into one run."""
        self._succeeded_at = now
        self._stopped.resolve()

    def waited(self, what: str, next_step: str, now: float) -> None:
        """Note that a run delivered little or nothing, because of `what` on the side of the Agent."""
        if now - self._succeeded_at >= REPORT_AFTER_SECONDS:
            self._report(what, next_step, SEVERITY_MEDIUM)

    def failed(self, error: Exception, now: float) -> None:
        """Note that a run ended with `error`."""
        what, next_step = f'The check failed with {type(error).__name__}: {one_line(str(error))}', TELL_MAINTAINERS
        if isinstance(error, OperatorError):
            what, next_step = error.what, error.next_step
        is_lasting = isinstance(error, CollectionError)
        if isinstance(error, OktaError):
            is_lasting = error.is_from_okta and error.status in PERMANENT_STATUSES
        if is_lasting or now - self._succeeded_at >= REPORT_AFTER_SECONDS:
            self._report(what, next_step, SEVERITY_HIGH if is_lasting else SEVERITY_MEDIUM)

    def may_miss(self, gaps: Sequence[PossibleGap]) -> None:
        """Report the possible gaps of the last day, the newest last, or resolve the issue if there are none."""
        if not gaps:
            self._missing.resolve()
            return
        self._missing.report(
            gaps[-1],
            title=f'Okta Workflows events from {self._org} may be missing',
            description=self._sanitize(f'Some events may be missing or delivered twice: {"; ".join(map(str, gaps))}'),
            severity=SEVERITY_MEDIUM,
            remediation=_remediation(COMPARE_WITH_OKTA, 'Run `datadog-agent diagnose` to see all spans of time'),
            tags=[f'okta_domain:{self._org}'],
        )

    def _report(self, what: str, next_step: str, severity: int) -> None:
        what, next_step = self._sanitize(what), self._sanitize(next_step)
        self._stopped.report(
            # Request ids and counts differ between runs, although the issue is the same.
            (next_step, severity),
            title=f'No Okta Workflows events are collected from {self._org}',
            description=what,
            severity=severity,
            remediation=_remediation(
                next_step,
                'Run `datadog-agent diagnose` to see which step fails',
                'See `datadog-agent status`: the instance shows [OK] again after its next run',
            ),
            tags=[f'okta_domain:{self._org}'],
        )


def _remediation(*steps: str) -> dict[str, Any]:
    return {
        'summary': steps[0],
        'steps': [{'order': number, 'text': text} for number, text in enumerate(steps, 1)],
    }
