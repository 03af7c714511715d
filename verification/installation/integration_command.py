# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""`datadog-agent integration`: how the Agent installs and removes a community integration.

After datadog-agent cmd/agent/subcommands/integrations/command.go. The download is left out, for what it gets is a
wheel; the messages are shortened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

from .embedded import BASE, EmbeddedPython

Version = tuple[int, ...]

PACKAGE_NAME = re.compile(r'datadog-[0-9a-z_-]+')
# Both are read by a library that knows semantic versions only: three numbers.
PACKAGE_VERSION = re.compile(r'\d+\.\d+\.\d+([a-zA-Z]+\d*)?')
SPECIFIER = re.compile(r'([><=!]{1,2})([0-9.]*)')
SPECIFIED_VERSION = re.compile(r'\d+\.\d+\.\d+')
CONFIGURATION_FILE = re.compile(r'\w+\.yaml.*')
FIND_VERSION = """\
from importlib.metadata import PackageNotFoundError, version
try:
    print(version({!r}))
except PackageNotFoundError:
    pass
"""


class IntegrationError(Exception):
    """The command refuses."""


class IntegrationCommand:
    """The command of an Agent with `embedded` as its Python, which keeps its configuration in `confd`."""

    def __init__(self, embedded: EmbeddedPython, confd: Path) -> None:
        self._embedded = embedded
        self._confd = confd
        self._constraints = embedded.folder / 'final_constraints-py3.txt'
        pins = (f'{each.metadata["Name"]}=={each.version}\n' for each in embedded.shipped)
        self._constraints.write_text(''.join(pins), 'utf-8')

    def install(self, requirement: str, wheels: Iterable[Path]) -> None:
        """`install -t PACKAGE==VERSION`, where the download finds one of `wheels`.

        Raises `IntegrationError` where the Agent refuses to install it.
        """
        package, separator, version = requirement.partition('==')
        if not separator:
            raise IntegrationError('you must specify a version to install with <package>==<version>')
        if PACKAGE_NAME.fullmatch(package) is None or PACKAGE_VERSION.fullmatch(version) is None:
            raise IntegrationError(f'{requirement} does not name a package and its version')
        if version == self.installed_version(package):
            return
        wheel = _downloaded(package, version, wheels)
        base = self.installed_version(BASE)
        if not is_compatible(wheel, _numbers(base)):
            raise IntegrationError(f'{requirement} is not compatible with {BASE} {base} shipped in the agent')
        self._pip(
            'install', '--constraint', str(self._constraints), '--no-cache-dir', '--no-index', '--no-deps', str(wheel)
        )
        self._copy_configuration(package)

    def remove(self, package: str) -> None:
        """`remove PACKAGE`: of configuration and data nothing is touched."""
        self._pip('uninstall', '--no-cache-dir', package, '-y')

    def installed_version(self, package: str) -> str:
        """Empty for a package that is not installed."""
        return self._embedded.run('-c', FIND_VERSION.format(package)).strip()

    def _pip(self, *arguments: str) -> None:
        command, *flags = arguments
        self._embedded.run('-m', 'pip', command, *flags, '--disable-pip-version-check')

    def _copy_configuration(self, package: str) -> None:
        check = package.removeprefix('datadog-').replace('-', '_')
        folder = self._confd / f'{check}.d'
        folder.mkdir(parents=True, exist_ok=True)
        for file in (self._embedded.site_packages / 'datadog_checks' / check / 'data').iterdir():
            if CONFIGURATION_FILE.search(file.name):
                (folder / file.name).write_bytes(file.read_bytes())


def _downloaded(package: str, version: str, wheels: Iterable[Path]) -> Path:
    name = f'{package.replace("-", "_")}-{version}-py3-none-any.whl'
    for wheel in wheels:
        if wheel.name == name:
            return wheel
    raise IntegrationError(f'error when downloading the wheel for {package} {version}')


def is_compatible(wheel: Path, base: Version) -> bool:
    """Whether a line of METADATA asks for the base package, and `base` is a version that it asks for.

    Raises `IntegrationError` for a version that the Agent cannot read.
    """
    with ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith('METADATA')]
        lines = archive.read(metadata).decode().splitlines()
    for line in lines:
        if f'Requires-Dist: {BASE}' in line:
            return all(_meets(base, *specifier) for specifier in SPECIFIER.findall(line))
    return False


def _meets(base: Version, comparison: str, version: str) -> bool:
    if SPECIFIED_VERSION.fullmatch(version) is None:
        raise IntegrationError(f'unable to parse version specifier {comparison}{version}')
    wanted = _numbers(version)
    match comparison:
        case '<':
            return base < wanted
        case '<=':
            return base <= wanted
        case '>':
            return base > wanted
        case '>=':
            return base >= wanted
        case '==':
            return base == wanted
        case '!=':
            return base != wanted
    return False


def _numbers(version: str) -> Version:
    return tuple(map(int, version.split('.')))
