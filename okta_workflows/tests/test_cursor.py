# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The cursor: what is stored is what is read again, nothing else is taken for one, and a crash costs one commit."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from datadog_checks.okta_workflows.agent.cursor import (
    CACHE_KEYS,
    Cursor,
    CursorNotStoredError,
    CursorStore,
    Progress,
    UnreadableCursorError,
    cache_id,
)
from datadog_checks.okta_workflows.agent.log_file import FileMark
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.okta import is_page_link
from datadog_checks.okta_workflows.okta.origin import Origin
from datadog_checks.okta_workflows.possible_gap import PossibleGap

from .fake_clock import NOW

ORG = Origin('https', 'acme.okta.com')
IS_LINK = partial(is_page_link, ORG)
LINK = 'https://acme.okta.com/api/v1/logs?limit=1000&filter=eventType%20sw%20%22workflows.%22&after=1648112954504_1'
EVEN, ODD = CACHE_KEYS
GAP = PossibleGap('It happened', NOW - 60, NOW, NOW)


def progress(number: int = 1) -> Progress:
    """The `number`-th of a series."""
    return Progress(
        written=Cursor(f'{LINK}{number}', NOW + number, f'uuid-{number}'),
        acknowledged=Cursor(LINK, NOW),
        mark=FileMark('/opt/run/integrations/okta_workflows_1a2b.log', 42, 1000 * number),
    )


class Cache:
    """The persistent cache as a check sees it: an empty string where there is nothing."""

    def __init__(self, **values: str) -> None:
        self.values = dict(values)
        self.written: list[str] = []
        self.fails_to_read = ''
        self.fails_to_write = False

    def read(self, key: str) -> str:
        if key == self.fails_to_read:
            raise RuntimeError('failed to read data')
        return self.values.get(key, '')

    def write(self, key: str, value: str) -> None:
        """Of a failure the check learns nothing, and the file was truncated by then."""
        self.written.append(key)
        self.values[key] = '' if self.fails_to_write else value

    def store(self) -> CursorStore:
        """A new process."""
        return CursorStore(self.read, self.write, IS_LINK, SystemClock())

    def committed(self, count: int) -> Cache:
        """After so many commits."""
        store = self.store()
        store.load()
        for number in range(1, count + 1):
            store.commit(progress(number))
        self.written.clear()
        return self

    def newest(self) -> str:
        return max(CACHE_KEYS, key=lambda key: json.loads(self.values[key])['number'])

    def other(self) -> str:
        [key] = set(CACHE_KEYS) - {self.newest()}
        return key


@pytest.mark.parametrize(
    'kept',
    [
        pytest.param(progress(), id='all'),
        pytest.param(Progress(Cursor(LINK, NOW), Cursor(LINK, NOW)), id='without a mark'),
        pytest.param(replace(progress(), mark=FileMark('/a', 1, 2, stale_offset=3)), id='with a stale offset'),
        pytest.param(replace(progress(), has_gap=True), id='with a gap'),
        pytest.param(replace(progress(), started_at=NOW), id='at the start'),
        pytest.param(
            replace(progress(), possible_gaps=(GAP, replace(GAP, since=None))),
            id='with possible gaps',
        ),
        pytest.param(Progress(Cursor(LINK, 1795402965), Cursor(LINK, 0.5)), id='whole seconds'),
    ],
)
def test_committed_progress_is_found_after_a_restart(kept: Progress) -> None:
    cache = Cache()
    cache.store().commit(kept)
    assert cache.store().load() == kept


def test_what_is_stored_is_read_by_the_first_version_too() -> None:
    """A downgrade keeps the place: version 0.1.0 reads these fields and passes others over."""
    cache = Cache()
    cache.store().commit(replace(progress(), started_at=NOW, possible_gaps=(GAP,), collect_from=NOW, again_until=NOW))
    match json.loads(cache.values[ODD]):
        case {
            'version': 1,
            'number': 1,
            'written': {'link': str(link), 'time': float(time), 'uuid': str(uuid)},
            'acknowledged': {'link': str(), 'time': float(), 'uuid': str()},
            'mark': {'path': str(), 'inode': int(), 'size': int(), 'stale_offset': None},
            'has_gap': False,
        }:
            assert Cursor(link, time, uuid) == progress().written
        case other:
            pytest.fail(f'version 0.1.0 would not read {other}')


