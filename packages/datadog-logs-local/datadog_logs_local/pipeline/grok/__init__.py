# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The grok parser, in Datadog's dialect of grok.

Source: Datadog docs, logs/log_configuration/parsing. Vector implements the same dialect (`parse_groks`) without
some parts: patterns of a boolean, and dates without a year. The tests compare the rules with Vector where both
implement a part.
"""

from __future__ import annotations

from datadog_logs_local.pipeline.casts import to_text
from datadog_logs_local.pipeline.definition import Entry, PipelineError
from datadog_logs_local.pipeline.paths import Path, merge
from datadog_logs_local.pipeline.record import Processor, Record

from .rules import GrokError, compile_rules

__all__ = ['GrokError', 'compile_rules', 'grok_parser']

MAX_SAMPLES = 5


def grok_parser(entry: Entry) -> Processor:
    """Apply the first rule that matches the whole source. What it extracts replaces existing values."""
    source_name = entry.text('source')
    source = None if source_name == 'message' else Path(source_name)
    if len(entry.items('samples')) > MAX_SAMPLES:
        raise PipelineError(entry.place, f'more than {MAX_SAMPLES} samples')
    grok = entry.entry('grok')
    try:
        rules = compile_rules(grok.text('matchRules'), grok.text('supportRules', ''))
    except GrokError as error:
        raise PipelineError(grok.place, str(error)) from error

    def parse(record: Record) -> None:
        value = record.log.message if source is None else source.get(record.attributes)
        if value is None or isinstance(value, dict | list):
            return
        text = to_text(value)
        for rule in rules:
            found = rule.parse(text, received_ms=record.log.timestamp)
            if found is not None:
                merge(record.attributes, found)
                return

    return parse
