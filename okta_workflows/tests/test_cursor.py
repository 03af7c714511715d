# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The cursor: what is stored is what is read again, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest

from datadog_checks.okta_workflows.cursor import CACHE_KEY, Cursor, CursorStore, UnreadableCursorError, cache_id
from datadog_checks.okta_workflows.origin import Origin

ORG = Origin('https', 'acme.okta.com')
LINK = 'https://acme.okta.com/api/v1/logs?limit=1000&filter=eventType%20sw%20%22workflows.%22&after=1648112954504_1'


class Cache:
    """The persistent cache as a check sees it: an empty string where there is nothing."""

    def __init__(self, content: str = '') -> None:
        self.values = {CACHE_KEY: content}
        self.writes = 0

    def read(self, key: str) -> str:
        return self.values.get(key, '')

    def write(self, key: str, value: str) -> None:
        self.writes += 1
        self.values[key] = value

    def store(self) -> CursorStore:
        return CursorStore(self.read, self.write, ORG)


def test_a_committed_cursor_is_found_after_a_restart() -> None:
    cache = Cache()
    cache.store().commit(Cursor(LINK))
    assert cache.store().load() == Cursor(LINK)


def test_an_empty_cache_is_no_cursor() -> None:
    assert Cache().store().load() is None


def test_the_same_cursor_is_not_written_again() -> None:
    """An idle org must not wear out the disk."""
    cache = Cache()
    store = cache.store()
    store.commit(Cursor(LINK))
    store.commit(Cursor(LINK))
    assert cache.writes == 1


def test_a_running_check_trusts_its_memory_rather_than_the_disk() -> None:
    cache = Cache()
    store = cache.store()
    store.commit(Cursor(LINK))
    cache.values[CACHE_KEY] = '{"versi'
    assert store.load() == Cursor(LINK)


@pytest.mark.parametrize(
    'stored, reason',
    [
        pytest.param('{"version":1,"li', 'torn', id='torn'),
        pytest.param('[]', 'another version', id='not an object'),
        pytest.param('null', 'another version', id='null'),
        pytest.param(json.dumps({'version': 0, 'link': LINK}), 'another version', id='other version'),
        pytest.param(json.dumps({'version': 1}), 'acme.okta.com', id='no link'),
        pytest.param(json.dumps({'version': 1, 'link': 7}), 'acme.okta.com', id='link of another type'),
        pytest.param(
            json.dumps({'version': 1, 'link': LINK.replace('acme.okta.com', 'evil.example')}),
            'acme.okta.com',
            id='link to a foreign host',
        ),
        pytest.param(
            json.dumps({'version': 1, 'link': 'https://acme.okta.com/api/v1/users'}), 'acme.okta.com', id='other path'
        ),
    ],
)
def test_what_is_not_a_cursor_is_refused_with_the_reason(stored: str, reason: str) -> None:
    with pytest.raises(UnreadableCursorError, match=reason):
        Cache(stored).store().load()


def test_a_cache_that_cannot_be_read_is_refused_with_the_reason() -> None:
    def read(_: str) -> str:
        raise RuntimeError('failed to read data')

    with pytest.raises(UnreadableCursorError, match='failed to read data'):
        CursorStore(read, Cache().write, ORG).load()


def test_the_cache_id_depends_on_org_and_filter_alone() -> None:
    ids = {
        cache_id(ORG, 'eventType sw "workflows."'),
        cache_id(ORG, 'eventType sw "workflows.user."'),
        cache_id(Origin('https', 'other.okta.com'), 'eventType sw "workflows."'),
    }
    assert len(ids) == 3
    assert cache_id(ORG, 'eventType sw "workflows."') in ids


def test_the_cache_id_survives_the_cleaning_of_names() -> None:
    """The Agent keeps letters, digits, `_` and `-` of a name in its cache and drops the rest."""
    assert cache_id(ORG, 'eventType sw "workflows."').isalnum()
