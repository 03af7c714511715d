# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The status page, modeled on `agent status`. Two lines of each log source exist only here, see `README.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from .bridge import AGENT_VERSION
from .checks import CheckInstance


@dataclass(frozen=True)
class SourceStatus:
    """The status of one `logs:` entry and its tailer."""

    check_name: str
    service: str
    source: str
    path: Path
    status: str
    read_bytes: int
    """The bytes that the current tailer has read, which can be more than the intake has acknowledged."""
    acknowledged_bytes: int | None
    """The offset in the registry; `None` before the first acknowledgement."""
    backlog_bytes: int
    """The bytes in the file that are not acknowledged."""


def render(
    checks: Sequence[CheckInstance],
    loading_errors: Mapping[str, str],
    sources: Iterable[SourceStatus] | None,
    metadata: Mapping[tuple[str, str], str],
) -> str:
    """Return the text of the status page.

    `sources` is `None` if the logs agent is disabled. `metadata` is by check id and name. For a page of an Agent with
    metadata, see https://docs.datadoghq.com/database_monitoring/troubleshooting/.
    """
    lines = [*_title(f'Agent (v{AGENT_VERSION})', '='), *_title('Collector', '='), '  Running Checks', '  ' + '=' * 14]
    for name, instances in groupby(checks, key=lambda instance: instance.config.name):
        group = list(instances)
        heading = f'{name} ({group[0].version})'
        lines += ['', f'    {heading}', '    ' + '-' * len(heading)]
        for instance in group:
            lines += [f'      {line}' for line in (*_instance(instance), *_metadata(instance.check_id, metadata))]
    if loading_errors:
        lines += ['', '  Loading Errors', '  ' + '=' * 14]
        for check_id, error in loading_errors.items():
            lines += [f'    {check_id}', f'      {error}']
    lines += ['', *_title('Logs Agent', '=')]
    if sources is None:
        lines.append('  Logs Agent is not running')
    else:
        for source in sources:
            lines += [f'  {line}' for line in _source(source)]
    return '\n'.join(line.rstrip() for line in lines) + '\n'


def _title(text: str, rule: str) -> list[str]:
    return [rule * len(text), text, rule * len(text)]


def _instance(instance: CheckInstance) -> list[str]:
    result = instance.last_result
    lines = [
        f'Instance ID: {instance.check_id} [{result.status if result else "PENDING"}]',
        f'Configuration Source: file:{instance.config.path}',
        f'Total Runs: {len(instance.runs)}',
    ]
    if result is None:
        return lines
    average = sum(run.duration_seconds for run in instance.runs) / len(instance.runs)
    lines += [
        f'Average Execution Time : {average:.3f}s',
        f'Last Execution Date : {_date(result.started_at)}',
        f'Last Successful Execution Date : {_last_success(instance)}',
    ]
    if result.status == 'ERROR':
        lines.append(f'Error: {result.error}')
        lines += result.traceback.splitlines()
    for warning in result.warnings:
        lines.append(f'Warning: {warning}')
    return lines


def _metadata(check_id: str, metadata: Mapping[tuple[str, str], str]) -> list[str]:
    values = sorted((name, value) for (owner, name), value in metadata.items() if owner == check_id)
    return ['metadata:', *(f'  {name}: {value}' for name, value in values)] if values else []


def _last_success(instance: CheckInstance) -> str:
    for run in reversed(instance.runs):
        if run.status != 'ERROR':
            return _date(run.started_at)
    return 'Never'


def _date(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime('%Y-%m-%d %H:%M:%S UTC')


def _source(source: SourceStatus) -> list[str]:
    acknowledged = 'none yet' if source.acknowledged_bytes is None else str(source.acknowledged_bytes)
    return [
        '',
        source.check_name,
        '-' * len(source.check_name),
        '  - Type: integration',
        f'    Path: {source.path}',
        f'    Service: {source.service}',
        f'    Source: {source.source}',
        f'    Status: {source.status}',
        f'    Bytes Read: {source.read_bytes}',
        f'    Acknowledged: {acknowledged}',
        f'    Backlog: {source.backlog_bytes}',
    ]
