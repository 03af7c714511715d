# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One page of the System Log: its events, and the link to the next page.

Okta's rules for an export (https://developer.okta.com/docs/reference/system-log-query/): a request in ascending order
without `until` is a polling request. Its pages list events in the order in which Okta persisted them, so late events
are included. Every page has a `next` link, even an empty page. Only following these links neither skips nor repeats
events.
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

# The maximum that Okta returns in one page, because the largest pages need the fewest requests.
PAGE_LIMIT_EVENTS = 1000

OKTA_DEFAULT_LIMIT_EVENTS = 100
DIGITS = re.compile(r'[0-9]{1,9}')
LIMIT_PARAMETER = re.compile(r'([?&]limit=)[0-9]{1,9}(?=&|$)')
SMALLER_PAGE_FACTOR = 10


@dataclass(slots=True)
class Page:
    """The LogEvents at `link`, in the order in which Okta persisted them.

    `body` is a list of at most `limit` events. `answered_at` is the time of the response by Okta's clock, in seconds
    since the epoch. `evidence` describes the response, for the error if `body` is not such a list.
    """

    link: str
    body: bytes
    limit: int
    next_link: str
    answered_at: float
    evidence: Evidence
    _count: int = field(default=0, init=False)

    def events_after(self, uuid: str) -> Iterator[Event]:
        """Iterate over the events after the one with `uuid`, or over all events if `uuid` is empty or not on the page.

        The events are decoded during the iteration. Raises `OktaError` when it reaches something that is not an event.
        """
        events = self._events()
        if uuid and all(event.get('uuid') != uuid for event in events):
            events = self._events()
        return events

    def is_empty(self) -> bool:
        """Return whether the page has no events. Valid only after all events have been read."""
        return not self._count

    def is_full(self) -> bool:
        """Return whether the page has as many events as were requested. Valid only after all events have been read."""
        return self._count >= self.limit

    def _events(self) -> Iterator[Event]:
        self._count = 0
        try:
            for events in decode_events(self.body):
                self._count += len(events)
                events.reverse()
                # Release each event as soon as it is used: while it is still in the processor's cache, freeing it takes
                # half the time.
                while events:
                    yield events.pop()
        except ValueError as error:
            raise _not_events(self.evidence) from error


def first_link(origin: Origin, event_filter: str, since: float) -> str:
    """Build the URL of the first page of the events persisted at or after `since` (seconds since the epoch)."""
    parameters = {'since': rfc3339(since), 'sortOrder': 'ASCENDING', 'limit': PAGE_LIMIT_EVENTS, 'filter': event_filter}
    return f'{origin.url}{SYSTEM_LOG_PATH}?{urlencode(parameters, quote_via=quote)}'


def is_page_link(origin: Origin, link: str) -> bool:
    """Return whether `link` leads to the System Log of this org, so that the credential may be sent there."""
    return origin.serves(link, SYSTEM_LOG_PATH)


def since_of(link: str) -> float | None:
    """Return the `since` of `link`, in seconds since the epoch, or `None` if `link` does not have a valid one."""
    return epoch_seconds(parse_qs(urlsplit(link).query).get('since', [''])[0])


def is_continued(link: str) -> bool:
    """Return whether `link` contains one of Okta's own cursors, which Okta may reject one day."""
    return 'after' in parse_qs(urlsplit(link).query)


def fetch_page(client: OktaClient, authentication: Authentication, link: str) -> Page:
    """Fetch the page at `link`, with a renewed authorization if Okta rejects the first one.

    If a page is too large, fetches only its first events. Raises `OktaError` if there is no page, or if it may be
    incomplete.
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
        # Okta's link repeats the requested limit, so restore the original one.
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
    # Show only scheme, host, and path, because user information and query may contain secrets.
    authority = parts.netloc.rpartition('@')[2]
    return f"'{one_line(f'{parts.scheme}://{authority}{parts.path}')}'"


def _with_limit(link: str, limit: int) -> str:
    """Replace the limit in `link`, if it has one. The rest of the link is Okta's and stays exactly the same."""
    return LIMIT_PARAMETER.sub(rf'\g<1>{limit}', link, count=1)


def _limit_of(link: str) -> int:
    # A stored link keeps the limit of the version of the check that created it.
    values = parse_qs(urlsplit(link).query).get('limit', [])
    return int(values[0]) if values and DIGITS.fullmatch(values[0]) else OKTA_DEFAULT_LIMIT_EVENTS