def test_what_the_first_version_stored_is_read() -> None:
    fields = json.loads(Cache().committed(1).values[ODD])
    for new in ('started_at', 'possible_gaps', 'collect_from', 'again_until'):
        del fields[new]
    assert Cache(cursor_odd=json.dumps(fields)).store().load() == progress()


@pytest.mark.parametrize(
    'gaps',
    [
        pytest.param(None, id='null'),
        pytest.param({}, id='object'),
        pytest.param([None, 1, [], {}], id='no-gaps'),
        pytest.param([{'cause': 1, 'since': None, 'until': NOW, 'noticed_at': NOW}], id='no-cause'),
        pytest.param([{'cause': 'x', 'since': None, 'until': 'x', 'noticed_at': NOW}], id='no-end'),
        pytest.param([{'cause': 'x', 'since': None, 'until': NOW, 'noticed_at': 1e300}], id='no-time'),
    ],
)
def test_what_is_no_possible_gap_does_not_cost_the_place(gaps: Any) -> None:
    assert Cache(cursor_odd=stored(possible_gaps=gaps, started_at='x')).store().load() == progress()


def test_an_empty_cache_is_no_progress() -> None:
    cache = Cache()
    assert cache.store().load() is None
    cache.committed(1)
    assert cache.store().load() == progress(1)


def test_the_last_of_many_commits_counts() -> None:
    for count in range(1, 25):
        assert Cache().committed(count).store().load() == progress(count)


def test_commits_take_turns_between_two_keys_and_go_on_so_after_a_restart() -> None:
    """What is torn by a crash is then never the only copy."""
    cache = Cache()
    for number in range(1, 5):
        store = cache.store()
        store.load()
        store.commit(progress(number))
    store.commit(progress(5))
    assert cache.written == [ODD, EVEN, ODD, EVEN, ODD]


@pytest.mark.parametrize('torn', [pytest.param('', id='empty'), pytest.param('{"version":1,"num', id='half')])
def test_a_crash_during_a_commit_costs_that_commit_and_no_more(torn: str) -> None:
    cache = Cache().committed(8)
    cache.values[cache.newest()] = torn
    store = cache.store()
    assert store.load() == progress(7)
    store.commit(progress(8))
    assert cache.store().load() == progress(8)


def test_the_copy_that_is_left_is_not_the_next_one_to_be_written() -> None:
    """A crash may come again."""
    cache = Cache().committed(8)
    newest, other = cache.newest(), cache.other()
    cache.values[newest] = '{"ver'
    store = cache.store()
    store.load()
    store.commit(progress(9))
    assert cache.written == [newest]
    assert json.loads(cache.values[other])['written']['uuid'] == 'uuid-7'


def test_a_copy_that_cannot_be_read_leaves_the_other() -> None:
    cache = Cache().committed(8)
    cache.fails_to_read = cache.newest()
    assert cache.store().load() == progress(7)


def test_two_torn_copies_are_an_error_with_the_reason() -> None:
    with pytest.raises(UnreadableCursorError, match='it is torn'):
        Cache(cursor_even='{"ver', cursor_odd='{').store().load()


def test_a_torn_first_commit_is_an_error_with_the_reason() -> None:
    """Something was stored, so the operator must hear of it."""
    with pytest.raises(UnreadableCursorError, match='it is torn'):
        Cache(cursor_odd='{"ver').store().load()


def test_a_cache_that_cannot_be_read_is_an_error_with_the_reason() -> None:
    def read(_: str) -> str:
        raise RuntimeError('failed to read data')

    with pytest.raises(UnreadableCursorError, match="the Agent's cache answered: failed to read data"):
        CursorStore(read, Cache().write, IS_LINK, SystemClock()).load()


