# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Every log query of the dashboards, saved views, monitors and detection rules, and where it stands.

`python -m verification.assets.index` counts them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulation.pipeline import ASSETS

KINDS = {'dashboards': 'dashboards', 'saved_views': 'saved views', 'monitors': 'monitors', 'security': 'rules'}
"""The folders below `assets/`, and what is in them."""
# Columns of a list that are parts of every log and no attributes
_PARTS_OF_A_LOG = ('status_line', 'timestamp', 'content')
# The calls in a monitor's query that name a search or facets: Datadog docs, api/latest/monitors, "Create a monitor".
_MONITOR_SEARCH = re.compile(r'\blogs\(("(?:[^"\\]|\\.)*")\)')
_MONITOR_MEASURE = re.compile(r'\.rollup\("\w+", *"([^"]+)"\)')
_MONITOR_GROUPS = re.compile(r'\.by\("([^"]+)"\)')


@dataclass(frozen=True)
class AssetQuery:
    asset: str
    """Path below `assets/`."""
    place: str
    """Where in the asset: of a dashboard the title of the widget and the name of the query."""
    text: str
    """As in the asset: with template variables."""
    facets: tuple[str, ...] = ()
    """What the result is grouped by, computed from or shown with: attributes with `@`, reserved attributes, tags."""

    @property
    def kind(self) -> str:
        return self.asset.partition('/')[0]


@dataclass(frozen=True)
class Widget:
    definition: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.definition.get('title', ''))

    @property
    def requests(self) -> list[Mapping[str, Any]]:
        return list(self.definition.get('requests', ()))


def load(kind: str) -> dict[str, Any]:
    """The assets of a folder below `assets/`, by file name."""
    return {path.name: json.loads(path.read_text('utf-8')) for path in sorted((ASSETS / kind).glob('*.json'))}


def widgets(dashboard: Mapping[str, Any]) -> Iterator[Widget]:
    """What the groups of a dashboard hold, in order."""
    for group in dashboard['widgets']:
        for widget in group['definition']['widgets']:
            yield Widget(widget['definition'])


def request_queries(request: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, text and facets of each query of a widget's request."""
    for query in request.get('queries', ()):
        yield query['name'], query['search']['query'], tuple(_facets_of_query(query))
    if 'query' in request:
        columns = [column['field'] for column in request['columns']]
        facets = tuple(column for column in columns if column not in _PARTS_OF_A_LOG)
        yield 'stream', request['query']['query_string'], facets


def queries() -> Iterator[AssetQuery]:
    """All of them, in the order of the files."""
    for name, dashboard in load('dashboards').items():
        for widget in widgets(dashboard):
            for request in widget.requests:
                for query, text, facets in request_queries(request):
                    yield AssetQuery(f'dashboards/{name}', f'{widget.title} / {query}', text, facets)
    for name, view in load('saved_views').items():
        yield AssetQuery(f'saved_views/{name}', view['name'], view['query'], tuple(_facets_of_view(view)))
    for name, monitor in load('monitors').items():
        yield from _monitor_queries(f'monitors/{name}', monitor['definition'])
    for name, rule in load('security').items():
        for query in rule['queries']:
            yield AssetQuery(f'security/{name}', query['name'], query['query'], tuple(_facets_of_rule(query)))


def texts(kind: str) -> Iterator[str]:
    """Every text in the assets of a kind, wherever it stands."""
    pending: list[Any] = list(load(kind).values())
    while pending:
        match pending.pop():
            case dict() as node:
                pending.extend(node.values())
            case list() as items:
                pending.extend(items)
            case str() as text:
                yield text


def census() -> str:
    """How many queries there are, in how many assets."""
    per_kind = Counter(query.kind for query in queries())
    parts = [f'{per_kind[kind]} in {len(load(kind))} {name}' for kind, name in KINDS.items()]
    return f'{per_kind.total()} log queries: {", ".join(parts)}'


def _facets_of_query(query: Mapping[str, Any]) -> Iterator[str]:
    if 'metric' in query['compute']:
        yield query['compute']['metric']
    for group in query.get('group_by', ()):
        yield group['facet']
        if 'metric' in group.get('sort', {}):
            yield group['sort']['metric']


def _facets_of_view(view: Mapping[str, Any]) -> Iterator[str]:
    options = view.get('options', {})
    yield from view.get('visible_facets', ())
    yield from options.get('columns', ())
    for group in options.get('group_bys', ()):
        yield group['facet']
    for aggregation in options.get('aggregations', ()):
        yield aggregation['metric']


def _monitor_queries(asset: str, definition: Mapping[str, Any]) -> Iterator[AssetQuery]:
    text = definition['query']
    groups = [facet.strip() for facets in _MONITOR_GROUPS.findall(text) for facet in facets.split(',')]
    facets = (*_MONITOR_MEASURE.findall(text), *groups)
    for number, search in enumerate(_MONITOR_SEARCH.findall(text), 1):
        yield AssetQuery(asset, f'logs {number}', json.loads(search), facets)
    for query in definition['options'].get('variables', ()):
        yield AssetQuery(asset, query['name'], query['search']['query'], tuple(_facets_of_query(query)))


def _facets_of_rule(query: Mapping[str, Any]) -> Iterator[str]:
    yield from query.get('groupByFields', ())
    yield from query.get('distinctFields', ())
    yield from query.get('metrics', ())


if __name__ == '__main__':
    print(census())
