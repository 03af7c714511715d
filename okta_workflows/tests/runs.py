# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Runs of a check, and what they show to the operator."""

from __future__ import annotations

import json

from datadog_checks.okta_workflows import OktaWorkflowsCheck


def complaint(check: OktaWorkflowsCheck) -> str:
    """What a run ends with; empty if it went well."""
    report = check.run()
    return str(json.loads(report)[0]['message']) if report else ''


def warnings(check: OktaWorkflowsCheck) -> list[str]:
    """The warnings since the last call."""
    return [str(each) for each in check.get_warnings()]
