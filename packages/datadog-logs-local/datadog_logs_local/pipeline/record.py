# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The log that the processors of a pipeline change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from datadog_logs_local.search import Log, Query, QueryError, parse_query

from .definition import Entry, PipelineError


@dataclass
class Record:
    """A log whose attributes the processors can change, with the official fields that remappers set."""

    log: Log
    # The keys are the fields of `Log`, trace_id, and span_id.
    official: dict[str, Any] = field(default_factory=dict)

    @property
    def attributes(self) -> dict[str, Any]:
        return self.log.attributes

    def make_official(self, name: str, value: Any) -> None:
        """Set an official field, unless it is set. Across all pipelines, the first remapper with a value takes effect.

        Source: Datadog docs, logs/log_configuration/processors/log_status_remapper. For dates, that page and the API
        reference disagree on whether the first or the last remapper takes effect.
        """
        if name in self.official:
            return
        self.official[name] = value
        if name not in ('trace_id', 'span_id'):
            self.log = replace(self.log, **{name: value})


Processor = Callable[[Record], None]


def read_filter(entry: Entry, key: str = 'filter') -> Query:
    """Read the query of a pipeline or a category. Neither supports `*:term`."""
    holder = entry.entry(key)
    return read_query(holder, holder.text('query'))


def read_query(entry: Entry, text: str) -> Query:
    try:
        return parse_query(text, full_text=False)
    except QueryError as error:
        raise PipelineError(entry.place, f'query: {error}') from error
