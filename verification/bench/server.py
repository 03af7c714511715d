# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Recorded events behind HTTP, in a process of its own."""

from __future__ import annotations

import gzip
import json
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from verification.world.recording import PAGE_EVENTS, record

from .fresh import FOLDER

OKTA_DEFAULT_LIMIT_EVENTS = 100
GZIP_LEVEL = 1
RECORDED_EVENTS = 10 * PAGE_EVENTS
UUID = re.compile(rb'("uuid":"[0-9a-f-]{24})[0-9a-f]{12}"')


@dataclass(frozen=True)
class Served:
    """What a server has: `events` in all, which are some recorded ones over and over, each with a uuid of its own.

    With `certificate` and `private_key` (paths of PEM files) it is https.
    """

    events: int
    event_bytes: int
    begins_empty: bool = False
    """Whether the page before the first event is one without events."""
    compresses: bool = False
    certificate: str = ''
    private_key: str = ''


@contextmanager
def serving(served: Served) -> Iterator[int]:
    """Serve on a port of this host, which is returned."""
    command = [sys.executable, '-m', __name__, json.dumps(asdict(served))]
    process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


class Library:
    """The pages of the endless repetition."""

    def __init__(self, events: Sequence[bytes]) -> None:
        self._split = [_around_uuid(event) for event in events]

    def page(self, start: int, end: int) -> bytes:
        pieces = (self._split[number % len(self._split)] for number in range(start, end))
        numbered = (b'%b%012x%b' % (before, start + n, after) for n, (before, after) in enumerate(pieces))
        return b'[' + b','.join(numbered) + b']'


def _around_uuid(event: bytes) -> tuple[bytes, bytes]:
    """What stands before and after the part of the uuid that is to be replaced."""
    found = UUID.search(event)
    if found is None:
        raise ValueError(f'without a uuid: {event!r}')
    return event[: found.end(1)], event[found.end() - 1 :]


class Handler(BaseHTTPRequestHandler):
    """`GET /api/v1/logs`, as far as clients that follow links go."""

    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    served: Served
    library: Library

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        start = int(query['after'].partition('_')[2]) if 'after' in query else 0
        limit = int(query.get('limit', OKTA_DEFAULT_LIMIT_EVENTS))
        if self.served.begins_empty and 'after' not in query:
            limit = 0
        end = min(start + limit, self.served.events)
        body = self.library.page(start, end)
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('X-Okta-Request-Id', str(uuid4()))
        self.send_header('X-Rate-Limit-Limit', '1000000')
        self.send_header('X-Rate-Limit-Remaining', '1000000')
        self.send_header('X-Rate-Limit-Reset', str(int(time.time()) + 60))
        self._link('self', query)
        # A request with an end has a last page, and one without has none.
        if start < end or 'until' not in query:
            self._link('next', {**query, 'after': f'1795400000000_{end}'})
        if self.served.compresses and 'gzip' in self.headers.get('Accept-Encoding', ''):
            body = gzip.compress(body, GZIP_LEVEL)
            self.send_header('Content-Encoding', 'gzip')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _link(self, relation: str, query: dict[str, str]) -> None:
        scheme = 'https' if self.served.certificate else 'http'
        self.send_header(
            'Link', f'<{scheme}://{self.headers["Host"]}/api/v1/logs?{urlencode(query)}>; rel="{relation}"'
        )


def _main(served: Served) -> None:
    Handler.served = served
    # Without oddities, which typed models of events refuse.
    events = record(
        min(served.events, RECORDED_EVENTS), time.time() - 60, event_bytes=served.event_bytes, oddity_share=0.0
    )
    Handler.library = Library(events)
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    if served.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(served.certificate, served.private_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == '__main__':
    _main(Served(**json.loads(sys.argv[1])))
