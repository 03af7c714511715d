# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Converts between the timestamps of the System Log and whole milliseconds since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# `datetime.fromisoformat` also accepts dates without a time, week dates, and a blank instead of the T.
_RFC3339 = re.compile(r'\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})', re.ASCII)


def parse_ms(text: str) -> int:
    """Parse an RFC 3339 timestamp. Raises `ValueError` for others (strict since Okta's release notes of 2018)."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f'not an RFC 3339 timestamp: {text!r}')
    return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND


def format_ms(epoch_ms: int) -> str:
    """Format a time as `YYYY-MM-DDTHH:mm:ss.SSSZ`, the format of `published`."""
    moment = _EPOCH + timedelta(milliseconds=epoch_ms)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.') + f'{moment.microsecond // 1000:03d}Z'
