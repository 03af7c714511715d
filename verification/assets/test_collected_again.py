# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""No monitor alerts and no rule signals a second time of events that are collected a second time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datadog_checks.okta_workflows.line import AGAIN_TAG
from datadog_logs_local.search import parse_query

from .index import AssetQuery, queries
from .selection import COLLECTED_AGAIN, found_by

OF_EVENTS = [query for query in queries() if query.kind in ('monitors', 'security')]
OF_RUNS = 'service:workflows-execution'


def test_the_tag_is_that_of_the_check() -> None:
    assert COLLECTED_AGAIN == AGAIN_TAG


@pytest.mark.parametrize('query', [pytest.param(each, id=f'{each.asset} {each.place}') for each in OF_EVENTS])
def test_events_that_are_collected_again_are_left_out(query: AssetQuery) -> None:
    parsed, found = parse_query(query.text), found_by(query.text)
    again = [replace(log, tags=(*log.tags, COLLECTED_AGAIN)) for log in found]
    assert found
    assert any(map(parsed.matches, again)) is (OF_RUNS in query.text), 'runs of flows are not collected by the check'
