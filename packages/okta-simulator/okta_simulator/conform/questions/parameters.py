# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about the parameters of a System Log request, except `filter`."""

from __future__ import annotations

from okta_simulator.conform.errors import CouldNotAsk
from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Basis, Question, Replies

from .asking import (
    EARLIER,
    EARLIER_DAYS,
    NOTHING,
    REJECTED,
    acceptance,
    days_ago,
    logs,
    rejection,
    server_failed,
    written,
)

DEFAULT_LIMIT = 100
UNKNOWN_PATH = '/api/v1/okta-simulator-conform'
_SPEC = 'okta-management-openapi-spec, listLogEvents'
_QUERY_SOURCE = 'Okta docs, docs/reference/system-log-query'


async def _ask_default_limit(org: Org) -> Replies:
    page = await org.logs(written(org, {'since': EARLIER}))
    # Request the next page only after a page that is not full, to find out whether it is the end of the log.
    return (page, await org.follow(page)) if len(page.events) < DEFAULT_LIMIT else (page,)


def _default_limit(replies: Replies) -> str:
    page, *following = replies
    count = len(page.events)
    if count < DEFAULT_LIMIT and not following[0].events:
        raise CouldNotAsk(f'The org has too few events of the last {EARLIER_DAYS} days.')
    return '' if count == DEFAULT_LIMIT else f'The page has {count} events.'


def _nothing_on_it(replies: Replies) -> str:
    (page,) = replies
    server_failed(page)
    difference = acceptance(replies)
    if difference:
        return difference
    return f'The page has {len(page.events)} events.' if page.events else ''


async def _ask_unknown_path(org: Org) -> Replies:
    return (await org.path(UNKNOWN_PATH),)


QUESTIONS = (
    Question(
        name='default limit',
        rule='A page has 100 events if the request names no limit.',
        expectation='100 events',
        basis=Basis.DOCUMENTED,
        source=_SPEC,
        ask=_ask_default_limit,
        expect=_default_limit,
    ),
    Question(
        name='limit 1000',
        rule='The highest limit is 1000.',
        expectation='status 200 for limit=1000',
        basis=Basis.DOCUMENTED,
        source=_SPEC,
        ask=logs({'since': days_ago(1), 'limit': 1000, 'filter': NOTHING}),
        expect=acceptance,
    ),
    Question(
        name='limit above 1000',
        rule='A limit above 1000 is rejected.',
        expectation='status 400 and E0000001 for limit=1001',
        basis=Basis.ASSUMED,
        source=f'{_SPEC} (maximum 1000); the response is not documented',
        ask=logs({'since': days_ago(1), 'limit': 1001, 'filter': NOTHING}),
        expect=rejection('E0000001'),
    ),
    Question(
        name='limit 0',
        rule='A limit of 0 is accepted and returns no events.',
        expectation='status 200, no events',
        basis=Basis.ASSUMED,
        source=f'{_SPEC} (minimum 0); the response is not documented',
        ask=logs({'since': EARLIER, 'limit': 0}),
        expect=_nothing_on_it,
    ),
    Question(
        name='limit that is no number',
        rule='A limit that is no number is rejected.',
        expectation='status 400 and E0000001',
        basis=Basis.ASSUMED,
        source=f'{_SPEC} (integer); the response is not documented',
        ask=logs({'since': days_ago(1), 'limit': 'many'}),
        expect=rejection('E0000001'),
    ),
    Question(
        name='since that is no date',
        rule='A `since` that is no RFC 3339 timestamp is rejected.',
        expectation='status 400 and E0000030',
        basis=Basis.OBSERVED,
        source='okta-blog-archive#2499',
        ask=logs({'since': 'yesterday', 'limit': 1}),
        expect=rejection('E0000030'),
    ),
    Question(
        name='until that is no date',
        rule='An `until` that is no RFC 3339 timestamp is rejected.',
        expectation='status 400 and E0000001',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs({'since': days_ago(1), 'until': 'tomorrow', 'limit': 1}),
        expect=rejection('E0000001'),
    ),
    Question(
        name='since older than retention',
        rule='A `since` beyond the retention of 90 days is accepted: there is just less to return.',
        expectation='status 200 for 100 days',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs({'since': days_ago(100), 'limit': 1}),
        expect=acceptance,
    ),
    Question(
        name='since older than 180 days',
        rule='A `since` of more than 180 days back is rejected.',
        expectation='status 400 and E0000053 for 200 days',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs({'since': days_ago(200), 'limit': 1}),
        expect=rejection('E0000053'),
    ),
    Question(
        name='after that is no cursor',
        rule='An `after` that is no cursor is rejected.',
        expectation='status 400 and E0000001',
        basis=Basis.ASSUMED,
        source='Okta release notes 2017, OKTA-119726 (a validation error); its code is not published',
        ask=logs({'after': 'okta-simulator-conform', 'limit': 1}),
        expect=rejection('E0000001'),
    ),
    Question(
        name='unknown sort order',
        rule='A `sortOrder` that is neither ASCENDING nor DESCENDING is rejected.',
        expectation='status 400 and E0000001',
        basis=Basis.ASSUMED,
        source=f'{_SPEC} (enumeration); the response is not documented',
        ask=logs({'since': days_ago(1), 'sortOrder': 'SIDEWAYS', 'limit': 1}),
        expect=rejection('E0000001'),
    ),
    Question(
        name='keyword too long',
        rule='A keyword in `q` of more than 40 characters is rejected.',
        expectation='status 400 and E0000001 for 41 characters',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs(REJECTED),
        expect=rejection('E0000001'),
    ),
    Question(
        name='too many keywords',
        rule='More than 10 keywords in `q` are rejected.',
        expectation='status 400 and E0000001 for 11 keywords',
        basis=Basis.ASSUMED,
        source=f'{_SPEC} (at most 10 keywords); the code is not documented',
        ask=logs({'q': 'a b c d e f g h i j k', 'limit': 1}),
        expect=rejection('E0000001'),
    ),
    Question(
        name='unknown path',
        rule='An unknown path is rejected.',
        expectation='status 404 and E0000008',
        basis=Basis.DOCUMENTED,
        source='Okta docs, data/error-codes.json',
        ask=_ask_unknown_path,
        expect=rejection('E0000008', status=404),
    ),
)
