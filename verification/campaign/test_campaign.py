# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The fault campaigns in a short form, and whether they can fail.

`make campaign` plays the long form.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from agent_standin import AgentStandIn, Faults, Intake
from okta_simulator import OktaSimulator, VirtualClock, faults
from verification.world.figures import MAX_REPEATS_OF_A_CRASH, Figures
from verification.world.ledger import Ledger

from . import __main__ as command
from . import causes, change, kill, mixed, registry, report
from . import okta as okta_campaign
from .campaigns import CAMPAIGNS
from .mutations import MUTATIONS, Mutation
from .rate_limit import requests_in_closed_windows

# The campaigns


@pytest.mark.parametrize(
    'play',
    [
        pytest.param(partial(okta_campaign.play, 11, count=15), id='okta'),
        pytest.param(partial(change.play, 11, count=5), id='change'),
        pytest.param(partial(registry.play, 11, count=4), id='registry'),
        pytest.param(partial(mixed.play, 11, days=0.1), id='mixed'),
    ],
)
def test_whatever_fails_every_promise_is_kept(play: Callable[[], Figures]) -> None:
    figures = play()
    assert figures.complaints == []
    assert figures.delivered == figures.events - figures.lost_by_agent.total() > 0


def test_agents_killed_at_random_instants_lose_nothing_and_repeat_little() -> None:
    figures = kill.play(1, 40)
    assert figures.complaints == []
    assert figures.delivered == figures.events > 0
    assert 0 < figures.most_repeats_of_a_crash <= MAX_REPEATS_OF_A_CRASH


@pytest.mark.parametrize(
    'offset, mark, content, cause',
    [
        pytest.param('4', {'size': 4, 'stale_offset': None}, b'one\ntwo\n', causes.UNEXPLAINED, id='all is known'),
        pytest.param('4', {'size': 4, 'stale_offset': None}, b'one\ntwo', causes.TORN, id='torn'),
        pytest.param('4', {'size': 4, 'stale_offset': 9}, b'one\ntwo\n', causes.STALE, id='stale offset'),
        pytest.param('4', {'size': 9, 'stale_offset': None}, b'one\ntwo\n', causes.ROTATED, id='emptied'),
        pytest.param('4', {'size': 4, 'stale_offset': None, 'inode': 1}, b'one\n', causes.ROTATED, id='replaced'),
        pytest.param('4', None, b'one\ntwo\n', causes.ROTATED, id='no mark'),
        pytest.param(None, {'size': 4, 'stale_offset': None}, b'one\ntwo\n', causes.NO_ENTRY, id='no entry'),
    ],
)
def test_why_events_are_sent_again_is_told_by_the_files(
    tmp_path: Path, offset: str | None, mark: dict[str, Any] | None, content: bytes, cause: str
) -> None:
    log_file = tmp_path / 'integrations' / 'okta_workflows_1a2b.log'
    log_file.parent.mkdir()
    log_file.write_bytes(content)
    whole = {'inode': log_file.stat().st_ino, **mark} if mark is not None else None
    (tmp_path / 'cursor_odd').write_text(json.dumps({'number': 3, 'mark': whole}))
    (tmp_path / 'cursor_even').write_text('')
    entries = {f'file:{log_file}': {'Offset': offset}} if offset is not None else {}
    (tmp_path / 'registry.json').write_text(json.dumps({'Registry': entries}))
    found = causes.why_repeated(tmp_path, ['one', 'three', 'four'])
    assert found.name == cause
    in_flight = 2 if cause == causes.UNEXPLAINED else 0
    assert found.share(3) == {causes.NOT_WRITTEN: in_flight, cause: 3 - in_flight}


def test_without_a_log_file_nothing_is_known(tmp_path: Path) -> None:
    assert causes.why_repeated(tmp_path, []).name == causes.NO_ENTRY


@cache
def complaints_with_all_protections(play: Callable[[], Figures]) -> tuple[str, ...]:
    return tuple(play().complaints)


@pytest.mark.parametrize('mutation', [pytest.param(each, id=each.name) for each in MUTATIONS])
def test_a_check_without_one_of_its_protections_is_found_out(mutation: Mutation) -> None:
    """And in the same world, with the protection, every promise is kept."""
    assert complaints_with_all_protections(mutation.play) == ()
    with mutation.remove():
        assert mutation.complaint in ' '.join(mutation.play().complaints)


def test_a_world_depends_on_its_seed_alone() -> None:
    play = partial(change.play, 3, (change.death,), 2)
    assert play() == play()


@pytest.mark.parametrize('name', CAMPAIGNS)
def test_every_campaign_has_worlds_at_any_scale(name: str) -> None:
    assert len(list(CAMPAIGNS[name](1, 0.001))) == 1
    assert len(list(CAMPAIGNS[name](1, 1.0))) > 1


# The books


def test_each_instance_may_repeat_what_a_crash_costs() -> None:
    ledger = Ledger()
    for name in ('one', 'other'):
        ledger.hand_over(name, f'a of {name}')
        ledger.hand_over(name, f'b of {name}')
        ledger.end_run(name, announced=False)
    ledger.interrupt()
    for name in ('one', 'other'):
        ledger.hand_over(name, f'a of {name}')
        ledger.end_run(name, announced=False)
    ledger.hand_over('other', 'b of other')
    ledger.end_run('other', announced=False)
    assert ledger.repeats_of_interruptions == [0, 2]


