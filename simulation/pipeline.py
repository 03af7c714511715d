# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The simulated history as Datadog has it, after the log pipeline of the assets."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from datadog_logs_local.pipeline import Pipeline, load_pipeline
from datadog_logs_local.search import Log

from . import geo_ip, logs

ASSETS = Path(__file__).parents[1] / 'okta_workflows' / 'assets'
PIPELINE = ASSETS / 'logs' / 'okta-workflows-agent.yaml'


@cache
def pipeline() -> Pipeline:
    """The pipeline of the assets, with a database of the places that occur in the history."""
    return load_pipeline(PIPELINE, geo_ip=geo_ip)


@dataclass
class Observed:
    """A pipeline, with a note of what goes in and what comes out."""

    pipeline: Pipeline
    pairs: list[tuple[Log, Log]] = field(default_factory=list)

    def process(self, log: Log) -> Log:
        before = replace(log, attributes=deepcopy(log.attributes))
        after = self.pipeline.process(log)
        self.pairs.append((before, after))
        return after


@cache
def history_pairs() -> tuple[tuple[Log, Log], ...]:
    """Every log of the history, before and after the pipeline."""
    observed = Observed(pipeline())
    logs(observed)
    return tuple(observed.pairs)


@cache
def history_logs() -> tuple[Log, ...]:
    """Every log of the history, in order of time."""
    return tuple(sorted((after for _, after in history_pairs()), key=lambda log: log.timestamp))