def test_after_an_error_a_commit_makes_a_new_beginning() -> None:
    cache = Cache(cursor_even='{"ver', cursor_odd='{')
    store = cache.store()
    with pytest.raises(UnreadableCursorError):
        store.load()
    store.commit(progress())
    assert store.load() == progress()
    assert cache.store().load() == progress()


def stored(**changes: Any) -> str:
    """What is kept of `progress()`, changed: a name `written__link` is the `link` in `written`; `...` takes away."""
    fields: dict[str, Any] = json.loads(Cache().committed(1).values[ODD])
    for name, value in changes.items():
        head, _, tail = name.partition('__')
        place, key = (fields[head], tail) if tail else (fields, head)
        if value is ...:
            del place[key]
        else:
            place[key] = value
    return json.dumps(fields)


def test_what_is_stored_unchanged_is_progress() -> None:
    assert Cache(cursor_odd=stored()).store().load() == progress()


OTHER_VERSION = 'it was written by another version'


@pytest.mark.parametrize(
    'text, reason',
    [
        pytest.param('{"version":1,"nu', 'it is torn', id='torn'),
        pytest.param('\udcff', 'it is torn', id='not text'),
        pytest.param('[]', OTHER_VERSION, id='list'),
        pytest.param('null', OTHER_VERSION, id='null'),
        pytest.param('7', OTHER_VERSION, id='number'),
        pytest.param('{}', OTHER_VERSION, id='empty object'),
        pytest.param(stored(version=0), f'{OTHER_VERSION} of the check, in format 0 instead of 1', id='version 0'),
        pytest.param(stored(version=2), f'{OTHER_VERSION} of the check, in format 2 instead of 1', id='version 2'),
        pytest.param(stored(version=...), OTHER_VERSION, id='no version'),
        pytest.param(stored(number='1'), OTHER_VERSION, id='number of another type'),
        pytest.param(stored(number=-1), OTHER_VERSION, id='negative number'),
        pytest.param(stored(number=1.5), OTHER_VERSION, id='fractional number'),
        pytest.param(stored(number=...), OTHER_VERSION, id='no number'),
        pytest.param(stored(written=LINK), OTHER_VERSION, id='link in place of the cursor'),
        pytest.param(stored(written=...), OTHER_VERSION, id='nothing written'),
        pytest.param(stored(acknowledged=...), OTHER_VERSION, id='nothing acknowledged'),
        pytest.param(stored(mark=...), OTHER_VERSION, id='no mark'),
        pytest.param(stored(has_gap=1), OTHER_VERSION, id='gap of another type'),
        pytest.param(stored(has_gap=...), OTHER_VERSION, id='nothing said of gaps'),
        pytest.param(stored(written__link=7), OTHER_VERSION, id='link of another type'),
        pytest.param(stored(written__link=...), OTHER_VERSION, id='no link'),
        pytest.param(stored(written__time='now'), OTHER_VERSION, id='time of another type'),
        pytest.param(stored(written__time=None), OTHER_VERSION, id='no time'),
        pytest.param(stored(written__time=-1), OTHER_VERSION, id='time before the epoch'),
        pytest.param(stored(written__time=253_402_300_800), OTHER_VERSION, id='time after the last year'),
        pytest.param(stored(acknowledged__time=1e300), OTHER_VERSION, id='absurd time'),
        pytest.param(stored(written__uuid=None), OTHER_VERSION, id='no uuid'),
        pytest.param(
            stored(written__link=LINK.replace('acme', 'evil')),
            'it leads to another org',
            id='other org',
        ),
        pytest.param(
            stored(acknowledged__link=LINK.replace('acme.okta.com', 'evil.example')),
            'it leads to another org',
            id='foreign host',
        ),
        pytest.param(
            stored(written__link='https://acme.okta.com/api/v1/users'),
            'it leads to another org',
            id='other path',
        ),
    ],
)
def test_what_is_no_progress_is_refused_with_the_reason(text: str, reason: str) -> None:
    """Above all no link may lead the credential elsewhere."""
    with pytest.raises(UnreadableCursorError, match=f'^{reason}$'):
        Cache(cursor_odd=text).store().load()


