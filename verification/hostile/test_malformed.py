# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Whatever comes back, from Okta, a proxy or the Agent's cache, ends in a page or in an error that was foreseen.

Tens of thousands of answers, each an honest one with something broken at random (seeded). There is no network in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from random import Random
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from datadog_checks.okta_workflows.agent.books import Books
from datadog_checks.okta_workflows.agent.cursor import CACHE_KEYS, Cursor, CursorStore, Progress, UnreadableCursorError
from datadog_checks.okta_workflows.agent.log_file import FileMark
from datadog_checks.okta_workflows.agent.outbox import UnverifiedOutbox
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.collector import Collector
from datadog_checks.okta_workflows.errors import OktaError
from datadog_checks.okta_workflows.line import LogLineFormat
from datadog_checks.okta_workflows.okta import is_page_link
from datadog_checks.okta_workflows.okta.auth import AccessToken, ApiKey, Authentication, ClientSecret
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.origin import Origin
from datadog_checks.okta_workflows.position import Position
from datadog_checks.okta_workflows.redacting_log import RedactingLog
from datadog_checks.okta_workflows.run_report import RunReport
from datadog_checks.okta_workflows.timestamps import answer_time
from okta_simulator import HistoryGenerator
from verification.world.scenario import NOW, TIMEOUT_SECONDS

ORG = Origin('https', 'acme.okta.com')
IS_LINK = partial(is_page_link, ORG)
FILTER = 'eventType sw "workflows."'
LINK = 'https://acme.okta.com/api/v1/logs?limit=1000&filter=eventType%20sw%20%22workflows.%22&after=1795402960000_1'
NEXT = 'https://acme.okta.com/api/v1/logs?limit=1000&filter=eventType%20sw%20%22workflows.%22&after=1795402964000_1'
PROGRESS = Progress(Cursor(LINK, NOW - 60), Cursor(LINK, NOW - 60), FileMark('/opt/run/integrations/a_b.log', 7, 100))
EVENTS = HistoryGenerator(seed=5).events(3, NOW - 10)

HEADERS = {
    'Content-Type': 'application/json',
    'Date': 'Mon, 23 Nov 2026 03:02:45 GMT',
    'Link': f'<{LINK}>; rel="self", <{NEXT}>; rel="next"',
    'X-Okta-Request-Id': 'reqc2d1f7b01d5511f19a3e',
    'X-Rate-Limit-Limit': '120',
    'X-Rate-Limit-Remaining': '119',
    'X-Rate-Limit-Reset': '1795403000',
}
ODD_TEXTS = (
    '',
    ' ',
    '0',
    '-1',
    '1e400',
    'NaN',
    '9' * 400,
    '9' * 5000,
    '\u0661',
    '\u00b2',
    'null',
    '"',
    '%00',
    '\x7f',
    '\xff\xfe',
    ', ,;;=,<',
    '<>; rel="next"',
    '<https://[::1/api/v1/logs>; rel="next"',
    '<https://acme.okta.com:99999/api/v1/logs>; rel="next"',
    '<https://acme.okta.com\\@evil.example/api/v1/logs>; rel="next"',
    '<//acme.okta.com/api/v1/logs>; rel=next',
    'Mon, 01 Jan 0001 00:00:00 +1400',
    'Fri, 31 Dec 9999 23:59:59 -1400',
    'Mon, 23 Nov 2026 03:02:45 +999999',
    'Sat, 99 Foo 20266 99:99:99',
    'Bearer error="invalid_token", error_description="',
)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    10**30,
    '',
    'x',
    '\u0000',
    '\U0001f680' * 50,
    [],
    {},
    [None],
    [[]],
    {'': {}},
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-14:00',
    '2026-02-30T00:00:00Z',
)


