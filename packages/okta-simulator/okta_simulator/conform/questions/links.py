# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about the `Link` headers of a page."""

from __future__ import annotations

from urllib.parse import urlsplit

from yarl import URL

from okta_simulator.conform.errors import CouldNotAsk
from okta_simulator.conform.question import Basis, Question, Replies
from okta_simulator.conform.reply import link_pairs
from okta_simulator.log import Cursor
from okta_simulator.system_log import PATH

from .asking import FIRST_PAGE, NOTHING, capital, days_ago, follow, logs

_QUERY_SOURCE = 'Okta docs, docs/reference/system-log-query'
_CORE_SOURCE = 'Okta docs, docs/reference/core-okta-api'


def _self_link(replies: Replies) -> str:
    (page,) = replies
    links = page.links('self')
    if len(links) != 1:
        return f'The page has {len(links)} `self` links.'
    if urlsplit(links[0]).path != PATH or link_pairs(links[0]) != page.asked:
        return 'The link has another path or other parameters than the request.'
    return ''


def _two_lines(replies: Replies) -> str:
    (page,) = replies
    relations = [[relation for _, relation in line] for line in page.link_lines]
    return '' if sorted(relations) == [['next'], ['self']] else f'The page has {len(relations)} `Link` lines.'


def _host(replies: Replies) -> str:
    (page,) = replies
    links = [url for line in page.link_lines for url, _ in line]
    if not links:
        raise CouldNotAsk('The page has no links.')
    elsewhere = [link for link in links if str(URL(link, encoded=True).origin()) != page.origin]
    return f'{len(elsewhere)} of {len(links)} links lead to another scheme, host or port.' if elsewhere else ''


def _next_parameters(replies: Replies) -> str:
    (page,) = replies
    found = link_pairs(page.next)
    if found[:-1] == page.asked and found[-1][0] == 'after':
        return ''
    return 'The parameters are others.'


def _empty_with_next(replies: Replies) -> str:
    (page,) = replies
    if page.status != 200:
        return f'{capital(page.summary)}.'
    if page.events:
        return f'The page has {len(page.events)} events.'
    return '' if page.links('next') else 'The page has no `next` link.'


def _with_next(replies: Replies) -> str:
    (page,) = replies
    if page.status != 200:
        return f'{capital(page.summary)}.'
    return '' if page.links('next') else 'The page has no `next` link.'


def _cursor_form(replies: Replies) -> str:
    cursors = [value for name, value in link_pairs(replies[-1].next) if name == 'after']
    if not cursors:
        raise CouldNotAsk('The `next` link has no `after`.')
    try:
        Cursor.parse(cursors[0])
    except ValueError:
        return 'The cursor has another form.'
    return ''


QUESTIONS = (
    Question(
        name='self link',
        rule='A page links to itself.',
        expectation='one `self` link with the path and the parameters of the request',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE} and docs/reference/core-okta-api',
        ask=logs(FIRST_PAGE),
        expect=_self_link,
    ),
    Question(
        name='two link lines',
        rule='Each link has a header line of its own.',
        expectation='one `Link` line with `self` and one with `next`',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE} and docs/reference/core-okta-api',
        ask=logs(FIRST_PAGE),
        expect=_two_lines,
    ),
    Question(
        name='link host',
        rule='The links lead to the host that was asked.',
        expectation='scheme, host and port of the request in each link',
        basis=Basis.ASSUMED,
        source='all examples of Okta docs, docs/reference/core-okta-api; custom domains are not described',
        ask=logs(FIRST_PAGE),
        expect=_host,
    ),
    Question(
        name='next link parameters',
        rule='The `next` link repeats the request.',
        expectation='the parameters of the request in their order, then `after`',
        basis=Basis.OBSERVED,
        source='examples of Okta docs, docs/reference/core-okta-api; logstash-input-okta_system_log#6',
        ask=logs(FIRST_PAGE),
        expect=_next_parameters,
    ),
    Question(
        name='next link without a match',
        rule='The `next` link is there when nothing matches the filter.',
        expectation='status 200, no events, a `next` link',
        basis=Basis.DOCUMENTED,
        source=_QUERY_SOURCE,
        ask=logs({'since': days_ago(1), 'filter': NOTHING}),
        expect=_empty_with_next,
    ),
    Question(
        name='next link with an empty until',
        rule='An empty `until` counts as none, so the request polls.',
        expectation='status 200, a `next` link',
        basis=Basis.DOCUMENTED,
        source=_CORE_SOURCE,
        ask=logs({'since': days_ago(1), 'until': '', 'filter': NOTHING}),
        expect=_with_next,
    ),
    Question(
        name='cursor form',
        rule='The cursor of a polling request is a moment and a number.',
        expectation='`after` in the form <epoch milliseconds>_<n>',
        basis=Basis.OBSERVED,
        source='examples of Okta docs, docs/reference/core-okta-api; the form is no contract',
        ask=follow(FIRST_PAGE, 2),
        expect=_cursor_form,
    ),
)
