# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's settings, as `get_config` answers: with defaults, with other types, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from datadog_checks.okta_workflows.agent.settings import AgentSettings, read_agent_settings
from datadog_checks.okta_workflows.constants import MIB

FILE_MAX = 'logs_config.integrations_logs_files_max_size'
TOTAL_MAX = 'logs_config.integrations_logs_total_usage'
RATIO = 'logs_config.integrations_logs_disk_ratio'
MESSAGE_MAX = 'logs_config.max_message_size_bytes'
RUN_PATH = 'logs_config.run_path'

KNOWN: dict[str, Any] = {RUN_PATH: '/opt/run', FILE_MAX: 100, TOTAL_MAX: 200, RATIO: 0.5, MESSAGE_MAX: 900_000}


def read(**changes: Any) -> AgentSettings:
    """The settings of an Agent that answers `KNOWN`, but for `changes`, whose names have `_` for the first dot."""
    return read_agent_settings({**KNOWN, **{f'logs_config.{name}': value for name, value in changes.items()}}.get)


def settings(**changes: Any) -> AgentSettings:
    fields: dict[str, Any] = {
        'run_path': '/opt/run',
        'file_max_bytes': 10 * MIB,
        'total_max_bytes': 100 * MIB,
        'disk_ratio': 0.8,
        'message_max_bytes': 256_000,
    }
    return AgentSettings(**{**fields, **changes})


def test_the_settings_are_those_of_the_agent() -> None:
    assert read() == AgentSettings(
        run_path=os.path.normpath('/opt/run'),
        file_max_bytes=100 * MIB,
        total_max_bytes=200 * MIB,
        disk_ratio=0.5,
        message_max_bytes=900_000,
    )


def test_an_agent_that_knows_no_key_has_the_limits_of_the_oldest() -> None:
    """datadog-agent `pkg/config/setup`: the defaults before they were raised."""
    assert read_agent_settings(lambda key: None) == AgentSettings(
        run_path=None,
        file_max_bytes=10 * MIB,
        total_max_bytes=100 * MIB,
        disk_ratio=0.8,
        message_max_bytes=256_000,
    )


@pytest.mark.parametrize(
    'useless',
    [
        pytest.param(None, id='unknown key'),
        pytest.param('', id='answer of the stub of the base package'),
        pytest.param(True, id='true'),
        pytest.param(False, id='false'),
        pytest.param('100', id='text'),
        pytest.param([], id='list'),
        pytest.param({}, id='section'),
    ],
)
@pytest.mark.parametrize(
    'name, field, default',
    [
        pytest.param('integrations_logs_files_max_size', 'file_max_bytes', 10 * MIB, id='file'),
        pytest.param('integrations_logs_total_usage', 'total_max_bytes', 100 * MIB, id='total'),
        pytest.param('integrations_logs_disk_ratio', 'disk_ratio', 0.8, id='ratio'),
        pytest.param('max_message_size_bytes', 'message_max_bytes', 256_000, id='message'),
    ],
)
def test_what_is_no_number_takes_the_safe_value(useless: Any, name: str, field: str, default: float) -> None:
    assert getattr(read(**{name: useless}), field) == default


@pytest.mark.parametrize('size', [pytest.param(0, id='zero'), pytest.param(-1, id='negative')])
@pytest.mark.parametrize(
    'name, field, default',
    [
        pytest.param('integrations_logs_files_max_size', 'file_max_bytes', 10 * MIB, id='file'),
        pytest.param('integrations_logs_total_usage', 'total_max_bytes', 100 * MIB, id='total'),
        pytest.param('max_message_size_bytes', 'message_max_bytes', 256_000, id='message'),
    ],
)
def test_a_size_that_is_none_takes_the_safe_value(size: int, name: str, field: str, default: int) -> None:
    assert getattr(read(**{name: size}), field) == default


