# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One page of the System Log: its events, and the link to the page after it.

Okta's rules for an export (https://developer.okta.com/docs/reference/system-log-query/): a request in ascending order
without `until` is a polling request. Its pages come in the order in which events were persisted, so a late event is not
missed; a `next` link is always there, even on an empty page, and following it is the one way that neither skips nor
repeats events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from requests import Response
from requests.utils import parse_header_links

from datadog_checks.okta_workflows.constants import SYSTEM_LOG_PATH
from datadog_checks.okta_workflows.errors import OktaError, TooLargeError, one_line
from datadog_checks.okta_workflows.timestamps import answer_time, epoch_seconds, rfc3339

from .auth import Authentication
from .client import OktaClient
from .decoding import Event, decode_events, is_list_of_events
from .origin import Origin
from .refusal import Evidence
from .remedies import CHECK_INTERMEDIARY

# The most that Okta returns in one page, hence the fewest requests for a given history.
PAGE_LIMIT_EVENTS = 1000

OKTA_DEFAULT_LIMIT_EVENTS = 100
DIGITS = re.compile(r'[0-9]{1,9}')
LIMIT_PARAMETER = re.compile(r'([?&]limit=)[0-9]{1,9}(?=&|$)')
SMALLER_PAGE_FACTOR = 10


@dataclass(slots=True)
class Page:
    """The LogEvents at `link`, in the order of their persistence.

    `body` is a list of at most `limit` of them. `answered_at`: the time of the response by Okta's clock, in seconds
    since the epoch. `evidence` tells what the response was, for an error about a body that is not such a list.
    """

    link: str
    body: bytes
    limit: int
    next_link: str
    answered_at: float
    evidence: Evidence
    _count: int = field(default=0, init=False)

    def events_after(self, uuid: str) -> Iterator[Event]:
        """The events behind the one with `uuid`; all of them if it is empty or not in the page.

        They are decoded on the way. Raises `OktaError` when it comes to something that is not an event.
        """
        events = self._events()
        if uuid and all(event.get('uuid') != uuid for event in events):
            events = self._events()
        return events

    def is_empty(self) -> bool:
        """Tell whether the page has no events, once they have been read to the end."""
        return not self._count

    def is_full(self) -> bool:
        """Tell whether the page has as many events as were asked for, once they have been read to the end."""
        return self._count >= self.limit

    def _events(self) -> Iterator[Event]:
        self._count = 0
        try:
            for events in decode_events(self.body):
                self._count += len(events)
                events.reverse()
                # Given up one by one, for what is in the processor's cache still is freed in half the time.
                while events:
                    yield events.pop()
        except ValueError as error:
            raise _not_events(self.evidence) from error


def first_link(origin: Origin, event_filter: str, since: float) -> str:
    """The URL of the first page of the events persisted from `since` (seconds since the epoch) on."""
    parameters = {'since': rfc3339(since), 'sortOrder': 'ASCENDING', 'limit': PAGE_LIMIT_EVENTS, 'filter': event_filter}
    return f'{origin.url}{SYSTEM_LOG_PATH}?{urlencode(parameters, quote_via=quote)}'


def is_page_link(origin: Origin, link: str) -> bool:
    """Whether `link` leads to the System Log of this org, so that the credential may be sent there."""
    return origin.serves(link, SYSTEM_LOG_PATH)


def since_of(link: str) -> float | None:
    """Tell from when on `link` asks for events, in seconds since the epoch; `None` if it does not say."""
    return epoch_seconds(parse_qs(urlsplit(link).query).get('since', [''])[0])


def is_continued(link: str) -> bool:
    """Whether `link` holds a cursor of Okta's, which Okta may come to refuse."""
    return 'after' in parse_qs(urlsplit(link).query)


def fetch_page(client: OktaClient, authentication: Authentication, link: str) -> Page:
    """Fetch the page at `link`, with a renewed authorization if Okta refuses the first.

    Of a page that is too large only the first events are fetched. Raises `OktaError` when there is no page, or one that
    cannot be trusted to be whole.
    """
    limit = _limit_of(link)
    response, asked_limit = _get_what_fits(client, authentication, link, limit)
    kind = one_line(response.headers.get('Content-Type')) or 'no content type'
    evidence = Evidence.of(response, kind, f'{len(response.content)} bytes')
    if not is_list_of_events(response.content):
        raise _not_events(evidence)
    next_link = _read_next_link(response, client.origin)
    # A proxy may have removed the request id, but the page and its link are Okta's.
    client.okta_clock.learn(response)
    answered_at = answer_time(response.headers)
    return Page(
        link=link,
        body=response.content,
        limit=asked_limit,
        # Okta's link goes on with the limit that was asked for.
        next_link=next_link if asked_limit == limit else _with_limit(next_link, limit),
        answered_at=client.okta_time() if answered_at is None else answered_at,
        evidence=evidence,
    )


def _get_what_fits(client: OktaClient, authentication: Authentication, link: str, limit: int) -> tuple[Response, int]:
    while True:
        asked = _with_limit(link, limit)
        try:
            return client.get(asked, authentication), limit
        except TooLargeError:
            limit //= SMALLER_PAGE_FACTOR
            if not limit or _with_limit(link, limit) == asked:
                raise


def _not_events(evidence: Evidence) -> OktaError:
    return evidence.error('The response is not a list of events', CHECK_INTERMEDIARY)


def _read_next_link(response: Response, origin: Origin) -> str:
    links = parse_header_links(response.headers.get('Link', ''))
    link = next((link['url'] for link in links if link.get('rel', '').lower() == 'next'), None)
    if link is None:
        raise Evidence.of(response).error(
            'The response lacks the `next` link that Okta always sends', 'Check whether a proxy removes `Link` headers'
        )
    if not is_page_link(origin, link):
        raise Evidence.of(response).error(
            f'The `next` link of the response leads to {_where(link)} instead of {origin.url}{SYSTEM_LOG_PATH}, and '
            'was not followed, to protect the credential',
            "If that is the org's own Okta domain, set `domain` to it; otherwise check whether a proxy rewrites links",
        )
    return link


def _where(link: str) -> str:
    try:
        parts = urlsplit(link)
    except ValueError:
        return 'a malformed address'
    # Only what identifies the place: userinfo and query may hold somebody's secrets.
    authority = parts.netloc.rpartition('@')[2]
    return f"'{one_line(f'{parts.scheme}://{authority}{parts.path}')}'"


def _with_limit(link: str, limit: int) -> str:
    """`link`, if it names a limit, with this one; all else in it is Okta's and stays to the letter."""
    return LIMIT_PARAMETER.sub(rf'\g<1>{limit}', link, count=1)


def _limit_of(link: str) -> int:
    # A stored link keeps the limit of the version that began with it.
    values = parse_qs(urlsplit(link).query).get('limit', [])
    return int(values[0]) if values and DIGITS.fullmatch(values[0]) else OKTA_DEFAULT_LIMIT_EVENTS
