# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The remappers of the official fields, and the remapper of attributes and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .casts import cast, to_text
from .dates import to_milliseconds
from .definition import Entry, PipelineError
from .paths import Path, copy, read_first
from .record import Processor, Record

# Source: Datadog docs, logs/log_configuration/processors/remapper. The page lists `host` as well, but
# published pipelines write it as an attribute.
RESERVED = frozenset({'message', 'service', 'status', 'date', 'trace_id', 'span_id'})
TARGET_FORMATS = ('auto', 'string', 'integer', 'double')

_SYSLOG_SEVERITIES = ('emergency', 'alert', 'critical', 'error', 'warn', 'notice', 'info', 'debug')
_STATUS_PREFIXES = (
    ('emerg', 'emergency'),
    ('f', 'emergency'),
    ('a', 'alert'),
    ('c', 'critical'),
    ('err', 'error'),
    ('w', 'warn'),
    ('n', 'notice'),
    ('i', 'info'),
    ('d', 'debug'),
    ('t', 'debug'),
    ('v', 'debug'),
    ('o', 'ok'),
    ('s', 'ok'),
)


def status_of(value: Any) -> str:
    """Return the status of a severity, or info for an unknown severity.

    Source: Datadog docs, logs/log_configuration/processors/log_status_remapper; the result is the stored form.
    """
    text = to_text(value).strip().lower()
    if len(text) == 1 and text in '01234567':
        return _SYSLOG_SEVERITIES[int(text)]
    return next((status for prefix, status in _STATUS_PREFIXES if text.startswith(prefix)), 'info')


def status_remapper(entry: Entry) -> Processor:
    sources = read_paths(entry)

    def remap(record: Record) -> None:
        value = read_first(sources, record.attributes)
        if value is not None:
            record.make_official('status', status_of(value))

    return remap


def date_remapper(entry: Entry) -> Processor:
    sources = read_paths(entry)

    def remap(record: Record) -> None:
        value = read_first(sources, record.attributes)
        date = to_milliseconds(value, received_ms=record.log.timestamp)
        if date is not None:
            record.make_official('timestamp', date)

    return remap


def service_remapper(entry: Entry) -> Processor:
    sources = read_paths(entry)

    def remap(record: Record) -> None:
        value = read_first(sources, record.attributes)
        if value is not None:
            record.make_official('service', to_text(value))

    return remap


def message_remapper(entry: Entry) -> Processor:
    return _moving(entry, 'message')


def trace_id_remapper(entry: Entry) -> Processor:
    return _moving(entry, 'trace_id')


def span_id_remapper(entry: Entry) -> Processor:
    return _moving(entry, 'span_id')


def attribute_remapper(entry: Entry) -> Processor:
    source_type = entry.choice('sourceType', _PLACES)
    target_type = entry.choice('targetType', _PLACES)
    target = entry.text('target')
    target_format = entry.choice('targetFormat', TARGET_FORMATS, 'auto')
    if any(character in target for character in ':,'):
        raise PipelineError(entry.place, f'a target must not contain a colon or a comma: {target}')
    if target_type == 'attribute' and target in RESERVED:
        raise PipelineError(entry.place, f'{target} is reserved; use its own remapper')
    if target_type == 'tag' and target_format != 'auto':
        raise PipelineError(entry.place, 'targetFormat is not supported for tags')
    return mover(entry, target_format, _PLACES[source_type], _PLACES[target_type])


class _Attribute:
    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def read(self, record: Record) -> Any:
        return self._path.get(record.log.attributes)

    def write(self, record: Record, value: Any) -> None:
        self._path.set(record.log.attributes, value)

    def remove(self, record: Record) -> None:
        self._path.remove(record.log.attributes)


class _Tag:
    def __init__(self, key: str) -> None:
        self._prefix = f'{key}:'

    def read(self, record: Record) -> Any:
        found = [tag.removeprefix(self._prefix) for tag in record.log.tags if tag.startswith(self._prefix)]
        return found[0] if len(found) == 1 else found or None

    def write(self, record: Record, value: Any) -> None:
        self.remove(record)
        values = value if isinstance(value, list) else [value]
        added = (f'{self._prefix}{to_text(item)}' for item in values)
        record.log = replace(record.log, tags=(*record.log.tags, *added))

    def remove(self, record: Record) -> None:
        kept = tuple(tag for tag in record.log.tags if not tag.startswith(self._prefix))
        record.log = replace(record.log, tags=kept)


_Place = type[_Attribute] | type[_Tag]
_PLACES: dict[str, _Place] = {'attribute': _Attribute, 'tag': _Tag}


def mover(
    entry: Entry, target_format: str, source_place: _Place = _Attribute, target_place: _Place = _Attribute
) -> Processor:
    """Move or copy the first source that exists to the target, if the target is free or can be overridden.

    If the target is taken, a source that is not preserved is removed. The published pipeline tests of lacework and
    appomni in DataDog/integrations-extras show it.
    """
    names = entry.texts('sources')
    target_name = entry.text('target')
    sources = [(source_place(name), source_place is target_place and name == target_name) for name in names]
    target = target_place(target_name)
    preserve, override = entry.flag('preserveSource'), entry.flag('overrideOnConflict')

    def remap(record: Record) -> None:
        for source, is_target in sources:
            value = source.read(record)
            if value is None:
                continue
            if is_target:
                target.write(record, cast(value, target_format))
                return
            if not preserve:
                source.remove(record)
            if override or target.read(record) is None:
                target.write(record, cast(copy(value) if preserve else value, target_format))
            return

    return remap


def read_paths(entry: Entry) -> Sequence[Path]:
    return [Path(source) for source in entry.texts('sources')]


def _moving(entry: Entry, name: str) -> Processor:
    sources = read_paths(entry)

    def remap(record: Record) -> None:
        if name in record.official:
            return
        for source in sources:
            value = source.get(record.attributes)
            if value is not None:
                source.remove(record.attributes)
                record.make_official(name, to_text(value))
                return

    return remap
