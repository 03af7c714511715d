# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""This check beside the other ways to read the System Log, each as a whole process that reads the same events."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.network.certificates import CertificateAuthority

from . import fresh
from .recording import REAL_EVENT_BYTES
from .server import Served, serving

ENVIRONMENTS = fresh.FOLDER.parent / '.cache' / 'bench' / 'peers'
PROGRAMS = Path(__file__).parent / 'peers'
KIB_PER_MIB = 1024


@dataclass(frozen=True)
class Reader:
    """`program` of the package `peers`, and what it does with the events; `package` is installed for it first."""

    name: str
    program: str
    does: str
    package: str = ''
    only_https: bool = False


OWN = (
    Reader('`requests` and orjson alone', 'floor', 'counts'),
    Reader('**this check**', 'check', 'writes lines and commits'),
    Reader('`LogCrawlerCheck`, a cursor for each record', 'crawler', 'writes lines and commits'),
)
PEERS = (
    Reader('dlt 1.31.0, REST client', 'dlt_rest_client', 'counts', 'dlt==1.31.0'),
    Reader('`@okta/okta-sdk-nodejs` 8.1.0', 'okta_sdk_nodejs.js', 'counts', '@okta/okta-sdk-nodejs@8.1.0'),
    Reader('airbyte-source-okta 0.3.26', 'airbyte_source_okta', 'prints', 'airbyte-source-okta==0.3.26', True),
    Reader('`okta` 3.4.6, `list_log_events`', 'okta_sdk_python', 'counts', 'okta==3.4.6'),
)


@dataclass(frozen=True)
class Reading:
    """The least that a reader took of several times."""

    reader: Reader
    events: int
    cpu_seconds: float
    wall_seconds: float
    peak_mib: float

    @property
    def events_per_second(self) -> float:
        return self.events / self.wall_seconds


def read(readers: Sequence[Reader], events: int, repeats: int) -> Iterator[Reading]:
    """Let all readers read so many events, in turns."""
    commands = {reader: _command(reader) for reader in readers}
    with TemporaryDirectory(prefix='bench-') as folder:
        authority = CertificateAuthority.root()
        trusted = authority.write(Path(folder))
        certificate, private_key = authority.server('acme.okta.com').write(Path(folder), 'server')
        plain = Served(events, REAL_EVENT_BYTES)
        secure = Served(events, REAL_EVENT_BYTES, certificate=str(certificate), private_key=str(private_key))
        finished: dict[Reader, list[fresh.Finished]] = {reader: [] for reader in readers}
        with ExitStack() as servers:
            urls = {False: f'http://127.0.0.1:{servers.enter_context(serving(plain))}'}
            if any(reader.only_https for reader in readers):
                urls[True] = f'https://127.0.0.1:{servers.enter_context(serving(secure))}'
            for _ in range(repeats):
                for reader, command in commands.items():
                    environment = {'REQUESTS_CA_BUNDLE': str(trusted), 'NODE_PATH': str(_modules(reader))}
                    arguments = [*command, urls[reader.only_https], str(events)]
                    finished[reader].append(fresh.run(arguments, environment))
    for reader, outcomes in finished.items():
        read_events = min(outcome.answer['events'] for outcome in outcomes)
        if read_events < events:
            raise RuntimeError(f'{reader.name} read {read_events} of {events} events')
        yield Reading(
            reader,
            read_events,
            min(outcome.cpu_seconds for outcome in outcomes),
            min(outcome.wall_seconds for outcome in outcomes),
            max(outcome.answer['peak kib'] for outcome in outcomes) / KIB_PER_MIB,
        )


def _command(reader: Reader) -> list[str]:
    """How to start the program, for which everything is installed then."""
    folder = ENVIRONMENTS / reader.program
    if reader.program.endswith('.js'):
        npm = ['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', str(folder)]
        _install(reader.package, folder, [*npm, reader.package])
        return ['node', str(PROGRAMS / reader.program)]
    python = sys.executable
    if reader.package:
        venv = [python, '-m', 'venv', str(folder)]
        python = str(folder / 'bin' / 'python')
        _install(reader.package, folder, venv, [python, '-m', 'pip', 'install', '-qq', reader.package])
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


def _modules(reader: Reader) -> Path:
    """Where Node.js finds what was installed for a program."""
    return ENVIRONMENTS / reader.program / 'node_modules'
