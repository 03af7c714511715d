# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A server with its own event loop, in a background thread of the test."""

from __future__ import annotations

import asyncio
import socket
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from .port import Port

START_TIMEOUT_SECONDS = 10.0


class BackgroundServer(ABC):
    """Serves between `start` and `stop`, and as a context manager. `name` is the name of the thread.

    The port is the same after every `start`. No other process gets it until the context ends or the server is garbage
    collected.
    """

    def __init__(self, name: str, host: str = '127.0.0.1', port: int = 0) -> None:
        self._name = name
        self._port = Port(host, port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def host(self) -> str:
        return self._port.host

    @property
    def port(self) -> int:
        """The port; 0 before the first start, unless a number was requested."""
        return self._port.number

    @abstractmethod
    async def _serve(self, listener: socket.socket, ready: Future[None], stopping: asyncio.Event) -> None:
        """Serve on `listener` until `stopping` is set, then close it. Sets `ready` when requests are served."""

    def start(self) -> None:
        if self._thread is not None:
            raise RuntimeError('the server is already running')
        ready: Future[None] = Future()
        listener = self._port.listen()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), name=self._name, daemon=True)
        self._thread.start()
        try:
            ready.result(timeout=START_TIMEOUT_SECONDS)
        except BaseException:
            self._thread = None
            listener.close()
            raise

    def stop(self) -> None:
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self._port.give_back()

    def _run(self, listener: socket.socket, ready: Future[None]) -> None:
        try:
            asyncio.run(self._live(listener, ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _live(self, listener: socket.socket, ready: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await self._serve(listener, ready, self._stopping)
