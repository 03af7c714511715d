# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A stand-in for the Datadog Agent that hosts checks as the Agent does, from `conf.yaml` to the intake.

`README.md` describes what it does, and lists the differences from the Agent.
"""

from .agent import AgentStandIn
from .checks import CheckResult
from .clock import VirtualClock
from .faults import AgentKilled, Faults, SendBlocked
from .intake import Intake

__all__ = ['AgentKilled', 'AgentStandIn', 'CheckResult', 'Faults', 'Intake', 'SendBlocked', 'VirtualClock']
