# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The date matcher: a pattern of letters as in Java's date formats.

Source: Datadog docs, logs/log_configuration/parsing, parsing dates.
"""

from __future__ import annotations

import re
from calendar import day_abbr, day_name, month_abbr, month_name
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from datadog_logs_local.pipeline.dates import milliseconds

_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z'])")
_OFFSET = re.compile(r'(?:(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?)|UTC|GMT|UT|Z')
# The named group for each letter of a pattern. Other letters are not supported.
_GROUPS = {
    'y': 'year',
    'M': 'month',
    'd': 'day',
    'H': 'hour',
    'h': 'hour12',
    'm': 'minute',
    's': 'second',
    'S': 'fraction',
    'a': 'half',
    'Z': 'offset',
}


def date_matcher(
    pattern: str, timezone_id: str = 'UTC', locale: str = 'en'
) -> tuple[str, Callable[[str, int], int | None]]:
    """Return the expression of a date and its conversion to milliseconds since the epoch.

    `timezone_id` applies to dates without an offset. A time without a date is in 1970, and a date without a year is in
    the year of receipt.
    """
    if not locale.startswith('en'):
        raise ValueError(f'the locale {locale} is not supported')
    zone = _zone(timezone_id)
    named = re.compile(''.join(_expressions(pattern)))
    anonymous = re.sub(r'\?P<\w+>', '?:', named.pattern)

    def convert(text: str, received_ms: int) -> int | None:
        found = named.fullmatch(text)
        try:
            return None if found is None else milliseconds(_moment(found.groupdict(), zone, received_ms))
        except ValueError:
            return None

    return anonymous, convert


def _expressions(pattern: str) -> list[str]:
    expressions = []
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise ValueError(f'date pattern {pattern!r}: a quote is not closed')
        literal, run, letter, other = token.groups()
        if run is None:
            expressions.append(re.escape(other if literal is None else literal.replace("''", "'") or "'"))
        else:
            expressions.append(_expression(run, letter))
        position = token.end()
    return expressions


def _expression(run: str, letter: str) -> str:
    if letter == 'E':
        return f'(?:{_any_of(list(day_name if len(run) > 3 else day_abbr))})'
    if letter not in _GROUPS:
        raise ValueError(f'the letter {letter} of a date pattern is not supported')
    group = _GROUPS[letter]
    if letter == 'M' and len(run) > 2:
        return f'(?P<{group}>{_any_of(list(month_name if len(run) > 3 else month_abbr))})'
    if letter == 'a':
        return f'(?P<{group}>[AaPp][Mm])'
    if letter == 'Z':
        return rf'(?P<{group}>Z|[+-]\d{{2}}:?\d{{2}})'
    digits = f'{{{len(run)}}}' if len(run) > 1 or letter == 'S' else '+' if letter == 'y' else '{1,2}'
    return rf'(?P<{group}>\d{digits})'


def _any_of(names: Sequence[str]) -> str:
    # `calendar` has an empty name for month 0.
    return '|'.join(name for name in names if name)


def _moment(parts: dict[str, str | None], zone: tzinfo, received_ms: int) -> datetime:
    month, day, year = parts.get('month'), parts.get('day'), parts.get('year')
    if year is None:
        full_year = datetime.fromtimestamp(received_ms / 1000, UTC).year if month or day else 1970
    else:
        full_year = int(year) + (2000 if len(year) == 2 else 0)
    hour = int(parts.get('hour') or 0)
    if hour12 := parts.get('hour12'):
        hour = int(hour12) % 12 + (12 if (parts.get('half') or '').lower() == 'pm' else 0)
    offset = parts.get('offset')
    fraction = (parts.get('fraction') or '0')[:6].ljust(6, '0')
    return datetime(
        full_year,
        _month(month),
        int(day or 1),
        hour,
        int(parts.get('minute') or 0),
        int(parts.get('second') or 0),
        int(fraction),
        tzinfo=zone if offset is None else _zone(offset),
    )


def _month(text: str | None) -> int:
    if text is None:
        return 1
    if text.isdigit():
        return int(text)
    return list(month_abbr).index(text[:3])


def _zone(name: str) -> tzinfo:
    found = _OFFSET.fullmatch(name)
    if found is None:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f'the time zone {name} is unknown') from error
    sign, hours, minutes, seconds = found.groups()
    if sign is None:
        return UTC
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0), seconds=int(seconds or 0))
    return timezone(-offset if sign == '-' else offset)
