# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The tailer: reads whole lines of a log file from a stored offset (datadog-agent pkg/logs/tailers/file)."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable
from typing import Literal

from .clock import Clock
from .message import LogSource, Message, parse_line

READ_BYTES = 4096
TRUNCATED = b'...TRUNCATED...'
TRUNCATED_TAG = 'truncated:single_line'

Platform = Literal['unix', 'windows']


class FileTailer:
    """Reads one file.

    On Unix the tailer keeps the file open, so it can finish a file that was removed. On Windows it opens the path for
    every read, so it cannot (`tailer_nix.go`, `tailer_windows.go`).
    """

    def __init__(
        self,
        source: LogSource,
        position: int,
        *,
        clock: Clock,
        platform: Platform,
        max_message_size_bytes: int,
        deliver: Callable[[Message], bool],
    ) -> None:
        self.source = source
        self.read_offset = position
        """The position up to which the file was read."""
        self.started_at_offset = position
        self._clock = clock
        self._platform = platform
        self._max_message_size_bytes = max_message_size_bytes
        self._deliver = deliver
        self._descriptor = os.open(source.path, os.O_RDONLY) if platform == 'unix' else None
        self._decoded_offset = position
        self._partial = b''
        self._was_cut = False
        self._last_read_at_ns = 0
        self._waiting: deque[Message] = deque()
        self._rotated = False

    def poll(self, most_bytes: int | None = None) -> None:
        """Read to the end of the file, or `most_bytes` of it, or until the pipeline is full."""
        end = math.inf if most_bytes is None else self.read_offset + most_bytes
        while self._hand_on() and self.read_offset < end:
            piece = self._read()
            if not piece:
                return
            self.read_offset += len(piece)
            self._decode(piece)

    def _hand_on(self) -> bool:
        while self._waiting:
            if not self._deliver(self._waiting[0]):
                return False
            self._waiting.popleft()
        return True

    def _read(self) -> bytes:
        if self._descriptor is not None:
            return os.pread(self._descriptor, READ_BYTES, self.read_offset)
        if self._rotated:
            return b''
        try:
            with self.source.path.open('rb') as file:
                file.seek(self.read_offset)
                return file.read(READ_BYTES)
        except OSError:
            return b''

    def _decode(self, piece: bytes) -> None:
        """Emit lines, and pieces of lines that exceed the limit of a message. Every byte of the file counts once."""
        self._partial += piece
        while True:
            end = self._partial.find(b'\n', 0, self._max_message_size_bytes + 1)
            if end >= 0:
                self._emit(self._partial[:end], end + 1, is_cut=False)
            elif len(self._partial) > self._max_message_size_bytes:
                self._emit(self._partial[: self._max_message_size_bytes], self._max_message_size_bytes, is_cut=True)
            else:
                return

    def _emit(self, frame: bytes, frame_bytes: int, *, is_cut: bool) -> None:
        self._partial = self._partial[frame_bytes:]
        self._decoded_offset += frame_bytes
        body, tags = parse_line(frame)
        body = body.strip()
        was_cut, self._was_cut = self._was_cut, is_cut
        if was_cut:
            body = TRUNCATED + body
        if is_cut:
            body += TRUNCATED
        if was_cut or is_cut:
            tags += (TRUNCATED_TAG,)
        if not body:
            return
        self._last_read_at_ns = max(self._last_read_at_ns + 1, int(self._clock.now() * 1e9))
        self._waiting.append(
            Message(
                source=self.source,
                body=body,
                tags=tags,
                identifier='' if self._rotated else self.source.identifier,
                offset=self._decoded_offset,
                read_at_ns=self._last_read_at_ns,
            )
        )

    def did_rotate(self) -> bool:
        """Return whether the path has another file, or fewer bytes than were read. Misses a file that grew back."""
        stat = self.source.path.stat()
        if stat.st_size < self.read_offset:
            return True
        if self._descriptor is None:
            return False
        held = os.fstat(self._descriptor)
        return (stat.st_dev, stat.st_ino) != (held.st_dev, held.st_ino)

    def rotated(self) -> None:
        """Finish the old file. From now on, messages of this tailer are not recorded in the registry."""
        self._rotated = True

    def unread_bytes(self) -> int:
        """Return the number of bytes that are lost if the tailer is closed now, if the file can still be read."""
        if self._descriptor is None:
            return 0
        return max(0, os.fstat(self._descriptor).st_size - self.read_offset)

    def close(self) -> None:
        """Close the file. Lines that were read but not delivered are lost."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._rotated = True