def test_the_books_tell_the_repeats_of_each_interruption_from_those_that_were_announced() -> None:
    ledger = Ledger()
    ledger.persist('abcd')
    for uuid in 'abcd':
        ledger.hand_over('one', uuid)
    ledger.end_run('one', announced=False)
    ledger.interrupt()
    for uuid in 'bc':
        ledger.hand_over('one', uuid)
    ledger.end_run('one', announced=False)
    ledger.hand_over('one', 'a')
    ledger.end_run('one', announced=True)
    ledger.hand_over('one', 'b')
    ledger.end_run('one', announced=False)
    assert ledger.repeats_of_interruptions == [0, 2]
    assert ledger.announced_repeats == 2


def test_the_books_count_what_is_missing_and_what_came_twice() -> None:
    ledger = Ledger()
    ledger.persist('abc')
    for uuid in 'aab':
        ledger.receive(uuid)
    assert (ledger.delivered, ledger.missing, ledger.repeated) == (2, frozenset('c'), 1)


def test_the_sums_of_worlds_keep_the_longest_stall() -> None:
    one = Figures(worlds=1, events=2, longest_stall_seconds=3.0, repeats_of_crashes=Counter({5: 1}))
    both = one + Figures(worlds=1, events=3, longest_stall_seconds=1.0, repeats_of_crashes=Counter({5: 1, 7: 1}))
    assert (both.worlds, both.events, both.longest_stall_seconds) == (2, 5, 3.0)
    assert both.most_repeats_of_a_crash == 7
    assert both.repeats_of_crashes == {5: 2, 7: 1}


def test_the_report_shows_figures_causes_and_complaints() -> None:
    figures = Figures(worlds=1, events=1234, lost=2, complaints=['lost 2 events'], repeats_of_crashes=Counter({0: 3}))
    figures.lost_by_agent['overtaken'] = 4
    screen = StringIO()
    report.show({'kill': figures}, Console(file=screen, width=180))
    page = report.markdown({'kill': figures}, 'make campaign')
    for text in (screen.getvalue(), page):
        assert '1,234' in text
        assert 'kill: 4 overtaken' in text
        assert '3 kills repeated no event' in text
    assert 'kill: lost 2 events' in screen.getvalue()


def test_an_unknown_campaign_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(['moonshine'])
    assert "no campaign is called 'moonshine'" in capsys.readouterr().err


# The rate limit as the campaigns judge it


def ask(okta: OktaSimulator) -> None:
    try:
        requests.get(f'{okta.url}/api/v1/logs', headers={'Authorization': f'SSWS {okta.api_key}'}, timeout=10)
    except requests.RequestException:
        pass


@pytest.mark.parametrize(
    'wait_seconds, found', [pytest.param(39, 1, id='too early'), pytest.param(40, 0, id='in time')]
)
def test_a_request_before_the_reset_of_a_429_is_found(
    okta: OktaSimulator, clock: VirtualClock, wait_seconds: int, found: int
) -> None:
    okta.faults.add(faults.RateLimited(reset_in_seconds=40))
    ask(okta)
    clock.advance(wait_seconds)
    ask(okta)
    assert requests_in_closed_windows(okta.requests) == found


def test_a_request_that_takes_of_the_reserve_is_found(okta: OktaSimulator) -> None:
    okta.org_rate_limit = 20
    for _ in range(10):
        ask(okta)
    assert requests_in_closed_windows(okta.requests) == 1


def test_what_the_client_could_not_read_binds_it_to_nothing(okta: OktaSimulator) -> None:
    okta.org_rate_limit = 4
    okta.faults.add(faults.CutBody())
    ask(okta)
    assert [(request.status, request.answer_headers) for request in okta.requests] == [(200, ())]
    assert requests_in_closed_windows(okta.requests) == 0


# What the campaigns need of the Agent stand-in

LOGS = [{'type': 'integration', 'source': 'okta-workflows', 'start_position': 'beginning'}]


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake() as intake:
        yield intake


def start_agent(root: Path, clock: VirtualClock, intake: Intake, **variant: object) -> AgentStandIn:
    agent = AgentStandIn(root, clock, intake=intake, **variant)  # type: ignore[arg-type]
    instance = {'domain': 'http://127.0.0.1:1', 'api_key': 'none', 'min_collection_interval': 1_000_000}
    agent.configure('okta_workflows', {'init_config': {}, 'instances': [instance], 'logs': LOGS})
    return agent.start()


def write(agent: AgentStandIn, count: int) -> None:
    for number in range(count):
        agent.logs.handover.send(b'{"number": %d}' % number, agent.check_ids[0])


def test_a_slow_tailer_reads_so_much_at_a_time(tmp_path: Path, clock: VirtualClock, intake: Intake) -> None:
    agent = start_agent(tmp_path, clock, intake, faults=Faults(tailer_bytes_per_poll=4096))
    write(agent, 1000)
    agent.advance(1)
    assert agent.logs.statuses()[0].read_bytes == 4096
    agent.advance(10)
    assert len(intake.logs) == 1000
    agent.stop()


def test_payloads_that_a_later_one_overtakes_are_known(tmp_path: Path, clock: VirtualClock, intake: Intake) -> None:
    intake.answer = lambda logs: 503 if logs[0]['message'] == '{"number": 0}' else 202
    agent = start_agent(tmp_path, clock, intake, acknowledgements='overtaking', send_concurrency=2)
    write(agent, 1500)
    agent.advance(20)
    assert {message.body for message in agent.logs.pipeline.overtaken} == {b'{"number": %d}' % n for n in range(1000)}
    agent.kill()
