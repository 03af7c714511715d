# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A stand-in for the Datadog Agent that hosts installed checks as the Agent does.

From `conf.yaml` to the intake: configuration and check ids, the modules `datadog_agent` and `aggregator`, the
persistent cache, the scheduler, the integration launcher with its files, limits and rotation, the tailer, the pipeline
with its retries, `registry.json`, `agent.log` and the status page. Where releases differ, the newest Agent on Linux is
the default; `profile='older'` chooses the behaviour and the sizes of older ones, and each can be chosen by itself.

What is not as in the Agent: check ids come from another hash function; the first run comes at the end of the first
interval, not somewhere in it; payloads are gzip, never zstd; there is no TCP transport, no multi-line detection and no
Autodiscovery but that of files; `send_log` does not hold the interpreter's lock while it waits; retries back off
without a random share; every profile reports the version of a current Agent; no check is added while the Agent runs,
so that the block of `send_log` after a restart of the logs part (datadog-agent#50828) does not come about.
"""

from .agent import AgentStandIn
from .checks import CheckResult
from .faults import AgentKilled, Faults, SendBlocked
from .intake import Intake

__all__ = ['AgentKilled', 'AgentStandIn', 'CheckResult', 'Faults', 'Intake', 'SendBlocked']
