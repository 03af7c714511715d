# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Python that an Agent brings, made of the libraries of the environment that this runs in."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BASE = 'datadog-checks-base'
NAMESPACE = 'datadog_checks'
# They would bring the tests' own settings and libraries in.
FOREIGN_SETTINGS = ('COVERAGE', 'COV_CORE', 'PIP_', 'PYTHON', 'VIRTUAL_ENV')
DEADLINE_SECONDS = 60


def shipped_distributions() -> list[Distribution]:
    """What an Agent ships: the base package with each of its extras, and whatever these require in turn.

    Of that, what is installed here. The pinned sets leave out what only some integrations need, such as Kerberos.
    """
    base = distribution(BASE)
    found = {BASE: base}
    waiting = [(base, set(base.metadata.get_all('Provides-Extra') or ()))]
    while waiting:
        requiring, extras = waiting.pop()
        for requirement in map(Requirement, requiring.requires or ()):
            name = canonicalize_name(requirement.name)
            if name in found or not _applies(requirement, extras):
                continue
            try:
                found[name] = distribution(name)
            except PackageNotFoundError:
                continue
            waiting.append((found[name], requirement.extras))
    return list(found.values())


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({'extra': extra}) for extra in {'', *extras})


class EmbeddedPythonError(Exception):
    """A program did not end well."""


class EmbeddedPython:
    """A Python environment in `folder` that holds what an Agent ships and nothing else.

    The libraries are linked, not copied; what is installed later is the environment's own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, symlinks=True, with_pip=False)
        names = {'base': str(folder), 'platbase': str(folder)}
        self.executable = Path(sysconfig.get_path('scripts', 'venv', names), 'python')
        self.site_packages = Path(sysconfig.get_path('purelib', 'venv', names))
        self.shipped = shipped_distributions()
        for each in (*self.shipped, distribution('pip')):
            self._link(each)

    def _link(self, shipped: Distribution) -> None:
        for entry in set(_entries(shipped)):
            link, target = self.site_packages / entry, Path(str(shipped.locate_file(entry)))
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(target, target.is_dir())

    def run(self, *arguments: str, cwd: Path | None = None) -> str:
        """What the interpreter prints. Raises `EmbeddedPythonError`, with all it said, if it does not end with 0."""
        settings = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)}
        finished = subprocess.run(
            [self.executable, *arguments],
            cwd=cwd,
            env={**settings, 'PYTHONIOENCODING': 'utf-8'},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding='utf-8',
            timeout=DEADLINE_SECONDS,
        )
        if finished.returncode != 0:
            said = finished.stdout + finished.stderr
            raise EmbeddedPythonError(f'{arguments} ended with {finished.returncode}:\n{said}')
        return finished.stdout


def _entries(shipped: Distribution) -> Iterator[Path]:
    """The files and folders of a distribution at the top of site-packages, below the namespace that others share."""
    for file in shipped.files or ():
        # Scripts lie elsewhere.
        if file.parts[0] not in ('..', '__pycache__'):
            yield Path(*file.parts[: 2 if file.parts[0] == NAMESPACE else 1])
