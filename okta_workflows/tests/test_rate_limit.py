# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from email.utils import formatdate

import pytest
from requests.structures import CaseInsensitiveDict

from datadog_checks.okta_workflows.okta.rate_limit import (
    RateLimit,
    read_rate_limit,
    retry_after_seconds,
    seconds_to_retry,
)

DATE = 'Mon, 23 Nov 2026 03:02:45 GMT'
DATE_SECONDS = 1795402965
NAMES = {'date': 'Date', 'retry_after': 'Retry-After'}


def headers(**changes: str | None) -> CaseInsensitiveDict[str]:
    """The headers of an answer with 30 seconds to the reset; `None` takes one away."""
    values: dict[str, str | None] = {
        'X-Rate-Limit-Limit': '120',
        'X-Rate-Limit-Remaining': '60',
        'X-Rate-Limit-Reset': str(DATE_SECONDS + 30),
        'Date': DATE,
    }
    for name, value in changes.items():
        values[NAMES.get(name) or f'X-Rate-Limit-{name.capitalize()}'] = value
    return CaseInsensitiveDict({name: value for name, value in values.items() if value is not None})


def wait_until_reset(headers: CaseInsensitiveDict[str]) -> float:
    rate_limit = read_rate_limit(headers)
    assert rate_limit is not None
    return rate_limit.seconds_to_reset


def test_the_headers_tell_limit_remaining_and_reset() -> None:
    assert read_rate_limit(headers()) == RateLimit(limit=120, remaining=60, seconds_to_reset=31.0)


@pytest.mark.parametrize(
    'changes',
    [
        pytest.param({'limit': None, 'remaining': None, 'reset': None}, id='all-absent'),
        pytest.param({'limit': None}, id='no-limit'),
        pytest.param({'remaining': None}, id='no-remaining'),
        pytest.param({'limit': ''}, id='empty'),
        pytest.param({'remaining': 'many'}, id='not-a-number'),
        pytest.param({'remaining': '-1'}, id='negative'),
        pytest.param({'limit': '12.5'}, id='fraction'),
        pytest.param({'remaining': '\u0665'}, id='foreign-digit'),
        pytest.param({'remaining': '\u00b2'}, id='superscript'),
    ],
)
def test_without_usable_headers_there_is_no_rate_limit(changes: dict[str, str | None]) -> None:
    assert read_rate_limit(headers(**changes)) is None


def test_of_doubled_headers_the_least_favourable_value_counts() -> None:
    doubled = headers(limit='60, 120', remaining='58,3', reset=f'{DATE_SECONDS + 10}, {DATE_SECONDS + 40}')
    assert read_rate_limit(doubled) == RateLimit(limit=120, remaining=3, seconds_to_reset=41.0)


def test_of_doubled_headers_what_is_no_number_does_not_count() -> None:
    assert read_rate_limit(headers(limit=', 120', remaining='unknown, 5')) == RateLimit(120, 5, 31.0)


@pytest.mark.parametrize(
    ('changes', 'seconds'),
    [
        pytest.param({}, 31.0, id='a-second-more-than-it-says'),
        pytest.param({'reset': str(DATE_SECONDS)}, 1.0, id='now'),
        pytest.param({'reset': str(DATE_SECONDS - 3600)}, 1.0, id='in-the-past'),
        pytest.param({'reset': str(DATE_SECONDS + 86_400)}, 600.0, id='far-away-is-capped'),
        pytest.param({'reset': None}, 60.0, id='no-reset'),
        pytest.param({'reset': 'soon'}, 60.0, id='garbage-reset'),
        pytest.param({'date': None}, 60.0, id='no-date'),
        pytest.param({'date': 'today'}, 60.0, id='garbage-date'),
        pytest.param({'date': 'Mon, 99 Nov 2026 03:02:45 GMT'}, 60.0, id='no-such-day'),
        pytest.param({'date': 'Mon, 23 Nov 2026 04:02:45 +0100'}, 31.0, id='date-with-offset'),
    ],
)
def test_the_wait_until_the_reset(changes: dict[str, str | None], seconds: float) -> None:
    assert wait_until_reset(headers(**changes)) == seconds


@pytest.mark.usefixtures('host_far_from_utc')
@pytest.mark.parametrize('date', ['Mon, 23 Nov 2026 03:02:45 -0000', 'Mon, 23 Nov 2026 03:02:45'])
def test_a_date_without_a_zone_is_utc_wherever_the_host_is(date: str) -> None:
    assert wait_until_reset(headers(date=date)) == 31.0


@pytest.mark.parametrize(
    'changes',
    [
        pytest.param({'reset': '9' * 400}, id='reset-beyond-a-float'),
        pytest.param({'reset': '9' * 5000}, id='reset-beyond-an-integer'),
        pytest.param({'date': f'Mon, 23 Nov 2026 03:02:45 +{"9" * 30}'}, id='zone-beyond-an-integer'),
        pytest.param({'date': 'Mon, 01 Jan 0001 00:00:00 GMT'}, id='first-year'),
        pytest.param({'date': 'Fri, 31 Dec 9999 23:59:59 -1200'}, id='last-year'),
    ],
)
def test_absurd_headers_still_give_a_wait_within_the_cap(changes: dict[str, str | None]) -> None:
    assert 1.0 <= wait_until_reset(headers(**changes)) <= 600.0


