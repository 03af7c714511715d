# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_standin import AgentStandIn, VirtualClock


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentStandIn]:
    with AgentStandIn(tmp_path, VirtualClock(), etc=Path(__file__).parent) as agent:
        yield agent


def messages(agent: AgentStandIn) -> list[str]:
    return [log['message']['message'] for log in agent.intake.logs]


def test_each_run_delivers_one_line(agent: AgentStandIn) -> None:
    results = agent.run_checks() + agent.run_checks()
    assert [result.status for result in results] == ['OK', 'OK']
    agent.advance(10)
    # The scheduler ran the check meanwhile, too. The Agent sends a batch every 5 seconds.
    assert messages(agent)[:2] == ['Hello 1', 'Hello 2']


def test_the_count_goes_on_after_the_agent_was_killed(agent: AgentStandIn) -> None:
    agent.run_checks()
    agent.kill()
    with AgentStandIn(agent.root, VirtualClock(), etc=Path(__file__).parent) as restarted:
        restarted.run_checks()
        assert [line['message'] for line in restarted.log_lines()] == ['Hello 1', 'Hello 2']
