# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Pipelines of nothing but the processors at hand, for tests of these."""

from __future__ import annotations

from typing import Any

from datadog_logs_local.search import Log

from .parsers import GeoIP, no_database
from .paths import Attributes
from .pipeline import Pipeline, read_pipeline

Definition = dict[str, Any]


def minimal_pipeline(*processors: Definition, query: str = '*', geo_ip: GeoIP = no_database) -> Pipeline:
    """A pipeline of the file `minimal.yaml`; processors need no name and are enabled if they do not say otherwise."""
    pipeline = _complete({'type': 'pipeline', 'filter': {'query': query}, 'processors': list(processors)})
    content = {'id': 'minimal', 'backend_only': False, 'pipeline': pipeline}
    return read_pipeline(content, 'minimal.yaml', geo_ip=geo_ip)


def run(attributes: Attributes, *processors: Definition, **fields: Any) -> Log:
    """The log after the processors; `fields` are those of `Log` that matter."""
    return minimal_pipeline(*processors).process(Log(fields.pop('message', ''), attributes, **fields))


def remapper(target: str, *sources: str, **keys: Any) -> Definition:
    """An attribute remapper, that moves and does not override if `keys` do not say otherwise."""
    defaults = {
        'sourceType': 'attribute',
        'targetType': 'attribute',
        'preserveSource': False,
        'overrideOnConflict': False,
    }
    return {'type': 'attribute-remapper', 'sources': list(sources), 'target': target} | defaults | keys


def grok(*rules: str, source: str = 'message', helpers: tuple[str, ...] = ()) -> Definition:
    """A grok parser of some rules and helper rules."""
    texts = {'supportRules': '\n'.join(helpers), 'matchRules': '\n'.join(rules)}
    return {'type': 'grok-parser', 'source': source, 'samples': [], 'grok': texts}


def _complete(processor: Definition) -> Definition:
    complete: Definition = {'name': str(processor.get('type')), 'enabled': True} | processor
    if 'processors' in complete:
        complete['processors'] = [_complete(nested) for nested in complete['processors']]
    return complete
