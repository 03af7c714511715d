# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A check that asks a real Agent whether the rules of the stand-in hold, and the command that writes it to a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

CHECK_NAME = 'agent_standin_probe'


class ProbeExistsError(Exception):
    """A file already exists, with other content than the probe's."""


def contents() -> dict[str, bytes]:
    """Return the files of the probe, by their paths below the Agent's `etc` folder."""
    folder = files(__name__)
    return {
        f'checks.d/{CHECK_NAME}.py': (folder / f'{CHECK_NAME}.py').read_bytes(),
        f'conf.d/{CHECK_NAME}.d/conf.yaml': (folder / 'conf.yaml').read_bytes(),
    }


def write(etc: Path, *, replace: bool = False) -> list[Path]:
    """Write the check and its configuration below the Agent's `etc` folder.

    Raises:
        ProbeExistsError: a file exists with other content, which may be the operator's, and `replace` is false.
    """
    wanted = {etc / name: content for name, content in contents().items()}
    for path, content in wanted.items():
        if not replace and path.exists() and path.read_bytes() != content:
            raise ProbeExistsError(str(path))
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(wanted)
