# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate the queries of widgets, monitors, and detection rules over logs, as Datadog documents them."""

from __future__ import annotations

from .detection import DetectionRule, Signal
from .monitor import MonitorQuery, State, parse_monitor
from .template_variables import Variable, Variables, template_variables
from .time_range import TimeRange
from .widget import Series, Table, event_list, scalar, timeseries

__all__ = [
    'DetectionRule',
    'MonitorQuery',
    'Series',
    'Signal',
    'State',
    'Table',
    'TimeRange',
    'Variable',
    'Variables',
    'event_list',
    'parse_monitor',
    'scalar',
    'template_variables',
    'timeseries',
]
