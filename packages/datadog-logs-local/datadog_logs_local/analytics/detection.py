# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate detection rules of Cloud SIEM over logs: find the signals that they open.

Source: Datadog docs, security/cloud_siem/detect_and_monitor/custom_detection_rules (threshold, new_value), and
SecurityMonitoringStandardRuleCreatePayload of the API client. It is inferred that a signal belongs to a case and a
group, so that a more severe case opens a separate signal.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from operator import attrgetter
from string import ascii_lowercase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from datadog_logs_local.search import Log, parse_query
from datadog_logs_local.search.fields import text_of, values_of

from .aggregation import aggregate
from .condition import Condition, Values
from .log_query import Definition, Group

# This is the value of an optional group-by field that a log does not have.
PLACEHOLDER = 'N/A'

_SECOND_MS = 1000
_DAY_MS = 24 * 3_600_000

Status = Literal['info', 'low', 'medium', 'high', 'critical']
_Seconds = Literal[0, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400]


@dataclass(frozen=True)
class Signal:
    group: Group
    """The values of the fields that the queries group by"""
    status: Status
    case: str
    first_ms: int


class _RuleDefinition(Definition):
    model_config = ConfigDict(alias_generator=to_camel)


def _checked_search(text: str) -> str:
    parse_query(text)
    return text


def _checked_condition(text: str) -> str:
    Condition(text)
    return text


class _Query(_RuleDefinition):
    query: Annotated[str, AfterValidator(_checked_search)]
    name: str | None = None
    aggregation: Literal['count', 'cardinality', 'sum', 'max', 'new_value'] = 'count'
    group_by_fields: tuple[str, ...] = Field(default=(), strict=False)
    distinct_fields: tuple[str, ...] = Field(default=(), strict=False)
    metric: str | None = None
    metrics: tuple[str, ...] = Field(default=(), max_length=5, strict=False)
    has_optional_group_by_fields: bool = False
    data_source: Literal['logs'] = 'logs'

    @model_validator(mode='after')
    def _fields_that_the_aggregation_takes(self) -> _Query:
        if bool(self.distinct_fields) != (self.aggregation == 'cardinality'):
            raise ValueError('distinctFields is required for cardinality, and only allowed there')
        if bool(self.metrics) != (self.aggregation == 'new_value'):
            raise ValueError('metrics is required for new_value, and only allowed there')
        if bool(self.metric) != (self.aggregation in ('sum', 'max')):
            raise ValueError('metric is required for sum and max, and only allowed there')
        return self

    def groups(self, log: Log) -> Iterator[Group]:
        """Return the groups of a log: none if a field is missing, several for arrays."""
        return _combinations(log, self.group_by_fields, PLACEHOLDER if self.has_optional_group_by_fields else None)

    def value(self, logs: Sequence[Log]) -> float | None:
        match self.aggregation:
            case 'cardinality':
                return len({names for log in logs for names in _combinations(log, self.distinct_fields)})
            case 'sum' | 'max':
                return aggregate(self.aggregation, self.metric, logs)
        return len(logs)


class _Case(_RuleDefinition):
    status: Status
    name: str = ''
    condition: Annotated[str, AfterValidator(_checked_condition)] | None = None
    notifications: Any = None


class _NewValueOptions(_RuleDefinition):
    learning_method: Literal['duration'] = 'duration'
    learning_threshold: Literal[0] = 0
    learning_duration: int = Field(default=0, ge=0, le=30)
    """The learning duration in days."""
    forget_after: int = Field(ge=1, le=30)
    """The time after which a value is forgotten, in days."""
    instantaneous_baseline: bool = False


class _Options(_RuleDefinition):
    detection_method: Literal['threshold', 'new_value']
    evaluation_window: _Seconds
    keep_alive: _Seconds
    max_signal_duration: _Seconds
    decrease_criticality_based_on_env: Literal[False] = False
    new_value_options: _NewValueOptions | None = None

    @model_validator(mode='after')
    def _durations_in_order(self) -> _Options:
        if not self.evaluation_window <= self.keep_alive <= self.max_signal_duration:
            raise ValueError('evaluationWindow <= keepAlive <= maxSignalDuration must hold')
        if (self.new_value_options is not None) != (self.detection_method == 'new_value'):
            raise ValueError('newValueOptions is required for new_value, and only allowed there')
        return self


class _Rule(_RuleDefinition):
    """A rule in either format of its file. Keys of type `Any` do not affect signals."""

    name: str
    queries: tuple[_Query, ...] = Field(min_length=1, strict=False)
    cases: tuple[_Case, ...] = Field(min_length=1, strict=False)
    options: _Options
    type: Literal['log_detection'] = 'log_detection'
    # Datadog deprecated `filters`, so permanent exclusions belong in the queries.
    filters: tuple[()] = Field(default=(), strict=False)
    default_rule_id: Any = None
    has_extended_title: Any = None
    is_beta: Any = None
    is_enabled: Any = None
    is_mapper_metrics_only: Any = None
    is_shadow_deployed: Any = None
    message: Any = None
    partner_rule_id: Any = None
    product: Any = None
    tags: Any = None

    @model_validator(mode='after')
    def _parts_that_fit_together(self) -> _Rule:
        if len({len(query.group_by_fields) for query in self.queries}) > 1:
            raise ValueError('the queries group by different numbers of fields')
        names = {query.name or letter for letter, query in zip(ascii_lowercase, self.queries)}
        if len(names) < len(self.queries):
            raise ValueError('two queries have the same name')
        for query in self.queries:
            if (query.aggregation == 'new_value') != (self.options.detection_method == 'new_value'):
                raise ValueError(f'the aggregation {query.aggregation} does not fit {self.options.detection_method}')
        for case in self.cases:
            if case.condition is not None:
                condition = Condition(case.condition)
                condition.check_names(names)
                if len(condition.steps) > 1 and len(self.cases) > 1:
                    raise ValueError('a rule with THEN must have a single case')
            elif self.options.detection_method != 'new_value':
                raise ValueError(f'the case {case.name!r} has no condition')
        return self