def test_a_whole_number_and_a_fraction_are_equally_good() -> None:
    """A whole float reaches Python as an integer, and the other way round in an Agent of another version."""
    assert read(integrations_logs_files_max_size=2.5, integrations_logs_disk_ratio=1) == read(
        integrations_logs_files_max_size=2.5, integrations_logs_disk_ratio=1.0
    )
    assert read(integrations_logs_files_max_size=2.5).file_max_bytes == 2_621_440
    assert isinstance(read(integrations_logs_files_max_size=1.0).file_max_bytes, int)


@pytest.mark.parametrize(
    'run_path, expected',
    [
        pytest.param('/opt/run', '/opt/run', id='as it is'),
        pytest.param('/opt/run/', '/opt/run', id='trailing separator'),
        pytest.param('/opt//run/./x/..', '/opt/run', id='dots and doubled separators'),
        pytest.param('var/run', 'var/run', id='relative'),
        pytest.param('', None, id='empty'),
        pytest.param(None, None, id='unknown'),
        pytest.param({'run': 'path'}, None, id='section'),
        pytest.param(7, None, id='number'),
    ],
)
def test_the_run_path_is_cleaned_as_the_agent_cleans_it(run_path: Any, expected: str | None) -> None:
    assert read(run_path=run_path).run_path == (expected and expected.replace('/', os.sep))


def test_the_run_path_is_not_resolved(tmp_path: Path) -> None:
    """The registry spells the path with the symbolic link in it."""
    (tmp_path / 'real').mkdir()
    try:
        (tmp_path / 'link').symlink_to(tmp_path / 'real')
    except OSError:
        pytest.skip('Windows keeps symbolic links to administrators')
    assert read(run_path=str(tmp_path / 'link')).run_path == os.path.join(tmp_path, 'link')


@pytest.mark.parametrize(
    'limits',
    [
        pytest.param({'message_max_bytes': 5}, id='message'),
        pytest.param({'file_max_bytes': 5}, id='file'),
        pytest.param({'total_max_bytes': 5}, id='total'),
    ],
)
def test_the_smallest_limit_is_the_one_of_a_line(limits: dict[str, int]) -> None:
    assert settings(**limits).line_max_bytes == 5


@pytest.mark.parametrize(
    'ratio, free, expected',
    [
        pytest.param(0.8, 900, 700, id='what may be filled of the disk'),
        pytest.param(0.8, 200, 0, id='just full'),
        pytest.param(0.8, 100, 0, id='fuller than allowed'),
        pytest.param(0.999, 500, 498, id='the part to be left is rounded up'),
        pytest.param(1, 150, 150, id='all of the disk'),
        pytest.param(1.5, 0, 1000, id='no share of a whole'),
    ],
)
def test_the_quota_is_worked_out_as_the_agent_does(
    ratio: float, free: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """datadog-agent `pkg/logs/launchers/integration/launcher.go`."""
    disk = shutil.disk_usage('.')._replace(total=1001 if ratio == 0.999 else 1000, free=free)
    monkeypatch.setattr('datadog_checks.okta_workflows.agent.settings.shutil.disk_usage', lambda folder: disk)
    assert settings(total_max_bytes=1000, disk_ratio=ratio).quota_bytes('/opt/run/integrations') == expected


def test_the_quota_is_never_more_than_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = shutil.disk_usage('.')._replace(total=10_000, free=10_000)
    monkeypatch.setattr('datadog_checks.okta_workflows.agent.settings.shutil.disk_usage', lambda folder: disk)
    assert settings(total_max_bytes=1000).quota_bytes('/opt/run/integrations') == 1000


def test_a_disk_that_cannot_be_seen_leaves_the_setting(tmp_path: Path) -> None:
    assert settings().quota_bytes(str(tmp_path / 'missing')) == 100 * MIB


@pytest.mark.parametrize(
    'ratio', [pytest.param(0, id='zero'), pytest.param(-1, id='negative'), pytest.param(2, id='2')]
)
def test_any_number_is_a_ratio(ratio: int) -> None:
    """To the Agent 0 leaves nothing for logs, and what is outside of 0 to 1 switches the ratio off."""
    assert read(integrations_logs_disk_ratio=ratio).disk_ratio == ratio
