# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Why the check may send events again after a crash, as far as the files that the dead Agent left can tell."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NO_ENTRY = 'the Agent had not sent any of the log file'
ROTATED = 'the batch made the log file rotate'
STALE = 'the Agent was not known to read the new log file'
TORN = 'a line was torn'
NOT_WRITTEN = 'the Agent accepted the lines but did not write them'
UNEXPLAINED = 'the cause is unknown'


@dataclass(frozen=True)
class Cause:
    """Why events may be sent again, and how many of them do not stand in the log file."""

    name: str
    unwritten: int

    def share(self, repeated: int) -> dict[str, int]:
        """Divide so many repeated events between the causes."""
        unwritten = min(repeated, self.unwritten) if self.name == UNEXPLAINED else 0
        return {NOT_WRITTEN: unwritten, self.name: repeated - unwritten}


def why_repeated(run_path: Path, sent: Iterable[str]) -> Cause:
    """Name why some of the events that were `sent` last (their uuids) may be sent again by the next Agent."""
    log_file = next((run_path / 'integrations').glob('*.log'), None)
    if log_file is None:
        return Cause(NO_ENTRY, 0)
    content = log_file.read_bytes()
    return Cause(_exception(run_path, log_file, content), sum(uuid.encode() not in content for uuid in sent))


def _exception(run_path: Path, log_file: Path, content: bytes) -> str:
    """Name the exception from the promise that nothing is repeated which holds for what stands in `run_path`."""
    mark = _mark(run_path)
    entries = _json(run_path / 'registry.json').get('Registry', {})
    status = log_file.stat()
    if entries.get(f'file:{log_file}', {}).get('Offset') is None:
        return NO_ENTRY
    if mark is None or mark['inode'] != status.st_ino or mark['size'] > status.st_size:
        return ROTATED
    if mark['stale_offset'] is not None:
        return STALE
    return UNEXPLAINED if content.endswith(b'\n') else TORN


def _mark(run_path: Path) -> dict[str, Any] | None:
    commits = [_json(path) for path in run_path.rglob('*cursor_*') if path.is_file()]
    newest = max(commits, key=lambda commit: commit.get('number', -1), default={})
    mark: dict[str, Any] | None = newest.get('mark')
    return mark


def _json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        # A crash leaves the file empty or torn.
        return {}
    return content
