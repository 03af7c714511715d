# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The HTTP server: aiohttp on a background thread. It can also abort a connection in the middle of a response."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from .answer import Answer
from .background_server import BackgroundServer

GZIP_LEVEL = 1
_ANSWER = web.ResponseKey('answer', Answer)


@dataclass
class RecordedRequest:
    method: str
    path: str
    query_string: str
    """The query as received, still percent-encoded."""
    query: dict[str, str]
    headers: CIMultiDictProxy[str]
    """The headers. Names are case-insensitive, and may occur more than once."""
    body: str
    time: float
    """The time of the request, in epoch seconds by the org's clock."""
    status: int = field(default=0)
    """The status of the response; 0 if the client received none."""
    answer_headers: tuple[tuple[str, str], ...] = field(default=())
    """The headers of the response; empty if the client could not read a whole page."""


Handler = Callable[[RecordedRequest], Answer]


@dataclass(frozen=True)
class ServerTls:
    """The PEM files of a TLS server."""

    certificate_chain: Path
    """The server's certificate and the intermediates above it."""
    private_key: Path
    client_authority: Path | None = None
    """If given, clients need a certificate that is signed by this authority."""

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.client_authority)
        context.load_cert_chain(self.certificate_chain, self.private_key)
        if self.client_authority is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class HttpServer(BackgroundServer):
    """Serves `handler` from a background thread between `start` and `stop`, always on the same port."""

    def __init__(
        self, handler: Handler, clock_now: Callable[[], float], host: str, port: int, tls: ServerTls | None
    ) -> None:
        super().__init__('okta-simulator', host, port)
        self._handler = handler
        self._now = clock_now
        self._tls = tls

    @property
    def url(self) -> str:
        """The URL of the server, without a trailing slash. An IPv6 address is in brackets."""
        scheme = 'http' if self._tls is None else 'https'
        host = f'[{self.host}]' if ':' in self.host else self.host
        return f'{scheme}://{host}:{self.port}'

    async def _serve(self, listener: socket.socket, ready: Future[None], stopping: asyncio.Event) -> None:
        app = web.Application()
        app.router.add_route('*', '/{path:.*}', self._handle)
        app.on_response_prepare.append(_only_our_headers)
        # With cancellation, a withheld response ends when its client disconnects. With the short timeout, no test waits
        # for one at shutdown.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.SockSite(runner, listener, ssl_context=None if self._tls is None else self._tls.context()).start()
            ready.set_result(None)
            await stopping.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        # Use the raw path, because yarl re-encodes the query.
        query_string = request.raw_path.partition('?')[2]
        recorded = RecordedRequest(
            method=request.method,
            path=request.path,
            query_string=query_string,
            query=dict(parse_qsl(query_string, keep_blank_values=True)),
            headers=request.headers,
            body=await request.text(),
            time=self._now(),
        )
        answer = self._handler(recorded)
        return await _send(request, answer)


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    delivery = answer.delivery
    if delivery.delay_seconds:
        await asyncio.sleep(delivery.delay_seconds)
    if delivery.withheld:
        await asyncio.Event().wait()
    if delivery.dropped:
        _close(request)
        response = web.StreamResponse()
        response[_ANSWER] = answer
        return response
    headers = CIMultiDict(answer.headers)
    if delivery.parts is not None:
        return await _stream(request, answer, headers, delivery.parts())
    body = answer.body
    if body and 'gzip' in request.headers.get('Accept-Encoding', ''):
        body = gzip.compress(body, GZIP_LEVEL)
        headers['Content-Encoding'] = 'gzip'
    if delivery.body_share >= 1 and not delivery.chunked:
        whole = web.Response(status=answer.status, headers=headers, body=body)
        whole[_ANSWER] = answer
        return whole
    response = web.StreamResponse(status=answer.status, headers=headers)
    response[_ANSWER] = answer
    if delivery.chunked:
        response.enable_chunked_encoding()
    else:
        response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: int(len(body) * delivery.body_share)])
    _close(request)
    return response


async def _stream(
    request: web.Request, answer: Answer, headers: CIMultiDict[str], parts: Iterator[bytes]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    response[_ANSWER] = answer
    response.enable_chunked_encoding()
    await response.prepare(request)
    for part in parts:
        await response.write(part)
        # Yield to the event loop even without a pause, because a client that reads fast would block all others.
        await asyncio.sleep(answer.delivery.pause_seconds)
    return response


def _close(request: web.Request) -> None:
    # `close` flushes the written data, so the client receives the first part of a body that is cut off.
    if request.transport is not None:
        request.transport.close()


async def _only_our_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Remove the headers that aiohttp adds: its name, the Date of the machine, and the type of an absent body."""
    answer = response.get(_ANSWER)
    if answer is None:
        # aiohttp created this response itself, such as the 500 if one of your own faults raises an exception.
        return
    for name in ('Server', 'Date', 'Content-Type'):
        if not answer.values(name):
            response.headers.popall(name, None)
