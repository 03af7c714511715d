# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The array processor, which selects a value of an element, counts elements, or appends an element.

Source: Datadog docs, logs/log_configuration/processors/array_processor; the keys are in the camel case of asset files.
"""

from __future__ import annotations

from typing import Any

from datadog_logs_local.search import Log

from .definition import Entry, PipelineError
from .paths import Path, copy
from .record import Processor, Record, read_query


def array(entry: Entry) -> Processor:
    operation = entry.entry('operation')
    operations = {'select': _select, 'length': _length, 'append': _append}
    return operations[operation.choice('type', operations)](operation)


def _select(operation: Entry) -> Processor:
    source, target = Path(operation.text('source')), Path(operation.text('target'))
    wanted = Path(operation.text('valueToExtract'))
    # The condition `key:value` refers to an attribute of the element.
    query = read_query(operation, f'@element.{operation.text("filter")}')
    candidate: dict[str, Any] = {}
    log = Log('', candidate)

    def select(record: Record) -> None:
        elements = source.get(record.attributes)
        if not isinstance(elements, list):
            return
        for element in elements:
            candidate['element'] = element
            if isinstance(element, dict) and query.matches(log):
                value = wanted.get(element)
                if value is not None:
                    target.set(record.attributes, copy(value))
                return

    return select


def _length(operation: Entry) -> Processor:
    source, target = Path(operation.text('source')), Path(operation.text('target'))

    def measure(record: Record) -> None:
        elements = source.get(record.attributes)
        if isinstance(elements, list):
            target.set(record.attributes, len(elements))

    return measure


def _append(operation: Entry) -> Processor:
    source, target = Path(operation.text('source')), Path(operation.text('target'))
    preserve = operation.flag('preserveSource', False)
    if source.text == target.text:
        raise PipelineError(operation.place, 'source and target are the same attribute')

    def append(record: Record) -> None:
        value = source.get(record.attributes)
        elements = target.get(record.attributes)
        if value is None or not isinstance(elements, list | None):
            return
        if not preserve:
            source.remove(record.attributes)
        target.set(record.attributes, [*(elements or []), copy(value)])

    return append
