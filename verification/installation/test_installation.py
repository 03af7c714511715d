# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The package on an operator's machine, from the build to the removal, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.utils import canonicalize_name

from agent_standin import AgentStandIn
from agent_standin.intake import Intake
from datadog_checks.okta_workflows import __version__
from demo.configuration import fill_in
from okta_simulator import OktaSimulator, SystemClock
from verification.world.imports import imported_distributions

from .embedded import EmbeddedPython
from .integration_command import IntegrationCommand, IntegrationError, is_compatible

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / 'okta_workflows'
PACKAGE = 'datadog-okta-workflows'
CHECK = 'okta_workflows'
OLD_VERSION = '0.0.9'
BUILD_DEADLINE_SECONDS = 60
RETIRED = 'retired.py'


def copy_of(integration: Path, folder: Path) -> Path:
    """Without what is around it in a checkout, and without what tests and tools have left in it."""
    left = shutil.ignore_patterns('__pycache__', '.*', 'coverage.xml', 'dist', 'build')
    return shutil.copytree(integration, folder, ignore=left, symlinks=True)


def build(integration: Path, output: Path, *command: str, **environment: str) -> dict[str, bytes]:
    """The built files, by their names. Nothing can be fetched meanwhile."""
    subprocess.run(
        [sys.executable, '-m', *command, str(output)],
        cwd=integration,
        env={**os.environ, 'PIP_NO_INDEX': '1', **environment},
        check=True,
        capture_output=True,
        timeout=BUILD_DEADLINE_SECONDS,
    )
    return {file.name: file.read_bytes() for file in output.iterdir()}


@pytest.fixture(scope='module')
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(INTEGRATION, tmp_path_factory.mktemp('sources') / CHECK)


