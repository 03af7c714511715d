# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Every link of the documents leads somewhere, and every command in them is run by a test or says what it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from .documents.coverage import MAKE, NEEDS, TEST, TESTS, proof_of
from .documents.document import Command, Document, slug_of

TESTS_FOLDER = Path(__file__).parent
INTEGRATION = TESTS_FOLDER.parent
CHECK = INTEGRATION / 'datadog_checks' / 'okta_workflows'
ARCHITECTURE = INTEGRATION.parent / 'docs' / 'architecture.md'
# Copied into another repository, the integration answers for its own documents alone.
HAS_OWN_REPOSITORY = ARCHITECTURE.exists()
ROOT = INTEGRATION.parent if HAS_OWN_REPOSITORY else INTEGRATION
MAKEFILE = ROOT / 'Makefile'
WORKFLOWS = ROOT / '.github' / 'workflows'
MODULE = re.compile(r'python -m (?P<module>tests(\.\w+)+)')


def documents() -> Iterator[Path]:
    for folder, folders, files in ROOT.walk():
        # Such as .cache, which holds whole environments.
        folders[:] = sorted(each for each in folders if not each.startswith('.') or each == '.github')
        yield from (folder / file for file in sorted(files) if file.endswith('.md'))


DOCUMENTS = [pytest.param(Document(path), id=path.relative_to(ROOT).as_posix()) for path in documents()]
every_document = pytest.mark.parametrize('document', DOCUMENTS)


def make_targets() -> set[str]:
    return set(re.findall(r'^([a-z-]+):', MAKEFILE.read_text('utf-8'), re.MULTILINE)) if MAKEFILE.exists() else set()


def run_by_workflows() -> set[str]:
    jobs = [job for path in WORKFLOWS.glob('*.yml') for job in yaml.safe_load(path.read_text('utf-8'))['jobs'].values()]
    return {step['run'] for job in jobs for step in job.get('steps', []) if 'run' in step}


def is_test(reference: str) -> bool:
    """Whether there is such a test, or such a file of tests."""
    found = TEST.fullmatch(reference)
    if found is None or not (TESTS_FOLDER / found['file']).is_file():
        return False
    source = (TESTS_FOLDER / found['file']).read_text('utf-8')
    return found['name'] is None or re.search(rf'^def {found["name"]}\(', source, re.MULTILINE) is not None


def complaint(command: Command) -> str | None:
    """Why nobody can rely on a command; `None` if somebody runs it, or what it needs is said."""
    if command.needs is not None:
        return None if command.needs in NEEDS else f'{command.text}: nobody knows what {command.needs!r} is'
    made = MAKE.fullmatch(command.text)
    if made is not None:
        return None if made['target'] in make_targets() else f'{command.text}: the Makefile has no such target'
    if command.text in run_by_workflows():
        return None
    test = proof_of(command.text)
    if test is None:
        return f'{command.text}: no test runs it, and it does not say what it needs'
    return None if is_test(test) else f'{command.text}: there is no {test}'


@every_document
def test_every_link_leads_to_a_file_and_a_heading_in_it(document: Document) -> None:
    broken = []
    for link in document.links:
        if re.match('[a-z]+:', link):
            continue
        place, _, anchor = link.partition('#')
        target = (document.path.parent / unquote(place)).resolve() if place else document.path
        if not target.exists() or (anchor and anchor not in Document(target).anchors):
            broken.append(link)
    assert broken == []


@every_document
def test_every_command_is_run_by_a_test_or_says_what_it_needs(document: Document) -> None:
    """In an italic line below its block: *Needs Docker.*"""
    assert document.unknown_languages == []
    assert [found for command in document.commands if (found := complaint(command)) is not None] == []


@every_document
def test_every_target_module_and_test_that_is_named_exists(document: Document) -> None:
    missing = []
    for code in document.inline_code:
        made, module, test = MAKE.match(code), MODULE.search(code), TEST.fullmatch(code)
        if made is not None and made['target'] not in make_targets():
            missing.append(code)
        if module is not None:
            path = INTEGRATION.joinpath(*module['module'].split('.'))
            if not (path.with_suffix('.py').is_file() or (path / '__main__.py').is_file()):
                missing.append(code)
        if test is not None and not is_test(code):
            missing.append(code)
    assert missing == []


@pytest.mark.skipif(not HAS_OWN_REPOSITORY, reason='the page is that of a repository of its own')
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
        pytest.param('```shell\nrm -rf /\n```\n', 'rm -rf /: no test runs it', id='unknown'),
        pytest.param('    python -m tests.nothing\n', 'no test runs it', id='in an indented block'),
        pytest.param('```shell\nmake tea\n```\n', 'make tea: the Makefile has no such target', id='no target'),
        pytest.param('```shell\nfly\n```\n\n*Needs wings.*\n', "fly: nobody knows what 'wings' is", id='no need'),
        pytest.param('```shell\npython -m pytest tests/test_no.py\n```\n', 'there is no test_no.py', id='no test'),
    ],
)
def test_a_command_that_nobody_can_rely_on_is_found(content: str, found: str, tmp_path: Path) -> None:
    [command] = document(tmp_path, content).commands
    assert found in (complaint(command) or '')


def test_a_command_that_says_what_it_needs_is_taken_at_its_word(tmp_path: Path) -> None:
    page = document(
        tmp_path, '- ```shell\n  docker run \\\n    it\n  # why\n  ```\n\n  *Needs Docker.*\n\n    quoted\n'
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


@pytest.mark.parametrize('test', TESTS.values())
def test_what_is_said_to_run_a_command_exists(test: str) -> None:
    assert is_test(test)


def test_a_test_that_does_not_exist_is_none() -> None:
    assert is_test('test_documents.py::test_a_test_that_does_not_exist_is_none')
    assert not is_test('test_documents.py::test_moonshine')
    assert not is_test('test_moonshine.py')
