# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A line of a log file between the tailer and the intake, and how the Agent changes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LogSource:
    """A `logs:` entry of type integration, bound to its file.

    Only these fields of the entry reach the tailer. Processing rules, encoding, and multi-line options do not
    (`makeFileSource` in datadog-agent pkg/logs/launchers/integration/launcher.go).
    """

    check_name: str
    path: Path
    source: str
    service: str
    tags: tuple[str, ...]
    start_position: str

    @classmethod
    def of(cls, check_name: str, path: Path, entry: Mapping[str, Any], init_config: Mapping[str, Any]) -> LogSource:
        """Create the source. The entry's service overrides that of `init_config` (pkg/logs/schedulers/ad)."""
        return cls(
            check_name=check_name,
            path=path,
            source=entry.get('source', ''),
            service=entry.get('service') or init_config.get('service', ''),
            tags=tuple(entry.get('tags') or ()),
            start_position=entry.get('start_position', ''),
        )

    @property
    def identifier(self) -> str:
        """The key in the registry."""
        return f'file:{self.path}'


@dataclass(frozen=True)
class Message:
    """What a tailer delivers to the pipeline."""

    source: LogSource
    body: bytes
    tags: tuple[str, ...]
    identifier: str
    """The key in the registry. Empty after a rotation: the message is delivered, but not recorded in the registry."""
    offset: int
    """The position in the file just after this line."""
    read_at_ns: int
    """The time of reading, in nanoseconds since the epoch. It differs for all lines of a file."""

    def envelope(self, hostname: str) -> dict[str, Any]:
        """Create the event for the intake (datadog-agent comp/logs-library/processor/json.go).

        The content of the line is not parsed: a `status`, `hostname`, or `timestamp` in it stays in the text.
        """
        return {
            'message': self.body.decode('utf-8', 'replace'),
            'status': 'info',
            'timestamp': self.read_at_ns // 1_000_000,
            'hostname': hostname,
            'service': self.source.service,
            'ddsource': self.source.source,
            'ddtags': ','.join(self.source.tags + self.tags),
        }


def parse_line(line: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return body and tags of a line (datadog-agent pkg/logs/internal/parsers/integrations/integrations.go).

    If the line is a JSON object with a string `ddtags`, that field becomes the tags, and the rest is marshalled again.
    Every other line is returned unchanged.
    """
    try:
        event = json.loads(line, parse_int=float, parse_constant=_refuse)
    except ValueError:
        return line, ()
    if not isinstance(event, dict) or not isinstance(event.get('ddtags'), str):
        return line, ()
    tags = tuple(tag.strip() for tag in event.pop('ddtags').split(',') if tag.strip())
    return marshal(event).encode(), tags


def _refuse(constant: str) -> None:
    raise ValueError(f'{constant} is not JSON')


def marshal(value: Any) -> str:
    """Encode JSON as Go's encoding/json does: sorted keys, numbers from float64, and `<`, `>`, and `&` escaped."""
    match value:
        case dict():
            return '{' + ','.join(f'{_string(key)}:{marshal(value[key])}' for key in sorted(value)) + '}'
        case list():
            return '[' + ','.join(map(marshal, value)) + ']'
        case str():
            return _string(value)
        case float():
            return _number(value)
        case _:
            return json.dumps(value)


_ESCAPES = str.maketrans({character: f'\\u{ord(character):04x}' for character in '<>&\u2028\u2029'})


# Most strings of a log are keys and names, which occur again in the next log.
@lru_cache(maxsize=4096)
def _string(text: str) -> str:
    whole = text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')
    return json.dumps(whole, ensure_ascii=False).translate(_ESCAPES)


def _number(number: float) -> str:
    """Format a number with the fewest digits for the same float64, without an exponent between 1e-6 and 1e21."""
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        text = format(Decimal(repr(number)), 'f')
        return text.removesuffix('.0')
    digits, exponent = format(Decimal(repr(number)).normalize(), 'e').split('e')
    return f'{digits}e{exponent}'
