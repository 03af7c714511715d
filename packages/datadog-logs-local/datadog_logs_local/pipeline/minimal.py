# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Build pipelines of a few processors, to test the processors."""

from __future__ import annotations

from typing import Any

from datadog_logs_local.search import Log

from .parsers import GeoIP, no_database
from .paths import Attributes
from .pipeline import Pipeline, read_pipeline

Definition = dict[str, Any]


def minimal_pipeline(*processors: Definition, query: str = '*', geo_ip: GeoIP = no_database) -> Pipeline:
    """Return a pipeline of these processors. A processor needs no name and is enabled by default."""
    pipeline = _complete({'type': 'pipeline', 'filter': {'query': query}, 'processors': list(processors)})
    content = {'id': 'minimal', 'backend_only': False, 'pipeline': pipeline}
    return read_pipeline(content, 'minimal.yaml', geo_ip=geo_ip)


def run(attributes: Attributes, *processors: Definition, **fields: Any) -> Log:
    """Return the log after the processors. `fields` are fields of `Log`."""
    return minimal_pipeline(*processors).process(Log(fields.pop('message', ''), attributes, **fields))


def remapper(target: str, *sources: str, **keys: Any) -> Definition:
    """Return an attribute remapper, which moves and does not override by default."""
    defaults = {
        'sourceType': 'attribute',
        'targetType': 'attribute',
        'preserveSource': False,
        'overrideOnConflict': False,
    }
    return {'type': 'attribute-remapper', 'sources': list(sources), 'target': target} | defaults | keys


def grok(*rules: str, source: str = 'message', helpers: tuple[str, ...] = ()) -> Definition:
    """Return a grok parser with these rules and helper rules."""
    texts = {'supportRules': '\n'.join(helpers), 'matchRules': '\n'.join(rules)}
    return {'type': 'grok-parser', 'source': source, 'samples': [], 'grok': texts}


def _complete(processor: Definition) -> Definition:
    complete: Definition = {'name': str(processor.get('type')), 'enabled': True} | processor
    if 'processors' in complete:
        complete['processors'] = [_complete(nested) for nested in complete['processors']]
    return complete
