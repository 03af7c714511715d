# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A simulated Okta org for your tests, and for manual runs with `python -m okta_simulator`."""

from . import faults
from .clock import Clock, SystemClock, VirtualClock
from .event_types import WORKFLOWS_EVENT_TYPES, EventType
from .history import HistoryGenerator
from .server import RecordedRequest, ServerTls
from .simulator import OktaSimulator

__all__ = [
    'WORKFLOWS_EVENT_TYPES',
    'Clock',
    'EventType',
    'HistoryGenerator',
    'OktaSimulator',
    'RecordedRequest',
    'ServerTls',
    'SystemClock',
    'VirtualClock',
    'faults',
]
