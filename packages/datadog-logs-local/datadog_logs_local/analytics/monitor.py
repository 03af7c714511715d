# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate log monitors: the value and the state of each group at a given time.

Source: Datadog API reference, "Create a monitor"; Datadog docs, monitors/types/log (groups, `below`, windows of at most
two days) and OnMissingDataOption of the API client.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from lark import Lark, Token, Tree, UnexpectedInput
from pydantic import Field, NonNegativeInt, model_validator

from datadog_logs_local.search import Log, QueryError, parse_query
from datadog_logs_local.search.errors import syntax_error

from .evaluation import Evaluation
from .formula import Formula
from .log_query import Definition, Group, LogQuery
from .time_range import TimeRange

_PARSER = Lark(Path(__file__).with_name('monitor.lark').read_text(encoding='utf-8'), parser='lalr')
_WINDOW = re.compile(r'(\d+)([mh])')
# Only these escapes belong to the monitor query. All other backslashes belong to the search.
_ESCAPED = re.compile(r'\\(["\\])')
_MINUTES = {'m': 1, 'h': 60}
_LONGEST_WINDOW_MINUTES = 2 * 24 * 60
_MINUTE_MS = 60_000
# The limit of groups per facet, by the number of facets.
_GROUP_LIMITS = {0: 0, 1: 1000, 2: 30, 3: 10, 4: 5}
_COMPARATORS: dict[str, Callable[[float, float], bool]] = {
    '>': operator.gt,
    '>=': operator.ge,
    '<': operator.lt,
    '<=': operator.le,
    '==': operator.eq,
    '!=': operator.ne,
}


class State(StrEnum):
    """The state of a group of a monitor, as `OverallState` of the API client."""

    OK = 'OK'
    ALERT = 'Alert'
    WARN = 'Warn'
    NO_DATA = 'No Data'


class _Thresholds(Definition):
    critical: float = Field(strict=False)
    warning: float | None = Field(default=None, strict=False)


class _Options(Definition):
    """The options of a monitor. Those of type `Any` only affect notifications and are ignored."""

    thresholds: _Thresholds
    on_missing_data: Literal['default', 'resolve', 'show_no_data', 'show_and_notify_no_data'] = 'default'
    variables: tuple[LogQuery, ...] = Field(default=(), strict=False)
    evaluation_delay: NonNegativeInt = 0
    """The delay of the evaluation in seconds."""
    notify_no_data: Literal[False] = False
    enable_logs_sample: Any = None
    escalation_message: Any = None
    group_retention_duration: Any = None
    groupby_simple_monitor: Any = None
    include_tags: Any = None
    new_group_delay: Any = None
    notification_preset_name: Any = None
    notify_audit: Any = None
    notify_by: Any = None
    renotify_interval: Any = None
    renotify_occurrences: Any = None
    renotify_statuses: Any = None
    silenced: Any = None

    @model_validator(mode='after')
    def _searches_that_can_be_parsed(self) -> _Options:
        for query in self.variables:
            parse_query(query.search.query)
        return self


