# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the queries of monitors and detection rules find in the simulated history, and what their texts speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from datadog_logs_local.search import Log, parse_query, values
from okta_simulator.event_types import WORKFLOWS_EVENT_TYPES
from simulation import execution_records, history
from simulation.pipeline import history_logs

Chosen = frozenset[tuple[str, ...]]
"""Which events and runs were chosen: uuids, or execution ids with the type of the record."""
Event = Mapping[str, Any]

COLLECTED_AGAIN = 'collected_again:true'
"""The tag of events that the option `collect_from` collected a second time."""

# A field without its `@`, a value, or an operator
_NAME = re.compile(r'[A-Za-z_][\w-]*(?:\.[\w-]+)*')
_EXCLUSION = re.compile(re.escape(f'-{COLLECTED_AGAIN}'))
_OPERATORS = {'AND', 'OR', 'NOT', 'TO', 'CIDR'}
_IN_BACKTICKS = re.compile(r'`([^`\n]+)`')
_QUERY = re.compile(r'(?:@[\w.]+|source|service):\S.*')


def events_where(predicate: Callable[[Event], bool]) -> Chosen:
    """Workflows events of both orgs, chosen by what Okta said of them and not by a query."""
    events = (entry.event for org in history().orgs for entry in org.entries)
    return frozenset(
        (event['uuid'],) for event in events if event['eventType'].startswith('workflows.') and predicate(event)
    )


def events_of(*event_types: str) -> Chosen:
    unknown = set(event_types) - set(WORKFLOWS_EVENT_TYPES)
    assert not unknown, unknown
    return events_where(lambda event: event['eventType'] in event_types)


def runs_of(event_type: str) -> Chosen:
    """Records of Execution Log Streaming of one type."""
    records = (record for record in execution_records() if record['event_type'] == event_type)
    return frozenset((record['execution_id'], record['event_type']) for record in records)


def found_by(search: str) -> list[Log]:
    query = parse_query(search)
    return [log for log in history_logs() if query.matches(log)]


def chosen_by(search: str) -> Chosen:
    """What a query finds, in the terms of `events_where` and `runs_of`."""
    return frozenset(_identity(log) for log in found_by(search))


def typos(query: str) -> Iterator[str]:
    """The query, each time with the last letter of another name or value left out.

    What leaves out events that were collected again is proven by `test_collected_again.py`: the history has none.
    """
    excluded = _EXCLUSION.search(query)
    for name in _NAME.finditer(query):
        if excluded is not None and excluded.start() <= name.start() < excluded.end():
            continue
        if name[0] not in _OPERATORS:
            yield query[: name.end() - 1] + query[name.end() :]


def without_values(found: list[Log], field: str) -> list[Log]:
    """Those logs that a count or a group by `field` would leave out."""
    return [log for log in found if not values(log, field)]


def wrong_names(text: str) -> list[str]:
    """Attributes, queries and event types that `text` has in backticks, and that the history has nothing of."""
    wrong = []
    for quoted in _IN_BACKTICKS.findall(text):
        if quoted.startswith('workflows.'):
            known = quoted in WORKFLOWS_EVENT_TYPES
        elif _QUERY.fullmatch(quoted) and '{{' not in quoted:
            # The System Log itself is another integration's.
            known = quoted == 'source:okta' or bool(found_by(quoted))
        elif quoted.startswith('@'):
            known = bool(found_by(f'{quoted}:*'))
        else:
            continue
        if not known:
            wrong.append(quoted)
    return wrong


def _identity(log: Log) -> tuple[str, ...]:
    uuid = values(log, '@log.uuid')
    if uuid:
        return (uuid[0],)
    (execution_id,) = values(log, '@okta_workflows.execution.id')
    (event_type,) = values(log, '@okta_workflows.execution.event_type')
    return execution_id, event_type
