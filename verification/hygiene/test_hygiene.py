# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""No secret shows, whatever goes wrong. `python -m verification.hygiene` prints the figures of the session."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from .examination import examine
from .search import Figures, search

SECRET = 'a+b/c d"e\\f~\u00fc?>>>and some more'


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('hygiene')


@pytest.fixture(scope='module')
def figures(folder: Path) -> Figures:
    return examine(folder)


def test_no_secret_shows_in_any_form(figures: Figures) -> None:
    print(figures)
    assert {(hit.secret, hit.form, hit.text) for hit in figures.hits} == set()


def test_the_session_says_enough_to_be_searched(figures: Figures, folder: Path) -> None:
    """At trace level, with the requests logged, and with an error for each way to fail."""
    assert figures.texts > 200 and figures.text_bytes > 1_000_000
    assert figures.secrets > 100 and figures.forms > 1000
    log = (folder / 'agent' / 'log' / 'agent.log').read_text('utf-8')
    assert 'Sending POST request to' in log
    assert 'Starting new HTTP connection' in log
    for status in ('status 400', 'status 401', 'status 403', 'status 407', 'loading configuration model', '`proxy`'):
        assert status in log
    assert '********' in log


@pytest.mark.parametrize('protection', ['sanitize', 'register_secret'])
def test_without_its_protection_secrets_show(tmp_path: Path, protection: str) -> None:
    """The search can fail."""
    hits = examine(tmp_path, without=protection).hits
    assert 'api key' in {hit.secret for hit in hits}


@pytest.mark.parametrize(
    'written',
    [
        pytest.param(SECRET, id='plain'),
        pytest.param(SECRET.lower(), id='lower-case'),
        pytest.param(quote(SECRET), id='quote'),
        pytest.param(quote(SECRET, safe=''), id='quote-with-slashes'),
        pytest.param(quote_plus(SECRET), id='quote-plus'),
        pytest.param(b64encode(SECRET.encode()).decode(), id='base64'),
        pytest.param(b64encode(SECRET.encode()).decode().rstrip('='), id='base64-without-padding'),
        pytest.param(urlsafe_b64encode(SECRET.encode()).decode(), id='base64url'),
        pytest.param(b64encode(f'user:{SECRET}'.encode()).decode(), id='base64-behind-a-user'),
        pytest.param(b64encode(f'mara:x{SECRET}; and more'.encode()).decode(), id='base64-amid-others'),
        pytest.param(SECRET.replace('\\', '\\\\').replace('"', '\\"'), id='json'),
        pytest.param(SECRET.encode('ascii', 'backslashreplace').decode().replace('xfc', 'u00fc'), id='json-ascii'),
        pytest.param(SECRET[:20], id='cut-off'),
    ],
)
def test_the_search_finds_each_form(written: str) -> None:
    assert search({'secret': SECRET}, [('text', f'before {written} after'.encode())]).hits
    assert not search({'secret': SECRET}, [('text', b'before and after')]).hits