@pytest.mark.parametrize('digits', [400, 5000])
def test_an_absurd_limit_does_not_break_the_reserve(digits: int) -> None:
    rate_limit = read_rate_limit(headers(limit='9' * digits))
    assert rate_limit is None or rate_limit.reserve_reached


@pytest.mark.parametrize('skew_seconds', [-7200, -30, 30, 7200])
def test_the_wait_goes_by_the_servers_clock_alone(skew_seconds: int) -> None:
    """A server whose clock is off by any amount states a reset that is off by as much."""
    skewed = headers(
        date=formatdate(DATE_SECONDS + skew_seconds, usegmt=True), reset=str(DATE_SECONDS + skew_seconds + 30)
    )
    assert wait_until_reset(skewed) == 31.0


@pytest.mark.parametrize(
    ('limit', 'last_use', 'first_refusal'),
    [
        pytest.param(600, 61, 60, id='600'),
        pytest.param(120, 13, 12, id='workforce'),
        pytest.param(60, 7, 6, id='half-of-120'),
        pytest.param(20, 3, 2, id='integrator-free'),
        pytest.param(10, 2, 1, id='half-of-20'),
        pytest.param(5, 2, 1, id='a-tenth-is-at-least-one-request'),
        pytest.param(1, 2, 1, id='one'),
    ],
)
def test_a_tenth_of_the_allowance_is_left_to_others(limit: int, last_use: int, first_refusal: int) -> None:
    assert not RateLimit(limit, last_use, 30.0).reserve_reached
    assert RateLimit(limit, first_refusal, 30.0).reserve_reached


def test_the_reserve_is_never_smaller_than_a_tenth_and_larger_by_a_request_at_most() -> None:
    for limit in range(1, 3000):
        tenth = -(-limit // 10)
        assert RateLimit(limit, tenth, 30.0).reserve_reached, limit
        assert not RateLimit(limit, tenth + 2, 30.0).reserve_reached, limit


def test_nothing_left_is_below_the_reserve() -> None:
    assert RateLimit(120, 0, 30.0).reserve_reached


def test_the_concurrency_limit_with_its_two_zeros_is_below_the_reserve() -> None:
    """Okta docs, docs/reference/rl2-concurrency: both `Limit` and `Remaining` are 0."""
    rate_limit = read_rate_limit(headers(limit='0', remaining='0'))
    assert rate_limit is not None
    assert rate_limit.reserve_reached


# Retry-After (RFC 9110, section 10.2.3), which proxies and load balancers send


@pytest.mark.parametrize(
    ('value', 'seconds'),
    [
        pytest.param('120', 120.0, id='seconds'),
        pytest.param(' 120 ', 120.0, id='blanks-around'),
        pytest.param('0', 1.0, id='never-at-once'),
        pytest.param('86400', 600.0, id='far-away-is-capped'),
        pytest.param('20, 40', 40.0, id='the-longer-of-two'),
        pytest.param('Mon, 23 Nov 2026 03:04:45 GMT', 120.0, id='date'),
        pytest.param('Mon, 23 Nov 2026 02:00:00 GMT', 1.0, id='date-in-the-past'),
        pytest.param('Tue, 24 Nov 2026 03:02:45 GMT', 600.0, id='date-far-away-is-capped'),
        pytest.param('soon', None, id='garbage'),
        pytest.param('-5', None, id='negative'),
        pytest.param('9' * 400, None, id='beyond-a-number'),
        pytest.param('', None, id='empty'),
        pytest.param(None, None, id='absent'),
    ],
)
def test_retry_after_is_read_within_bounds(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(headers(retry_after=value)) == seconds


def test_a_date_to_retry_after_goes_by_the_servers_clock_alone() -> None:
    date = 'Mon, 23 Nov 2026 05:02:45 GMT'
    assert retry_after_seconds(headers(date=date, retry_after='Mon, 23 Nov 2026 05:03:15 GMT')) == 30.0
    assert retry_after_seconds(headers(date=None, retry_after=date)) is None


@pytest.mark.parametrize(
    ('changes', 'seconds'),
    [
        pytest.param({}, 31.0, id='reset-alone'),
        pytest.param({'retry_after': '20'}, 31.0, id='reset-is-later'),
        pytest.param({'retry_after': '40'}, 40.0, id='retry-after-is-later'),
        pytest.param({'reset': None, 'retry_after': '5'}, 5.0, id='retry-after-alone'),
        pytest.param({'reset': None, 'retry_after': 'soon'}, 60.0, id='neither'),
    ],
)
def test_after_429_the_longer_of_reset_and_retry_after_counts(changes: dict[str, str | None], seconds: float) -> None:
    assert seconds_to_retry(headers(**changes)) == seconds
