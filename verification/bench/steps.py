# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Where the CPU time of an event goes: each step without the steps that it takes itself."""

from __future__ import annotations

import gc
import math
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows import position
from datadog_checks.okta_workflows.agent.books import Books
from datadog_checks.okta_workflows.agent.verified_outbox import VerifiedOutbox
from datadog_checks.okta_workflows.agent.writer import Writer
from datadog_checks.okta_workflows.check import OktaWorkflowsCheck
from datadog_checks.okta_workflows.okta.client import OktaClient
from verification.world.recording import PAGE_EVENTS, REAL_EVENT_BYTES, pages, record

from .agent import QuickAgent
from .cost import CHECK, PAGES, collect

AGENT, RUN = 'what the Agent does', 'everything else'
# None is called more than once for a batch, so that to look at the clock costs nothing to speak of.
STEPS: tuple[tuple[Any, str, str], ...] = (
    (json, 'decode', 'decode'),
    (VerifiedOutbox, 'deliver', 'create, encode, and free lines'),
    (OktaClient, 'get', 'fetch'),
    (VerifiedOutbox, '_write', 'send'),
    (Writer, '_seen', 'verify in the log file'),
    (Books, 'commit', 'commit'),
    (VerifiedOutbox, 'open', 'read the registry'),
    (position, 'fetch_page', 'check the page'),
    (OktaWorkflowsCheck, 'run', RUN),
    (QuickAgent, '_work', AGENT),
)


def steps(rounds: int) -> dict[str, float]:
    """Microseconds of CPU time for each event of a real one's size, by step: the least of so many rounds."""
    bodies = list(pages(record(PAGES * PAGE_EVENTS, time.time() - 60, event_bytes=REAL_EVENT_BYTES)))
    spent: defaultdict[str, float] = defaultdict(float)
    inner: list[float] = []
    runs: list[str] = []

    def timed(function: Callable[..., Any], label: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            inner.append(0.0)
            started = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                seconds = time.process_time() - started
                spent[label] += seconds - inner.pop()
                if inner:
                    inner[-1] += seconds
                elif label == RUN:
                    runs.append(label)
                    # What is made once is not the cost of events.
                    if len(runs) == 1:
                        spent.clear()

        return call

    least = dict.fromkeys((label for _, _, label in STEPS), math.inf)
    with ExitStack() as patches:
        for owner, name, label in STEPS:
            patches.enter_context(mock.patch.object(owner, name, timed(getattr(owner, name), label)))
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            runs.clear()
            collect(CHECK, bodies)
            least = {label: min(least[label], spent[label]) for label in least}
    del least[AGENT]
    events = PAGES * PAGE_EVENTS
    return {label: seconds / events * 1e6 for label, seconds in least.items()}
