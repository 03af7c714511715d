# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What happens to a line before the first pipeline: JSON becomes attributes, and some of them official.

Source: Datadog docs, logs/log_configuration/pipelines, preprocessing: the lists of attributes, the first that is there
counts, and one in the line wins over what the Agent says of source, service and host.
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
    """The log that a line becomes at the intake; the keywords are what the Agent or the URL says of it.

    `ddsource` and `ddtags` are fields of the intake and leave the attributes, as does the message; the others stay.
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
    """Take the message out of a line of JSON; of one that has none, or of other text, the line is the message.

    A message that is a JSON object again gives its attributes to the log, and the line stays the message. Tests of
    published pipelines show it (DataDog/integrations-extras: fauna, jfrog_platform_cloud). Two things are inferred. A
    text that spells an object is taken for one: a note to the contrary was removed from the docs as inaccurate
    (DataDog/documentation, pull requests 6104 and 6463). Its attributes win over those beside it, the worst case.
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
    """The object that a value is, or spells in JSON."""
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
