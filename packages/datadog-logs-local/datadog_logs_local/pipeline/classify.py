# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The category processor, which classifies by queries, and the lookup processor, which classifies by a table."""

from __future__ import annotations

from .casts import to_text
from .definition import Entry, PipelineError
from .paths import Path
from .record import Processor, Record, read_filter


def category(entry: Entry) -> Processor:
    """Write the name of the first category that matches, and overwrite the target. If none matches, write nothing.

    Source: Datadog docs, logs/log_configuration/processors/category_processor.
    """
    categories = [(read_filter(rule), rule.text('name')) for rule in entry.entries('categories')]
    names = [name for _, name in categories]
    if len(set(names)) < len(names):
        raise PipelineError(entry.place, 'two categories have the same name')
    target = Path(entry.text('target'))

    def categorize(record: Record) -> None:
        for query, name in categories:
            if query.matches(record.log):
                target.set(record.attributes, name)
                return

    return categorize


def lookup(entry: Entry) -> Processor:
    """Build a lookup processor.

    Source: Datadog docs, logs/log_configuration/processors/lookup_processor.
    """
    source, target = Path(entry.text('source')), Path(entry.text('target'))
    table = _table(entry)
    default = entry.optional_text('defaultLookup')

    def look_up(record: Record) -> None:
        value = source.get(record.attributes)
        if value is None:
            return
        found = table.get(to_text(value), default)
        if found is not None:
            target.set(record.attributes, found)

    return look_up


def _table(entry: Entry) -> dict[str, str]:
    table: dict[str, str] = {}
    for line in entry.text('lookupTable').splitlines():
        key, comma, value = line.partition(',')
        if not comma and line.strip():
            raise PipelineError(entry.place, f'lookupTable: no comma in {line!r}')
        if comma:
            # The docs do not say which line counts if a key occurs twice. The first one counts here.
            table.setdefault(key.strip(), value.strip())
    return table