class MonitorQuery:
    """The parsed query of a monitor with its options."""

    def __init__(
        self,
        queries: Sequence[LogQuery],
        formula: Formula,
        window_ms: int,
        comparator: str,
        options: _Options,
    ) -> None:
        self.queries = tuple(queries)
        self.window_ms = window_ms
        self._formula = formula
        self._compare = _COMPARATORS[comparator]
        self._options = options

    @property
    def facets(self) -> tuple[str, ...]:
        return next((query.facets for query in self.queries if query.facets), ())

    def evaluate(self, logs: Sequence[Log], at_ms: int) -> dict[Group, float]:
        """Return the value of each group at the time `at_ms`. The result is empty if no log was found."""
        end_ms = at_ms - self._options.evaluation_delay * 1000
        window = TimeRange(end_ms - self.window_ms, end_ms)
        evaluation = Evaluation(self.queries, logs, {})
        if not evaluation.matched(window):
            return {}
        values = evaluation.values([self._formula], window)
        return {group: value for group, (value,) in values.items() if value is not None}

    def states(
        self, logs: Sequence[Log], at_ms: int, before: Mapping[Group, State] | None = None
    ) -> dict[Group, State]:
        """Return the state of each group that has data at the time `at_ms` or had a state `before`.

        A count without any log is 0, unless other groups have logs. For other groups without data, `on_missing_data`
        defines the state.
        """
        found = self.evaluate(logs, at_ms)
        states = {group: self._state(value) for group, value in found.items()}
        missing = {group: state for group, state in (before or {}).items() if group not in found}
        if not found:
            missing.setdefault((), State.OK)
        for group, state in missing.items():
            match self._options.on_missing_data:
                case 'resolve':
                    states[group] = State.OK
                case 'default' if not all(query.compute.aggregation == 'count' for query in self.queries):
                    states[group] = state
                case 'default':
                    states[group] = State.OK if found else self._state(0)
                case _:
                    states[group] = State.NO_DATA
        return states

    def triggered(self, logs: Sequence[Log], at_ms: int, before: Mapping[Group, State] | None = None) -> list[Group]:
        """Return the groups that are in alert at the time `at_ms`."""
        return [group for group, state in self.states(logs, at_ms, before).items() if state == State.ALERT]

    def _state(self, value: float) -> State:
        thresholds = self._options.thresholds
        if self._compare(value, thresholds.critical):
            return State.ALERT
        if thresholds.warning is not None and self._compare(value, thresholds.warning):
            return State.WARN
        return State.OK


def parse_monitor(query: str, options: Mapping[str, Any] | None = None) -> MonitorQuery:
    """Parse the query of a monitor. Without `options`, the critical threshold is that of the query.

    Raises QueryError for an invalid query, ValueError if the query and the options contradict each other, and
    pydantic's ValidationError, with the place, for options that are invalid or not supported.
    """
    try:
        tree = _PARSER.parse(query)
    except UnexpectedInput as error:
        raise syntax_error(query, error) from None
    source, last, comparator, number = tree.children
    assert isinstance(source, Tree) and isinstance(last, Token) and isinstance(number, Token)
    threshold = float(number)
    parsed = _Options.model_validate(options or {'thresholds': {'critical': threshold}})
    if parsed.thresholds.critical != threshold:
        raise ValueError(f'thresholds.critical is {parsed.thresholds.critical:g}, but the query says {number}')
    if source.data == 'logs':
        if parsed.variables:
            raise ValueError('options.variables is only supported for formulas')
        queries: tuple[LogQuery, ...] = (_log_query(query, source),)
        formula = Formula('query')
    else:
        queries, formula = parsed.variables, Formula(_text(source.children[0]))
    # Evaluate the query without logs, which checks the names of the queries and the facets.
    Evaluation(queries, (), {}).values([formula], TimeRange(0, 0))
    return MonitorQuery(queries, formula, _window_ms(query, last), str(comparator), parsed)


def _log_query(query: str, source: Tree[Token]) -> LogQuery:
    search, index, rollup, by = source.children
    assert isinstance(rollup, Tree)
    aggregation, metric = (each and _text(each) for each in rollup.children)
    facets = [facet.strip() for facet in _text(by.children[0]).split(',')] if isinstance(by, Tree) else []
    if len(facets) not in _GROUP_LIMITS:
        raise QueryError(query, query.index('.by('), f'a monitor groups by at most {max(_GROUP_LIMITS)} facets')
    text = _text(search)
    parse_query(text)
    return LogQuery.model_validate(
        {
            'name': 'query',
            'data_source': 'logs',
            'search': {'query': text},
            'indexes': [_text(index)],
            'compute': {'aggregation': aggregation, 'metric': metric},
            'group_by': [{'facet': facet, 'limit': _GROUP_LIMITS[len(facets)]} for facet in facets],
        }
    )


def _window_ms(query: str, token: Token) -> int:
    found = _WINDOW.fullmatch(_text(token))
    minutes = int(found[1]) * _MINUTES[found[2]] if found else 0
    if not 1 <= minutes <= _LONGEST_WINDOW_MINUTES:
        raise QueryError(query, token.start_pos or 0, 'the window must be between 1m and 48h')
    return minutes * _MINUTE_MS


def _text(token: Token | Tree[Token]) -> str:
    assert isinstance(token, Token)
    return _ESCAPED.sub(r'\1', token[1:-1])
