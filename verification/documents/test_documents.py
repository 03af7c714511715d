# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Every link of the documents leads somewhere, and there is what every command in them runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from .document import Command, Document, slug_of

ROOT = Path(__file__).parents[2]
CHECK = ROOT / 'okta_workflows' / 'datadog_checks' / 'okta_workflows'
ARCHITECTURE = ROOT / 'docs' / 'architecture.md'
MAKEFILE = ROOT / 'Makefile'
WORKFLOWS = ROOT / '.github' / 'workflows'
PUBLISHED = 'https://github.com/DataDog/integrations-extras/blob/master/'
"""Where the files of the integration are once it is merged: its README links to them with this prefix."""
PACKAGES = [ROOT, *(ROOT / 'packages').iterdir()]

NEEDS = ('Docker', 'a Kubernetes cluster', 'a real Agent', 'a real Okta org', 'a release on GitHub')
"""What a document may say that its commands need, and nobody has here."""

MAKE = re.compile(r'make (?P<target>[a-z-]+)( [A-Z]+=\S+)*')
INSTALL = re.compile(r'(python -m )?pip install (?P<arguments>.+)')
PYTEST = re.compile(r'python -m pytest( (?P<path>\S+))?( -s)?')
MODULE = re.compile(r'python -m (?P<module>(?!pytest|pip|venv)[\w.]+)( .*)?')
TEST = re.compile(r'(?P<file>test_\w+\.py)(::(?P<name>test_\w+))?')


def documents() -> Iterator[Path]:
    for folder, folders, files in ROOT.walk():
        # Such as .cache, which holds whole environments.
        folders[:] = sorted(each for each in folders if not each.startswith('.') or each == '.github')
        yield from (folder / file for file in sorted(files) if file.endswith('.md'))


DOCUMENTS = [pytest.param(Document(path), id=path.relative_to(ROOT).as_posix()) for path in documents()]
ROOMS = [ROOT / 'okta_workflows' / 'tests', ROOT / 'packages', ROOT / 'verification']
TEST_FILES = [path for room in ROOMS for path in room.rglob('test_*.py')]
every_document = pytest.mark.parametrize('document', DOCUMENTS)


def make_targets() -> set[str]:
    return set(re.findall(r'^([a-z-]+):', MAKEFILE.read_text('utf-8'), re.MULTILINE)) if MAKEFILE.exists() else set()


def run_by_workflows() -> set[str]:
    jobs = [job for path in WORKFLOWS.glob('*.yml') for job in yaml.safe_load(path.read_text('utf-8'))['jobs'].values()]
    return {step['run'] for job in jobs for step in job.get('steps', []) if 'run' in step}


def is_test(reference: str) -> bool:
    """Whether there is such a test, or such a file of tests."""
    found = TEST.fullmatch(reference)
    sources = [path.read_text('utf-8') for path in TEST_FILES if found is not None and path.name == found['file']]
    if found is None or found['name'] is None:
        return bool(sources)
    return any(re.search(rf'^def {found["name"]}\(', source, re.MULTILINE) for source in sources)


def is_module(name: str) -> bool:
    """Whether `python -m` finds it in this repository."""
    paths = [folder.joinpath(*name.split('.')) for folder in PACKAGES]
    return any(path.with_suffix('.py').is_file() or (path / '__main__.py').is_file() for path in paths)


def is_installable(argument: str) -> bool:
    """Whether an argument of `pip install` is an option, a file of requirements, or a project of this repository."""
    path, _, _ = argument.partition('[')
    files = [folder / path for folder in PACKAGES]
    return (
        argument.startswith('-')
        or ':' in path
        or any((file / 'pyproject.toml').is_file() for file in files)
        or (path.endswith('.txt') and (ROOT / path).is_file())
    )


def complaint(command: Command) -> str | None:
    """Why nobody can rely on a command; `None` if there is what it runs, or what it needs is said."""
    if command.needs is not None:
        return None if command.needs in NEEDS else f'{command.text}: nobody knows what {command.needs!r} is'
    if (made := MAKE.fullmatch(command.text)) is not None:
        return None if made['target'] in make_targets() else f'{command.text}: the Makefile has no such target'
    if (tested := PYTEST.fullmatch(command.text)) is not None:
        is_there = tested['path'] is None or (ROOT / tested['path']).exists()
        return None if is_there else f'{command.text}: there is no {tested["path"]}'
    if (module := MODULE.fullmatch(command.text)) is not None:
        return None if is_module(module['module']) else f'{command.text}: there is no {module["module"]}'
    if (installed := INSTALL.fullmatch(command.text)) is not None:
        missing = [path for path in shlex.split(installed['arguments']) if not is_installable(path)]
        return f'{command.text}: there is no {missing[0]}' if missing else None
    if command.text in run_by_workflows():
        return None
    return f'{command.text}: nothing here runs it, and it does not say what it needs'


