# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent stand-in: from the log file to the intake, and the registry in between."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent_standin import AgentStandIn, Faults, Intake, VirtualClock
from agent_standin.auditor import Entry
from agent_standin.configuration import MIB
from agent_standin.logs_agent import LONGEST_RESTART_SECONDS
from agent_standin.message import LogSource, marshal, parse_line
from agent_standin.throwaway_check import LOGS, NAME, installed

START = 1_800_000_000
HEALTHY_SECONDS = 8
"""From the write to the registry in an undisturbed Agent: read, batch, send, flush."""

AgentMaker = Callable[..., AgentStandIn]


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[ModuleType]:
    with installed(tmp_path / 'site') as module:
        yield module


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake() as intake:
        yield intake


@pytest.fixture
def make_agent(tmp_path: Path, probe: ModuleType, clock: VirtualClock, intake: Intake) -> Iterator[AgentMaker]:
    """Agents over one root, clock and intake. The probe runs far too seldom to disturb."""
    agents: list[AgentStandIn] = []

    def make(*, logs: Any = LOGS, settings: dict[str, Any] | None = None, **options: Any) -> AgentStandIn:
        agent = AgentStandIn(tmp_path / 'agent', clock, intake=intake, **options)
        instance = {'min_collection_interval': 10**9}
        agent.configure(NAME, {'init_config': {}, 'instances': [instance], 'logs': logs})
        agent.set_config(**(settings or {}))
        agents.append(agent)
        return agent

    yield make
    for agent in agents:
        agent.kill()


def send(agent: AgentStandIn, *lines: Any) -> None:
    for line in lines:
        agent.datadog_agent.send_log(line if isinstance(line, str) else json.dumps(line), agent.check_ids[0])


def size(agent: AgentStandIn) -> int:
    return agent.log_file().stat().st_size


def registry(agent: AgentStandIn) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((agent.root / 'run' / 'registry.json').read_bytes())
    return content


def offset(agent: AgentStandIn) -> int | None:
    entry = registry(agent)['Registry'].get(f'file:{agent.log_file()}')
    return None if entry is None else int(entry['Offset'])


def received(intake: Intake) -> list[Any]:
    return [log['message'] for log in intake.logs]


# What becomes of a line


def test_a_line_arrives_in_the_envelope_of_the_agent(make_agent: AgentMaker, intake: Intake) -> None:
    logs = [{'type': 'integration', 'source': 'probe', 'service': 'svc', 'tags': ['a:b']}]
    with make_agent(logs=logs, settings={'hostname': 'host-1'}) as agent:
        agent.advance(0.5)
        send(agent, {'message': 'hi', 'status': 'error', 'hostname': 'other', 'ddtags': 'c:d, e:f,'})
        agent.advance(HEALTHY_SECONDS)
    assert intake.logs == [
        {
            'message': {'message': 'hi', 'status': 'error', 'hostname': 'other'},
            'status': 'info',
            'timestamp': (START + 1) * 1000,
            'hostname': 'host-1',
            'service': 'svc',
            'ddsource': 'probe',
            'ddtags': 'a:b,c:d,e:f',
        }
    ]


@pytest.mark.parametrize(
    'line, body, tags',
    [
        pytest.param('{"b": 1, "a": "x"}', '{"b": 1, "a": "x"}', (), id='without ddtags unchanged'),
        pytest.param('{"b": 1, "ddtags": "x:y", "a": []}', '{"a":[],"b":1}', ('x:y',), id='keys sorted'),
        pytest.param('{"ddtags": " a:b ,, c ", "n": null}', '{"n":null}', ('a:b', 'c'), id='tags trimmed'),
        pytest.param('{"ddtags": ["a:b"]}', '{"ddtags": ["a:b"]}', (), id='a list is not tags'),
        pytest.param('{"ddtags": "", "a": "<&>"}', r'{"a":"\u003c\u0026\u003e"}', (), id='html escaped'),
        pytest.param('{"ddtags": "", "a": 9007199254740993}', '{"a":9007199254740992}', (), id='digits lost'),
        pytest.param('{"ddtags": "", "a": "ü\\u2028"}', '{"a":"ü\\u2028"}', (), id='other characters kept'),
        pytest.param('{"ddtags": "", "a": "\\ud800"}', '{"a":"\ufffd"}', (), id='lone surrogate replaced'),
        pytest.param('{"ddtags": "a:b", "a": NaN}', '{"ddtags": "a:b", "a": NaN}', (), id='NaN is not JSON'),
        pytest.param('not json', 'not json', (), id='not JSON unchanged'),
        pytest.param('["ddtags"]', '["ddtags"]', (), id='not an object unchanged'),
    ],
)
def test_only_string_ddtags_are_taken_and_only_then_is_the_body_rebuilt(
    line: str, body: str, tags: tuple[str, ...]
) -> None:
    assert parse_line(line.encode()) == (body.encode(), tags)


