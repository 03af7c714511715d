# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Preprocess a line before the first pipeline: read the attributes of JSON, and set the official fields.

Source: Datadog docs, logs/log_configuration/pipelines, preprocessing. The first attribute of each list that exists
counts. An attribute of the line overrides the source, the service, and the host that the Agent sends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from datadog_logs_local.search import Log

from .casts import to_text
from .dates import to_milliseconds
from .paths import Path, copy, read_first
from .remappers import status_of

_HOST = tuple(map(Path, ('host', 'hostname', 'syslog.hostname')))
_DATE = tuple(
    map(
        Path,
        (
            '@timestamp',
            'timestamp',
            '_timestamp',
            'Timestamp',
            'eventTime',
            'date',
            'published_date',
            'syslog.timestamp',
        ),
    )
)
_STATUS = tuple(map(Path, ('status', 'severity', 'level', 'syslog.severity')))
_SERVICE = tuple(map(Path, ('service', 'syslog.appname')))


def preprocess(
    line: str | dict[str, Any],
    *,
    source: str,
    service: str | None = None,
    tags: Iterable[str] = (),
    host: str | None = None,
    received_ms: int,
) -> Log:
    """Return the log that the intake creates from a line. The Agent or the URL sends the keywords with the line.

    `ddsource`, `ddtags`, and the message are removed from the attributes. The other official fields remain.
    """
    message, attributes = message_and_attributes(line)
    ddtags = attributes.pop('ddtags', '')
    ddsource = attributes.pop('ddsource', None)
    date = to_milliseconds(read_first(_DATE, attributes), received_ms=received_ms)
    status = read_first(_STATUS, attributes)
    return Log(
        message=message,
        attributes=attributes,
        tags=(*tags, *(tag.strip() for tag in to_text(ddtags).split(',') if tag.strip())),
        timestamp=received_ms if date is None else date,
        status='info' if status is None else status_of(status),
        service=_text(read_first(_SERVICE, attributes)) or service,
        source=_text(ddsource) or source,
        host=_text(read_first(_HOST, attributes)) or host,
    )


def message_and_attributes(line: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the message and the attributes of a line. Without a message, the line is the message.

    If the message is a JSON object itself, its attributes are added and the line is the message. The published tests of
    fauna and jfrog_platform_cloud in DataDog/integrations-extras show it. Two things are inferred. A text that contains
    a JSON object is read as an object: a note to the contrary was removed from the docs as inaccurate
    (DataDog/documentation, pull requests 6104 and 6463). Its attributes override those next to the message.
    """
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
    content = json_object(line) or {}
    attributes = _without_nulls(copy(content))
    message = attributes.pop('message', None)
    if message is None:
        return text, attributes
    inner = json_object(message)
    if inner is None:
        return to_text(message), attributes
    return text, attributes | _without_nulls(copy(inner))


def json_object(value: Any) -> dict[str, Any] | None:
    """Return a value that is an object, or the object that it contains as JSON text, or None."""
    if isinstance(value, str) and value.lstrip().startswith('{'):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def _without_nulls(content: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for key, value in content.items():
        if isinstance(value, dict):
            value = _without_nulls(value) or None
        if value is not None:
            kept[key] = value
    return kept


def _text(value: Any) -> str | None:
    return None if value is None else to_text(value)
