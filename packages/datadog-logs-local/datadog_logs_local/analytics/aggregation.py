# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Aggregate logs.

Source: Datadog docs, logs/explorer/analytics, and FormulaAndFunctionEventAggregation of the API client. A percentile is
the element at the rank that DataDog/sketches-py uses, without its error. Cardinality is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Literal

from datadog_logs_local.search import Log
from datadog_logs_local.search.fields import text_of, values_of

from .formula import Number

Aggregation = Literal[
    'count', 'cardinality', 'avg', 'sum', 'min', 'max', 'median', 'pc75', 'pc90', 'pc95', 'pc98', 'pc99'
]


def aggregate(aggregation: Aggregation, metric: str | None, logs: Sequence[Log]) -> Number:
    """Aggregate the values of a metric. Values that are not numbers are skipped.

    Without logs, counts are 0 and other aggregations are None.
    """
    if metric is None:
        return len(logs)
    read = values_of(metric)
    if aggregation == 'cardinality':
        return len({text_of(value) for log in logs for value in read(log)})
    numbers = sorted(
        value for log in logs for value in read(log) if isinstance(value, int | float) and not isinstance(value, bool)
    )
    if not numbers:
        return None
    match aggregation:
        case 'sum':
            return sum(numbers)
        case 'avg':
            return sum(numbers) / len(numbers)
        case 'min':
            return numbers[0]
        case 'max':
            return numbers[-1]
    percent = 50 if aggregation == 'median' else int(aggregation.removeprefix('pc'))
    return numbers[floor(percent * (len(numbers) - 1) / 100)]
