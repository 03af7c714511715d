# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about the `filter` of a System Log request."""

from __future__ import annotations

import json

from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Basis, Question, Replies

from .asking import EARLIER, FIRST_PAGE, full, logs, rejection, written

_QUERY_SOURCE = 'Okta docs, docs/reference/system-log-query'


async def _ask_matching(org: Org) -> Replies:
    """Request the events with the type of the first event. The type is sent only back to the org."""
    first = await org.logs(written(org, FIRST_PAGE))
    wanted = str(full(first, 1)[0]['eventType'])
    query = written(org, {'since': EARLIER, 'limit': 20, 'filter': f'eventType eq {json.dumps(wanted)}'})
    return first, await org.logs(query)


def _only_matches(replies: Replies) -> str:
    first, page = replies
    wanted = first.events[0]['eventType']
    others = sum(event['eventType'] != wanted for event in page.events)
    if others:
        return f'{others} of {len(page.events)} events have another type.'
    return '' if page.events else 'The page has no events.'


QUESTIONS = (
    Question(
        name='filter',
        rule='A filter returns the events that match it.',
        expectation='only events with the type in the filter, and at least one',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/reference/core-okta-api',
        ask=_ask_matching,
        expect=_only_matches,
    ),
    Question(
        name='filter that is none',
        rule='A filter that cannot be parsed is rejected.',
        expectation='status 400 and E0000053',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE} (E0000031 in logstash-input-okta_system_log)',
        ask=logs({'filter': 'this is no filter', 'limit': 1}),
        expect=rejection('E0000053'),
    ),
    Question(
        name='filter on published',
        rule='A filter on `published` is rejected.',
        expectation='status 400 and E0000031',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE} (not allowed); data/error-codes.json (the code)',
        ask=logs({'filter': 'published gt "2026-01-01T00:00:00.000Z"', 'limit': 1}),
        expect=rejection('E0000031'),
    ),
    Question(
        name='filter for a part of a URL',
        rule='The operator `co` on `debugContext.debugData.url` is rejected.',
        expectation='status 400 and E0000031',
        basis=Basis.DOCUMENTED,
        source=f'{_QUERY_SOURCE}; release notes 2021',
        ask=logs({'filter': 'debugContext.debugData.url co "users"', 'limit': 1}),
        expect=rejection('E0000031'),
    ),
)