@pytest.fixture(scope='module')
def release(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from that."""
    output = tmp_path_factory.mktemp('release')
    build(sources, output, 'build', '--no-isolation', '--outdir')
    return output


@pytest.fixture(scope='module')
def wheel(release: Path) -> Path:
    [wheel] = release.glob('*.whl')
    return wheel


@pytest.fixture(scope='module')
def old_wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an earlier version, with a module and an example that are no more."""
    old_sources = copy_of(sources, tmp_path_factory.mktemp('old') / CHECK)
    package = old_sources / 'datadog_checks' / CHECK
    about = package / '__about__.py'
    about.write_text(about.read_text('utf-8').replace(__version__, OLD_VERSION), 'utf-8')
    (package / RETIRED).touch()
    example = package / 'data' / 'conf.yaml.example'
    example.write_text(f'# Of {OLD_VERSION}\n{example.read_text("utf-8")}', 'utf-8')
    output = tmp_path_factory.mktemp('old_release')
    build(old_sources, output, 'hatchling', 'build', '-t', 'wheel', '-d')
    [wheel] = output.iterdir()
    return wheel


@pytest.fixture(scope='module')
def embedded(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPython:
    return EmbeddedPython(tmp_path_factory.mktemp('embedded'))


def test_the_same_sources_make_the_same_bytes(sources: Path, release: Path, tmp_path: Path) -> None:
    """Anywhere, at any time, for any user; with or without the way over the source distribution."""
    elsewhere = copy_of(sources, tmp_path / 'a b' / 'elsewhere')
    for file in elsewhere.rglob('*'):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(file.stat().st_mode & 0o700)
    built = build(
        elsewhere, tmp_path / 'built', 'hatchling', 'build', '-d', TZ='Asia/Kolkata', LC_ALL='C', PYTHONHASHSEED='7'
    )
    assert sorted(built) == [f'datadog_okta_workflows-{__version__}{end}' for end in ('-py3-none-any.whl', '.tar.gz')]
    assert built == {file.name: file.read_bytes() for file in release.iterdir()}


@pytest.mark.parametrize(
    ('base', 'compatible'),
    [
        pytest.param((37, 35, 1), False, id='older-than-supported'),
        pytest.param((37, 36, 0), True, id='oldest-supported'),
        pytest.param((38, 5, 0), True, id='newest'),
    ],
)
def test_the_agent_compares_its_base_package_with_the_one_the_wheel_asks_for(
    base: tuple[int, ...], compatible: bool, wheel: Path
) -> None:
    assert is_compatible(wheel, base) is compatible


@pytest.mark.parametrize('line', ['Name: x', 'Requires-Dist: requests>=2.0.0'])
def test_the_agent_does_not_install_a_wheel_that_does_not_ask_for_its_base_package(line: str, tmp_path: Path) -> None:
    """The reading of METADATA can refuse."""
    assert not is_compatible(wheel_with(line, tmp_path), (38, 5, 0))


def test_the_agent_cannot_read_a_version_of_two_numbers(tmp_path: Path) -> None:
    with pytest.raises(IntegrationError, match='unable to parse version specifier >=37.36'):
        is_compatible(wheel_with('Requires-Dist: datadog-checks-base>=37.36', tmp_path), (38, 5, 0))


def wheel_with(line: str, folder: Path) -> Path:
    with ZipFile(folder / 'any.whl', 'w') as archive:
        archive.writestr('any.dist-info/METADATA', f'Metadata-Version: 2.4\n{line}\n')
    return folder / 'any.whl'


@pytest.mark.parametrize(
    'requirement', [PACKAGE, f'{PACKAGE}==', f'okta-workflows=={__version__}', f'{PACKAGE}==9.9.9', f'{PACKAGE}==1.0']
)
def test_the_agent_installs_an_exact_version_that_there_is(
    requirement: str, embedded: EmbeddedPython, wheel: Path, tmp_path: Path
) -> None:
    """The command of the test can refuse."""
    with pytest.raises(IntegrationError):
        IntegrationCommand(embedded, tmp_path).install(requirement, [wheel])
    assert list(tmp_path.iterdir()) == []


def test_the_agent_ships_whatever_the_package_imports(embedded: EmbeddedPython) -> None:
    """Also what is imported only for a private key or in an error, for nothing is ever installed with it."""
    package = INTEGRATION / 'datadog_checks' / CHECK
    imported = set(imported_distributions(package))
    assert 'pyjwt' in imported
    assert imported <= {canonicalize_name(each.metadata['Name']) for each in embedded.shipped}


@dataclass
class Host:
    """A machine with an Agent, an org that the Agent collects from, and the intake of Datadog."""

    root: Path
    embedded: EmbeddedPython
    okta: OktaSimulator
    intake: Intake

    @property
    def conf(self) -> Path:
        return self.root / 'etc' / 'conf.d' / f'{CHECK}.d' / 'conf.yaml'

    @property
    def example(self) -> Path:
        return self.conf.with_name('conf.yaml.example')

    @property
    def package(self) -> Path:
        return self.embedded.site_packages / 'datadog_checks' / CHECK

    def command(self) -> IntegrationCommand:
        return IntegrationCommand(self.embedded, self.root / 'etc' / 'conf.d')

    def run_agent(self) -> Stage:
        """Start the Agent, let it run each instance once, stop it."""
        work = self.root.parent / 'work'
        if not work.exists():
            work.mkdir()
            # The program and the stand-in, and nothing of the integration.
            for folder in (ROOT / 'verification', ROOT / 'packages' / 'agent-standin' / 'agent_standin'):
                (work / folder.name).symlink_to(folder, target_is_directory=True)
        printed = self.embedded.run('-m', 'verification.installation.agent_run', str(self.root), cwd=work)
        report = json.loads(printed.splitlines()[-1])
        return Stage(
            imported_from=report['imported_from'],
            runs=[(run['error'], run['warnings']) for run in report['runs']],
            status_page=report['status_page'],
            delivered=[log['message']['log']['uuid'] for log in self.intake.logs],
            expected=[event['uuid'] for event in self.okta.workflows_events],
            conf=self.conf.read_text('utf-8'),
            example=self.example.read_text('utf-8'),
            package={str(file.relative_to(self.embedded.site_packages)) for file in self._files_of_the_package()},
            agent={str(file.relative_to(self.root)) for file in self.root.rglob('*') if file.is_file()},
        )

    def _files_of_the_package(self) -> Iterator[Path]:
        return (file for file in self.embedded.site_packages.rglob('*') if CHECK in str(file))


@dataclass(frozen=True)
class Stage:
    """What there was to see after a run of the Agent."""

    imported_from: str | None
    runs: list[tuple[str, list[str]]]
    """Error and warnings of each instance."""
    status_page: str
    delivered: list[str]
    """The uuids of all events that Datadog has received so far, and below of all that have happened."""
    expected: list[str]
    conf: str
    example: str
    package: set[str]
    """The files with the name of the package below site-packages."""
    agent: set[str]
    """The files below the Agent's own folder."""


@pytest.fixture(scope='module')
def host(tmp_path_factory: pytest.TempPathFactory, embedded: EmbeddedPython) -> Iterator[Host]:
    root = tmp_path_factory.mktemp('host') / 'datadog-agent'
    with OktaSimulator(clock=SystemClock()) as okta, Intake() as intake:
        AgentStandIn(root).set_config(**{'logs_config.logs_dd_url': intake.url, 'logs_config.batch_wait': 0.2})
        now = okta.clock.now()
        okta.generate(20, since=now - 3600, until=now - 60, noise_share=0)
        yield Host(root, embedded, okta, intake)


@pytest.fixture(scope='module')
def installed(host: Host, old_wheel: Path) -> Stage:
    """After the old version was installed, configured and run."""
    host.command().install(f'{PACKAGE}=={OLD_VERSION}', [old_wheel])
    options = {'domain': host.okta.url, 'api_key': host.okta.api_key}
    host.conf.write_text(fill_in(host.example.read_text('utf-8'), [options]), 'utf-8')
    return host.run_agent()


@pytest.fixture(scope='module')
def upgraded(host: Host, wheel: Path, installed: Stage) -> Stage:
    """After the current version was installed over the old one and run, with events that happened in between."""
    host.okta.emit(20, noise_share=0)
    host.command().install(f'{PACKAGE}=={__version__}', [wheel])
    return host.run_agent()


@pytest.fixture(scope='module')
def removed(host: Host, upgraded: Stage) -> Stage:
    """After the package was removed and the Agent started once more."""
    host.command().remove(PACKAGE)
    return host.run_agent()


def test_the_installed_example_needs_a_domain_and_one_credential_to_deliver(host: Host, installed: Stage) -> None:
    """The Agent runs what was installed, and nothing of the checkout."""
    assert installed.imported_from == str(host.package / '__init__.py')
    assert f'{CHECK} ({OLD_VERSION})' in installed.status_page
    assert installed.example.startswith(f'# Of {OLD_VERSION}\n')
    assert installed.runs == [('', [])]
    assert installed.delivered == installed.expected
    assert len(installed.expected) == 20


def test_an_upgrade_goes_on_where_the_old_version_was(installed: Stage, upgraded: Stage) -> None:
    """No event is lost or repeated, and the operator has nothing to do."""
    assert f'{CHECK} ({__version__})' in upgraded.status_page
    assert upgraded.conf == installed.conf
    assert upgraded.runs == [('', [])]
    assert upgraded.delivered == upgraded.expected
    assert len(upgraded.expected) == 40


def test_an_upgrade_leaves_nothing_of_the_old_version(host: Host, installed: Stage, upgraded: Stage) -> None:
    retired = f'datadog_checks/{CHECK}/{RETIRED}'
    assert retired in installed.package
    assert retired not in upgraded.package
    assert [file for file in upgraded.package if OLD_VERSION in file] == []
    assert OLD_VERSION not in upgraded.example


def test_a_removal_leaves_nothing_of_the_package(removed: Stage) -> None:
    assert removed.package == set()
    assert removed.imported_from is None
    assert f"unable to import module '{CHECK}'" in removed.status_page


def test_a_removal_keeps_what_the_operator_wrote_and_where_collection_was(upgraded: Stage, removed: Stage) -> None:
    """The Agent removes the package alone; these files are the operator's to delete."""
    assert removed.conf == upgraded.conf
    assert removed.agent == upgraded.agent
    assert {re.sub('[0-9a-f]{16,}', 'HASH', file) for file in removed.agent} == {
        'etc/datadog.yaml',
        'etc/conf.d/okta_workflows.d/conf.yaml',
        'etc/conf.d/okta_workflows.d/conf.yaml.example',
        'log/agent.log',
        'run/okta_workflows/HASH_cursor_even',
        'run/okta_workflows/HASH_cursor_odd',
        'run/integrations/okta_workflows_HASH.log',
        'run/registry.json',
    }
