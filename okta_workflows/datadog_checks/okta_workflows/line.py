# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Converts an Okta LogEvent to the log line that Datadog's pipeline for Okta Workflows reads.

This module does not depend on the event types that exist today. Okta may add types, fields, and outcomes at any time,
and may omit fields that are null (Okta docs, Core Okta API), so unknown and absent fields pass through unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from datadog_checks.base.utils.format import json

from .agent import LogLine
from .encodable import encodable
from .timestamps import epoch_seconds, rfc3339
from .trim import trim

STATUS_OF_SEVERITY = {'DEBUG': 'debug', 'INFO': 'info', 'WARN': 'warn', 'ERROR': 'error'}
DEFAULT_STATUS = 'info'
FLOW_TARGET = 'Flow'

# Datadog rejects logs with a date more than 18 hours in the past
# (https://docs.datadoghq.com/logs/log_configuration/processors/, date remapper). The margin allows for the time that a
# line waits in the Agent.
OLDEST_DATED_SECONDS = 17.5 * 3600
LATE_TAG = 'late_event:true'
AGAIN_TAG = 'collected_again:true'

# Datadog expands a message that is a JSON object into attributes of the log, which could replace those of the event.
# Tests of published pipelines show this for an object (DataDog/integrations-extras, fauna and jfrog_platform_cloud).
# For a text that contains one it is inferred: a note that such a text is not expanded was removed from the
# documentation as inaccurate (DataDog/documentation, pull requests 6104 and 6463). The official message is safe: the
# log pipeline sets it from `log.displayMessage`, and Datadog expands JSON only before the first pipeline
# (https://docs.datadoghq.com/logs/log_configuration/pipelines/, preprocessing).
BEGINNING_OF_JSON = re.compile(r'[\s\ufeff\[]*\{')

# What JSON has one way to write, so that it is found in the log file.
PLAIN_ID = re.compile(r'[!#-\[\]-~]+')


class LogLineFormat:
    """Creates the log lines of one instance.

    Every line gets the `tags` and the `domain` of the org. A line longer than `max_bytes` is trimmed.
    """

    def __init__(self, tags: Iterable[str], domain: str, max_bytes: int) -> None:
        # The Agent splits tags at commas, so a tag cannot contain one.
        self._ddtags = ','.join([*(tag.replace(',', '_') for tag in tags), f'okta_domain:{domain}'])
        self._max_bytes = max_bytes

    def to_line(self, event: Mapping[str, Any], now: float, again: tuple[float, float] | None = None) -> LogLine:
        """Convert a LogEvent to the format of Datadog's own Okta Workflows integration.

        `now` is the time of the event's page by Okta's clock (seconds since the epoch), so the age of an event and the
        date of a late one follow Okta's clock.

        The event itself is under `log`, unchanged, with two exceptions. If an event is too old for Datadog to accept it
        at its own time, it is dated `now`, and `late_event.published` has its own time. An event that is too large is
        trimmed. An event published in the span `again`, which excludes its end, gets the tag `collected_again:true`.
        """
        published = epoch_seconds(event.get('published'))
        try:
            encoded = self._encode(event, published, now, again)
        except TypeError:
            encoded = self._encode(encodable(event), published, now, again)
        uuid = _text(event.get('uuid'))
        return LogLine(encoded.decode(), len(encoded) + 1, uuid if PLAIN_ID.fullmatch(uuid) else '', published)

    def _encode(
        self,
        event: Mapping[str, Any],
        published: float | None,
        now: float,
        again: tuple[float, float] | None,
    ) -> bytes:
        line: dict[str, Any] = {
            'message': _message(event.get('displayMessage')) or _message(event.get('eventType')),
            'status': _status(event.get('severity')),
            'log': event,
            'ddtags': self._ddtags,
        }
        details = _enrichment_details(event.get('target'))
        if details is not None:
            line['enrichment_details'] = details
        if published is not None:
            moment = published
            if now - published > OLDEST_DATED_SECONDS:
                moment = now
                line['log'] = {**event, 'published': rfc3339(now)}
                line['late_event'] = {'published': event['published'], 'age_hours': round((now - published) / 3600, 1)}
                line['ddtags'] = f'{self._ddtags},{LATE_TAG}'
            line['timestamp'] = int(moment * 1000)
            if again is not None and again[0] <= published < again[1]:
                line['ddtags'] = f'{line["ddtags"]},{AGAIN_TAG}'
        # The line is encoded here, and only once, because `AgentCheck.send_log` encodes without returning the size.
        encoded = json.encode_bytes(line)
        excess_bytes = len(encoded) + 1 - self._max_bytes
        return encoded if excess_bytes <= 0 else json.encode_bytes(trim(line, excess_bytes))


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else ''


def _message(value: object) -> str:
    text = _text(value)
    # Hardly any message contains a brace, and searching for one takes a tenth of the time of the pattern.
    return '' if '{' in text and BEGINNING_OF_JSON.match(text) else text


def _status(severity: object) -> str:
    name = _text(severity)
    return STATUS_OF_SEVERITY.get(name) or name.lower() or DEFAULT_STATUS


def _enrichment_details(targets: object) -> dict[str, Any] | None:
    # The order of targets has no meaning: https://developer.okta.com/docs/api/openapi/okta-management/ (LogEvent).
    for target in targets if isinstance(targets, list) else ():
        if isinstance(target, dict) and target.get('type') == FLOW_TARGET:
            return {'workflow_name': target.get('displayName'), 'workflow_id': target.get('id')}
    return None
