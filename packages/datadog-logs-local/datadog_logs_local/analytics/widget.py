# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate the requests of the widgets of a dashboard.

Source: the request models of the API client, and Datadog docs, dashboards/widgets. Keys of type `Any` are accepted and
ignored: they only affect the display, except for `change_type` and `compare_to`, which are not implemented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, model_validator

from datadog_logs_local.search import Log, parse_query

from .evaluation import Evaluation
from .formula import Formula, Number
from .log_query import Definition, Group, LogQuery, Order, rank, ranked
from .template_variables import Variables, expand
from .time_range import TimeRange

Value = str | float | None


@dataclass(frozen=True)
class Table:
    """The scalars of a widget. A row contains the values of the group, then one value for each formula."""

    facets: tuple[str, ...]
    formulas: tuple[str, ...]
    """The aliases, or the formulas themselves."""
    rows: list[tuple[Value, ...]]


@dataclass(frozen=True)
class Series:
    group: Group
    formula: str
    """The alias, or the formula itself."""
    points: list[tuple[int, Number]]
    """The start of each bucket, in milliseconds since the epoch, and its value."""


def _checked_formula(text: str) -> str:
    Formula(text)
    return text


class _FormulaLimit(Definition):
    count: PositiveInt
    order: Order = 'desc'


class _Formula(Definition):
    formula: Annotated[str, AfterValidator(_checked_formula)]
    alias: str | None = None
    limit: _FormulaLimit | None = None
    cell_display_mode: Any = None
    cell_display_mode_options: Any = None
    conditional_formats: Any = None
    number_format: Any = None
    style: Any = None

    @property
    def title(self) -> str:
        return self.alias or self.formula


class _SortByFormula(Definition):
    type: Literal['formula']
    index: NonNegativeInt
    order: Order


class _SortByGroup(Definition):
    type: Literal['group']
    name: str
    order: Order


class _Sort(Definition):
    count: PositiveInt | None = None
    order_by: tuple[Annotated[_SortByFormula | _SortByGroup, Field(discriminator='type')], ...] = Field(strict=False)


class _Request(Definition):
    response_format: Literal['scalar', 'timeseries']
    queries: tuple[LogQuery, ...] = Field(min_length=1, strict=False)
    formulas: tuple[_Formula, ...] = Field(min_length=1, strict=False)
    sort: _Sort | None = None
    change_type: Any = None
    compare_to: Any = None
    conditional_formats: Any = None
    display_type: Any = None
    increase_good: Any = None
    on_right_yaxis: Any = None
    order_by: Any = None
    order_dir: Any = None
    show_present: Any = None
    style: Any = None
    text_formats: Any = None

    @model_validator(mode='after')
    def _sorted_by_what_there_is(self) -> _Request:
        facets = {facet for query in self.queries for facet in query.facets}
        for key in self.sort.order_by if self.sort else ():
            if isinstance(key, _SortByFormula) and key.index >= len(self.formulas):
                raise ValueError(f'sort.order_by: formula {key.index} does not exist')
            if isinstance(key, _SortByGroup) and key.name not in facets:
                raise ValueError(f'sort.order_by: no query groups by {key.name}')
        return self


class _StreamSort(Definition):
    column: Literal['timestamp']
    order: Order


class _StreamQuery(Definition):
    data_source: Literal['logs_stream']
    query_string: str
    indexes: tuple[Literal['*'], ...] = Field(default=('*',), strict=False)
    storage: Literal['hot'] = 'hot'
    sort: _StreamSort | None = None


class _Column(Definition):
    field: str
    width: Literal['auto', 'compact', 'full']


class _StreamRequest(Definition):
    response_format: Literal['event_list']
    query: _StreamQuery
    columns: tuple[_Column, ...] = Field(min_length=1, strict=False)


def scalar(request: Mapping[str, Any], logs: Sequence[Log], variables: Variables, window: TimeRange) -> Table:
    """Return the rows of a request in the order of its `sort`, or in descending order of the first formula.

    Raises pydantic's ValidationError, with the place, for keys and values that are invalid or not supported, QueryError
    for an invalid search, ValueError for formulas that do not match the queries, and KeyError for an unknown variable.
    """
    parsed = _Request.model_validate(request)
    if parsed.response_format != 'scalar':
        raise ValueError(f'response_format is {parsed.response_format}, not scalar')
    evaluation = Evaluation(parsed.queries, logs, variables)
    values = evaluation.values([Formula(each.formula) for each in parsed.formulas], window)
    groups = _ordered(parsed, evaluation.facets, values)
    titles = tuple(each.title for each in parsed.formulas)
    return Table(evaluation.facets, titles, [(*group, *values[group]) for group in groups])


def timeseries(
    request: Mapping[str, Any], logs: Sequence[Log], variables: Variables, window: TimeRange, buckets: int
) -> list[Series]:
    """Return a series for each group and formula, the highest first. Buckets begin at multiples of their length.

    The length is `compute.interval` of the queries. Without it, at most `buckets` buckets cover the window. A request
    for a scalar has series as well, for the background of the widget. Raises the same errors as `scalar`.
    """
    parsed = _Request.model_validate(request)
    intervals = {query.compute.interval for query in parsed.queries} - {None}
    if len(intervals) > 1:
        raise ValueError(f'the queries have different values of compute.interval: {intervals}')
    interval_ms = next(iter(intervals), None) or -(-(window.end_ms - window.start_ms) // buckets)
    starts_ms = range(window.start_ms // interval_ms * interval_ms, window.end_ms, interval_ms)
    evaluation = Evaluation(parsed.queries, logs, variables)
    values = evaluation.series([Formula(each.formula) for each in parsed.formulas], window, starts_ms, interval_ms)
    series: list[Series] = []
    for index, formula in enumerate(parsed.formulas):
        totals: dict[Group, Number] = {
            group: sum(value for value in lines[index] if value is not None) for group, lines in values.items()
        }
        for group in _limited(totals, formula.limit):
            series.append(Series(group, formula.title, list(zip(starts_ms, values[group][index], strict=True))))
    return series


def event_list(request: Mapping[str, Any], logs: Sequence[Log], variables: Variables, window: TimeRange) -> list[Log]:
    """Return the logs of a list in the order of its `sort`, or the newest first. Raises the same errors as `scalar`."""
    query = _StreamRequest.model_validate(request).query
    matches = parse_query(expand(query.query_string, variables)).matches
    found = [log for log in logs if log.timestamp in window and matches(log)]
    return sorted(found, key=attrgetter('timestamp'), reverse=query.sort is None or query.sort.order == 'desc')


def _ordered(request: _Request, facets: Sequence[str], values: Mapping[Group, Sequence[Number]]) -> list[Group]:
    groups = ranked({group: row[0] for group, row in values.items()}, 'desc')
    for index, formula in enumerate(request.formulas):
        if formula.limit:
            groups = _limited({group: values[group][index] for group in groups}, formula.limit)
    if request.sort:
        # Sorting is stable, so the last key is applied first.
        for key in reversed(request.sort.order_by):
            if isinstance(key, _SortByFormula):
                groups = sorted(groups, key=lambda group: rank(values[group][key.index], key.order))
            else:
                level = facets.index(key.name)
                groups = sorted(groups, key=lambda group: group[level], reverse=key.order == 'desc')
        groups = groups[: request.sort.count]
    return groups


def _limited(values: Mapping[Group, Number], limit: _FormulaLimit | None) -> list[Group]:
    return ranked(values, limit.order)[: limit.count] if limit else ranked(values, 'desc')
