# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate the log queries of widgets and monitors by group.

Source: FormulaAndFunctionEventQueryDefinition of the API client; Datadog docs, logs/explorer/analytics/group_query:
with several facets, the groups are the top values of the first, within each the top values of the second, and so on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from datadog_logs_local.search import Log
from datadog_logs_local.search.fields import text_of, values_of

from .aggregation import Aggregation, aggregate
from .formula import Number

Group = tuple[str, ...]
Order = Literal['asc', 'desc']

# This is the name of the group of logs without the facet.
MISSING = 'N/A'


class Definition(BaseModel):
    """A part of an asset. Keys and values that are invalid or not supported are rejected with their place."""

    model_config = ConfigDict(extra='forbid', frozen=True, strict=True)


class Search(Definition):
    query: str


class Compute(Definition):
    aggregation: Aggregation
    metric: str | None = None
    interval: PositiveInt | None = None
    """The length of a bucket in milliseconds."""

    @model_validator(mode='after')
    def _metric_where_one_is_needed(self) -> Compute:
        _check_metric(self.aggregation, self.metric)
        return self


class GroupSort(Definition):
    aggregation: Aggregation
    metric: str | None = None
    order: Order = 'desc'

    @model_validator(mode='after')
    def _metric_where_one_is_needed(self) -> GroupSort:
        _check_metric(self.aggregation, self.metric)
        return self


class GroupBy(Definition):
    facet: str
    limit: PositiveInt = 10
    sort: GroupSort | None = None
    should_exclude_missing: bool = True
    """Whether logs without the facet are excluded."""


class LogQuery(Definition):
    name: str
    data_source: Literal['logs']
    search: Search
    compute: Compute
    group_by: tuple[GroupBy, ...] = Field(default=(), strict=False)
    indexes: tuple[Literal['*'], ...] = Field(default=('*',), strict=False)
    storage: Literal['hot'] = 'hot'

    @property
    def facets(self) -> tuple[str, ...]:
        return tuple(group.facet for group in self.group_by)

    def groups(self, logs: Sequence[Log]) -> dict[Group, Sequence[Log]]:
        """Return the top groups of these logs. A query without facets has one group, the empty tuple."""
        return dict(self._top(logs, self.group_by))

    def value(self, logs: Sequence[Log]) -> Number:
        return aggregate(self.compute.aggregation, self.compute.metric, logs)

    def _top(self, logs: Sequence[Log], group_by: Sequence[GroupBy]) -> Iterator[tuple[Group, Sequence[Log]]]:
        if not group_by:
            yield (), logs
            return
        first, *rest = group_by
        read = values_of(first.facet)
        by_name: defaultdict[str, list[Log]] = defaultdict(list)
        for log in logs:
            names = {text_of(value) for value in read(log)}
            if not names and not first.should_exclude_missing:
                names = {MISSING}
            for name in names:
                by_name[name].append(log)
        sort = first.sort or self.compute
        numbers = {name: aggregate(sort.aggregation, sort.metric, found) for name, found in by_name.items()}
        order = first.sort.order if first.sort else 'desc'
        for name in ranked(numbers, order)[: first.limit]:
            for names_within, found in self._top(by_name[name], rest):
                yield (name, *names_within), found


def rank(number: Number, order: Order) -> tuple[bool, float]:
    """Return the key to sort numbers by. Groups without a number are last in both orders."""
    return number is None, (number or 0) * (-1 if order == 'desc' else 1)


def ranked[Key: str | Group](numbers: Mapping[Key, Number], order: Order) -> list[Key]:
    """Return the keys ordered by their numbers, then by name."""
    return sorted(sorted(numbers), key=lambda key: rank(numbers[key], order))


def _check_metric(aggregation: Aggregation, metric: str | None) -> None:
    if aggregation == 'count' and metric is not None:
        raise ValueError('count must not have a metric')
    if aggregation != 'count' and metric is None:
        raise ValueError(f'{aggregation} needs a metric')
