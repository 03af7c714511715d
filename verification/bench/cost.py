# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The CPU time of one event, from the body of a page to `send_log` and to commits.

Ratios need turns on a machine that others use too; pyperf and pytest-benchmark time one thing after the other.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args
from unittest import mock

from datadog_checks.base import AgentCheck
from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.origin import parse_origin
from verification.world.recording import PAGE_EVENTS, pages, record

from .agent import QuickAgent
from .crawler import OktaCrawler
from .okta import DOMAIN, FIRST_LINK, ReplayedOrg, link_to

TIMEOUT_SECONDS = (5.0, 5.0)
SECONDS_PER_HOUR = 3600
PAGES = 2

Collector = tuple[type[AgentCheck], dict[str, Any]]
CHECK: Collector = (OktaWorkflowsCheck, {'domain': DOMAIN, 'api_key': 'k'})
CRAWLER: Collector = (OktaCrawler, {'first_link': FIRST_LINK})

Commits = Literal['in memory', 'in files']
Subject = Literal['floor', 'request', 'check', 'check, commits in files', 'crawler', 'crawler, commits in files']
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
# A file is written for each record.
SLOW_SUBJECT: Subject = 'crawler, commits in files'
ROUNDS_OF_THE_SLOW_SUBJECT = 10


@dataclass(frozen=True)
class Work:
    """What a collection took, without what the Agent does with lines."""

    cpu_seconds: float
    commits: int


def measure(subjects: Sequence[Subject], rounds: int, event_bytes: int = 0, age_hours: float = 0.0) -> dict[str, float]:
    """Microseconds of CPU time for each event, by subject: the least of so many rounds, in which all take turns.

    `event_bytes` and `age_hours`: of the events, at least.
    """
    # Few events in many rounds, so that some round of each is left alone by whatever else the machine does.
    until = time.time() - 60 - age_hours * SECONDS_PER_HOUR
    bodies = list(pages(record(PAGES * PAGE_EVENTS, until, event_bytes=event_bytes)))
    lines = [json.decode(line) for line in sent_lines(bodies)]
    ways: dict[Subject, Callable[[], float]] = {
        'floor': lambda: _floor(bodies, lines),
        'request': lambda: _request(bodies),
        'check': lambda: collect(CHECK, bodies).cpu_seconds,
        'check, commits in files': lambda: collect(CHECK, bodies, commits='in files').cpu_seconds,
        'crawler': lambda: collect(CRAWLER, bodies).cpu_seconds,
        'crawler, commits in files': lambda: collect(CRAWLER, bodies, commits='in files').cpu_seconds,
    }
    # What the measurement itself holds is not to be looked through again and again.
    gc.collect()
    gc.freeze()
    least = dict.fromkeys(subjects, math.inf)
    for number in range(rounds):
        for subject in subjects:
            if subject != SLOW_SUBJECT or number % ROUNDS_OF_THE_SLOW_SUBJECT == 0:
                least[subject] = min(least[subject], ways[subject]())
    events = PAGES * PAGE_EVENTS
    return {
        'event bytes': sum(map(len, bodies)) / events,
        **{subject: seconds / events * 1e6 for subject, seconds in least.items()},
    }


def sent_lines(bodies: Sequence[bytes]) -> list[str]:
    """The lines that the check makes of pages."""
    with mock.patch.object(QuickAgent, 'send_log', autospec=True, side_effect=QuickAgent.send_log) as send_log:
        collect(CHECK, bodies)
    return [call.args[1] for call in send_log.call_args_list]


def _floor(bodies: Sequence[bytes], lines: Sequence[Any]) -> float:
    started = time.process_time()
    for body in bodies:
        json.decode(body)
    for line in lines:
        json.encode(line)
    return time.process_time() - started


def _request(bodies: Sequence[bytes]) -> float:
    """What it takes to get the bodies: part of the check's figures, and of the floor's not."""
    check_class, instance = CHECK
    client = OktaClient(
        check_class('okta_workflows', {}, [instance]).http, parse_origin(DOMAIN), TIMEOUT_SECONDS, SystemClock()
    )
    with ReplayedOrg(bodies).reached():
        client.get(FIRST_LINK)
        started = time.process_time()
        for page in range(len(bodies)):
            client.get(link_to(page))
        return time.process_time() - started


def collect(collector: Collector, bodies: Sequence[bytes], *, commits: Commits = 'in memory') -> Work:
    """Collect everything, in as many runs as the check needs."""
    check_class, instance = collector
    org = ReplayedOrg(bodies)
    events = len(bodies) * PAGE_EVENTS
    seconds = 0.0
    with TemporaryDirectory(prefix='bench-') as folder:
        agent = QuickAgent(Path(folder), commits=commits)
        with agent.lent():
            check = agent.load(check_class, instance)
            # What is made once, at the first run, is not the cost of events.
            with ReplayedOrg([]).reached():
                agent.run(check)
            with org.reached():
                while agent.lines < events:
                    agent.acknowledge()
                    started = time.process_time()
                    agent.run(check)
                    seconds += time.process_time() - started
        if agent.lines > events:
            raise RuntimeError(f'{agent.lines} lines of {events} events')
        return Work(seconds - agent.writing_seconds, agent.commits)
