# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Dashboards as they stand in assets/, and what the page needs to lay them out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datadog_logs_local.search import Log, values


@dataclass(frozen=True)
class Dashboard:
    name: str
    """Of its file."""
    definition: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.definition['title'])

    @property
    def template_variables(self) -> list[dict[str, Any]]:
        return list(self.definition['template_variables'])

    def widgets(self) -> dict[str, dict[str, Any]]:
        """The definitions by id, those inside groups too and the groups not."""
        return dict(_leaves(self.definition['widgets']))

    def layout(self) -> list[dict[str, Any]]:
        """The widgets as the page takes them: those of a group beside its definition, ids as text.

        The ids go beyond what a number of JavaScript holds exactly.
        """
        return [_laid_out(widget) for widget in self.definition['widgets']]


def load_dashboards(folder: Path) -> dict[str, Dashboard]:
    """By name, in the order of the files."""
    return {
        path.stem: Dashboard(path.stem, json.loads(path.read_text('utf-8'))) for path in sorted(folder.glob('*.json'))
    }


def variable_values(variable: Mapping[str, Any], logs: Sequence[Log]) -> list[str]:
    """What can be chosen for a template variable: what it names, or all that the logs have."""
    if named := variable.get('available_values'):
        return list(named)
    found = {str(value) for log in logs for value in values(log, variable['prefix'])}
    return sorted(found, key=str.casefold)


def _leaves(widgets: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for widget in widgets:
        definition = widget['definition']
        if definition['type'] == 'group':
            yield from _leaves(definition['widgets'])
        else:
            yield str(widget['id']), definition


def _laid_out(widget: Mapping[str, Any]) -> dict[str, Any]:
    definition = dict(widget['definition'])
    inner = definition.pop('widgets', ())
    return {
        'id': str(widget['id']),
        'layout': widget['layout'],
        'definition': definition,
        'widgets': [_laid_out(child) for child in inner],
    }
