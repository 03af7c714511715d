# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A server with an event loop of its own, in a thread beside the test, and the port that a server listens on."""

from __future__ import annotations

import asyncio
import socket
import threading
import weakref
from abc import ABC, abstractmethod
from concurrent.futures import Future
from types import TracebackType
from typing import Self

START_TIMEOUT_SECONDS = 10.0


class Port:
    """A TCP port that stays with its owner, whether or not anything listens on it.

    A server that stops and starts again needs the same port, and the operating system gives a port that nobody uses to
    whoever asks next. An established connection of this process uses it here: nobody else is given it, a connection
    attempt is rejected (ECONNREFUSED) while nothing listens, and a listener with SO_REUSEADDR can still be bound to it,
    as after the restart of any server. This holds on Linux and macOS; Windows does not keep others from binding it.

    Args:
        number: 0 takes a free port. Any other number is the caller's choice and is not kept.
    """

    def __init__(self, host: str = '127.0.0.1', number: int = 0) -> None:
        self.host = host
        self.number = number
        """0 until the port is known, with the first `hold` or `listen`."""
        self._family = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0][0]
        self._is_chosen = number != 0
        self._give_back: weakref.finalize[..., Port] | None = None

    def hold(self) -> int:
        """Take the port, and return its number."""
        if self._give_back is None and not self._is_chosen:
            with self._bind() as listener:
                self.number = listener.getsockname()[1]
                listener.settimeout(START_TIMEOUT_SECONDS)
                near = socket.socket(self._family)
                # One thread makes both ends, so this one must not wait for the other.
                near.setblocking(False)
                near.connect_ex(listener.getsockname())
                far, _ = listener.accept()
            self._give_back = weakref.finalize(self, _close, near, far)
        return self.number

    def listen(self) -> socket.socket:
        """Return a new listening socket. The caller closes it, and others are rejected from then on."""
        self.hold()
        return self._bind()

    def give_back(self) -> None:
        """Let others have the port. Happens by itself when this object goes."""
        if self._give_back is not None:
            self._give_back()
            self._give_back = None

    def _bind(self) -> socket.socket:
        return socket.create_server((self.host, self.number), family=self._family)


def _close(near: socket.socket, far: socket.socket) -> None:
    # The side that closes first waits (TIME_WAIT): this is the one whose port nobody needs.
    near.close()
    far.close()


class BackgroundServer(ABC):
    """Serves between `start` and `stop`, and while it is entered. `name` is that of the thread.

    The port is the same after every `start`, and nobody else gets it until the server is left or garbage.
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
        """0 before the first start, unless one was asked for."""
        return self._port.number

    @abstractmethod
    async def _serve(self, listener: socket.socket, ready: Future[None], stopping: asyncio.Event) -> None:
        """Serve on `listener`, and close it, until `stopping` is set; `ready` is set when requests are served."""

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
