# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The steps for what the API client has no operation for: saved views and facets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .shipped import ASSETS, PIPELINE, load_yaml

MS_PER_HOUR = 3_600_000


def summary(folder: Path = ASSETS) -> str:
    views, facets = len(_saved_views(folder)), len(_facets(folder))
    return (
        f'{views} saved views and {facets} facets, for which the API client has no operation: `push` prints the steps'
    )


def creation_steps(app_host: str, folder: Path = ASSETS) -> Iterator[str]:
    """Yield the steps that create saved views and facets in the Log Explorer."""
    yield 'Saved views: the API client has no operation for them. For each, open the link, choose what is listed below'
    yield 'it, click "Save as new view", and enter the name.'
    for view in _saved_views(folder):
        yield f'  {view["name"]}'
        yield f'    {_link(app_host, view)}'
        yield f'    {_settings(view)}'
    yield 'Facets: the API client has no operation for them. For each, click "Add" in the list of facets of the Log'
    yield 'Explorer, and enter the path, the type, the name, and the group.'
    for facet in _facets(folder):
        yield f'  @{facet["path"]}: {facet["type"]}, "{facet["name"]}", "{facet["groups"][0]}"'


def removal_steps(folder: Path = ASSETS) -> Iterator[str]:
    """Yield the steps that remove them."""
    names = ', '.join(view['name'] for view in _saved_views(folder))
    groups = sorted({facet['groups'][0] for facet in _facets(folder)})
    yield f'Saved views: if you created them, delete them under "Views" in the Log Explorer: {names}'
    yield f'Facets: if you created them, delete them in the Log Explorer, in the facet group {", ".join(groups)}'


def _saved_views(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text('utf-8')) for path in sorted((folder / 'saved_views').glob('*.json'))]


def _facets(folder: Path) -> list[dict[str, Any]]:
    facets: list[dict[str, Any]] = load_yaml((folder / PIPELINE.files).read_text('utf-8'))['facets']
    return facets


def _link(app_host: str, view: dict[str, Any]) -> str:
    path = '/logs/analytics' if view['page'] == 'analytics' else '/logs'
    return f'https://{app_host}{path}?{urlencode({"query": view["query"]})}'


def _settings(view: dict[str, Any]) -> str:
    options = view['options']
    parts = [f'the last {view["timerange"]["interval_ms"] // MS_PER_HOUR} hours']
    if view['page'] == 'analytics':
        parts += [f'{each["type"]} of {each["metric"]}' for each in options['aggregations']]
        parts += [f'grouped by {", ".join(each["facet"] for each in options["group_bys"])}']
        parts += [f'as {options["widget"]}']
    else:
        parts += [f'the columns {", ".join(options["columns"])}']
    return ', '.join(parts)
