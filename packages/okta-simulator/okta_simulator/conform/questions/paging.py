# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about the order and the pages of polling and bounded requests."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from okta_simulator import rfc3339
from okta_simulator.conform.errors import CouldNotAsk
from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Basis, Question, Replies
from okta_simulator.conform.reply import Reply, link_pairs
from okta_simulator.log import Cursor

from .asking import (
    BOUNDS,
    EARLIER,
    FIRST_PAGE,
    NOTHING,
    PAGE,
    SMALL_PAGE,
    Value,
    capital,
    follow,
    full,
    logs,
    moments,
    uuids,
    written,
)

SMALL_PAGES = 3
_QUERY_SOURCE = 'Okta docs, docs/reference/system-log-query'
_SMALL: Mapping[str, Value] = {'since': EARLIER, 'limit': SMALL_PAGE}


async def _next_twice(org: Org) -> Replies:
    first = await org.logs(written(org, FIRST_PAGE))
    return await org.follow(first), await org.follow(first)


def _same_page(replies: Replies) -> str:
    once, again = replies
    full(once, PAGE)
    return '' if uuids(once) == uuids(again) else 'The second response has other events or another order.'


async def _one_page_and_small_ones(org: Org) -> Replies:
    whole = await org.logs(written(org, FIRST_PAGE))
    return (whole, *await follow(_SMALL, SMALL_PAGES)(org))


def _same_order(replies: Replies) -> str:
    whole, *small = replies
    count = SMALL_PAGE * SMALL_PAGES
    full(whole, count)
    joined = [uuid for page in small for uuid in uuids(page)]
    return '' if joined == uuids(whole)[:count] else 'The small pages have other events or another order.'


def _each_once(replies: Replies) -> str:
    found = [uuid for page in replies for uuid in uuids(page)]
    if not found:
        raise CouldNotAsk('The pages have no events.')
    repeated = len(found) - len(set(found))
    return f'{repeated} of {len(found)} events came before.' if repeated else ''


def _by_persistence(replies: Replies) -> str:
    cursors = [_cursor(page) for page in replies]
    for page in replies:
        full(page, SMALL_PAGE)
    if any(earlier >= later for earlier, later in pairwise(cursors)):
        return 'A cursor is not behind the one of the page before.'
    newest = 0
    for page, cursor in zip(replies, cursors):
        newest = max(newest, *moments(page))
        if newest > cursor.epoch_ms:
            return 'A page has an event that was published after the moment in its cursor.'
    return ''


def _cursor(page: Reply) -> Cursor:
    text = dict(link_pairs(page.next)).get('after', '')
    try:
        return Cursor.parse(text)
    except ValueError:
        raise CouldNotAsk('The cursor has no moment in it.') from None


def _ascending(replies: Replies) -> str:
    (page,) = replies
    full(page, 2)
    return '' if all(a <= b for a, b in pairwise(moments(page))) else 'The events are in another order.'


def _descending(replies: Replies) -> str:
    (page,) = replies
    full(page, 2)
    return '' if all(a >= b for a, b in pairwise(moments(page))) else 'The events are in another order.'


def _within_bounds(replies: Replies) -> str:
    (page,) = replies
    full(page, 1)
    asked = dict(page.asked)
    since, until = rfc3339.parse_ms(asked['since']), rfc3339.parse_ms(asked['until'])
    outside = sum(not since <= moment <= until for moment in moments(page))
    return f'{outside} of {len(page.events)} events lie outside.' if outside else ''


def _ends(replies: Replies) -> str:
    (page,) = replies
    if page.status != 200:
        return f'{capital(page.summary)}.'
    return 'The page has a `next` link.' if page.links('next') else ''


QUESTIONS = (
    Question(
        name='next link twice',
        rule='The `next` link can be asked twice.',
        expectation='the same events in the same order',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=_next_twice,
        expect=_same_page,
    ),
    Question(
        name='order whatever the page size',
        rule='Pages of two have the events of one large page.',
        expectation='the same events in the same order',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=_one_page_and_small_ones,
        expect=_same_order,
    ),
    Question(
        name='each event once',
        rule='A client that follows `next` gets each event once.',
        expectation='no uuid twice on two pages',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE}; okta-management-openapi-spec, schema LogEvent',
        ask=follow(FIRST_PAGE, 2),
        expect=_each_once,
    ),
    Question(
        name='order of persistence',
        rule='Polling goes by the time at which an event was persisted, which is never before `published`.',
        expectation='each cursor is behind the one before, and behind `published` of all events so far',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE}; the moment in the cursor is observed',
        ask=follow(_SMALL, SMALL_PAGES),
        expect=_by_persistence,
    ),
    Question(
        name='order of a bounded request',
        rule='A request with `since` and `until` goes by `published`.',
        expectation='`published` never goes back',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs(BOUNDS),
        expect=_ascending,
    ),
    Question(
        name='range of a bounded request',
        rule='`since` and `until` bound `published`.',
        expectation='each event was published between them',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs(BOUNDS),
        expect=_within_bounds,
    ),
    Question(
        name='end of a bounded request',
        rule='A bounded request ends: its last page has no `next` link.',
        expectation='status 200 without a `next` link when nothing matches',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs({**BOUNDS, 'filter': NOTHING}),
        expect=_ends,
    ),
    Question(
        name='descending order',
        rule='`sortOrder=DESCENDING` returns the newest event first.',
        expectation='`published` never goes forward',
        basis=Basis.DOCUMENTED,
        source='okta-management-openapi-spec, listLogEvents',
        ask=logs({**BOUNDS, 'sortOrder': 'DESCENDING'}),
        expect=_descending,
    ),
)
