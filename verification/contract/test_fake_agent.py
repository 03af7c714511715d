# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the fake Agent of the integration's tests does, the stand-in for the Agent does too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from okta_simulator import OktaSimulator
from tests.fake_agent import FakeAgent
from verification.world.scenario import NOW, StartAgent


class Seen:
    """What a run left behind: the log file, the registry, and what the check was told."""

    def __init__(self, log_path: Path, registry_path: Path, functions: Any) -> None:
        self.log_path = log_path
        self.log = log_path.read_bytes()
        self.registry = json.loads(registry_path.read_text())
        self.functions = functions


@pytest.fixture(params=['fake', 'stand-in'])
def seen(
    request: pytest.FixtureRequest,
    okta: OktaSimulator,
    tmp_path: Path,
    start_agent: StartAgent,
    monkeypatch: pytest.MonkeyPatch,
) -> Seen:
    """An instance that delivered 20 events, all of which Datadog has received."""
    okta.generate(20, since=NOW - 3600, until=NOW - 60, noise_share=0.0)
    instance = {'domain': okta.url, 'api_key': okta.api_key}
    if request.param == 'fake':
        agent = FakeAgent(tmp_path, monkeypatch)
        assert agent.start(instance).run() == ''
        agent.acknowledge()
        return Seen(agent.log_path, agent.registry_path, agent)
    stand_in = start_agent(instance)
    assert stand_in.run_checks()[0].status == 'OK'
    stand_in.advance(30)
    path = stand_in.log_file()
    return Seen(path, path.parents[1] / 'registry.json', stand_in.datadog_agent)


def test_a_line_is_written_as_it_was_sent_with_a_line_break(seen: Seen, okta: OktaSimulator) -> None:
    lines = seen.log.split(b'\n')
    assert lines[-1] == b''
    assert [json.loads(line)['log']['uuid'] for line in lines[:-1]] == [
        event['uuid'] for event in okta.workflows_events
    ]


def test_the_log_file_is_named_after_the_check_id(seen: Seen) -> None:
    assert seen.log_path.parent.name == 'integrations'
    assert re.fullmatch(r'okta_workflows_[0-9a-f]+\.log', seen.log_path.name)


def test_the_registry_knows_the_file_by_its_path_and_how_far_it_was_sent(seen: Seen) -> None:
    assert seen.registry['Version'] == 2
    entry = seen.registry['Registry'][f'file:{seen.log_path}']
    assert entry.keys() >= {'Offset', 'LastUpdated', 'TailingMode'}
    assert entry['Offset'] == str(len(seen.log))


def test_the_cache_keeps_what_is_written_and_knows_nothing_of_another_key(seen: Seen) -> None:
    seen.functions.write_persistent_cache('okta_workflows_a_key', 'a value')
    assert seen.functions.read_persistent_cache('okta_workflows_a_key') == 'a value'
    assert seen.functions.read_persistent_cache('okta_workflows_another') == ''


def test_the_settings_that_a_log_check_reads_are_there_in_their_types(seen: Seen) -> None:
    settings = {
        'logs_enabled': bool,
        'logs_config.run_path': str,
        'logs_config.integrations_logs_files_max_size': int,
        'logs_config.integrations_logs_total_usage': int,
        'logs_config.integrations_logs_disk_ratio': float,
        'logs_config.max_message_size_bytes': int,
    }
    assert {name: type(seen.functions.get_config(name)) for name in settings} == settings


@pytest.mark.parametrize('which', ['fake', 'stand-in'])
def test_a_file_that_is_full_is_begun_anew_with_the_line_that_did_not_fit(
    which: str, okta: OktaSimulator, tmp_path: Path, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = 'x' * 300_000
    if which == 'fake':
        fake = FakeAgent(tmp_path, monkeypatch)
        send, path = fake.send_log, fake.log_path
        check_id = 'okta_workflows:1a2b'
    else:
        stand_in = start_agent(
            {'domain': okta.url, 'api_key': okta.api_key}, **{'logs_config.integrations_logs_files_max_size': 1}
        )
        send, path = stand_in.datadog_agent.send_log, stand_in.log_file()
        check_id = stand_in.checks[0].check_id
    sizes = []
    for _ in range(4):
        send(line, check_id)
        if which == 'stand-in':
            stand_in.advance(1)
        sizes.append(path.stat().st_size)
    assert sizes == [300_001, 600_002, 900_003, 300_001]
