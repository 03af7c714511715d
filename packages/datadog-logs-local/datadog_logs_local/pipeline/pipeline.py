# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Pipelines: the processors of an asset file, prepared once, applied to many logs.

Source: Datadog docs, logs/log_configuration/pipelines. A pipeline's filter sees the log as it was before the pipeline;
that of a nested one sees what the processors before it made of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import yaml

from datadog_logs_local.search import Log, Query

from . import remappers
from .arithmetic import arithmetic
from .arrays import array
from .classify import category, lookup
from .definition import Entry, PipelineError
from .grok import grok_parser
from .parsers import GeoIP, decoder, geo_ip_parser, no_database, url_parser, user_agent_parser
from .paths import copy
from .record import Processor, Record, read_filter
from .schema import schema
from .strings import string_builder

_Builders = Mapping[str, Callable[[Entry], Processor]]

# Keys of an asset file that say nothing of what happens to a log
_NOT_FOR_PROCESSING = ('facets', 'metrics', 'installation_sources')


class Pipeline:
    """An enabled or disabled pipeline with its filter and its processors."""

    def __init__(self, name: str, query: Query, processors: Sequence[Processor]) -> None:
        self.name = name
        self._query = query
        self._processors = processors

    def process(self, log: Log) -> Log:
        """The log after this pipeline; one that the filter does not match comes back with the same values."""
        return process(log, [self])

    def apply(self, record: Record) -> None:
        """Let the processors work on a record, if the filter matches it."""
        if self._query.matches(record.log):
            self.run(record)

    def run(self, record: Record) -> None:
        """Let the processors work on a record, whatever the filter says."""
        for processor in self._processors:
            processor(record)


def process(log: Log, pipelines: Sequence[Pipeline]) -> Log:
    """The log after several pipelines, each of which may match, in their order."""
    record = Record(replace(log, attributes=copy(log.attributes)))
    for pipeline in pipelines:
        pipeline.apply(record)
    return record.log


def load_pipeline(path: Path, *, geo_ip: GeoIP = no_database) -> Pipeline:
    """Read `assets/logs/<source>.yaml`. PipelineError names file and place of what is unknown or wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except yaml.YAMLError as error:
        raise PipelineError(str(path), str(error)) from error
    return read_pipeline(content, str(path), geo_ip=geo_ip)


def read_pipeline(content: object, place: str, *, geo_ip: GeoIP = no_database) -> Pipeline:
    """`load_pipeline` of the content of a file; `place` names it in errors."""
    asset = Entry(content, place)
    asset.text('id')
    asset.optional_text('metric_id')
    asset.flag('backend_only')
    for key in _NOT_FOR_PROCESSING:
        asset.optional_items(key)
    pipeline = _pipeline(asset.entry('pipeline'), _builders(geo_ip))
    asset.close()
    return pipeline


def _pipeline(entry: Entry, builders: _Builders) -> Pipeline:
    entry.choice('type', ('pipeline',))
    name, enabled, query = entry.text('name'), entry.flag('enabled'), read_filter(entry)
    processors = [_processor(item, builders) for item in entry.entries('processors')]
    return Pipeline(name, query, [processor for processor in processors if processor] if enabled else [])


def _processor(entry: Entry, builders: _Builders) -> Processor | None:
    kind = entry.choice('type', builders)
    entry.text('name')
    processor = builders[kind](entry)
    return processor if entry.flag('enabled') else None


def _nested(entry: Entry, builders: _Builders) -> Processor:
    if ocsf := entry.optional_entry('ocsf'):
        ocsf.flag('isOcsf')
    return _pipeline(entry, builders).apply


def _nested_in_nested(entry: Entry) -> Processor:
    raise PipelineError(entry.place, 'a nested pipeline holds no other')


def _builders(geo_ip: GeoIP) -> _Builders:
    processors: dict[str, Callable[[Entry], Processor]] = {
        'date-remapper': remappers.date_remapper,
        'status-remapper': remappers.status_remapper,
        'service-remapper': remappers.service_remapper,
        'message-remapper': remappers.message_remapper,
        'trace-id-remapper': remappers.trace_id_remapper,
        'span-id-remapper': remappers.span_id_remapper,
        'attribute-remapper': remappers.attribute_remapper,
        'string-builder-processor': string_builder,
        'arithmetic-processor': arithmetic,
        'category-processor': category,
        'lookup-processor': lookup,
        'grok-parser': grok_parser,
        'url-parser': url_parser,
        'user-agent-parser': user_agent_parser,
        'geo-ip-parser': partial(geo_ip_parser, geo_ip=geo_ip),
        'decoder-processor': decoder,
        'array-processor': array,
        'schema-processor': schema,
    }
    return processors | {'pipeline': partial(_nested, builders=processors | {'pipeline': _nested_in_nested})}
