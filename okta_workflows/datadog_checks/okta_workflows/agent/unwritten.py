# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explains why lines do not reach the Agent's log file, and how the operator can fix it."""

from __future__ import annotations

from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.errors import CollectionError

from .log_file import LogFile
from .settings import AgentSettings

FREE_DISK_SPACE = 'Free disk space, or raise that setting in `datadog.yaml`, and restart the Agent'
ADD_LOGS_SECTION = (
    'Add the `logs` section with `type: integration` from `conf.yaml.example` to `conf.yaml` and restart the Agent'
)
EXPECTED_BY_HAND = (
    'If you ran `agent check` manually, this is expected, because the Agent does not write the logs of a manual run'
)


def no_log_file(settings: AgentSettings, log_file: LogFile, evidence: str, by_hand: str = '') -> CollectionError:
    """Create the error that the Agent has no log file for the instance, with the likelier cause first."""
    section = '`conf.yaml` has no `logs` section of type `integration`'
    quota = f'the quota of all log files leaves no room ({_describe_quota(settings, log_file)})'
    causes, steps = (section, quota), (ADD_LOGS_SECTION, FREE_DISK_SPACE)
    if settings.quota_bytes(log_file.folder) == 0:
        causes, steps = causes[::-1], steps[::-1]
    return CollectionError(
        f'The Agent keeps no log file for this instance ({log_file.path}), and {evidence}. The cause is one of two: '
        f'{", or ".join(causes)}',
        '. Otherwise: '.join(steps) + by_hand,
    )


def not_written(settings: AgentSettings, log_file: LogFile, count: int) -> CollectionError:
    """Create the error that the Agent accepted `count` events and did not write them."""
    what = f'The Agent accepted {count} events but did not write them to {log_file.path}. The next run sends them again'
    if settings.quota_bytes(log_file.folder) == 0:
        ratio = f'`logs_config.integrations_logs_disk_ratio` ({settings.disk_ratio:g})'
        return CollectionError(f'{what}. The disk of {log_file.folder} is fuller than {ratio} allows', FREE_DISK_SPACE)
    if settings.free_bytes(log_file.folder) < MIB:
        return CollectionError(f'{what}. The disk is full', 'Free disk space')
    return CollectionError(
        what,
        'Check `agent.log` for the reason, such as the permissions of the file or a logs Agent that does not run. '
        f'{EXPECTED_BY_HAND}',
    )


def _describe_quota(settings: AgentSettings, log_file: LogFile) -> str:
    folder = log_file.folder
    return (
        f'{settings.quota_bytes(folder) / MIB:.0f} MiB, after `logs_config.integrations_logs_total_usage` '
        f'{settings.total_max_bytes / MIB:.0f} MiB, `logs_config.integrations_logs_disk_ratio` '
        f'{settings.disk_ratio:g}, and {settings.free_bytes(folder) / MIB:.0f} MiB free; the log files of other '
        f'integrations take {log_file.others_bytes() / MIB:.0f} MiB'
    )