class DetectionRule:
    """A detection rule of the method `threshold`, with or without `THEN`, or of the method `new_value`."""

    def __init__(self, rule: _Rule) -> None:
        self._rule = rule
        self._queries = {query.name or letter: query for letter, query in zip(ascii_lowercase, rule.queries)}
        self._conditions = [None if case.condition is None else Condition(case.condition) for case in rule.cases]

    @staticmethod
    def from_json(rule: Mapping[str, Any]) -> DetectionRule:
        """Parse a rule. Raises pydantic's ValidationError, with the place, for anything invalid or not supported."""
        return DetectionRule(_Rule.model_validate(rule))

    def signals(self, logs: Iterable[Log], *, learning: Literal['rule', 'group'] = 'rule') -> list[Signal]:
        """Return the signals in order, if the rule is enabled at the time of the first log.

        The learning duration of new values begins with the `rule`, or for each `group` with its first log. The
        documentation does not say which.
        """
        ordered = sorted(logs, key=attrgetter('timestamp'))
        open_signals: dict[tuple[Group, int], _Open] = {}
        signals: list[Signal] = []
        for moment_ms, group, number in self._hits(ordered, learning):
            before = open_signals.get((group, number))
            if before and self._is_still_open(before, moment_ms):
                before.last_ms = moment_ms
                continue
            open_signals[group, number] = _Open(moment_ms, moment_ms)
            case = self._rule.cases[number]
            signals.append(Signal(group, case.status, case.name, moment_ms))
        return signals

    def _is_still_open(self, signal: _Open, moment_ms: int) -> bool:
        options = self._rule.options
        return (
            moment_ms - signal.last_ms <= options.keep_alive * _SECOND_MS
            and moment_ms - signal.first_ms <= options.max_signal_duration * _SECOND_MS
        )

    def _hits(self, logs: Sequence[Log], learning: str) -> Iterator[tuple[int, Group, int]]:
        """Yield each time at which a case is true for a group, with the group and the number of the case."""
        searches = {name: parse_query(query.query).matches for name, query in self._queries.items()}
        values = _NewValues(self._rule.options.new_value_options, learning, logs[0].timestamp if logs else 0)
        windows: defaultdict[Group, deque[tuple[str, Log]]] = defaultdict(deque)
        for log in logs:
            touched: dict[Group, None] = {}
            for name, query in self._queries.items():
                if not searches[name](log):
                    continue
                for group in query.groups(log):
                    if query.aggregation != 'new_value' or values.has_new(name, group, query.metrics, log):
                        windows[group].append((name, log))
                        touched[group] = None
            for group in touched:
                window = windows[group]
                start_ms = log.timestamp - self._rule.options.evaluation_window * _SECOND_MS
                while window[0][1].timestamp < start_ms:
                    window.popleft()
                number = self._first_true_case(window)
                if number is not None:
                    yield log.timestamp, group, number

    def _first_true_case(self, window: Sequence[tuple[str, Log]]) -> int | None:
        for number, condition in enumerate(self._conditions):
            if condition is None or self._is_true(condition, window):
                return number
        return None

    def _is_true(self, condition: Condition, window: Sequence[tuple[str, Log]]) -> bool:
        *earlier, last = condition.steps
        rest = list(window)
        for step in earlier:
            for length in range(1, len(rest) + 1):
                if step(self._values(rest[:length])):
                    rest = rest[length:]
                    break
            else:
                return False
        return last(self._values(rest))

    def _values(self, found: Iterable[tuple[str, Log]]) -> Values:
        by_query: defaultdict[str, list[Log]] = defaultdict(list)
        for name, log in found:
            by_query[name].append(log)
        values = {name: self._queries[name].value(logs) for name, logs in by_query.items()}
        return {name: value for name, value in values.items() if value is not None}


@dataclass
class _Open:
    first_ms: int
    last_ms: int


class _NewValues:
    """The values that were found so far, by query and group."""

    def __init__(self, options: _NewValueOptions | None, learning: str, start_ms: int) -> None:
        self._options = options
        self._per_group = learning == 'group'
        self._start_ms = start_ms
        self._first_ms: dict[tuple[str, Group], int] = {}
        self._last_ms: dict[tuple[str, Group, Group], int] = {}

    def has_new(self, name: str, group: Group, fields: Sequence[str], log: Log) -> bool:
        """Learn the values of a log, and return whether one is new and not part of the learning period."""
        assert self._options is not None
        is_first = (name, group) not in self._first_ms
        first_ms = self._first_ms.setdefault((name, group), log.timestamp)
        since_ms = first_ms if self._per_group else self._start_ms
        duration_ms = self._options.learning_duration * _DAY_MS
        # Without a learning duration, only the first value is learned without a signal.
        is_learning = log.timestamp - since_ms < duration_ms if duration_ms else is_first
        new = False
        for value in _combinations(log, fields):
            last_ms = self._last_ms.get((name, group, value))
            self._last_ms[name, group, value] = log.timestamp
            if last_ms is None or log.timestamp - last_ms > self._options.forget_after * _DAY_MS:
                new = not is_learning
        return new


def _combinations(log: Log, fields: Sequence[str], placeholder: str | None = None) -> Iterator[Group]:
    """Return the combinations of the values of several fields: none if a field is missing without a placeholder."""
    nothing = () if placeholder is None else (placeholder,)
    return product(*(dict.fromkeys(map(text_of, values_of(field)(log))) or nothing for field in fields))
