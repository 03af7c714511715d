# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import json
from typing import Any

import pytest

from datadog_checks.base import AgentCheck
from datadog_checks.base.checks import base


@pytest.fixture
def base_that_reports_issues(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest base package has no Agent Health issues: there, the two methods as later ones have them."""
    # The stand-in puts its own `datadog_agent` there.
    module: Any = base

    def report_issue(check: AgentCheck, id: str, issue_name: str, issue_type: str, **fields: Any) -> None:
        issue = {'id': id, 'issue_name': issue_name, 'issue_type': issue_type, 'source': check.name, **fields}
        module.datadog_agent.report_issue(check.name, json.dumps(issue))

    def resolve_issue(check: AgentCheck, issue_id: str) -> None:
        module.datadog_agent.resolve_issue(issue_id)

    if not hasattr(AgentCheck, 'report_issue'):
        monkeypatch.setattr(AgentCheck, 'report_issue', report_issue, raising=False)
        monkeypatch.setattr(AgentCheck, 'resolve_issue', resolve_issue, raising=False)