@pytest.mark.parametrize(
    'mark',
    [
        pytest.param({}, id='empty'),
        pytest.param('text', id='text'),
        pytest.param({'path': '/a', 'inode': 1, 'size': '1', 'stale_offset': None}, id='size of another type'),
        pytest.param({'path': '/a', 'inode': 1, 'size': 1, 'stale_offset': '1'}, id='stale offset of another type'),
        pytest.param({'path': '/a', 'inode': 1, 'size': 1}, id='no stale offset'),
    ],
)
def test_a_mark_that_is_none_is_left_out(mark: Any) -> None:
    """It only serves to find out that a log file was lost: no reason to lose the place."""
    assert Cache(cursor_odd=stored(mark=mark)).store().load() == replace(progress(), mark=None)


# What is not kept


def test_a_commit_that_is_not_kept_is_an_error_that_names_the_place_to_look_at() -> None:
    cache = Cache()
    store = cache.store()
    cache.fails_to_write = True
    with pytest.raises(CursorNotStoredError, match='what was written is not what is read back.*`run_path`'):
        store.commit(progress())


def test_a_commit_that_cannot_be_read_back_is_an_error_with_the_reason() -> None:
    cache = Cache()
    store = cache.store()
    cache.fails_to_read = ODD
    with pytest.raises(CursorNotStoredError, match='failed to read data'):
        store.commit(progress())


def test_what_was_not_kept_is_tried_again_before_anything_else() -> None:
    cache = Cache()
    store = cache.store()
    cache.fails_to_write = True
    with pytest.raises(CursorNotStoredError):
        store.commit(progress())
    for _ in range(3):
        with pytest.raises(CursorNotStoredError):
            store.load()
    cache.fails_to_write = False
    assert store.load() == progress()
    assert cache.store().load() == progress()
    writes = len(cache.written)
    store.load()
    assert len(cache.written) == writes


def test_a_commit_of_which_it_is_not_known_whether_it_was_kept_is_tried_again() -> None:
    cache = Cache()
    store = cache.store()
    store.commit(progress(1))
    cache.fails_to_read = EVEN
    with pytest.raises(CursorNotStoredError):
        store.commit(progress(2))
    with pytest.raises(CursorNotStoredError):
        store.load()
    cache.fails_to_read = ''
    assert store.load() == cache.store().load() == progress(2)


def test_a_commit_that_fails_again_and_again_never_touches_the_last_good_one() -> None:
    cache = Cache().committed(4)
    store = cache.store()
    store.load()
    cache.fails_to_write = True
    with pytest.raises(CursorNotStoredError):
        store.commit(progress(5))
    for _ in range(3):
        with pytest.raises(CursorNotStoredError):
            store.load()
    assert cache.store().load() == progress(4)


# In a running process


def test_a_running_check_trusts_its_memory_rather_than_the_disk() -> None:
    cache = Cache()
    store = cache.store()
    store.commit(progress())
    cache.values = {EVEN: '{"ver', ODD: '{"ver'}
    assert store.load() == store.current == progress()


def test_a_move_is_not_stored() -> None:
    cache = Cache().committed(3)
    store = cache.store()
    store.load()
    store.move(progress(9))
    assert store.load() == store.current == progress(9)
    assert cache.written == []
    assert cache.store().load() == progress(3)


def test_a_commit_is_current() -> None:
    store = Cache().store()
    store.commit(progress(2))
    assert store.current == progress(2)


# Whose cursor it is


def test_the_cache_id_depends_on_org_and_filter_alone() -> None:
    ids = {
        cache_id(ORG.url, 'eventType sw "workflows."'),
        cache_id(ORG.url, 'eventType sw "workflows.user."'),
        cache_id('https://other.okta.com', 'eventType sw "workflows."'),
    }
    assert len(ids) == 3
    assert cache_id(ORG.url, 'eventType sw "workflows."') in ids


def test_the_cache_id_survives_the_cleaning_of_names() -> None:
    """The Agent keeps letters, digits, `_` and `-` of a name in its cache and drops the rest."""
    assert cache_id(ORG.url, 'eventType sw "workflows."').isalnum()
    assert all(key.replace('_', '').isalnum() for key in CACHE_KEYS)
