# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The requests of the questions, and expectations that several questions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from okta_simulator import rfc3339
from okta_simulator.conform.errors import CouldNotAsk
from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Ask, Expect, Replies
from okta_simulator.conform.reply import Reply

DAY_SECONDS = 86_400
# This is long enough ago to find enough events, and recent enough that no event reaches the end of its retention
# during the comparison.
EARLIER_DAYS = 80
NOTHING = 'eventType eq "okta.simulator.conform.nothing"'
"""A filter that no event matches."""
PAGE = 10
SMALL_PAGE = 2

Value = str | int | Callable[[Org], str]
"""The value of a parameter. A function is called with the org."""


def days_ago(days: float) -> Callable[[Org], str]:
    """Return a time before the start of the interrogation, the same for all questions."""
    return lambda org: rfc3339.format_ms(round((org.started - days * DAY_SECONDS) * 1000))


EARLIER = days_ago(EARLIER_DAYS)
# Bounded requests can miss new events, so the range ends before the newest events.
BOUNDS: Mapping[str, Value] = {'since': EARLIER, 'until': days_ago(0.05), 'limit': 50}
FIRST_PAGE: Mapping[str, Value] = {'since': EARLIER, 'limit': PAGE}
REJECTED: Mapping[str, Value] = {'q': 'x' * 41, 'limit': 1}


def written(org: Org, parameters: Mapping[str, Value]) -> dict[str, str]:
    return {name: value(org) if callable(value) else str(value) for name, value in parameters.items()}


def logs(*requests: Mapping[str, Value]) -> Ask:
    """Send one System Log request after the other."""

    async def ask(org: Org) -> Replies:
        return tuple([await org.logs(written(org, parameters)) for parameters in requests])

    return ask


def follow(parameters: Mapping[str, Value], pages: int) -> Ask:
    """Request a first page, and follow `next` until there are `pages` pages."""

    async def ask(org: Org) -> Replies:
        replies = [await org.logs(written(org, parameters))]
        while len(replies) < pages:
            replies.append(await org.follow(replies[-1]))
        return tuple(replies)

    return ask


def rejection(code: str, status: int = 400) -> Expect:
    """Expect one error of Okta's APIs."""

    def expect(replies: Replies) -> str:
        (reply,) = replies
        server_failed(reply)
        return '' if (reply.status, reply.error_code) == (status, code) else f'{capital(reply.summary)}.'

    return expect


def acceptance(replies: Replies) -> str:
    """Expect a page with any content."""
    (reply,) = replies
    server_failed(reply)
    if reply.status != 200:
        return f'{capital(reply.summary)}.'
    return '' if reply.is_page else 'The body is not a JSON array.'


def server_failed(reply: Reply) -> None:
    """Raise `CouldNotAsk` if the server failed, because such a response shows nothing about a rule."""
    if reply.status >= 500:
        raise CouldNotAsk(f'The org responded with {reply.summary}.')


def full(page: Reply, size: int) -> list[Any]:
    """Return the events of a full page, because at the end of the log a later request could return more."""
    events = page.events
    if len(events) < size:
        raise CouldNotAsk(f'The org has too few events of the last {EARLIER_DAYS} days.')
    return events


def uuids(page: Reply) -> list[str]:
    return [str(event['uuid']) for event in page.events]


def moments(page: Reply) -> list[int]:
    """Return the `published` of each event, in epoch milliseconds."""
    return [rfc3339.parse_ms(event['published']) for event in page.events]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
