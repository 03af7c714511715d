# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's persistent cache: one small file per key under `run_path`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from .faults import Faults

_DROPPED_CHARACTERS = re.compile(r'[^A-Za-z0-9_-]')


class PersistentCache:
    """The files, character cleaning, and failure modes of datadog-agent pkg/persistentcache/persistentcache.go."""

    def __init__(self, run_path: Path, faults: Faults) -> None:
        self._run_path = run_path
        self._faults = faults

    def file_for(self, key: str) -> Path:
        """Return `<run_path>/<part before the first ':'>/<rest>`. Other characters are dropped, and not replaced."""
        head, colon, rest = key.partition(':')
        clean: Callable[[str], str] = lambda part: _DROPPED_CHARACTERS.sub('', part)  # noqa: E731
        return self._run_path / clean(head) / clean(rest) if colon else self._run_path / clean(head)

    def write(self, key: str, value: str) -> None:
        """Truncate the file, then write it, without a temporary file. Ignores every error, as the Go export does."""
        path = self.file_for(key)
        data = value.encode()
        self._faults.reach('before_cache_write')
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._faults.fail_cache_write()
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                self._faults.reach('cache_truncated')
                written = os.write(descriptor, data[: len(data) // 2])
                self._faults.reach('cache_half_written')
                os.write(descriptor, data[written:])
            finally:
                os.close(descriptor)
        except OSError:
            return
        self._faults.reach('after_cache_write')

    def read(self, key: str) -> str:
        """Return the value, or `''` if there is none.

        Raises:
            RuntimeError: the file exists and cannot be read (datadog-agent
                rtloader/common/builtins/datadog_agent.c).
        """
        try:
            return self.file_for(key).read_bytes().decode()
        except FileNotFoundError:
            return ''
        except (OSError, UnicodeDecodeError) as error:
            raise RuntimeError('failed to read data') from error

    def files(self) -> dict[str, bytes]:
        """Return every file of the cache, by its path below `run_path`."""
        return {
            str(path.relative_to(self._run_path)): path.read_bytes()
            for folder in sorted(self._run_path.glob('*/'))
            if folder.name != 'integrations'
            for path in sorted(folder.glob('*'))
        }
