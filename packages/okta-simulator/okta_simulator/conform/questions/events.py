# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about LogEvents, and about the org's description of itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Basis, Question, Replies

from .asking import FIRST_PAGE, capital, full, logs

ORGANIZATION_PATH = '/.well-known/okta-organization'
SEVERITIES = ('DEBUG', 'INFO', 'WARN', 'ERROR')
_PUBLISHED = re.compile(r'\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z', re.ASCII)


def _members(replies: Replies) -> str:
    (page,) = replies
    events = full(page, 1)
    tests: dict[str, Callable[[Any], bool]] = {
        'uuid': lambda value: isinstance(value, str) and value != '',
        'published': lambda value: isinstance(value, str),
        'eventType': lambda value: isinstance(value, str) and 1 <= len(value) <= 255,
        # An example in okta-management-openapi-spec has the number 0 here.
        'version': lambda value: isinstance(value, str | int),
        'severity': lambda value: value in SEVERITIES,
    }
    wrong = [name for name, is_right in tests.items() if not all(is_right(event.get(name)) for event in events)]
    return f'Missing or of another kind in an event: {", ".join(wrong)}.' if wrong else ''


def _published_form(replies: Replies) -> str:
    (page,) = replies
    full(page, 1)
    wrong = sum(not _PUBLISHED.fullmatch(str(event.get('published'))) for event in page.events)
    return f'{wrong} of {len(page.events)} events have another form.' if wrong else ''


async def _ask_organization(org: Org) -> Replies:
    return (await org.path(ORGANIZATION_PATH, anonymous=True),)


def _organization(replies: Replies) -> str:
    (reply,) = replies
    if reply.status != 200:
        return f'{capital(reply.summary)}.'
    content: Any = reply.content
    found = isinstance(content, dict) and {'id', 'pipeline', '_links'} <= set(content)
    if not found or 'href' not in content['_links'].get('organization', {}):
        return 'id, pipeline or _links.organization.href is missing.'
    return ''


QUESTIONS = (
    Question(
        name='members of an event',
        rule='Each event has the members that cannot be null.',
        expectation='uuid, published, eventType of 1 to 255 characters, version, severity DEBUG, INFO, WARN or ERROR',
        basis=Basis.DOCUMENTED,
        source='okta-management-openapi-spec, schema LogEvent',
        ask=logs(FIRST_PAGE),
        expect=_members,
    ),
    Question(
        name='form of published',
        rule='`published` is in UTC and has milliseconds.',
        expectation='YYYY-MM-DDTHH:mm:ss.SSSZ',
        basis=Basis.DOCUMENTED,
        source='okta-management-openapi-spec, schema LogEvent',
        ask=logs(FIRST_PAGE),
        expect=_published_form,
    ),
    Question(
        name='organization',
        rule='The org tells its id and its URL without a credential.',
        expectation='/.well-known/okta-organization with id, pipeline and _links.organization.href',
        basis=Basis.DOCUMENTED,
        source='okta-management-openapi-spec, getWellknownOrgMetadata',
        ask=_ask_organization,
        expect=_organization,
    ),
)
