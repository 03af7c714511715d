# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's registry: an internal file of somebody else, of which nothing may ever break the check."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from datadog_checks.okta_workflows.agent.registry import MAX_AGE_SECONDS, Registry, read_registry

from .fake_clock import NOW

LOG_PATH = '/opt/datadog-agent/run/integrations/okta_workflows_1a2b.log'
KEY = f'file:{LOG_PATH}'
OTHERS = {'file:/var/log/app.log': '17', 'journald:default': 's=5;i=1', '9f2c1e': '2026-11-23T03:02:00Z'}


def entry(offset: Any) -> dict[str, Any]:
    return {
        'LastUpdated': '2026-11-23T03:02:44.5Z',
        'Offset': offset,
        'TailingMode': 'beginning',
        'IngestionTimestamp': 1795402964,
        'Fingerprint': {'Value': 0, 'Config': None},
    }


def content(offset: Any = '4711', **changes: Any) -> dict[str, Any]:
    entries = {key: entry(place) for key, place in OTHERS.items()}
    return {'Version': 2, 'Registry': {**entries, KEY: entry(offset)}, **changes}


class RegistryFile:
    """The file, and the pauses of its reader."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pauses: list[float] = []
        self.on_pause: Callable[[], object] = lambda: None

    def write(self, content: Any, age_seconds: float = 0.5) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content, separators=(',', ':')).encode()
        self.path.write_bytes(data)
        os.utime(self.path, (NOW - age_seconds, NOW - age_seconds))

    def read(self, log_path: str = LOG_PATH) -> Registry | None:
        return read_registry(str(self.path), log_path, self)

    def now(self) -> float:
        return NOW

    def monotonic(self) -> float:
        return NOW

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.on_pause()


@pytest.fixture
def registry(tmp_path: Path) -> RegistryFile:
    return RegistryFile(tmp_path / 'registry.json')


def test_the_registry_tells_the_offset_of_the_file_and_the_places_of_the_others(registry: RegistryFile) -> None:
    registry.write(content())
    assert registry.read() == Registry(4711, OTHERS)
    assert registry.pauses == []


def test_before_the_first_acknowledgement_there_is_no_offset(registry: RegistryFile) -> None:
    registry.write(content())
    assert registry.read('/opt/datadog-agent/run/integrations/okta_workflows_ffff.log') == Registry(
        None, {**OTHERS, KEY: '4711'}
    )


def test_an_empty_registry_is_one(registry: RegistryFile) -> None:
    registry.write({'Version': 2, 'Registry': {}})
    assert registry.read() == Registry(None, {})


def test_the_order_of_keys_does_not_matter(registry: RegistryFile) -> None:
    whole = content()
    registry.write({'Registry': dict(reversed(whole['Registry'].items())), 'Version': 2, 'Later': 'addition'})
    assert registry.read() == Registry(4711, OTHERS)


@pytest.mark.parametrize(
    'key, log_path',
    [
        pytest.param(
            'file:C:\\ProgramData\\Datadog\\run\\integrations\\okta_workflows_1a2b.log',
            'c:/programdata/datadog/run/integrations/okta_workflows_1a2b.log',
            id='capitals and separators',
        ),
        pytest.param('file:/opt/RUN/a.log', '/opt/run/a.log', id='capitals in the registry'),
        pytest.param('file:/opt/run/a.log', '/opt/RUN/a.log', id='capitals in the setting'),
    ],
)
def test_a_path_is_found_in_another_spelling(registry: RegistryFile, key: str, log_path: str) -> None:
    """As on Windows, where the setting may be typed by a person."""
    registry.write({'Version': 2, 'Registry': {key: entry('12')}})
    assert registry.read(log_path) == Registry(12, {})


@pytest.mark.parametrize(
    'offset',
    [
        pytest.param('', id='empty'),
        pytest.param('-1', id='negative'),
        pytest.param('1.5', id='fraction'),
        pytest.param('+1', id='sign'),
        pytest.param('1_0', id='underscore'),
        pytest.param(' 1', id='blank'),
        pytest.param('\u0661', id='foreign digit'),
        pytest.param('\u00b2', id='superscript'),
        pytest.param('2026-11-23T03:02:00Z', id='time'),
        pytest.param('9' * 5000, id='absurd'),
        pytest.param(None, id='null'),
        pytest.param(True, id='true'),
        pytest.param(1.5, id='fractional number'),
        pytest.param({}, id='object'),
        pytest.param([1], id='list'),
    ],
)
def test_an_offset_that_is_no_number_is_not_known(registry: RegistryFile, offset: Any) -> None:
    registry.write(content(offset))
    assert registry.read() is None


@pytest.mark.parametrize(
    'odd',
    [
        pytest.param('text', id='text'),
        pytest.param(None, id='null'),
        pytest.param([], id='list'),
        pytest.param({}, id='no offset'),
    ],
)
def test_an_entry_that_is_none_is_not_known(registry: RegistryFile, odd: Any) -> None:
    whole = content()
    whole['Registry'][KEY] = odd
    registry.write(whole)
    assert registry.read() is None


@pytest.mark.parametrize('odd', [pytest.param('text', id='text'), pytest.param(None, id='null')])
def test_an_entry_of_others_that_is_none_does_no_harm(registry: RegistryFile, odd: Any) -> None:
    whole = content()
    whole['Registry']['file:/var/log/odd.log'] = odd
    registry.write(whole)
    known = registry.read()
    assert known is not None
    assert known.offset == 4711


@pytest.mark.parametrize(
    'changes',
    [
        pytest.param({'Version': 0}, id='0'),
        pytest.param({'Version': 1}, id='1'),
        pytest.param({'Version': 3}, id='3'),
        pytest.param({'Version': '2'}, id='text'),
        pytest.param({'Version': None}, id='null'),
        pytest.param({'Registry': None}, id='no entries'),
        pytest.param({'Registry': []}, id='list of entries'),
    ],
)
def test_only_version_2_is_understood(registry: RegistryFile, changes: dict[str, Any]) -> None:
    registry.write(content(**changes))
    assert registry.read() is None
    assert registry.pauses == [], 'waiting does not change it'


@pytest.mark.parametrize('odd', [[], 'text', 7, None])
def test_what_is_no_object_is_no_registry(registry: RegistryFile, odd: Any) -> None:
    registry.write(odd)
    assert registry.read() is None


@pytest.mark.parametrize(
    'torn',
    [pytest.param(b'', id='empty'), pytest.param(b'{"Version":2,"Regis', id='half'), pytest.param(b'\xff', id='bytes')],
)
def test_a_torn_registry_is_read_again(registry: RegistryFile, torn: bytes) -> None:
    """Some Agents rewrite it in place (`logs_config.atomic_registry_write`)."""
    registry.write(torn)

    def finish() -> None:
        if len(registry.pauses) == 2:
            registry.write(content())

    registry.on_pause = finish
    assert registry.read() == Registry(4711, OTHERS)
    assert registry.pauses == [0.05, 0.05]


def test_a_registry_that_stays_torn_is_not_known(registry: RegistryFile) -> None:
    registry.write(b'{"Version":2,')
    assert registry.read() is None
    assert len(registry.pauses) == 2


def test_a_missing_registry_is_not_known(registry: RegistryFile) -> None:
    assert registry.read() is None
    assert registry.pauses == []


def test_a_registry_that_cannot_be_opened_is_not_known(registry: RegistryFile) -> None:
    registry.path.mkdir()
    assert registry.read() is None


@pytest.mark.parametrize(
    'age_seconds, known',
    [
        pytest.param(MAX_AGE_SECONDS, True, id='half a minute'),
        pytest.param(MAX_AGE_SECONDS + 1, False, id='more than half a minute'),
        pytest.param(-600, True, id='written by a clock that was set back since'),
    ],
)
def test_a_registry_that_is_no_longer_written_is_not_known(
    registry: RegistryFile, age_seconds: float, known: bool
) -> None:
    """A working Agent rewrites it every second."""
    registry.write(content(), age_seconds)
    assert (registry.read() is not None) is known


@pytest.mark.skipif(not os.path.isdir('/dev/fd'), reason='The open files of a process cannot be listed here')
def test_the_registry_is_not_held_open(registry: RegistryFile) -> None:
    """On Windows that would keep the Agent from replacing it."""
    registry.write(content())
    before = set(os.listdir('/dev/fd'))
    for _ in range(5):
        registry.read()
    assert set(os.listdir('/dev/fd')) == before


def test_no_registry_whatever_raises_anything(registry: RegistryFile) -> None:
    """Bytes of a real one changed, dropped, doubled, at random places (seeded)."""
    random = Random(20261123)
    whole = json.dumps(content()).encode()
    answers = set()
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            start = random.randrange(len(data))
            end = min(start + random.choice([1, 1, 1, 5, 50]), len(data))
            data[start:end] = random.choice(
                [b'', data[start:end] * 2, random.randbytes(end - start), b'9', b'"', b'null', b'[', b'\\u0000']
            )
        registry.path.write_bytes(bytes(data))
        os.utime(registry.path, (NOW, NOW))
        known = registry.read()
        assert known is None or known.offset is None or known.offset >= 0
        answers.add(type(known))
    assert answers == {Registry, type(None)}