class Answers:
    """In place of the HTTP wrapper: each request gets the next of some answers, the last one again and again.

    Behind a page comes an empty one.
    """

    def __init__(self, *answers: Response) -> None:
        self._answers = list(answers)
        self.urls: list[str] = []
        self._has_page = False

    def get(self, url: str, **_: Any) -> Response:
        self.urls.append(url)
        if self._has_page:
            response = answer(b'[]', HEADERS)
        else:
            response = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self._has_page |= response.status_code == 200 and ORG.serves(url, '/api/v1/logs')
        response.request = PreparedRequest()
        response.request.method, response.request.url = 'GET', url
        return response

    post = get


class Raw(BytesIO):
    """A body as it comes from the wire."""

    def read1(self, size: int | None = -1, /, *, decode_content: bool = False) -> bytes:
        return super().read1(-1 if size is None else size)

    def close(self) -> None:
        # The same answer may be given again.
        self.seek(0)


def answer(body: bytes, headers: dict[str, str], status: int = 200) -> Response:
    response = Response()
    response.status_code = status
    response.raw = Raw(body)
    response.headers = CaseInsensitiveDict(headers)
    return response


class Run:
    """One run of a collector with its cursor at `LINK`, or with what is stored as text."""

    def __init__(self, *answers: Response, authenticated: bool = False, stored: str | None = None) -> None:
        self.http = Answers(*answers)
        self.sent: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.error: OktaError | None = None
        client = OktaClient(self.http, ORG, TIMEOUT_SECONDS, SystemClock())  # type: ignore[arg-type]
        self.cache: dict[str, str] = {}
        self.cursors = CursorStore(lambda key: self.cache.get(key, ''), self.cache.__setitem__, IS_LINK, SystemClock())
        if stored is None:
            self.cursors.commit(PROGRESS)
        else:
            self.cache[CACHE_KEYS[0]] = stored
        authentication = self._authentication(client, authenticated)
        position = Position(client, authentication, FILTER, 3600, self.cursors, self._warn)
        outbox = UnverifiedOutbox(
            lambda text: self.sent.append(json.loads(text)),
            Books(self.cursors, position.note_lost_lines),
            'nothing of an Agent is here',
        )
        report = RunReport(
            client=client,
            authentication=authentication,
            event_filter=FILTER,
            cursors=self.cursors,
            outbox=outbox,
            log=RedactingLog(logging.getLogger(__name__), str),
            warn=self._warn,
            set_metadata=lambda name, value: None,
        )
        collector = Collector(
            client=client,
            position=position,
            cursors=self.cursors,
            outbox=outbox,
            report=report,
            line_format=LogLineFormat([], ORG.authority, 256_000),
            warn=self._warn,
        )
        try:
            collector.run()
        except OktaError as error:
            self.error = error
        assert len(self.http.urls) <= 4
        assert all(ORG.serves(url, '/api/v1/logs') or ORG.serves(url, '/oauth2/v1/token') for url in self.http.urls)
        for text in [*self.warnings, str(self.error)]:
            assert len(text.splitlines()) == 1

    def _warn(self, message: str, *args: object) -> None:
        self.warnings.append(message % args)

    def _authentication(self, client: OktaClient, authenticated: bool) -> Authentication:
        if not authenticated:
            return ApiKey('00abc')
        return AccessToken(client.origin, client.okta_clock, ClientSecret('0oa', 'secret'), lambda token: None)

    @property
    def cursor(self) -> Cursor:
        return self.cursors.current.written

    @property
    def uuids(self) -> list[Any]:
        return [line['log'].get('uuid') for line in self.sent]


def broken_bytes(random: Random, data: bytes) -> bytes:
    """Some bytes changed, dropped, doubled, or the rest cut off."""
    broken = bytearray(data)
    for _ in range(random.randint(1, 3)):
        start = random.randrange(len(broken) + 1)
        end = min(start + random.choice([0, 1, 1, 2, 8, 64]), len(broken))
        match random.randrange(6):
            case 0:
                del broken[start:]
            case 1:
                del broken[start:end]
            case 2:
                broken[start:end] = broken[start:end] * 2
            case 3:
                broken[start:end] = random.randbytes(end - start)
            case 4:
                broken[start:end] = random.choice(
                    [b'null', b'{}', b'[', b']', b'"', b'\\ud800', b'\\u0000', b'1e999', b'-', b'9' * 400, b'\xff']
                )
            case 5:
                broken[start:end] = b'[' * random.choice([2, 300, 1500])
    return bytes(broken)


