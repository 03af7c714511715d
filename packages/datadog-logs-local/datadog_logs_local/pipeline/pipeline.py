# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Build the pipeline of an asset file once, and apply it to many logs.

Source: Datadog docs, logs/log_configuration/pipelines. The filter of a pipeline sees the log before the pipeline. The
filter of a nested pipeline sees the log after the processors before it.
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

# These keys of an asset file do not affect the processing of logs.
_NOT_FOR_PROCESSING = ('facets', 'metrics', 'installation_sources')


class Pipeline:
    """A pipeline with its filter and its processors. A disabled pipeline has no processors."""

    def __init__(self, name: str, query: Query, processors: Sequence[Processor]) -> None:
        self.name = name
        self._query = query
        self._processors = processors

    def process(self, log: Log) -> Log:
        """Return the log after this pipeline. If the filter does not match, the values are the same."""
        return process(log, [self])

    def apply(self, record: Record) -> None:
        """Run the processors on a record if the filter matches it."""
        if self._query.matches(record.log):
            self.run(record)

    def run(self, record: Record) -> None:
        """Run the processors on a record without testing the filter."""
        for processor in self._processors:
            processor(record)


def process(log: Log, pipelines: Sequence[Pipeline]) -> Log:
    """Return the log after several pipelines, which run in their order if their filters match."""
    record = Record(replace(log, attributes=copy(log.attributes)))
    for pipeline in pipelines:
        pipeline.apply(record)
    return record.log


def load_pipeline(path: Path, *, geo_ip: GeoIP = no_database) -> Pipeline:
    """Read the pipeline file `assets/logs/<source>.yaml`.

    Raises PipelineError, with the file and the place, for anything that is invalid or not supported.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except yaml.YAMLError as error:
        raise PipelineError(str(path), str(error)) from error
    return read_pipeline(content, str(path), geo_ip=geo_ip)


def read_pipeline(content: object, place: str, *, geo_ip: GeoIP = no_database) -> Pipeline:
    """Read the content of a pipeline file. `place` names it in errors."""
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
    raise PipelineError(entry.place, 'a nested pipeline must not contain another pipeline')


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
