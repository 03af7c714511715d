# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How long a run may last."""

from __future__ import annotations

import pytest

from datadog_checks.okta_workflows.run_time import LONG_RUN_SECONDS, SHORT_RUN_SECONDS, RunTime

from .fake_clock import FakeClock


def test_the_time_of_a_run_passes(clock: FakeClock) -> None:
    with RunTime(clock) as run_time:
        clock.sleep(4.0)
        assert run_time.claim_seconds() == pytest.approx(LONG_RUN_SECONDS - 4.0)
        clock.sleep(LONG_RUN_SECONDS)
        assert run_time.claim_seconds() == pytest.approx(-4.0)


def test_a_lap_lasts_since_the_one_before(clock: FakeClock) -> None:
    with RunTime(clock) as run_time:
        clock.sleep(2.0)
        assert run_time.end_lap() == pytest.approx(2.0)
        clock.sleep(3.0)
        assert run_time.end_lap() == pytest.approx(3.0)


def test_only_one_run_at_a_time_is_a_long_one(clock: FakeClock) -> None:
    with RunTime(clock) as second:
        with RunTime(clock) as first:
            assert first.claim_seconds() == LONG_RUN_SECONDS
            assert second.claim_seconds() == SHORT_RUN_SECONDS
            assert first.claim_seconds() == LONG_RUN_SECONDS
        assert second.claim_seconds() == LONG_RUN_SECONDS


def test_twenty_instances_that_catch_up_at_once_leave_time_to_the_other_checks(clock: FakeClock) -> None:
    """Every run lasts as long as it may. In each interval, a quarter of what the Agent's 4 runners have is left."""
    interval_seconds, runners = 30.0, 4
    with RunTime(clock) as first:
        busy_seconds = first.claim_seconds()
        for _ in range(19):
            with RunTime(clock) as other:
                busy_seconds += other.claim_seconds()
    assert busy_seconds <= 0.75 * runners * interval_seconds


def test_a_run_that_never_asks_leaves_the_time_to_others(clock: FakeClock) -> None:
    with RunTime(clock), RunTime(clock) as other:
        assert other.claim_seconds() == LONG_RUN_SECONDS


def test_a_run_that_fails_leaves_the_time_to_others(clock: FakeClock) -> None:
    with pytest.raises(RuntimeError), RunTime(clock) as failing:
        failing.claim_seconds()
        raise RuntimeError
    with RunTime(clock) as other:
        assert other.claim_seconds() == LONG_RUN_SECONDS