@every_document
def test_every_link_leads_to_a_file_and_a_heading_in_it(document: Document) -> None:
    broken = []
    for link in document.links:
        is_published = link.startswith(f'{PUBLISHED}okta_workflows/')
        if re.match('[a-z]+:', link) and not is_published:
            continue
        place, _, anchor = link.removeprefix(PUBLISHED).partition('#')
        folder = ROOT if is_published else document.path.parent
        target = (folder / unquote(place)).resolve() if place else document.path
        if not target.exists() or (anchor and anchor not in Document(target).anchors):
            broken.append(link)
    assert broken == []


@every_document
def test_there_is_what_every_command_runs_or_it_says_what_it_needs(document: Document) -> None:
    """In a comment below its block, which readers do not see: <!-- Needs Docker -->"""
    assert document.unknown_languages == []
    assert [found for command in document.commands if (found := complaint(command)) is not None] == []


@every_document
def test_every_target_module_and_test_that_is_named_exists(document: Document) -> None:
    missing = []
    for code in document.inline_code:
        made, module, test = MAKE.match(code), MODULE.search(code), TEST.fullmatch(code)
        if made is not None and made['target'] not in make_targets():
            missing.append(code)
        if module is not None and not is_module(module['module']):
            missing.append(code)
        if test is not None and not is_test(code):
            missing.append(code)
    assert missing == []


def test_the_architecture_page_names_every_module_of_the_check() -> None:
    named = set(Document(ARCHITECTURE).inline_code)
    paths = [path.relative_to(CHECK) for path in CHECK.rglob('*.py') if not path.name.startswith('__')]
    modules = {path.as_posix() for path in paths if path.parts[0] != 'config_models'}
    assert 'okta/client.py' in modules
    assert modules - named == set()


# Whether the above can fail


def document(tmp_path: Path, content: str) -> Document:
    path = tmp_path / 'page.md'
    path.write_text(content, 'utf-8')
    return Document(path)


@pytest.mark.parametrize(
    ('content', 'found'),
    [
        pytest.param('```shell\nrm -rf /\n```\n', 'rm -rf /: nothing here runs it', id='unknown'),
        pytest.param('    python -m tools.nothing\n', 'there is no tools.nothing', id='in an indented block'),
        pytest.param('```shell\nmake tea\n```\n', 'make tea: the Makefile has no such target', id='no target'),
        pytest.param('```shell\npip install ./no\n```\n', 'there is no ./no', id='no project'),
        pytest.param('```shell\nfly\n```\n\n<!-- Needs wings -->\n', "fly: nobody knows what 'wings' is", id='no need'),
        pytest.param('```shell\npython -m pytest packages/no.py\n```\n', 'there is no packages/no.py', id='no test'),
    ],
)
def test_a_command_that_nobody_can_rely_on_is_found(content: str, found: str, tmp_path: Path) -> None:
    [command] = document(tmp_path, content).commands
    assert found in (complaint(command) or '')


def test_a_command_that_says_what_it_needs_is_taken_at_its_word(tmp_path: Path) -> None:
    page = document(
        tmp_path, '- ```shell\n  docker run \\\n    it\n  # why\n  ```\n\n  <!-- Needs Docker -->\n\n    quoted\n'
    )
    assert page.commands == [Command('docker run    it', 'Docker')]
    assert complaint(page.commands[0]) is None


def test_a_block_of_no_language_is_found(tmp_path: Path) -> None:
    assert document(tmp_path, '```\nls\n```\n').unknown_languages == ['']


def test_links_and_anchors_are_those_of_github(tmp_path: Path) -> None:
    page = document(
        tmp_path, "# The data's way, `x.py`\n\n## Same\n\n## Same\n\n[a](b.md#c) ![d](e.png) [f][g]\n\n[g]: h\n"
    )
    assert page.anchors == {'the-datas-way-xpy', 'same', 'same-1'}
    assert page.links == ['b.md#c', 'e.png', 'h']
    assert slug_of('What is promised, and the proof') == 'what-is-promised-and-the-proof'


def test_a_test_that_does_not_exist_is_none() -> None:
    assert is_test('test_documents.py::test_a_test_that_does_not_exist_is_none')
    assert not is_test('test_documents.py::test_moonshine')
    assert not is_test('test_moonshine.py')
