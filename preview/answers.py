# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a widget shows: its definition from the dashboard's JSON, evaluated over the logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from datadog_logs_local.analytics import TimeRange, Variables, event_list, scalar, timeseries
from datadog_logs_local.analytics.monitor import State, parse_monitor
from datadog_logs_local.search import Log, values

Definition = Mapping[str, Any]

NEWEST_EVENTS = 50
_BY_SEVERITY = (State.OK, State.NO_DATA, State.WARN, State.ALERT)
_MARKDOWN = MarkdownIt('commonmark', {'html': False}).enable('table')


@dataclass(frozen=True)
class View:
    """What the widgets of a dashboard are evaluated over."""

    logs: Sequence[Log]
    monitors: Sequence[Mapping[str, Any]]
    variables: Variables
    window: TimeRange
    buckets: int
    """Of a time series that names no interval."""


def answer(definition: Definition, view: View) -> dict[str, Any]:
    """The data for the page; ValueError for a type of widget that is not known here, and all that evaluation raises."""
    match definition['type']:
        case 'note':
            return {'html': _MARKDOWN.render(definition['content'])}
        case 'image':
            # The page asks no other server.
            return {'url': definition['url'] if definition['url'].startswith('data:') else None}
        case 'query_value':
            return _value(definition, view)
        case 'timeseries':
            return _timeseries(definition, view)
        case 'query_table' | 'toplist' | 'sunburst' | 'treemap' | 'geomap':
            return _table(definition, view)
        case 'change':
            return _change(definition, view)
        case 'list_stream':
            return _events(definition, view)
        case 'manage_status':
            return _monitor_summary(view)
    raise ValueError(f'the preview knows no {definition["type"]}')


def _value(definition: Definition, view: View) -> dict[str, Any]:
    (request,) = definition['requests']
    ((value,),) = scalar(request, view.logs, view.variables, view.window).rows
    return {'value': value, 'background': _series(request, view) if 'timeseries_background' in definition else []}


def _timeseries(definition: Definition, view: View) -> dict[str, Any]:
    requests = [
        {
            'display_type': request.get('display_type', 'line'),
            'palette': request.get('style', {}).get('palette'),
            'series': _series(request, view),
        }
        for request in definition['requests']
    ]
    return {'start': view.window.start_ms, 'end': view.window.end_ms, 'requests': requests}


def _series(request: Definition, view: View) -> list[dict[str, Any]]:
    return [
        {
            'name': ', '.join(series.group) or series.formula,
            'times': [start_ms for start_ms, _ in series.points],
            'values': [value for _, value in series.points],
        }
        for series in timeseries(request, view.logs, view.variables, view.window, view.buckets)
    ]


def _table(definition: Definition, view: View) -> dict[str, Any]:
    (request,) = definition['requests']
    table = scalar(request, view.logs, view.variables, view.window)
    grouped = len(table.facets)
    return {
        'groups': table.facets,
        'formulas': table.formulas,
        'rows': [{'groups': row[:grouped], 'values': row[grouped:]} for row in table.rows],
    }


def _change(definition: Definition, view: View) -> dict[str, Any]:
    # The request itself asks for both values, the earlier one first.
    rows = []
    for row in _table(definition, view)['rows']:
        before, now = row['values']
        rows.append({'groups': row['groups'], 'before': before, 'now': now})
    return {'rows': rows}


def _events(definition: Definition, view: View) -> dict[str, Any]:
    (request,) = definition['requests']
    newest = event_list(request, view.logs, view.variables, view.window)[:NEWEST_EVENTS]
    fields = [column['field'] for column in request['columns']]
    return {'rows': [{'status': log.status, 'cells': [_cell(log, field) for field in fields]} for log in newest]}


def _cell(log: Log, field: str) -> str | int | None:
    match field:
        case 'status_line':
            # Drawn from the status
            return None
        case 'timestamp':
            return log.timestamp
        case 'content':
            return log.message
    return ', '.join(str(value) for value in values(log, field))


def _monitor_summary(view: View) -> dict[str, Any]:
    monitors = [{'name': monitor['title'], 'state': _state(monitor['definition'], view)} for monitor in view.monitors]
    return {'monitors': monitors, 'remark': 'The states at the end of the history; monitors do not run here.'}


def _state(monitor: Definition, view: View) -> str:
    """The worst of its groups. Only logs are simulated, so of other monitors none is known."""
    if monitor['type'] != 'log alert':
        return 'Not evaluated'
    states = parse_monitor(monitor['query'], monitor['options']).states(view.logs, view.window.end_ms)
    return max(states.values(), key=_BY_SEVERITY.index)
