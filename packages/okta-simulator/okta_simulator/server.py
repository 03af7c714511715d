# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The HTTP side: an aiohttp server on a thread of its own, which can also break off in the middle of an answer."""

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
    """As received, still percent-encoded."""
    query: dict[str, str]
    headers: CIMultiDictProxy[str]
    """Names compare without case, and one may come several times."""
    body: str
    time: float
    """Epoch seconds by the org's clock."""
    status: int = field(default=0)
    """What was answered; 0 when the client got no status at all."""
    answer_headers: tuple[tuple[str, str], ...] = field(default=())
    """Those of the answer; none when the client could not read a page to its end."""


Handler = Callable[[RecordedRequest], Answer]


@dataclass(frozen=True)
class ServerTls:
    """PEM files of a TLS server."""

    certificate_chain: Path
    """The server's certificate and the intermediates above it."""
    private_key: Path
    client_authority: Path | None = None
    """If given, clients need a certificate that this authority signed."""

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
        """Without a trailing slash; an IPv6 address stands in brackets."""
        scheme = 'http' if self._tls is None else 'https'
        host = f'[{self.host}]' if ':' in self.host else self.host
        return f'{scheme}://{host}:{self.port}'

    async def _serve(self, listener: socket.socket, ready: Future[None], stopping: asyncio.Event) -> None:
        app = web.Application()
        app.router.add_route('*', '/{path:.*}', self._handle)
        app.on_response_prepare.append(_only_our_headers)
        # Cancellation lets a withheld answer end with its client; the short shutdown leaves no test waiting for one.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.SockSite(runner, listener, ssl_context=None if self._tls is None else self._tls.context()).start()
            ready.set_result(None)
            await stopping.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        # The raw path, because yarl's view of the query is already re-encoded.
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
        # Even without a pause: a client that reads fast enough would keep everybody else waiting.
        await asyncio.sleep(answer.delivery.pause_seconds)
    return response


def _close(request: web.Request) -> None:
    # Closing flushes what was written, so the client really gets the first part of a cut body.
    if request.transport is not None:
        request.transport.close()


async def _only_our_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Take back what aiohttp adds by itself: its name, the machine's Date, a type for a body that is not there."""
    answer = response.get(_ANSWER)
    if answer is None:
        # A response of aiohttp itself, such as the 500 for a fault of yours that raises.
        return
    for name in ('Server', 'Date', 'Content-Type'):
        if not answer.values(name):
            response.headers.popall(name, None)
