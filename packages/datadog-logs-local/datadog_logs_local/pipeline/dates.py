# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Read dates in the formats that do not need a parser: ISO 8601, epoch milliseconds, RFC 3164.

Source: Datadog docs, logs/log_configuration/pipelines (date attribute), processors/log_date_remapper.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_SYSLOG = re.compile(r'[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}')


def to_milliseconds(value: Any, *, received_ms: int) -> int | None:
    """Return milliseconds since the epoch, or None if the value is not a date. RFC 3164 gets the year of receipt."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        if _SYSLOG.fullmatch(text):
            year = datetime.fromtimestamp(received_ms / 1000, UTC).year
            return milliseconds(datetime.strptime(f'{year} {text}', '%Y %b %d %H:%M:%S'))
        return milliseconds(datetime.fromisoformat(text))
    except ValueError:
        return None


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since the epoch, rounded down. A time without an offset is in UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
