# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate formulas over queries, which are joined by their groups and shifted in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datadog_logs_local.search import Log, Query, parse_query

from .formula import Formula, Number, Taken
from .log_query import Group, LogQuery
from .template_variables import Variables, expand
from .time_range import TimeRange


class Evaluation:
    """The queries of one widget or monitor over some logs.

    Queries are joined where their groups are equal. The value of a query without groups is the same for every group.
    Raises ValueError for queries that group by different facets or have the same name, and QueryError for an invalid
    search.
    """

    def __init__(self, queries: Sequence[LogQuery], logs: Sequence[Log], variables: Variables) -> None:
        self._queries = {query.name: query for query in queries}
        if len(self._queries) < len(queries):
            raise ValueError('two queries have the same name')
        facets = {query.facets for query in queries if query.facets}
        if len(facets) > 1:
            raise ValueError(f'the queries group by different facets: {facets}')
        self.facets = next(iter(facets), ())
        self._searches = {query.name: _search(query, variables) for query in queries}
        self._logs = logs
        self._found_before: dict[tuple[Query, TimeRange], list[Log]] = {}

    def matched(self, window: TimeRange) -> bool:
        """Return whether any query found a log."""
        return any(self._found(name, window) for name in self._queries)

    def values(self, formulas: Sequence[Formula], window: TimeRange) -> dict[Group, list[Number]]:
        """Return the values of the formulas by group."""
        columns: dict[Taken, dict[Group, Number]] = {}
        for name, shift_ms in self._taken(formulas):
            query = self._queries[name]
            groups = query.groups(self._found(name, window.earlier(shift_ms)))
            columns[name, shift_ms] = {group: query.value(logs) for group, logs in groups.items()}
        rows: dict[Group, list[Number]] = {}
        for group in self._all_groups(columns):
            values = {taken: _of_group(column, group, None) for taken, column in columns.items()}
            rows[group] = [formula.evaluate(values) for formula in formulas]
        return rows

    def series(
        self, formulas: Sequence[Formula], window: TimeRange, starts_ms: Sequence[int], interval_ms: int
    ) -> dict[Group, list[list[Number]]]:
        """Return the values of each formula in the buckets that begin at `starts_ms`, by group.

        The groups are the top ones of the whole window.
        """
        columns: dict[Taken, dict[Group, list[Number]]] = {}
        for name, shift_ms in self._taken(formulas):
            query = self._queries[name]
            lines = columns[name, shift_ms] = {}
            for group, logs in query.groups(self._found(name, window.earlier(shift_ms))).items():
                buckets: list[list[Log]] = [[] for _ in starts_ms]
                for log in logs:
                    buckets[(log.timestamp + shift_ms - starts_ms[0]) // interval_ms].append(log)
                lines[group] = [query.value(bucket) for bucket in buckets]
        nothing: list[Number] = [None] * len(starts_ms)
        rows: dict[Group, list[list[Number]]] = {}
        for group in self._all_groups(columns):
            found = {taken: _of_group(column, group, nothing) for taken, column in columns.items()}
            values = [{taken: line[index] for taken, line in found.items()} for index in range(len(starts_ms))]
            rows[group] = [[formula.evaluate(each) for each in values] for formula in formulas]
        return rows

    def _taken(self, formulas: Sequence[Formula]) -> list[Taken]:
        taken = sorted(set[Taken]().union(*(formula.taken for formula in formulas)))
        for name, _ in taken:
            if name not in self._queries:
                raise ValueError(f'a formula uses {name}, but no query has this name')
        return taken

    def _found(self, name: str, window: TimeRange) -> list[Log]:
        # Queries that only differ in their computation share the `Query` and so the logs that it finds.
        search = self._searches[name]
        if (search, window) not in self._found_before:
            matches, start_ms, end_ms = search.matches, window.start_ms, window.end_ms
            self._found_before[search, window] = [
                log for log in self._logs if start_ms <= log.timestamp < end_ms and matches(log)
            ]
        return self._found_before[search, window]

    def _all_groups[Value](self, columns: Mapping[Taken, Mapping[Group, Value]]) -> list[Group]:
        if not self.facets:
            return [()]
        return list(dict.fromkeys(group for column in columns.values() for group in column if group))


def _of_group[Value](column: Mapping[Group, Value], group: Group, nothing: Value) -> Value:
    # The key of a query without groups is the empty tuple.
    return column.get(group, column.get((), nothing))


def _search(query: LogQuery, variables: Variables) -> Query:
    try:
        return parse_query(expand(query.search.query, variables))
    except ValueError as error:
        error.add_note(f'in the query {query.name}')
        raise
