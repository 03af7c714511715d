# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Process logs with Datadog's log pipelines, as the public documentation describes the processors.

`python -m datadog_logs_local.pipeline PATH` runs pipelines with their published tests.
"""

from __future__ import annotations

from .definition import PipelineError
from .parsers import GeoIP
from .pipeline import Pipeline, load_pipeline, process
from .preprocessing import preprocess

__all__ = ['GeoIP', 'Pipeline', 'PipelineError', 'load_pipeline', 'preprocess', 'process']
