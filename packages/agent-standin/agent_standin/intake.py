# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The intake: an HTTP server that accepts logs as Datadog's intake does."""

from __future__ import annotations

import gzip
import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from .port import Port

HOST = '127.0.0.1'

Answer = int | Literal['hang', 'cut body']
"""A status, no response, or a 202 whose body is shorter than its `Content-Length`."""


@dataclass(frozen=True)
class Request:
    """One POST."""

    path: str
    headers: dict[str, str]
    logs: list[dict[str, Any]]
    answer: Answer


class Intake:
    """Stores the logs of every request that gets a 2xx response.

    Attributes:
        answer: the response to every request, or a function that returns it for the logs of a request.
        virtual: whether the Agent runs in virtual time. A request without a response then takes no real time: its
            connection is closed immediately, and `is_hanging` is true.
    """

    def __init__(self, port: int = 0, on_log: Callable[[dict[str, Any]], object] | None = None) -> None:
        self.answer: Answer | Callable[[list[dict[str, Any]]], Answer] = 202
        self.requests: list[Request] = []
        self.logs: list[dict[str, Any]] = []
        """The logs as Datadog receives them: the Agent's envelope, with `message` parsed if it is JSON."""
        self.started = False
        self.virtual = False
        self._on_log = on_log
        self._port = Port(HOST, port)
        self._server: ThreadingHTTPServer | None = None
        self._released = threading.Event()

    @property
    def url(self) -> str:
        return f'http://{HOST}:{self._port.hold()}'

    @property
    def is_hanging(self) -> bool:
        """Whether the last request got no response."""
        return self._server is not None and bool(self.requests) and self.requests[-1].answer == 'hang'

    def start(self) -> Self:
        """Start to listen. The port stays the same across stops and starts."""
        self.started = True
        self.accept()
        return self

    def stop(self) -> None:
        self.started = False
        self.refuse()

    def accept(self) -> None:
        """Accept connections."""
        if self._server is None:
            self._released.clear()
            self._server = _Server(self._port.listen(), self._handler())
            threading.Thread(target=self._server.serve_forever, args=(0.01,), name='intake', daemon=True).start()

    def refuse(self) -> None:
        """Reject connections, and close those that hang. The port stays reserved."""
        if self._server is not None:
            self._released.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._port.give_back()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        intake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size_bytes = int(self.headers['Content-Length'])
                body = self.rfile.read(size_bytes)
                if len(body) < size_bytes:
                    # The Agent died while it sent the request.
                    self.close_connection = True
                    return
                if self.headers.get('Content-Encoding') == 'gzip':
                    body = gzip.decompress(body)
                answer = intake._take(self.path, dict(self.headers), json.loads(body))
                if answer == 'hang':
                    if not intake.virtual:
                        intake._released.wait()
                    self.close_connection = True
                    return
                self.send_response(202 if answer == 'cut body' else answer)
                self.send_header('Content-Length', '9' if answer == 'cut body' else '2')
                self.end_headers()
                self.wfile.write(b'{}')

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def _take(self, path: str, headers: dict[str, str], logs: list[dict[str, Any]]) -> Answer:
        answer = self.answer(logs) if callable(self.answer) else self.answer
        parsed = [log | {'message': _parsed(log['message'])} for log in logs]
        self.requests.append(Request(path, headers, parsed, answer))
        if isinstance(answer, int) and answer < 300:
            self.logs.extend(parsed)
            if self._on_log is not None:
                for log in parsed:
                    self._on_log(log)
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(listener.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        # An Agent that dies or gives up leaves its connections behind.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _parsed(message: str) -> Any:
    try:
        content = json.loads(message)
    except ValueError:
        return message
    return content if isinstance(content, dict) else message
