# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""`python -m okta_simulator`, run as a process of its own, and the file of events that it reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.events_file import EventsFileError, moved, read_events
from okta_simulator.rfc3339 import format_ms

PACKAGE = Path(__file__).parents[1]
NOW = 1_790_000_000.0
DAY = 86_400.0
ENVIRONMENT = {**os.environ, 'PYTHONPATH': str(PACKAGE)}


@contextmanager
def command(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, '-m', 'okta_simulator', *map(str, arguments)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def lines(process: subprocess.Popen[str]) -> list[str]:
    """What it prints before it waits."""
    found = [line(process)]
    while found[-1] and 'Ctrl-C' not in found[-1]:
        found.append(line(process))
    return found


def failure(*arguments: str | Path) -> tuple[int, str]:
    result = subprocess.run(
        [sys.executable, '-m', 'okta_simulator', *map(str, arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout == ''
    return result.returncode, result.stderr


def event(number: int, published: float, **changes: Any) -> dict[str, Any]:
    return {
        'uuid': f'event {number}',
        'published': format_ms(round(published * 1000)),
        'eventType': 'user.session.start',
        **changes,
    }


def read(url: str, api_key: str, **params: Any) -> requests.Response:
    return requests.get(f'{url}/api/v1/logs', params=params, headers={'Authorization': f'SSWS {api_key}'}, timeout=10)


class TestCommand:
    def test_prints_what_the_readme_shows(self) -> None:
        readme = (PACKAGE / 'README.md').read_text(encoding='utf-8')
        (shown,) = re.findall(r'\$ python -m okta_simulator\n(.*?)```', readme, re.DOTALL)
        with command() as process:
            printed = ''.join(lines(process))
        assert re.sub(r':\d+\n', ':PORT\n', printed) == re.sub(r':\d+\n', ':PORT\n', shown)

    def test_json_is_one_line_whose_credentials_all_read_the_log(self) -> None:
        with command('--port', '0', '--json', '--events', '5', '--rate', '0') as process:
            org = json.loads(line(process))
            assert set(org) == {
                'url',
                'api_key',
                'client_id',
                'client_secret',
                'service_app_id',
                'private_key',
                'key_id',
                'seed',
            }
            assert (
                len(read(org['url'], org['api_key'], since=format_ms(round((time.time() - 40 * DAY) * 1000))).json())
                == 5
            )
            form = {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}
            token_url = f'{org["url"]}/oauth2/v1/token'
            by_secret = requests.post(
                token_url, data=form, auth=(org['client_id'], org['client_secret']), timeout=10
            ).json()
            assertion = jwt.encode(
                {
                    'iss': org['service_app_id'],
                    'sub': org['service_app_id'],
                    'aud': token_url,
                    'exp': time.time() + 60,
                },
                org['private_key'],
                'RS256',
                {'kid': org['key_id']},
            )
            by_key = requests.post(
                token_url,
                data={
                    **form,
                    'client_assertion_type': 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
                    'client_assertion': assertion,
                },
                timeout=10,
            ).json()
            for granted in (by_secret, by_key):
                headers = {'Authorization': f'Bearer {granted["access_token"]}'}
                assert requests.get(f'{org["url"]}/api/v1/logs', headers=headers, timeout=10).status_code == 200

    def test_the_options_of_the_docker_environment_are_accepted(self) -> None:
        arguments = '--host 127.0.0.1 --port 0 --seed 1 --events 15 --days 0.25 --rate 0 --org-rate-limit 600'
        with command(*arguments.split()) as process:
            url, api_key = (text.split()[-1] for text in lines(process)[:2])
            page = read(url, api_key)
        assert len(page.json()) == 15
        assert page.headers['X-Rate-Limit-Limit'] == '300'

    def test_a_rate_logs_new_events(self) -> None:
        with command('--events', '0', '--rate', '200', '--json', '--org-rate-limit', '1000000') as process:
            org = json.loads(line(process))
            deadline = time.monotonic() + 20
            while not (events := read(org['url'], org['api_key']).json()):
                assert time.monotonic() < deadline
        assert events[0]['published']

    def test_serves_the_events_of_a_file_and_no_others(self, tmp_path: Path) -> None:
        events = [event(number, time.time() - 60 + number) for number in range(3)]
        file = tmp_path / 'events.json'
        file.write_text(json.dumps(events))
        with command('--events-file', file, '--json') as process:
            org = json.loads(line(process))
            assert read(org['url'], org['api_key']).json() == events

    def test_says_which_events_are_too_old_and_serves_them_when_they_are_shifted(self, tmp_path: Path) -> None:
        file = tmp_path / 'events.jsonl'
        file.write_text(json.dumps(event(1, time.time() - 200 * DAY)))
        with command('--events-file', file, '--json') as process:
            org = json.loads(line(process))
            assert read(org['url'], org['api_key']).json() == []
            assert process.stderr is not None
            assert process.stderr.readline().startswith('1 of 1 events are older than 90 days')
        with command('--events-file', file, '--events-now', '--json') as process:
            org = json.loads(line(process))
            assert [found['uuid'] for found in read(org['url'], org['api_key']).json()] == ['event 1']

    def test_a_bad_file_ends_it_with_one_sentence_that_names_the_line(self, tmp_path: Path) -> None:
        file = tmp_path / 'events.jsonl'
        file.write_text(json.dumps(event(1, NOW)) + '\n{"uuid": "2"}\n')
        assert failure('--events-file', file) == (2, f'{file}, line 2: the event has no text in `published`.\n')

    def test_a_port_in_use_or_out_of_range_ends_it_with_one_sentence(self) -> None:
        with OktaSimulator() as okta:
            for port in (okta.url.rpartition(':')[2], '99999'):
                status, error = failure('--port', port, '--events', '1')
                assert status == 2
                assert error.startswith('Cannot start the org: ') and error.count('\n') == 1

    def test_events_now_needs_a_file(self) -> None:
        status, error = failure('--events-now')
        assert status == 2 and '--events-now needs --events-file.' in error


class TestEventsFile:
    @pytest.mark.parametrize(
        'text',
        [
            pytest.param('[{0}, {1}]', id='array on one line'),
            pytest.param('[\n  {0},\n  {1}\n]\n', id='array on several lines'),
            pytest.param('{0}\n{1}\n', id='JSON Lines'),
            pytest.param('\n{0}\r\n\n{1}', id='JSON Lines with blank lines and no last line end'),
            pytest.param('\ufeff{0}\n{1}', id='byte order mark'),
        ],
    )
    def test_reads_arrays_and_json_lines(self, tmp_path: Path, text: str) -> None:
        events = [event(1, NOW, displayMessage='Zoë, 佐藤'), event(2, NOW - 5)]
        for number, given in enumerate(events):
            text = text.replace(f'{{{number}}}', json.dumps(given, ensure_ascii=False))
        file = tmp_path / 'events'
        file.write_bytes(text.encode())
        assert read_events(file) == events

    @pytest.mark.parametrize(
        'text, line_number, reason',
        [
            pytest.param('{0}\n{0}', 2, 'has the uuid of the event in line 1', id='uuid twice'),
            pytest.param('[{0}, {0}]', 1, 'has the uuid of the event in line 1', id='uuid twice on one line'),
            pytest.param('{0}\n\n7', 3, 'a LogEvent is a JSON object', id='number'),
            pytest.param('{0}\n{"uuid": ', 2, 'not JSON', id='cut line'),
            pytest.param('{0} {1}', 1, 'one event on each line', id='two on a line'),
            pytest.param('[\n{0}\n{1}\n]', 3, 'a comma', id='no comma'),
            pytest.param('[\n{0},\n]', 2, 'a comma behind its last event', id='comma at the end'),
            pytest.param('[\n{0}\n', 3, 'a comma or a closing bracket', id='array never closed'),
            pytest.param('[\n{0},\n', 3, 'no closing bracket', id='array that ends with a comma'),
            pytest.param('[\n{0}\n]\n{1}', 4, 'followed by more text', id='text behind the array'),
            pytest.param('{0}\n{"uuid": 7}', 2, 'no text in `uuid`', id='uuid is a number'),
            pytest.param('{"uuid": "1", "eventType": "a", "published": "today"}', 1, 'RFC 3339', id='no date'),
            pytest.param('{0}\n{"uuid": "x", "size": NaN}', 2, 'NaN is no JSON number', id='NaN'),
            pytest.param('{0}\n' + json.dumps(event(3, NOW, actor='\ud800')), 2, 'surrogate', id='half a character'),
            pytest.param('{0}\n' + '[' * 100_000, 2, 'not JSON', id='too deep'),
        ],
    )
    def test_names_the_line_of_a_mistake(self, tmp_path: Path, text: str, line_number: int, reason: str) -> None:
        file = tmp_path / 'events'
        for number in (0, 1):
            text = text.replace(f'{{{number}}}', json.dumps(event(number, NOW)))
        file.write_text(text)
        with pytest.raises(EventsFileError) as error:
            read_events(file)
        assert str(error.value).startswith(f'{file}, line {line_number}: ')
        assert reason in str(error.value)

    def test_a_file_that_is_not_utf_8_or_not_there_is_rejected(self, tmp_path: Path) -> None:
        file = tmp_path / 'events'
        file.write_bytes(json.dumps(event(1, NOW)).encode() + b'\n\xff')
        with pytest.raises(EventsFileError, match='line 2: the text is not UTF-8'):
            read_events(file)
        with pytest.raises(EventsFileError, match='No such file'):
            read_events(tmp_path / 'missing')

    @pytest.mark.parametrize('text', ['', '\n \n', '[]', '[ ]\n'])
    def test_a_file_without_events_is_rejected(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / 'events'
        file.write_text(text)
        with pytest.raises(EventsFileError, match='contains no events'):
            read_events(file)

    def test_shifted_events_keep_their_distances(self) -> None:
        shifted = moved([event(1, NOW - 100), event(2, NOW - 40.5)], NOW)
        assert [found['published'] for found in shifted] == [
            format_ms(round((NOW - 59.5) * 1000)),
            format_ms(round(NOW * 1000)),
        ]


class TestLayDown:
    def test_an_event_that_follows_a_later_one_is_late(self) -> None:
        with OktaSimulator(clock=VirtualClock(NOW)) as okta:
            okta.lay_down([event(1, NOW - 100), event(2, NOW - 500), event(3, NOW - 50)])
            found = read(okta.url, okta.api_key, since=format_ms(round((NOW - 100) * 1000))).json()
        assert [each['uuid'] for each in found] == ['event 1', 'event 2', 'event 3']

    def test_an_event_of_the_future_appears_when_it_is_published(self) -> None:
        clock = VirtualClock(NOW)
        with OktaSimulator(clock=clock) as okta:
            okta.lay_down([event(1, NOW + 60)])
            assert read(okta.url, okta.api_key).json() == []
            clock.advance(60)
            assert len(read(okta.url, okta.api_key).json()) == 1
