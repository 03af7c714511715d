# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's log file, seen from outside."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from datadog_checks.okta_workflows.agent.log_file import MISSING, FileState, LogFile
from datadog_checks.okta_workflows.clock import SystemClock

CHECK_ID = 'okta_workflows:1a2b'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file, with two lines in it."""
    folder = tmp_path / 'integrations'
    folder.mkdir()
    path = folder / 'okta_workflows_1a2b.log'
    path.write_bytes(b'one\ntwo\n')
    return path


@pytest.fixture
def log_file(tmp_path: Path, path: Path) -> LogFile:
    return LogFile(str(tmp_path), CHECK_ID, SystemClock())


def look(log_file: LogFile) -> FileState:
    state = log_file.state()
    assert state != MISSING
    return state


def replace(path: Path, content: bytes) -> None:
    """As the newer Agents do at a rotation; the old file lives on, so that its inode is not used again."""
    os.rename(path, path.with_suffix('.old'))
    path.write_bytes(content)


@pytest.mark.parametrize(
    'check_id, name',
    [
        pytest.param('okta_workflows:1a2b', 'okta_workflows_1a2b.log', id='ordinary'),
        pytest.param('okta_workflows:prod:1a2b', 'okta_workflows_prod_1a2b.log', id='instance with a name'),
    ],
)
def test_the_file_is_named_after_the_check_id(check_id: str, name: str) -> None:
    log_file = LogFile('run', check_id, SystemClock())
    assert log_file.path == os.path.join('run', 'integrations', name)
    assert log_file.folder == os.path.join('run', 'integrations')
    assert log_file.registry_path == os.path.join('run', 'registry.json')


def test_a_look_gives_inode_and_size(log_file: LogFile, path: Path) -> None:
    assert log_file.state() == FileState(path.stat().st_ino, 8)


def test_a_file_that_is_not_there_has_no_state(log_file: LogFile, path: Path) -> None:
    path.unlink()
    assert log_file.state() == MISSING
    assert LogFile(str(path), CHECK_ID, SystemClock()).state() == MISSING


@pytest.mark.parametrize(
    'now, continues',
    [
        pytest.param(FileState(7, 100), True, id='unchanged'),
        pytest.param(FileState(7, 101), True, id='longer'),
        pytest.param(FileState(7, 99), False, id='shorter'),
        pytest.param(FileState(8, 100), False, id='another inode'),
        pytest.param(FileState(8, 200), False, id='another inode and longer'),
    ],
)
def test_a_file_continues_if_it_is_the_same_and_not_shorter(now: FileState, continues: bool) -> None:
    assert now.continues(FileState(7, 100)) is continues


@pytest.mark.parametrize(
    'size_bytes, tail',
    [
        pytest.param(1, b'\n', id='a byte'),
        pytest.param(4, b'two\n', id='a line'),
        pytest.param(8, b'one\ntwo\n', id='all'),
        pytest.param(99, b'one\ntwo\n', id='more than there is'),
    ],
)
def test_the_end_of_the_file_can_be_read(log_file: LogFile, path: Path, size_bytes: int, tail: bytes) -> None:
    path.write_bytes(b'one\ntwo\n')
    assert log_file.tail(size_bytes) == tail


def test_a_file_that_is_gone_has_no_end(log_file: LogFile, path: Path) -> None:
    path.unlink()
    assert log_file.tail(1) == b''


@pytest.mark.parametrize(
    ('place', 'behind'),
    [
        pytest.param(0, b'\none\ntwo', id='beginning'),
        pytest.param(4, b'\ntwo\n', id='line'),
        pytest.param(5, b'two\n', id='in-a-line'),
        pytest.param(8, b'\n', id='end'),
    ],
)
def test_what_stands_behind_a_place_can_be_read_with_the_byte_before_it(
    log_file: LogFile, path: Path, place: int, behind: bytes
) -> None:
    path.write_bytes(b'one\ntwo\n')
    assert log_file.behind(place, 7) == behind


def test_a_file_that_is_gone_has_nothing_behind_a_place(log_file: LogFile, path: Path) -> None:
    path.unlink()
    assert log_file.behind(4, 7) == b''


def test_the_others_are_all_files_but_this_one(log_file: LogFile, path: Path) -> None:
    (path.parent / 'other_1.log').write_bytes(b'12345')
    (path.parent / 'other_2.log').write_bytes(b'123')
    (path.parent / 'folder').mkdir()
    assert log_file.others_bytes() == 8


def test_a_folder_that_is_not_there_has_no_others(tmp_path: Path) -> None:
    assert LogFile(str(tmp_path / 'missing'), CHECK_ID, SystemClock()).others_bytes() == 0


@pytest.mark.parametrize(
    'content, is_whole',
    [
        pytest.param(b'', True, id='empty'),
        pytest.param(b'one\ntwo\n', True, id='whole'),
        pytest.param(b'one\ntw', False, id='torn'),
    ],
)
def test_a_torn_last_line_is_seen(log_file: LogFile, path: Path, content: bytes, is_whole: bool) -> None:
    path.write_bytes(content)
    assert log_file.ends_in_line() is is_whole


def test_a_file_that_is_gone_has_no_torn_line(log_file: LogFile, path: Path) -> None:
    path.unlink()
    assert log_file.ends_in_line()


def test_a_file_that_is_removed_during_the_look_takes_nothing(
    log_file: LogFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path.parent / 'other.log').write_bytes(b'other')
    gone = path.parent / 'gone.log'
    gone.write_bytes(b'gone')
    entries = list(os.scandir(path.parent))
    gone.unlink()
    monkeypatch.setattr(os, 'scandir', lambda folder: nullcontext(entries))
    assert log_file.others_bytes() == 5