@pytest.mark.parametrize(
    'number, text',
    [
        pytest.param(0.0, '0', id='zero'),
        pytest.param(1.5, '1.5', id='fraction'),
        pytest.param(1e20, '100000000000000000000', id='below 1e21'),
        pytest.param(1e21, '1e+21', id='from 1e21 on'),
        pytest.param(1e-5, '0.00001', id='small'),
        pytest.param(1e-7, '1e-7', id='smaller than 1e-6'),
        pytest.param(12345678901234567890.0, '12345678901234567000', id='shortest digits'),
    ],
)
def test_numbers_are_written_as_go_writes_a_float64(number: float, text: str) -> None:
    assert marshal(number) == text


def test_a_line_over_the_message_limit_becomes_several_messages(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings={'logs_config.max_message_size_bytes': 10}) as agent:
        send(agent, '{"ddtags":"a:b"}', 'short')
        agent.advance(HEALTHY_SECONDS)
        assert received(intake) == ['{"ddtags":...TRUNCATED...', '...TRUNCATED..."a:b"}', 'short']
        assert [log['ddtags'] for log in intake.logs] == ['truncated:single_line'] * 2 + ['']
        assert offset(agent) == size(agent)


def test_a_line_of_just_the_message_limit_is_whole(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings={'logs_config.max_message_size_bytes': 10}) as agent:
        send(agent, '0123456789', 'next')
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['0123456789', 'next']


def test_service_falls_back_to_init_config(tmp_path: Path) -> None:
    source = LogSource.of('probe', tmp_path, {'source': 'probe'}, {'service': 'fallback'})
    assert source.service == 'fallback'


# Where reading starts


def test_without_a_stored_offset_reading_starts_at_the_end(make_agent: AgentMaker, intake: Intake) -> None:
    agent = make_agent().start()
    send(agent, 'lost')
    agent.kill()
    with make_agent() as agent:
        send(agent, 'kept')
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['kept']


def test_start_position_beginning_reads_what_was_never_acknowledged(make_agent: AgentMaker, intake: Intake) -> None:
    logs = [LOGS[0] | {'start_position': 'beginning'}]
    agent = make_agent(logs=logs).start()
    send(agent, 'first')
    agent.kill()
    with make_agent(logs=logs) as agent:
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['first']


@pytest.mark.parametrize('start_position', ['', 'beginning'])
def test_reading_resumes_at_the_stored_offset(make_agent: AgentMaker, intake: Intake, start_position: str) -> None:
    logs = [LOGS[0] | ({'start_position': start_position} if start_position else {})]
    with make_agent(logs=logs) as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        intake.refuse()
        send(agent, 'b')
    intake.accept()
    with make_agent(logs=logs) as agent:
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['a', 'b']


def test_taking_start_position_beginning_away_forgets_the_offset(make_agent: AgentMaker, intake: Intake) -> None:
    """The edit gives a new check id, so the file is put under the name that the new configuration asks for."""
    with make_agent(logs=[LOGS[0] | {'start_position': 'beginning'}]) as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        before = agent.log_file()
    registry_file = agent.root / 'run' / 'registry.json'
    with make_agent() as agent:
        after = agent.log_file()
    registry_file.write_text(registry_file.read_text().replace(str(before), str(after)))
    after.write_bytes(before.read_bytes() + b'skipped\n')
    with make_agent() as agent:
        send(agent, 'b')
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['a', 'b']


