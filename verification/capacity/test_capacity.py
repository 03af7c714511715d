# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The capacity that the docs tell is what the measurement gives, and the measurement sees what binds."""

from __future__ import annotations

from pathlib import Path

import pytest

from .__main__ import PAGE, RATES
from .measure import Crowd, Limits, crowd, events_per_minute
from .report import BEGIN, END, crowd_table, rate_table, with_figures


def test_the_rate_limit_of_the_org_binds_where_it_is_low() -> None:
    """A token has half of 4 requests a minute and leaves one to others; each brings 1,000 events."""
    assert events_per_minute(Limits(org_requests=4), minutes=2) == pytest.approx(1000, rel=0.01)


def test_a_small_log_file_binds_where_the_rate_limit_does_not() -> None:
    rate = events_per_minute(Limits(file_mib=1), minutes=2)
    assert 0 < rate < events_per_minute(Limits(file_mib=2), minutes=2)


def test_many_instances_on_one_agent_lose_and_repeat_nothing() -> None:
    found = crowd(10, 20, Limits(), most_minutes=5)
    assert (found.instances, found.events, found.lost, found.repeated) == (10, 200, 0, 0)
    assert 0 < found.minutes < 5
    assert found.idle_run_milliseconds > 0


def test_a_measurement_that_outlasts_its_backlog_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('verification.capacity.measure._most_events', lambda *_: 10)
    with pytest.raises(RuntimeError, match='ended before'):
        events_per_minute(Limits(file_mib=1), minutes=2)


def test_tables_have_a_line_for_each_figure() -> None:
    assert '| 10 | 30 | 20 | 1,200 |' in rate_table([(Limits(10, 100, 20, 30), 1234.5)])
    line = '| 50 | 1,000 | 2 | 3.5 | 0 | 1 | 2.4 |'
    assert line in crowd_table([Crowd(50, 1000, 2.0, 3.5, 0, 1, 2.4)])


def test_figures_take_the_place_of_the_old_ones_alone() -> None:
    assert with_figures(f'before\n{BEGIN}stale\n{END}after', 'new\n') == f'before\n{BEGIN}\nnew\n\n{END}after'
    with pytest.raises(ValueError, match='lacks the line'):
        with_figures('', 'new\n')


@pytest.mark.skipif(not PAGE.exists(), reason='the docs are those of a repository of its own')
def test_the_docs_have_the_figures_of_this_check() -> None:
    """The quickest of them, measured again: `python -m verification.capacity --write-docs` writes all."""
    page = Path(PAGE).read_text('utf-8')
    limits = RATES[0]
    line = rate_table([(limits, events_per_minute(limits, 2))]).splitlines()[-1]
    assert line in page.partition(BEGIN)[2].partition(END)[0]
