# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The shipped dashboards and monitors over the simulated history, processed by the shipped pipeline."""

from __future__ import annotations

import json

from simulation import NOW_MS
from simulation.pipeline import ASSETS, history_logs

from .dashboards import load_dashboards
from .server import PreviewServer

DASHBOARDS = ASSETS / 'dashboards'
MONITORS = ASSETS / 'monitors'


def preview_of_the_history(port: int = 0) -> PreviewServer:
    """The first one takes seconds, in which the history goes through the check and the pipeline."""
    monitors = [json.loads(path.read_text('utf-8')) for path in sorted(MONITORS.glob('*.json'))]
    return PreviewServer(load_dashboards(DASHBOARDS), history_logs(), monitors, NOW_MS, port)