def test_lines_written_before_the_tailer_is_open_are_skipped(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(faults=Faults(tailer_start_delay_seconds=0.005)) as agent:
        send(agent, 'skipped')
        agent.advance(0.01)
        send(agent, 'kept')
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['kept']


@pytest.mark.parametrize(
    'variant, seconds',
    [pytest.param('start at 0', 0, id='new'), pytest.param('seek past the end', 2, id='old: at the next scan')],
)
def test_an_offset_beyond_the_end_is_survived(
    make_agent: AgentMaker, intake: Intake, variant: Any, seconds: int
) -> None:
    with make_agent() as agent:
        send(agent, 'long' * 100)
        agent.advance(HEALTHY_SECONDS)
        file = agent.log_file()
    file.write_bytes(b'short\n')
    with make_agent(offset_beyond_end=variant) as agent:
        [tailed] = agent.logs.file_launcher.tailed
        assert tailed.tailer is not None and (tailed.tailer.read_offset == 0) == (variant == 'start at 0')
        agent.advance(seconds + HEALTHY_SECONDS)
    assert received(intake)[1:] == ['short']


# The registry


def test_the_registry_is_rewritten_every_second_whatever_happens(make_agent: AgentMaker, clock: VirtualClock) -> None:
    with make_agent() as agent:
        for _ in range(3):
            agent.advance(1)
            assert (agent.root / 'run' / 'registry.json').stat().st_mtime == clock.now()
        assert registry(agent) == {'Version': 2, 'Registry': {}}


def test_an_entry_appears_with_the_first_acknowledgement_and_shows_what_is_acknowledged(
    make_agent: AgentMaker, intake: Intake
) -> None:
    with make_agent() as agent:
        send(agent, 'a', 'b')
        agent.advance(4)
        assert offset(agent) is None
        agent.advance(HEALTHY_SECONDS)
        entry = registry(agent)['Registry'][f'file:{agent.log_file()}']
        assert entry['Offset'] == str(size(agent)) == '4'
        intake.answer = 503
        send(agent, 'c')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == 4


def test_a_line_without_end_is_neither_read_nor_counted(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        with agent.log_file().open('ab') as file:
            file.write(b'half')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == 2
    assert received(intake) == ['a']


def test_what_was_acknowledged_and_not_flushed_is_repeated_after_a_kill(make_agent: AgentMaker, intake: Intake) -> None:
    agent = make_agent(settings={'logs_config.batch_wait': 2.5}).start()
    send(agent, 'a')
    agent.advance(3)
    send(agent, 'b')
    agent.advance(2.5)
    assert received(intake) == ['a', 'b']
    agent.kill()
    with make_agent() as agent:
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['a', 'b', 'b']


def test_a_clean_stop_sends_and_flushes_what_was_read(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(1)
    assert received(intake) == ['a']
    assert offset(agent) == 2


@pytest.mark.parametrize(
    'content',
    [
        pytest.param(b'', id='empty'),
        pytest.param(b'{"Version":2,"Regis', id='torn'),
        pytest.param(b'{"Version":99,"Registry":{}}', id='unknown version'),
    ],
)
def test_a_registry_that_cannot_be_understood_is_an_empty_one(make_agent: AgentMaker, content: bytes) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
    (agent.root / 'run' / 'registry.json').write_bytes(content)
    with make_agent() as agent:
        agent.advance(1)
        assert registry(agent) == {'Version': 2, 'Registry': {}}
    assert 'Could not recover state of the log registry' in agent.agent_log


def test_entries_of_others_are_kept(make_agent: AgentMaker, clock: VirtualClock) -> None:
    with make_agent() as agent:
        agent.logs.auditor.entries['journald:default'] = Entry('s=1a;i=2b', clock.now())
    with make_agent() as agent:
        assert registry(agent)['Registry']['journald:default']['Offset'] == 's=1a;i=2b'


def test_an_entry_expires_only_when_nobody_tails_its_file(make_agent: AgentMaker, clock: VirtualClock) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        agent.logs.auditor.entries['file:/gone.log'] = Entry('1', clock.now())
        clock.advance(24 * 3600)
        agent.advance(301)
        assert list(registry(agent)['Registry']) == [f'file:{agent.log_file()}']


@pytest.mark.parametrize('atomic', [True, False])
def test_the_registry_is_replaced_or_on_demand_rewritten_in_place(make_agent: AgentMaker, atomic: bool) -> None:
    with make_agent(settings={'logs_config.atomic_registry_write': atomic}) as agent:
        agent.advance(1)
        file = agent.root / 'run' / 'registry.json'
        with file.open('rb') as held:
            send(agent, 'a')
            agent.advance(HEALTHY_SECONDS)
            assert (os.fstat(held.fileno()).st_ino != file.stat().st_ino) == atomic
        assert file.stat().st_mode & 0o777 == 0o644
        assert not list(file.parent.glob('registry.json.tmp*'))


@pytest.mark.parametrize('flush, content', [('empty', b''), ('half', b'{"Version":2,')])
def test_a_reader_may_meet_a_torn_registry(make_agent: AgentMaker, flush: Any, content: bytes) -> None:
    with make_agent(faults=Faults(registry_flush=flush)) as agent:
        agent.advance(1)
        assert (agent.root / 'run' / 'registry.json').read_bytes() == content


def test_the_next_flush_repairs_what_others_did_to_the_registry(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        agent.advance(1)
        (agent.root / 'run' / 'registry.json').write_bytes(b'')
        agent.advance(1)
        assert registry(agent) == {'Version': 2, 'Registry': {}}
        (agent.root / 'run' / 'registry.json').unlink()
        agent.advance(1)
        assert registry(agent) == {'Version': 2, 'Registry': {}}


def test_a_stalled_registry_keeps_its_time(make_agent: AgentMaker, clock: VirtualClock) -> None:
    with make_agent() as agent:
        agent.advance(1)
        agent.faults.registry_flush = 'stalled'
        agent.advance(60)
        assert clock.now() - (agent.root / 'run' / 'registry.json').stat().st_mtime == 60


# Pipeline and intake


@pytest.mark.parametrize('status', [400, 401, 403, 413, 'cut body'])
def test_a_payload_that_is_refused_for_good_is_dropped_and_acknowledged(
    make_agent: AgentMaker, intake: Intake, status: Any
) -> None:
    intake.answer = status
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == 2
        agent.advance(60)
    assert len(intake.requests) == 1
    assert intake.logs == []


@pytest.mark.parametrize('answer', [404, 408, 429, 500, 503, 'hang', 'refuse'])
def test_any_other_failure_is_retried_until_it_works(make_agent: AgentMaker, intake: Intake, answer: Any) -> None:
    with make_agent() as agent:
        if answer == 'refuse':
            intake.refuse()
        else:
            intake.answer = answer
        send(agent, 'a')
        agent.advance(40)
        assert offset(agent) is None
        assert agent.logs.pipeline.retries >= 2
        intake.answer = 202
        intake.accept()
        agent.advance(130)
        assert offset(agent) == 2
    assert received(intake) == ['a']


def test_retries_back_off_up_to_two_minutes(make_agent: AgentMaker, intake: Intake, clock: VirtualClock) -> None:
    times: list[float] = []

    def answer(logs: list[dict[str, Any]]) -> int:
        times.append(clock.now())
        return 500

    intake.answer = answer
    agent = make_agent().start()
    send(agent, 'a')
    agent.advance(600)
    waits = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 120, 120]


def test_payloads_hold_at_most_a_thousand_messages(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent() as agent:
        send(agent, *(str(number) for number in range(2500)))
        agent.advance(HEALTHY_SECONDS)
    assert [len(request.logs) for request in intake.requests] == [1000, 1000, 500]
    assert received(intake) == [str(number) for number in range(2500)]


def test_payloads_hold_at_most_five_megabytes(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent() as agent:
        send(agent, *('x' * 800_000 for _ in range(8)))
        agent.advance(HEALTHY_SECONDS)
    assert [len(request.logs) for request in intake.requests] == [6, 2]


def test_a_filtered_line_is_never_acknowledged_itself(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(faults=Faults(filtered=lambda body: b'secret' in body)) as agent:
        send(agent, 'secret')
        agent.advance(60)
        assert offset(agent) is None
        send(agent, 'open', 'secret')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == len('secret\nopen\n') < size(agent)
    assert received(intake) == ['open']


def test_a_blocked_pipeline_stops_the_reading_and_loses_nothing(make_agent: AgentMaker, intake: Intake) -> None:
    lines = [str(number) for number in range(10_000)]
    intake.refuse()
    settings = {'logs_config.batch_max_size': 100}
    with make_agent(settings=settings) as agent:
        send(agent, *lines)
        agent.advance(30)
        [source] = agent.logs.statuses()
        assert 0 < source.read_bytes < size(agent)
        intake.accept()
        agent.advance(120)
        assert offset(agent) == size(agent)
    assert received(intake) == lines


@pytest.mark.parametrize(
    'variant, overtakes',
    [pytest.param('in order', False, id='waits for the gap'), pytest.param('overtaking', True, id='overtakes')],
)
def test_an_acknowledgement_may_overtake_an_earlier_payload(
    make_agent: AgentMaker, intake: Intake, variant: Any, overtakes: bool
) -> None:
    intake.answer = lambda logs: 503 if logs[0]['message'] == '00' and len(intake.requests) < 6 else 202
    settings = {'logs_config.batch_max_size': 10}
    with make_agent(acknowledgements=variant, send_concurrency=4, settings=settings) as agent:
        send(agent, *(f'{number:02}' for number in range(20)))
        agent.advance(3)
        assert offset(agent) == (size(agent) if overtakes else None)
        agent.advance(60)
        assert offset(agent) == size(agent)


def test_requests_are_gzip_json_with_the_api_key(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings={'api_key': 'k' * 32}) as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
    [request] = intake.requests
    assert request.path == '/api/v2/logs'
    assert request.headers['DD-API-KEY'] == 'k' * 32
    assert (request.headers['Content-Type'], request.headers['Content-Encoding']) == ('application/json', 'gzip')


@pytest.mark.parametrize(
    'first, second, acknowledged',
    [
        pytest.param(503, 202, True, id='one of two is enough'),
        pytest.param(202, 503, True, id='the other of two is enough'),
        pytest.param(503, 503, False, id='none'),
    ],
)
def test_with_two_endpoints_the_first_success_counts(
    make_agent: AgentMaker, intake: Intake, first: int, second: int, acknowledged: bool
) -> None:
    with Intake() as other:
        intake.answer, other.answer = first, second
        with make_agent(settings={'logs_config.additional_endpoints': [{'url': other.url}]}) as agent:
            send(agent, 'a')
            agent.advance(60)
            assert (offset(agent) == 2) == acknowledged
            assert len(other.requests) == (1 if acknowledged else len(intake.requests))


@pytest.mark.parametrize('reliable, acknowledged', [(202, True), (503, False)])
def test_an_unreliable_endpoint_never_counts(
    make_agent: AgentMaker, intake: Intake, reliable: int, acknowledged: bool
) -> None:
    intake.answer = reliable
    with Intake() as other:
        other.answer = 202 if reliable == 503 else 503
        endpoints = [{'url': other.url, 'is_reliable': False}]
        with make_agent(settings={'logs_config.additional_endpoints': endpoints}) as agent:
            send(agent, 'a')
            agent.advance(HEALTHY_SECONDS)
            assert (offset(agent) == 2) == acknowledged


# Rotation


ONE_MIB_FILES = {'logs_config.integrations_logs_files_max_size': 1}
THIRD = 'x' * (MIB // 3 - 10)
"""Three lines of this, each with a letter in front, fill a file; the next line rotates it."""
NEXT = 'd' * 100


def test_unread_lines_of_a_rotated_file_are_drained_on_unix(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings=ONE_MIB_FILES) as agent:
        send(agent, 'a' + THIRD, 'b' + THIRD, 'c' + THIRD, NEXT)
        agent.advance(60)
        assert offset(agent) == size(agent)
    assert sorted(text[0] for text in received(intake)) == ['a', 'b', 'c', 'd']


@pytest.mark.parametrize(
    'options',
    [
        pytest.param({'rotation': 'truncate'}, id='truncated in place'),
        pytest.param({'platform': 'windows'}, id='windows'),
    ],
)
def test_unread_lines_are_lost_by_a_rotation_that_leaves_nothing_to_drain(
    make_agent: AgentMaker, intake: Intake, options: dict[str, Any]
) -> None:
    with make_agent(settings=ONE_MIB_FILES, **options) as agent:
        send(agent, 'a' + THIRD, 'b' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        send(agent, 'c' + THIRD, NEXT)
        agent.advance(HEALTHY_SECONDS)
    assert [text[0] for text in received(intake)] == ['a', 'b', 'd']


@pytest.mark.parametrize(
    'options',
    [
        pytest.param({'rotation': 'truncate'}, id='truncated in place'),
        pytest.param({'platform': 'windows'}, id='windows'),
    ],
)
def test_a_file_that_grows_back_before_the_scan_is_read_on_in_its_middle(
    make_agent: AgentMaker, intake: Intake, options: dict[str, Any]
) -> None:
    with make_agent(settings=ONE_MIB_FILES, **options) as agent:
        send(agent, 'a' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        send(agent, 'b' + THIRD, 'c' + THIRD, NEXT, 'e' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == size(agent)
    assert [text[0] for text in received(intake)] == ['a', 'x']


def test_drained_lines_are_delivered_and_not_recorded(make_agent: AgentMaker, intake: Intake) -> None:
    """With no acknowledged line in the new file, the entry keeps what was acknowledged of the old one."""
    faults = Faults(filtered=lambda body: body == NEXT.encode())
    settings = ONE_MIB_FILES | {'logs_config.file_scan_period': 0.25}
    with make_agent(settings=settings, faults=faults) as agent:
        send(agent, 'a' + THIRD, 'b' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        before = offset(agent)
        send(agent, 'c' + THIRD, NEXT)
        agent.advance(HEALTHY_SECONDS)
        assert [text[0] for text in received(intake)] == ['a', 'b', 'c']
        assert offset(agent) == before


@pytest.mark.parametrize(
    'options, expected',
    [
        pytest.param({'rotation': 'truncate'}, ['a', 'd', 'e', 'f', 'f', 'x'], id='unix, truncated in place'),
        pytest.param({'platform': 'windows'}, ['a', 'd', 'e', 'f'], id='windows'),
    ],
)
def test_on_unix_the_old_tailer_of_a_file_truncated_in_place_repeats_what_grows_past_it(
    make_agent: AgentMaker, intake: Intake, options: dict[str, Any], expected: list[str]
) -> None:
    """It still reads the same file, from where it was; nothing of that is recorded. On Windows it reads no more."""
    with make_agent(settings=ONE_MIB_FILES, **options) as agent:
        send(agent, 'a' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        send(agent, 'b' + THIRD, 'c' + THIRD, NEXT)
        agent.advance(HEALTHY_SECONDS)
        send(agent, 'e' + THIRD, 'f')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == size(agent)
    assert sorted(text[0] for text in received(intake)) == expected


def test_two_rotations_between_two_scans_lose_the_middle_file(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings=ONE_MIB_FILES) as agent:
        send(agent, *(letter + THIRD for letter in 'abcdefg'))
        agent.advance(60)
    assert sorted(text[0] for text in received(intake)) == ['a', 'b', 'c', 'g']


def test_after_a_rotation_the_entry_stays_until_the_new_file_is_acknowledged(
    make_agent: AgentMaker, intake: Intake
) -> None:
    with make_agent(settings=ONE_MIB_FILES) as agent:
        send(agent, 'a' + THIRD, 'b' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        old = offset(agent)
        intake.refuse()
        send(agent, 'c' + THIRD, NEXT)
        agent.advance(600)
        assert offset(agent) == old and old is not None and old > size(agent)
        intake.accept()
        agent.advance(200)
        assert offset(agent) == size(agent) == 101


def test_a_blocked_drain_is_cut_off_after_the_close_timeout(make_agent: AgentMaker, intake: Intake) -> None:
    """What was not read is counted as missed; what was read and waits is lost uncounted."""
    settings = ONE_MIB_FILES | {'logs_config.batch_max_size': 1}
    with make_agent(settings=settings) as agent:
        intake.refuse()
        send(agent, *('x' * 5000 for _ in range(208)))
        send(agent, 'next' * 3000)
        agent.advance(70)
        missed = agent.logs.file_launcher.missed_bytes
        assert missed > 0
        intake.accept()
        agent.advance(300)
        delivered = sum(len(text) + 1 for text in received(intake) if text[0] == 'x')
        assert received(intake)[-1] == 'next' * 3000
        assert 0 < delivered < 208 * 5001 - missed
        assert f'{missed} bytes of the rotated' in agent.agent_log


def test_a_restart_during_the_drain_loses_it(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings=ONE_MIB_FILES) as agent:
        send(agent, 'z')
        agent.advance(HEALTHY_SECONDS)
        intake.refuse()
        send(agent, 'a' + THIRD, 'b' + THIRD, 'c' + THIRD, NEXT)
        agent.advance(2)
    intake.accept()
    with make_agent(settings=ONE_MIB_FILES) as agent:
        send(agent, 'e')
        agent.advance(60)
    assert [text[0] for text in received(intake)] == ['z', 'd', 'e']


def test_the_scan_period_is_a_setting(make_agent: AgentMaker) -> None:
    with make_agent(settings=ONE_MIB_FILES | {'logs_config.file_scan_period': 10}) as agent:
        send(agent, 'a' + THIRD, 'b' + THIRD)
        agent.advance(HEALTHY_SECONDS)
        send(agent, 'c' + THIRD, NEXT)
        agent.advance(1)
        assert not agent.logs.file_launcher.draining
        agent.advance(2)
        assert len(agent.logs.file_launcher.draining) == 1
        agent.advance(60)
        assert not agent.logs.file_launcher.draining


def test_with_fingerprints_a_short_file_is_not_tailed_until_it_grows(make_agent: AgentMaker, intake: Intake) -> None:
    settings = {'logs_config.fingerprint_config.fingerprint_strategy': 'byte_checksum'}
    with make_agent(settings=settings) as agent:
        send(agent, 'a')
        agent.advance(60)
        assert intake.logs == []
        send(agent, 'b' * 1024)
        agent.advance(HEALTHY_SECONDS)
    assert [text[0] for text in received(intake)] == ['a', 'b']


@pytest.mark.parametrize(
    'old, variant, expected',
    [
        pytest.param(None, 'start at 0', ['a', 'b', 'c'], id='without an offset'),
        pytest.param('z' * 99, 'start at 0', ['a', 'b', 'c'], id='the offset is beyond the end'),
        pytest.param('z' * 99, 'seek past the end', ['a', 'b', 'c'], id='the offset is beyond the end, older Agents'),
        pytest.param('zzz', 'start at 0', ['c'], id='the offset is within the new file'),
    ],
)
def test_a_line_creates_a_file_that_the_scan_deleted_and_the_tailer_starts_at_the_old_offset_if_it_can(
    make_agent: AgentMaker, intake: Intake, old: str | None, variant: Any, expected: list[str]
) -> None:
    """The registry does not know that the file is another one: what lies before the old offset is never read."""
    with make_agent() as agent:
        file = agent.log_file()
        if old is not None:
            send(agent, old)
            agent.advance(HEALTHY_SECONDS)
    os.utime(file, (1, 1))
    file.with_name('other_1a2b.log').write_bytes(b'x' * (MIB + (old is None)))
    settings = {'logs_config.integrations_logs_total_usage': 1}
    with make_agent(settings=settings, offset_beyond_end=variant) as agent:
        agent.advance(60)
        assert not file.exists()
        send(agent, 'a', 'b', 'c')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == size(agent) == 6
    assert received(intake) == ([] if old is None else [old]) + expected


# The restart of the logs part while the checks run


def test_a_restart_of_the_logs_part_goes_on_at_the_offset_of_the_registry(
    make_agent: AgentMaker, intake: Intake, clock: VirtualClock
) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        intake.refuse()
        send(agent, 'b')
        agent.advance(HEALTHY_SECONDS)
        launcher = agent.logs.launcher
        agent.restart_logs(10)
        assert offset(agent) == 2, 'the registry is written after the stop'
        intake.accept()
        agent.advance(10)
        assert agent.logs.launcher is not launcher
        send(agent, 'c')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == size(agent) == 6
    assert received(intake) == ['a', 'b', 'c']
    assert 'Successfully restarted pipeline' in agent.agent_log


def test_send_log_blocks_until_the_logs_part_is_there_again(
    make_agent: AgentMaker, intake: Intake, clock: VirtualClock
) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.restart_logs(LONGEST_RESTART_SECONDS)
        agent.advance(5)
        assert clock.now() == START + 5
        send(agent, 'b')
        assert clock.now() == START + LONGEST_RESTART_SECONDS == START + 35
        send(agent, 'c')
        assert clock.now() == START + LONGEST_RESTART_SECONDS
        assert agent.log_file().read_bytes() == b'a\nb\nc\n'
        agent.advance(HEALTHY_SECONDS)


def test_a_restart_of_the_logs_part_finishes_the_line_in_hand(make_agent: AgentMaker, clock: VirtualClock) -> None:
    with make_agent(faults=Faults(write_delay_seconds=2)) as agent:
        send(agent, 'a')
        agent.restart_logs(10)
        assert (agent.log_file().read_bytes(), clock.now()) == (b'a\n', START + 2)
        send(agent, 'b')
        assert clock.now() == START + 12
        agent.advance(2)
        assert agent.log_file().read_bytes() == b'a\nb\n'


def test_without_a_stored_offset_a_restart_of_the_logs_part_skips_what_was_not_sent(
    make_agent: AgentMaker, intake: Intake
) -> None:
    with make_agent() as agent:
        intake.refuse()
        send(agent, 'skipped')
        agent.advance(HEALTHY_SECONDS)
        agent.restart_logs(1)
        agent.advance(1)
        intake.accept()
        send(agent, 'b')
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['b']


def test_a_restart_of_the_logs_part_computes_the_quota_and_deletes_what_is_over_it(
    make_agent: AgentMaker, intake: Intake
) -> None:
    """The entry of the deleted file stays, so the next line creates it, as after a start."""
    with make_agent() as agent:
        send(agent, 'x' * (MIB // 2), 'y' * (MIB // 2))
        agent.advance(HEALTHY_SECONDS)
        agent.faults.disk_total_and_free_bytes = (1000 * MIB, 200 * MIB + MIB)
        agent.restart_logs(1)
        agent.advance(1)
        assert agent.logs.launcher.total_max_bytes == pytest.approx(MIB, abs=1)
        assert not agent.log_file().exists()
        agent.advance(60)
        assert not agent.log_file().exists()
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        assert offset(agent) == size(agent) == 2
    assert [text[0] for text in received(intake)] == ['x', 'y', 'a']


@pytest.mark.parametrize(
    'name, has_file',
    [pytest.param(None, True, id='the scan finds the id'), pytest.param('prod', False, id='an instance with a name')],
)
def test_after_a_restart_of_the_logs_part_only_ids_of_file_names_have_a_file(
    make_agent: AgentMaker, intake: Intake, name: str | None, has_file: bool
) -> None:
    """No check is registered again."""
    agent = make_agent()
    instance = {'min_collection_interval': 10**9, **({} if name is None else {'name': name})}
    agent.configure(NAME, {'init_config': {}, 'instances': [instance], 'logs': LOGS})
    with agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        agent.restart_logs(1)
        agent.advance(1)
        send(agent, 'b')
        agent.advance(HEALTHY_SECONDS)
        assert ('no file is known for integration' in agent.agent_log) == (not has_file)
    assert received(intake) == (['a', 'b'] if has_file else ['a'])


def test_a_file_that_is_missing_at_a_restart_of_the_logs_part_never_comes_again(make_agent: AgentMaker) -> None:
    """The scan finds no file, so the launcher has no entry, and only a registration would make one."""
    with make_agent() as agent:
        send(agent, 'a')
        agent.log_file().unlink()
        agent.restart_logs(1)
        agent.advance(1)
        send(agent, 'b')
        agent.advance(60)
        assert not agent.log_file().exists()
        assert f'no file is known for integration {agent.check_ids[0]}' in agent.agent_log
    with make_agent() as agent:
        send(agent, 'c')
        assert agent.log_file().read_bytes() == b'c\n'


def test_the_pipeline_before_a_restart_of_the_logs_part_sends_nothing_afterwards(
    make_agent: AgentMaker, intake: Intake
) -> None:
    """Its retries end with it; the new one reads what was not acknowledged."""
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        intake.answer = 503
        send(agent, 'b')
        agent.advance(20)
        agent.restart_logs(0)
        intake.answer = 202
        agent.advance(300)
        assert offset(agent) == size(agent) == 4
    assert received(intake) == ['a', 'b']


def test_a_restart_of_the_logs_part_drops_the_drain_of_a_rotated_file(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent(settings=ONE_MIB_FILES) as agent:
        send(agent, 'z')
        agent.advance(HEALTHY_SECONDS)
        intake.refuse()
        send(agent, 'a' + THIRD, 'b' + THIRD, 'c' + THIRD, NEXT)
        agent.advance(2)
        assert len(agent.logs.file_launcher.draining) == 1
        agent.restart_logs(1)
        intake.accept()
        agent.advance(120)
    assert [text[0] for text in received(intake)] == ['z', 'd']


def test_an_agent_can_be_stopped_while_its_logs_part_is_stopped(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        agent.restart_logs(10)
        assert agent.logs.statuses() == []
    with make_agent() as agent:
        send(agent, 'b')
        agent.advance(HEALTHY_SECONDS)
        assert len(agent.logs.statuses()) == 1
    assert received(intake) == ['a', 'b']


def test_a_logs_part_that_starts_late_blocks_send_log_and_creates_the_file_then(
    make_agent: AgentMaker, intake: Intake, clock: VirtualClock
) -> None:
    with make_agent(faults=Faults(logs_start_delay_seconds=20)) as agent:
        agent.advance(10)
        assert not agent.log_file().exists()
        send(agent, 'a')
        assert clock.now() == START + 20
        assert agent.log_file().read_bytes() == b'a\n'
        agent.advance(HEALTHY_SECONDS)
    assert received(intake) == ['a']


def test_an_agent_can_be_stopped_before_its_logs_part_starts(make_agent: AgentMaker) -> None:
    with make_agent(faults=Faults(logs_start_delay_seconds=20)) as agent:
        assert agent.logs.statuses() == []
    assert not agent.log_file().exists()
    assert 'See ya!' in agent.agent_log


# The profiles


@pytest.mark.parametrize(
    'profile, file_mib, line_bytes, scan_seconds, same_inode',
    [pytest.param('current', 100, 900_000, 1, False), pytest.param('older', 10, 256_000, 10, True)],
)
def test_a_profile_has_the_sizes_the_scan_and_the_rotation_of_its_agents(
    make_agent: AgentMaker,
    intake: Intake,
    profile: Any,
    file_mib: int,
    line_bytes: int,
    scan_seconds: int,
    same_inode: bool,
) -> None:
    with make_agent(profile=profile) as agent:
        assert agent.datadog_agent.get_config('logs_config.max_message_size_bytes') == line_bytes
        assert agent.datadog_agent.get_config('logs_config.integrations_logs_total_usage') == 100
        file = agent.log_file()
    # All but one line of a full file, read as far as the end; it takes no room on the disk.
    os.truncate(file, file_mib * MIB - line_bytes - 1)
    with make_agent(profile=profile) as agent:
        send(agent, 'a' * line_bytes)
        assert size(agent) == file_mib * MIB
        with file.open('rb') as held:
            agent.advance(60)
            [old] = agent.logs.file_launcher.tailed
            tailer = old.tailer
            # A moment after a scan of either profile.
            agent.advance(10.1)
            send(agent, 'c' * line_bytes)
            assert size(agent) == line_bytes + 1
            assert (file.stat().st_ino == os.fstat(held.fileno()).st_ino) == same_inode
        agent.advance(scan_seconds - 0.2)
        assert old.tailer is tailer
        agent.advance(0.2)
        assert old.tailer is not tailer
        agent.advance(60)
        assert offset(agent) == size(agent)
    assert received(intake) == ['a' * line_bytes, 'c' * line_bytes]


def test_a_setting_goes_before_the_default_of_a_profile(make_agent: AgentMaker) -> None:
    with make_agent(profile='older', settings=ONE_MIB_FILES, rotation='recreate') as agent:
        assert agent.datadog_agent.get_config('logs_config.file_scan_period') == 10
        send(agent, 'x' * (MIB // 2))
        inode = agent.log_file().stat().st_ino
        with agent.log_file().open('rb'):
            send(agent, 'y' * (MIB // 2))
            assert agent.log_file().read_bytes()[:1] == b'y'
            assert agent.log_file().stat().st_ino != inode


# Status


def test_the_status_page_shows_the_source_with_bytes_read_and_backlog(make_agent: AgentMaker, intake: Intake) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        agent.advance(HEALTHY_SECONDS)
        intake.refuse()
        send(agent, 'bb')
        agent.advance(2)
        status = agent.status()
    for line in (
        f'Path: {agent.log_file()}',
        'Service: svc',
        'Source: probe',
        'Status: OK',
        'Bytes Read: 5',
        'Acknowledged: 2',
        'Backlog: 3',
    ):
        assert f' {line}\n' in status
