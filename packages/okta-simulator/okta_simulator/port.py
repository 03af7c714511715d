# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The port that a server listens on."""

from __future__ import annotations

import socket
import weakref

START_TIMEOUT_SECONDS = 10.0


class Port:
    """A TCP port that stays reserved for its owner, whether or not a server listens on it.

    A server that stops and starts again needs the same port, but the operating system may give an unused port to
    another process. This class therefore keeps an established connection of this process on the port. The operating
    system does not give the port to other processes, a connection attempt is rejected (ECONNREFUSED) while no server
    listens, and a listener with SO_REUSEADDR can still bind to the port, as after the restart of any server. This works
    on Linux and macOS; on Windows other processes can bind to the port.

    Args:
        number: 0 reserves a free port. Any other number is used as it is, and is not reserved.
    """

    def __init__(self, host: str = '127.0.0.1', number: int = 0) -> None:
        self.host = host
        self.number = number
        """The port; 0 until the first `hold` or `listen`."""
        self._family = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0][0]
        self._is_chosen = number != 0
        self._give_back: weakref.finalize[..., Port] | None = None

    def hold(self) -> int:
        """Reserve the port, and return its number."""
        if self._give_back is None and not self._is_chosen:
            with self._bind() as listener:
                self.number = listener.getsockname()[1]
                listener.settimeout(START_TIMEOUT_SECONDS)
                near = socket.socket(self._family)
                # The same thread creates both ends of the connection, so this call must not block.
                near.setblocking(False)
                near.connect_ex(listener.getsockname())
                far, _ = listener.accept()
            self._give_back = weakref.finalize(self, _close, near, far)
        return self.number

    def listen(self) -> socket.socket:
        """Return a new listening socket, which the caller closes. Connections are rejected after that."""
        self.hold()
        return self._bind()

    def give_back(self) -> None:
        """Release the port. This also happens when this object is garbage collected."""
        if self._give_back is not None:
            self._give_back()
            self._give_back = None

    def _bind(self) -> socket.socket:
        return socket.create_server((self.host, self.number), family=self._family)


def _close(near: socket.socket, far: socket.socket) -> None:
    # The side that closes first stays in TIME_WAIT, so close first the side whose port is not needed.
    near.close()
    far.close()
