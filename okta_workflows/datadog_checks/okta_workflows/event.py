# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""From an Okta LogEvent to the log line that Datadog's pipeline for Okta Workflows reads.

Nothing here depends on the event types that exist today: Okta adds types, fields and outcomes at any time and may leave
out whatever is null (Okta docs, Core Okta API), so what is unknown or absent passes through as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

STATUS_OF_SEVERITY = {'DEBUG': 'debug', 'INFO': 'info', 'WARN': 'warn', 'ERROR': 'error'}
DEFAULT_STATUS = 'info'
FLOW_TARGET = 'Flow'


def to_log_line(event: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a LogEvent in the shape that Datadog's own Okta Workflows integration gives it.

    `timestamp` is in seconds since the epoch and absent when the event has no readable `published`: the Agent's time of
    pick-up counts then. The event itself stands under `log`, untouched.
    """
    line: dict[str, Any] = {
        'message': _text(event.get('displayMessage')) or _text(event.get('eventType')),
        'status': _status(event.get('severity')),
        'log': event,
    }
    timestamp = epoch_seconds(event.get('published'))
    if timestamp is not None:
        line['timestamp'] = timestamp
    details = _enrichment_details(event.get('target'))
    if details is not None:
        line['enrichment_details'] = details
    return line


def to_ddtags(tags: Iterable[str], domain: str) -> str:
    """The tags of a log line as the Agent splits them: at each comma, so a tag cannot hold one."""
    return ','.join([*(tag.replace(',', '_') for tag in tags), f'okta_domain:{domain}'])


def epoch_seconds(published: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 time, or `None` if it is not one."""
    if not isinstance(published, str):
        return None
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else ''


def _status(severity: object) -> str:
    name = _text(severity)
    return STATUS_OF_SEVERITY.get(name, name.lower()) or DEFAULT_STATUS


def _enrichment_details(targets: object) -> dict[str, Any] | None:
    # The order of targets means nothing: https://developer.okta.com/docs/api/openapi/okta-management/ (LogEvent)
    for target in targets if isinstance(targets, list) else ():
        if isinstance(target, Mapping) and target.get('type') == FLOW_TARGET:
            return {'workflow_name': target.get('displayName'), 'workflow_id': target.get('id')}
    return None
