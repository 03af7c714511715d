# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The auditor and its `registry.json`: the offset up to which the intake acknowledged each file.

Follows datadog-agent comp/logs/auditor/impl (auditor.go, api_v2.go, registry_writer.go).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from .agent_log import AgentLog
from .clock import Clock, SteppedClock, stamp
from .faults import Faults
from .message import Message

REGISTRY_VERSION = 2
FLUSH_PERIOD_SECONDS = 1.0
EXPIRY_PERIOD_SECONDS = 300.0

Acknowledgements = Literal['in order', 'overtaking']
"""Whether the acknowledgement of a payload waits for those of all earlier payloads. Agent versions differ."""


@dataclass
class Entry:
    """One entry of the registry. The offset is a number only for files."""

    offset: str
    last_updated: float
    tailing_mode: str = ''
    ingestion_timestamp_ns: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            'LastUpdated': datetime.fromtimestamp(self.last_updated, UTC).strftime('%Y-%m-%dT%H:%M:%S.%fZ'),
            'Offset': self.offset,
            'TailingMode': self.tailing_mode,
            'IngestionTimestamp': self.ingestion_timestamp_ns,
            'Fingerprint': {'Value': 0, 'Config': None},
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Entry:
        return cls(
            offset=str(content['Offset']),
            last_updated=datetime.fromisoformat(content['LastUpdated']).timestamp(),
            tailing_mode=content.get('TailingMode', ''),
            ingestion_timestamp_ns=content.get('IngestionTimestamp', 0),
        )


class Auditor:
    def __init__(
        self,
        run_path: Path,
        *,
        clock: Clock,
        log: AgentLog,
        faults: Faults,
        atomic: bool,
        ttl_hours: float,
        acknowledgements: Acknowledgements,
    ) -> None:
        self.path = run_path / 'registry.json'
        self._clock = clock
        self._log = log
        self._faults = faults
        self._atomic = atomic
        self._ttl_seconds = ttl_hours * 3600
        self._acknowledgements = acknowledgements
        self._tailed: set[str] = set()
        self._done: dict[int, list[Message]] = {}
        self._next_payload = 0
        self._written: tuple[bytes, tuple[int, int, int] | None] | None = None
        self.entries = self._recover()
        self.expire()

    def _recover(self) -> dict[str, Entry]:
        """Read the registry. A file that is missing, empty, broken, or of an unknown version counts as empty."""
        try:
            content = json.loads(self.path.read_bytes())
            if content['Version'] != REGISTRY_VERSION:
                raise ValueError(f'invalid registry version number {content["Version"]}')
            return {key: Entry.from_json(entry) for key, entry in content['Registry'].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._log.error('Could not recover state of the log registry, starting empty: %s', error)
            return {}

    def tailing_started(self, identifier: str) -> None:
        self._tailed.add(identifier)
        self._touch(identifier)

    def tailing_stopped(self, identifier: str) -> None:
        self._tailed.discard(identifier)
        self._touch(identifier)

    def _touch(self, identifier: str) -> None:
        if identifier in self.entries:
            self.entries[identifier].last_updated = self._clock.now()

    def expire(self) -> None:
        """Delete entries of files that are not tailed and are older than `auditor_ttl`."""
        oldest = self._clock.now() - self._ttl_seconds
        for identifier, entry in list(self.entries.items()):
            if identifier not in self._tailed and entry.last_updated < oldest:
                del self.entries[identifier]

    def pipeline_started(self) -> None:
        """Expect payload 0 next, because a new pipeline starts its numbers there."""
        self._done.clear()
        self._next_payload = 0

    def payload_done(self, number: int, messages: list[Message]) -> None:
        """Record a payload that a reliable destination accepted or rejected permanently. Both move the offsets."""
        if self._acknowledgements == 'overtaking':
            self._record(messages)
            return
        self._done[number] = messages
        while self._next_payload in self._done:
            self._record(self._done.pop(self._next_payload))
            self._next_payload += 1

    def _record(self, messages: Iterable[Message]) -> None:
        """Move the entries. A line read earlier than the recorded one does not count; the offset may decrease."""
        for message in messages:
            entry = self.entries.get(message.identifier)
            if not message.identifier or (entry is not None and entry.ingestion_timestamp_ns > message.read_at_ns):
                continue
            self.entries[message.identifier] = Entry(
                offset=str(message.offset),
                last_updated=self._clock.now(),
                tailing_mode=message.source.start_position,
                ingestion_timestamp_ns=message.read_at_ns,
            )

    def offset(self, identifier: str) -> int | None:
        entry = self.entries.get(identifier)
        return int(entry.offset) if entry is not None else None

    def flush(self) -> None:
        """Rewrite the file even if nothing changed. Its modification time is the heartbeat of the logs agent."""
        content = {
            'Version': REGISTRY_VERSION,
            'Registry': {key: entry.to_json() for key, entry in sorted(self.entries.items())},
        }
        data = json.dumps(content, separators=(',', ':')).encode()
        try:
            match self._faults.registry_flush:
                case 'whole' if self._written == (data, self._file_state()):
                    pass
                case 'whole' if self._atomic:
                    self._replace(data)
                case 'whole':
                    self.path.write_bytes(data)
                case 'empty':
                    data = b''
                    self.path.write_bytes(data)
                case 'half':
                    data = data[: len(data) // 2]
                    self.path.write_bytes(data)
                case 'stalled':
                    return
            stamp(self.path, self._clock)
            # Hours of virtual time have many flushes, so skip a write that would change only the time.
            self._written = (data, self._file_state()) if isinstance(self._clock, SteppedClock) else None
        except OSError as error:
            self._log.warning('Could not write the log registry: %s', error)

    def _file_state(self) -> tuple[int, int, int] | None:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def _replace(self, data: bytes) -> None:
        descriptor, temporary = tempfile.mkstemp(prefix='registry.json.tmp', dir=self.path.parent)
        with os.fdopen(descriptor, 'wb') as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, self.path)
