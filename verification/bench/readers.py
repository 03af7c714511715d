# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""This check beside the other ways to read the System Log, each as a whole process that reads the same events."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from okta_simulator.network.certificates import CertificateAuthority

from . import fresh
from .server import Served, serving

ENVIRONMENTS = fresh.FOLDER / '.cache' / 'bench' / 'peers'
PROGRAMS = Path(__file__).parent / 'peers'
KIB_PER_MIB = 1024


Installer = Literal['pip', 'npm', 'cargo']


@dataclass(frozen=True)
class Reader:
    """`program` of the package `peers`, and what it does with the events; `package` is installed for it first."""

    name: str
    program: str
    does: str
    package: str = ''
    installer: Installer = 'pip'
    only_https: bool = False

    @property
    def folder(self) -> Path:
        """Where its package is installed."""
        return ENVIRONMENTS / self.program


FLOOR = Reader('`requests` and orjson alone', 'floor', 'counts')
CHECK = Reader('**this check**', 'check', 'writes lines')
CRAWLER = Reader('`LogCrawlerCheck`, a cursor for each record', 'crawler', 'writes lines')
DLT = Reader('dlt 1.31.0, REST client', 'dlt_rest_client', 'counts', 'dlt==1.31.0')
OKTA_SDK_NODEJS = Reader(
    '`@okta/okta-sdk-nodejs` 8.1.0', 'okta_sdk_nodejs.js', 'counts', '@okta/okta-sdk-nodejs@8.1.0', 'npm'
)
AIRBYTE = Reader(
    'airbyte-source-okta 0.3.26', 'airbyte_source_okta', 'prints', 'airbyte-source-okta==0.3.26', only_https=True
)
OKTA_SDK_PYTHON = Reader('`okta` 3.4.6, `list_log_events`', 'okta_sdk_python', 'counts', 'okta==3.4.6')
HELR = Reader('Helr 0.7.0', 'helr', 'writes lines', 'helr@0.7.0', 'cargo')

OWN = (FLOOR, CHECK, CRAWLER)
PEERS_IN_PYTHON = (DLT, AIRBYTE, OKTA_SDK_PYTHON)
PEERS = (*PEERS_IN_PYTHON, OKTA_SDK_NODEJS, HELR)
OPTIONAL_PEERS = (HELR,)
"""Left out where what installs them is missing."""


@dataclass(frozen=True)
class Reading:
    """The least that a reader took of several times."""

    reader: Reader
    events: int
    event_bytes: int
    cpu_seconds: float
    wall_seconds: float
    peak_mib: float

    @property
    def events_per_second(self) -> float:
        return self.events / self.wall_seconds

    @property
    def cpu_microseconds(self) -> float:
        """Of one event."""
        return self.cpu_seconds / self.events * 1e6


def peers_at_hand() -> list[Reader]:
    """Return all peers, without the optional ones that cannot be installed here."""
    return [peer for peer in PEERS if peer not in OPTIONAL_PEERS or shutil.which(peer.installer) is not None]


def left_out(readers: Collection[Reader]) -> list[Reader]:
    """Return the optional peers that are not among `readers`."""
    return [peer for peer in OPTIONAL_PEERS if peer not in readers]


def read(readers: Sequence[Reader], events: int, repeats: int, event_bytes: int) -> Iterator[Reading]:
    """Let all readers read so many events, in turns."""
    commands = {reader: _command(reader) for reader in readers}
    with TemporaryDirectory(prefix='bench-') as folder:
        authority = CertificateAuthority.root()
        trusted = authority.write(Path(folder))
        certificate, private_key = authority.server('acme.okta.com').write(Path(folder), 'server')
        plain = Served(events, event_bytes)
        secure = Served(events, event_bytes, certificate=str(certificate), private_key=str(private_key))
        finished: dict[Reader, list[fresh.Finished]] = {reader: [] for reader in readers}
        with ExitStack() as servers:
            urls = {False: f'http://127.0.0.1:{servers.enter_context(serving(plain))}'}
            if any(reader.only_https for reader in readers):
                urls[True] = f'https://127.0.0.1:{servers.enter_context(serving(secure))}'
            for _ in range(repeats):
                for reader, command in commands.items():
                    environment = {'REQUESTS_CA_BUNDLE': str(trusted), **_paths(reader)}
                    arguments = [*command, urls[reader.only_https], str(events)]
                    finished[reader].append(fresh.run(arguments, environment))
    for reader, outcomes in finished.items():
        read_events = min(outcome.answer['events'] for outcome in outcomes)
        if read_events < events:
            raise RuntimeError(f'{reader.name} read {read_events} of {events} events')
        # A program that starts the reader tells what the reader took: its own start is no part of it.
        yield Reading(
            reader,
            read_events,
            event_bytes,
            min(outcome.answer.get('cpu seconds', outcome.cpu_seconds) for outcome in outcomes),
            min(outcome.answer.get('wall seconds', outcome.wall_seconds) for outcome in outcomes),
            max(outcome.answer['peak kib'] for outcome in outcomes) / KIB_PER_MIB,
        )


def _command(reader: Reader) -> list[str]:
    """How to start the program, for which everything is installed then."""
    package, folder, python = reader.package, reader.folder, sys.executable
    if reader.installer == 'npm':
        npm = ['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', str(folder)]
        _install(package, folder, [*npm, package])
        return ['node', str(PROGRAMS / reader.program)]
    if reader.installer == 'cargo':
        _install(package, folder, ['cargo', 'install', '--quiet', '--locked', '--root', str(folder), package])
    elif package:
        venv = [python, '-m', 'venv', str(folder)]
        python = str(folder / 'bin' / 'python')
        _install(package, folder, venv, [python, '-m', 'pip', 'install', '-qq', package])
    return [python, '-m', f'{__package__}.peers.{reader.program}']


def _install(package: str, folder: Path, *commands: Sequence[str]) -> None:
    # Written last, so that what was broken off is begun anew.
    installed = folder / 'installed'
    if installed.exists() and installed.read_text() == package:
        return
    print(f'Installing {package}', file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        subprocess.run(command, check=True, stdout=sys.stderr)
    installed.write_text(package)


def _paths(reader: Reader) -> dict[str, str]:
    """Where Node.js and the system find what was installed for a program."""
    return {
        'NODE_PATH': str(reader.folder / 'node_modules'),
        'PATH': os.pathsep.join([str(reader.folder / 'bin'), os.environ['PATH']]),
    }
