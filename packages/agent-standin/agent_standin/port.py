# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The port that a server listens on."""

from __future__ import annotations

import socket
import weakref

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
        """Release the port. This also happens when the object is deleted."""
        if self._give_back is not None:
            self._give_back()
            self._give_back = None

    def _bind(self) -> socket.socket:
        return socket.create_server((self.host, self.number), family=self._family)


def _close(near: socket.socket, far: socket.socket) -> None:
    # The side that closes first waits (TIME_WAIT): this is the one whose port nobody needs.
    near.close()
    far.close()
