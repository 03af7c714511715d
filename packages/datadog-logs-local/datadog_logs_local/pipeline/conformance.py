# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Run published pipelines with their published tests, and report every difference.

Datadog's integration repositories publish `assets/logs/<source>.yaml` and, in the same folder, `<source>_tests.yaml`:
samples of log lines with the logs that Datadog creates from them. Datadog does not document the format of
`_tests.yaml`. The following is inferred from a comparison of all tests in DataDog/integrations-extras with their
pipelines:

- Preprocessing applies to JSON and to its `message` only. `service` next to the sample is the service of the log.
- `custom` contains all attributes. `status`, `service`, `trace_id`, and `span_id` contain the values that a remapper
  set.
- `timestamp` is 1 if a date remapper found no date. A date without a year is a date in 1971.
- `tags` contains `source:LOGS_SOURCE` and the tags that remappers wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

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
_TESTS_SUFFIX = '_tests'
_ABSENT = object()

# These are the differences that remain in DataDog/integrations-extras, by cause.
KNOWN_CAUSES: Mapping[str, Sequence[str]] = {
    'Grok filter rubyhash: an array in the sample is not closed, but the expected result has its elements': (
        'logstash/logstash[4]',
    ),
}


@dataclass(frozen=True)
class Outcome:
    """A published test that was run, with its differences. A test that passes has none."""

    test: str
    differences: tuple[str, ...]


class _Test(BaseModel):
    model_config = ConfigDict(extra='forbid', strict=True)

    sample: str
    result: dict[str, Any] | None = None
    service: str | None = None


class _TestsFile(BaseModel):
    model_config = ConfigDict(extra='forbid', strict=True)

    id: str
    tests: list[_Test]


def pipeline_files(path: Path) -> list[Path]:
    """Return the pipeline files at `path`: a pipeline file, an integration, or a folder of integrations."""
    path = path.resolve()
    if path.is_file():
        return [path]
    found = [*path.glob('assets/logs/*.yaml'), *path.glob('*/assets/logs/*.yaml')]
    return sorted(file for file in found if not file.stem.endswith(_TESTS_SUFFIX))


def outcomes(path: Path) -> Iterator[Outcome]:
    """Run every test that has a result, for the pipeline files at `path`.

    A pipeline that cannot be read fails each of its tests. A tests file that cannot be read is one failed test.
    """
    for file in pipeline_files(path):
        if not _tests_path(file).exists():
            continue
        try:
            content = _read_tests(file)
        except PipelineError as error:
            yield Outcome(_name(file), (str(error),))
            continue
        try:
            pipeline, error_text = load_pipeline(file), ''
        except PipelineError as error:
            pipeline, error_text = None, str(error)
        for number, test in enumerate(content.tests, start=1):
            if test.result is not None:
                differences = (error_text,) if pipeline is None else _run(pipeline, content.id, test, test.result)
                yield Outcome(f'{_name(file)}[{number}]', differences)


def not_run(path: Path) -> Iterator[str]:
    """List what `outcomes` skips at `path`: pipelines without tests, and tests without a result."""
    for file in pipeline_files(path):
        if not _tests_path(file).exists():
            yield f'{_name(file)}: the pipeline has no tests'
            continue
        try:
            content = _read_tests(file)
        except PipelineError:
            continue
        for number, test in enumerate(content.tests, start=1):
            if test.result is None:
                yield f'{_name(file)}[{number}]: the test has no result'


def _tests_path(file: Path) -> Path:
    return file.with_name(f'{file.stem}{_TESTS_SUFFIX}.yaml')


def _name(file: Path) -> str:
    """Name a pipeline by its integration and its source."""
    return f'{file.parents[2].name}/{file.stem}' if file.parts[-3:-1] == ('assets', 'logs') else file.stem


def _read_tests(file: Path) -> _TestsFile:
    path = _tests_path(file)
    try:
        return _TestsFile.model_validate(yaml.safe_load(path.read_text(encoding='utf-8')))
    except (yaml.YAMLError, ValidationError) as error:
        raise PipelineError(str(path), str(error)) from error


def _run(pipeline: Pipeline, source: str, test: _Test, result: Mapping[str, Any]) -> tuple[str, ...]:
    message, attributes = message_and_attributes(test.sample.rstrip('\n'))
    log = Log(
        message=message,
        attributes=attributes,
        timestamp=_RECEIVED_MS,
        service=test.service,
        source=source,
        tags=(_LOGS_TAG,),
    )
    record = Record(log)
    pipeline.run(record)
    found = {'custom': record.attributes, 'message': record.log.message, 'tags': list(record.log.tags)}
    return tuple(_differences('', _comparable(result), _comparable(found | record.official)))


def _comparable(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without differences that concern only the notation."""
    comparable = dict(result)
    comparable['timestamp'] = to_milliseconds(result.get('timestamp', _DATE_OF_NO_DATE_MS), received_ms=_RECEIVED_MS)
    # A JSON line that remains the message can have another layout in the published result.
    if (line := json_object(result.get('message'))) is not None:
        comparable['message'] = line
    return comparable


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
    # A YAML 1.1 loader reads the notation 1.1E7 as text.
    if isinstance(found, int | float):
        return to_number(expected) == found
    return bool(expected == found)


def _shown(value: Any) -> str:
    return 'nothing' if value is _ABSENT else repr(value)[:120]