def broken_value(random: Random, value: Any) -> Any:
    """One member somewhere in it replaced, dropped, or nested deep."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(list(value))
        if random.random() < 0.2:
            return {name: member for name, member in value.items() if name != key}
        return {**value, key: broken_value(random, value[key])}
    if isinstance(value, list) and value and random.random() < 0.8:
        position = random.randrange(len(value))
        return [*value[:position], broken_value(random, value[position]), *value[position + 1 :]]
    if random.random() < 0.05:
        nested: Any = value
        for _ in range(random.choice([100, 252, 260, 900])):
            nested = [nested]
        return nested
    return random.choice(ODD_VALUES)


def broken_text(random: Random, text: str) -> str:
    """As it can stand in a header: one line, each character a byte."""
    if random.random() < 0.4:
        return random.choice(ODD_TEXTS)
    changed = broken_bytes(random, text.encode()).decode('latin-1')
    return changed.replace('\r', '').replace('\n', '')


def broken_headers(random: Random) -> dict[str, str]:
    headers = dict(HEADERS)
    for name in random.sample(list(headers), random.randint(1, 3)):
        if random.random() < 0.2:
            del headers[name]
        elif random.random() < 0.2:
            headers[name] += f', {headers[name]}'
        else:
            headers[name] = broken_text(random, headers[name])
    return headers


@pytest.fixture
def random() -> Random:
    return Random(20261123)


@pytest.fixture
def outcomes() -> Iterator[dict[bool, int]]:
    """How many runs ended well, and how many in an error: a test that sees only one kind proves nothing."""
    counts = {True: 0, False: 0}
    yield counts
    assert min(counts.values()) > 100, counts


def test_an_honest_answer_moves_the_cursor() -> None:
    run = Run(answer(json.dumps(EVENTS).encode(), HEADERS))
    assert run.error is None
    assert run.uuids == [event['uuid'] for event in EVENTS]
    assert run.cursor == Cursor(NEXT, NOW)


def sendable(value: object) -> object:
    """A question mark stands for half a surrogate pair."""
    return value.encode('utf-8', 'replace').decode() if isinstance(value, str) else value


def test_broken_bodies_are_errors_or_are_delivered_whole(random: Random, outcomes: dict[bool, int]) -> None:
    """The cursor moves only behind events that were all handed over."""
    body = json.dumps(EVENTS, ensure_ascii=False).encode()
    for _ in range(6_000):
        broken = broken_bytes(random, body)
        run = Run(answer(broken, HEADERS))
        outcomes[run.error is None] += 1
        if run.error is None:
            assert run.uuids == [sendable(event.get('uuid')) for event in json.loads(broken)]
            assert run.cursor.link == NEXT
        else:
            assert run.sent == []
            assert run.cursor == PROGRESS.written


def test_events_of_any_content_are_delivered(random: Random) -> None:
    for _ in range(4_000):
        events = [broken_value(random, event) for event in EVENTS]
        run = Run(answer(json.dumps(events).encode(), HEADERS))
        if all(isinstance(event, dict) for event in events):
            assert run.error is None
            assert run.uuids == [event.get('uuid') for event in events] or len(run.sent) == len(events)
            assert run.cursor.link == NEXT
            assert PROGRESS.written.time <= run.cursor.time <= NOW
        else:
            assert run.error is not None
            assert run.cursor == PROGRESS.written


def test_broken_headers_are_errors_or_lead_on_within_the_org(random: Random, outcomes: dict[bool, int]) -> None:
    """Neither may a link lead elsewhere, nor the time of the cursor lie after all that Okta ever told."""
    body = json.dumps(EVENTS).encode()
    for _ in range(6_000):
        headers = broken_headers(random)
        run = Run(answer(body, headers))
        outcomes[run.error is None] += 1
        if run.error is None:
            assert len(run.sent) == len(EVENTS)
            [_, *following] = run.http.urls
            assert run.cursor.link == NEXT if following else run.cursor.link in headers['Link']
            assert [link for link in following if link not in headers['Link']] == []
            assert ORG.serves(run.cursor.link, '/api/v1/logs')
            assert PROGRESS.written.time <= run.cursor.time <= max(NOW, answer_time(headers) or 0.0)
        else:
            assert run.sent == []
            assert run.cursor == PROGRESS.written


def test_refusals_of_any_content_leave_the_cursor(random: Random) -> None:
    reasons: list[Any] = [
        {
            'errorCode': 'E0000047',
            'errorSummary': 'API call exceeded rate limit',
            'errorCauses': [{'errorSummary': 'x'}],
        },
        {'error': 'invalid_client', 'error_description': 'Invalid value.'},
    ]
    for _ in range(4_000):
        body = json.dumps(broken_value(random, random.choice(reasons))).encode()
        if random.random() < 0.5:
            body = broken_bytes(random, body)
        headers = {**broken_headers(random), 'WWW-Authenticate': broken_text(random, 'Bearer error="x", scope=""')}
        status = random.choice([201, 204, 302, 400, 401, 403, 404, 407, 418, 429, 500, 502, 503, 599, 999])
        run = Run(answer(body, headers, status))
        assert run.error is not None
        assert run.error.status == status
        assert run.sent == []
        assert run.cursor == PROGRESS.written


def test_broken_tokens_are_errors_or_are_sent(random: Random, outcomes: dict[bool, int]) -> None:
    grant = {'token_type': 'Bearer', 'expires_in': 3600, 'access_token': 'eyJhbGciOi.J9', 'scope': 'okta.logs.read'}
    for _ in range(6_000):
        page = answer(json.dumps(EVENTS).encode(), HEADERS)
        if random.random() < 0.5:
            body = json.dumps(broken_value(random, grant)).encode()
        else:
            body = broken_bytes(random, json.dumps(grant).encode())
        run = Run(answer(body, broken_headers(random)), page, authenticated=True)
        outcomes[run.error is None] += 1
        assert (run.cursor.link == NEXT) is (run.error is None)
        assert len(run.sent) == (0 if run.error else len(EVENTS))


def stored_texts(random: Random) -> Iterator[str]:
    kept: dict[str, str] = {}
    CursorStore(lambda key: kept.get(key, ''), kept.__setitem__, IS_LINK, SystemClock()).commit(PROGRESS)
    [whole] = kept.values()
    for _ in range(4_000):
        if random.random() < 0.5:
            yield json.dumps(broken_value(random, json.loads(whole)))
        else:
            yield broken_bytes(random, whole.encode()).decode('utf-8', 'surrogateescape')


def test_broken_cursors_are_refused_or_can_be_gone_on_from(random: Random, outcomes: dict[bool, int]) -> None:
    """Whatever is stored, the next run collects, and sends the credential nowhere else."""
    refuse: Callable[[], Response] = lambda: answer(b'{}', HEADERS, 400)  # noqa: E731
    for text in stored_texts(random):
        store = CursorStore(
            {CACHE_KEYS[0]: text, CACHE_KEYS[1]: ''}.__getitem__, lambda key, value: None, IS_LINK, SystemClock()
        )
        try:
            store.load()
            outcomes[True] += 1
        except UnreadableCursorError:
            outcomes[False] += 1
        page = answer(json.dumps(EVENTS).encode(), HEADERS)
        run = Run(*random.choice([[page], [refuse(), page]]), stored=text)
        assert (run.error is None) is (run.cursor.link == NEXT)
