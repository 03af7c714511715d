# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Published pipelines and their tests, which were not written here, run through this interpreter.

The format of `_tests.yaml` has no documentation; what is assumed of it comes from comparing the published tests with
their pipelines:

- Of a sample, only JSON and its `message` are preprocessed; `service` beside the sample is the log's.
- `custom` is all attributes, `status`, `service`, `trace_id` and `span_id` what a remapper made official.
- `timestamp` is 1 if a date remapper found no date; a date without a year is one of 1971.
- `tags` are `source:LOGS_SOURCE` and those that remappers wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from datadog_logs_local.search import Log

from .casts import to_number
from .dates import to_milliseconds
from .definition import PipelineError
from .pipeline import Pipeline, load_pipeline
from .preprocessing import json_object, message_and_attributes
from .record import Record

_DATE_OF_NO_DATE_MS = 1
_RECEIVED_MS = 31_536_000_000
_LOGS_TAG = 'source:LOGS_SOURCE'
_ABSENT = object()

# Differences that stay, by cause
KNOWN_CAUSES: Mapping[str, Sequence[str]] = {
    'grok: the Ruby hash of the sample is cut off, and taken as if it were not': ('logstash/logstash[4]',),
}


@dataclass(frozen=True)
class Outcome:
    """A test with a result, and what came out differently: nothing of a test that passed."""

    test: str
    differences: tuple[str, ...]


def outcomes(root: Path) -> Iterator[Outcome]:
    """Run every test that has a result in the pipelines below `root`, the folder of the integrations."""
    for tests_path in sorted(root.glob('*/assets/logs/*_tests.yaml')):
        name = f'{tests_path.parents[2].name}/{tests_path.stem.removesuffix("_tests")}'
        tests = yaml.safe_load(tests_path.read_text(encoding='utf-8'))
        try:
            pipeline = load_pipeline(tests_path.with_name(tests_path.name.replace('_tests.yaml', '.yaml')))
        except PipelineError as error:
            pipeline, refusal = None, str(error).replace(f'{root}/', '')
        for number, test in enumerate(tests['tests'], start=1):
            if isinstance(test.get('result'), dict):
                differences = (refusal,) if pipeline is None else _run(pipeline, tests['id'], test)
                yield Outcome(f'{name}[{number}]', tuple(differences))


def _run(pipeline: Pipeline, source: str, test: Mapping[str, Any]) -> tuple[str, ...]:
    message, attributes = message_and_attributes(test['sample'].rstrip('\n'))
    log = Log(
        message=message,
        attributes=attributes,
        timestamp=_RECEIVED_MS,
        service=test.get('service'),
        source=source,
        tags=(_LOGS_TAG,),
    )
    record = Record(log)
    pipeline.run(record)
    found = {'custom': record.attributes, 'message': record.log.message, 'tags': list(record.log.tags)}
    return tuple(_differences('', _comparable(test['result']), _comparable(found | record.official)))


def _comparable(results: Mapping[str, Any]) -> dict[str, Any]:
    """The results of a test without what may be written in two ways."""
    date = to_milliseconds(results.get('timestamp', _DATE_OF_NO_DATE_MS), received_ms=_RECEIVED_MS)
    # A line that stays the message because it has none may be laid out anew
    line = json_object(results['message'])
    return {**results, 'timestamp': date, 'message': results['message'] if line is None else line}


def _differences(path: str, expected: Any, found: Any) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys(), key=str):
            below = f'{path}.{key}' if path else str(key)
            yield from _differences(below, expected.get(key, _ABSENT), found.get(key, _ABSENT))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(f'{path}[{number}]', one, other)
    elif not _equal(expected, found):
        yield f'{path}: expected {_shown(expected)}, found {_shown(found)}'


def _equal(expected: Any, found: Any) -> bool:
    if expected is _ABSENT or found is _ABSENT or isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    # The notation 1.1E7 is a text for a YAML 1.1 loader
    if isinstance(found, int | float):
        return to_number(expected) == found
    return bool(expected == found)


def _shown(value: Any) -> str:
    return 'nothing' if value is _ABSENT else repr(value)[:120]
