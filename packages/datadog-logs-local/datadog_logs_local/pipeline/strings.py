# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The string builder processor, which writes an attribute from a template."""

from __future__ import annotations

import re

from datadog_logs_local.search import Log, values

from .casts import to_text
from .definition import Entry, PipelineError
from .paths import Path
from .record import Processor, Record

MAX_RESULT_CHARACTERS = 256

_BLOCK = re.compile(r'%\{([^{}]*)\}')


def string_builder(entry: Entry) -> Processor:
    """Build a string builder processor.

    Source: Datadog docs, logs/log_configuration/processors/string_builder_processor.
    """
    # The parts alternate between text and path; the first and the last are text.
    parts = _BLOCK.split(entry.text('template'))
    if '' in parts[1::2]:
        raise PipelineError(entry.place, 'a block of the template is empty')
    target = Path(entry.text('target'))
    replace_missing = entry.flag('replaceMissing', False)

    def build(record: Record) -> None:
        built = [parts[0]]
        for path, text in zip(parts[1::2], parts[2::2], strict=True):
            block = _block(record.log, path)
            if block is None and not replace_missing:
                return
            built += (block or '', text)
        target.set(record.attributes, ''.join(built)[:MAX_RESULT_CHARACTERS])

    return build


def _block(log: Log, path: str) -> str | None:
    found = values(log, f'@{path}')
    return ','.join(map(to_text, found)) if found else None
