# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""`agent check`: a run by hand beside the Agent."""

from __future__ import annotations

import json
from unittest import mock

from agent_standin import AgentStandIn
from agent_standin.loader import create_check
from verification.world.scenario import NAME


def run_by_hand(agent: AgentStandIn) -> str:
    """`agent check`: another process with the same files, in which lines go nowhere. Returns its error."""
    daemon = agent.checks[0]
    with mock.patch.object(agent.datadog_agent, 'send_log', lambda line, check_id: None):
        check = create_check(type(daemon.check), NAME, {}, daemon.instance, daemon.check_id)
        answer = check.run()
    return str(json.loads(answer)[0]['message']) if answer else ''
