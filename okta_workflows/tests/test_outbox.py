# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The outbox, step by step, between a log file and a registry that are written by the test."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from datadog_checks.okta_workflows.agent.acknowledgement import Acknowledgement
from datadog_checks.okta_workflows.agent.aftermath import Aftermath
from datadog_checks.okta_workflows.agent.books import Books
from datadog_checks.okta_workflows.agent.cursor import Cursor
from datadog_checks.okta_workflows.agent.log_file import FileMark, FileState
from datadog_checks.okta_workflows.agent.log_line import LogLine
from datadog_checks.okta_workflows.agent.outbox import UnverifiedOutbox
from datadog_checks.okta_workflows.agent.registry import Registry
from datadog_checks.okta_workflows.agent.settings import AgentSettings
from datadog_checks.okta_workflows.errors import CollectionError

from .fake_clock import NOW, FakeClock
from .hand_made_agent import LINK, MIB, HandMadeAgent, uuid_of, whole


@pytest.mark.parametrize(
    'written',
    [
        pytest.param(lambda text: '', id='nothing'),
        pytest.param(lambda text: 'x' * 5000 + '\n', id='something else'),
        pytest.param(lambda text: 'x' * len(text) + '\n', id='something else of the same size'),
        pytest.param(lambda text: text + ' ' * 500, id='no line break'),
        pytest.param(lambda text: text + ' ', id='no line break and the right size'),
        pytest.param(lambda text: uuid_of(text) + '\n', id='too little'),
        pytest.param(lambda text: text * 2 + '\n' * (uuid_of(text) == 'b'), id='too few lines'),
        pytest.param(lambda text: text + ('\n\n' if uuid_of(text) == 'a' else '  '), id='no end of the last line'),
        pytest.param(lambda text: f'{text}\n' * (uuid_of(text) == 'a'), id='only the first line'),
        pytest.param(lambda text: f'{text}\n' * (uuid_of(text) == 'b'), id='only the last line'),
        pytest.param(lambda text: f'{text}\n' * 2 * (uuid_of(text) == 'a'), id='the first line in place of the last'),
    ],
)
def test_a_batch_that_is_not_seen_whole_is_not_delivered(by_hand: HandMadeAgent, written: Callable[[str], str]) -> None:
    def append(text: str) -> None:
        with by_hand.path.open('a', newline='\n') as file:
            file.write(written(text))

    by_hand.on_line = append
    by_hand.open()
    with pytest.raises(CollectionError, match='accepted 2 events but did not write them'):
        by_hand.deliver('a', 'b')
    assert by_hand.delivered == ''


def test_a_batch_that_is_seen_is_delivered(by_hand: HandMadeAgent) -> None:
    assert by_hand.open()
    assert by_hand.deliver('a', 'b')
    assert by_hand.delivered == 'b'
    assert by_hand.progress.mark == by_hand.mark(by_hand.path.stat().st_size)


def test_behind_a_torn_line_the_first_is_sent_twice(by_hand: HandMadeAgent) -> None:
    """The Agent joins it with the torn one. The others come when it is seen that lines are written again."""
    by_hand.path.write_text('{"log":{"uuid"')
    by_hand.open()
    assert by_hand.deliver('a', 'b', 'c')
    assert [uuid_of(text) for text in by_hand.sent] == ['a', 'a', 'b', 'c']


def test_a_batch_behind_which_the_file_was_replaced_unexpectedly_is_not_delivered(by_hand: HandMadeAgent) -> None:
    """With it may have gone what was not sent: the next run has to see to that first."""
    by_hand.path.write_bytes(b'x' * 1000 + b'\n')
    by_hand.has_written(by_hand.mark(1001))
    by_hand.open()
    by_hand.on_line = by_hand.replace_and_write
    assert not by_hand.deliver('a', 'b')
    assert [uuid_of(text) for text in by_hand.sent] == ['a', 'b']
    assert by_hand.delivered == 'written'
    assert by_hand.progress.has_gap


def test_a_file_that_was_replaced_since_the_start_of_the_run_gets_nothing(by_hand: HandMadeAgent) -> None:
    by_hand.path.write_bytes(b'x' * 1000 + b'\n')
    by_hand.open()
    by_hand.path.write_bytes(b'')
    assert not by_hand.deliver('a')
    by_hand.open()
    assert by_hand.deliver('b')
    assert [uuid_of(text) for text in by_hand.sent] == ['b']


# Rotation


def test_after_a_rotation_nothing_more_is_sent_for_a_while(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    """The Agent must get the time to find out about it, or the run must be over."""
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 10)
    by_hand.open()
    by_hand.on_line = by_hand.replace_and_write
    assert by_hand.deliver('a', 'b')
    assert clock.now() == NOW
    assert not by_hand.deliver('c')
    assert by_hand.seconds <= clock.now() - NOW < by_hand.seconds + 1
    assert by_hand.delivered == 'b'
    by_hand.open()
    assert by_hand.deliver('c')


def test_after_a_rotation_the_run_goes_on_when_the_agent_has_sent_something_of_the_new_file(
    by_hand: HandMadeAgent, clock: FakeClock
) -> None:
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 10)
    by_hand.open()
    by_hand.on_line = by_hand.replace_and_write
    assert by_hand.deliver('a', 'b')
    by_hand.works_after(10.0, lambda: by_hand.acknowledge(of_1a2b=whole('a').size_bytes))
    assert by_hand.deliver('c')
    assert 10.0 <= clock.now() - NOW < 11.0


def test_a_batch_ends_where_the_file_would_rotate(by_hand: HandMadeAgent) -> None:
    by_hand.fill(300)
    by_hand.acknowledge(of_1a2b=MIB - 300)
    by_hand.open()
    assert 100 < whole('a').size_bytes < 150
    assert not by_hand.deliver('a', 'b', 'c')
    assert by_hand.delivered == 'b'


def test_a_batch_that_makes_the_file_rotate_is_shorter_than_the_file_was(by_hand: HandMadeAgent) -> None:
    """Else a file that is emptied in place looks as if it were the old one still, to the check and to the Agent."""
    by_hand.fill(1000)
    by_hand.acknowledge(of_1a2b=MIB - 1000)
    by_hand.on_line = by_hand.write_in_bounds
    text = json.dumps({'log': {'uuid': 'large'}, 'note': 'n' * (MIB // 4 - 100)})
    line = LogLine(text, len(text) + 1, 'large', NOW)
    assert 3 * line.size_bytes < MIB - 1000 <= 4 * line.size_bytes <= MIB
    by_hand.open()
    assert not by_hand.outbox.deliver([line] * 4, lambda behind: Cursor(LINK, NOW, f'{len(behind)}'))
    assert by_hand.delivered == '3'
    assert by_hand.path.stat().st_size == 3 * line.size_bytes


def test_a_full_and_drained_file_rotates_at_once(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 10)
    by_hand.on_line = by_hand.write_in_bounds
    assert by_hand.open()
    assert by_hand.outbox.backlog == ''
    assert by_hand.deliver('a', 'b', 'c')
    assert by_hand.path.stat().st_size < 1000
    assert clock.now() == NOW


def test_a_full_file_that_is_not_drained_is_an_obstacle(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 100)
    assert by_hand.open(), 'a line of unknown size may fit'
    assert not by_hand.deliver('a')
    assert not by_hand.open()
    assert "0.0 MiB in the Agent's log file wait for Datadog's intake" in by_hand.outbox.backlog
    assert clock.now() == NOW, 'a run that has written nothing waits for nothing'


def fill_in_this_run(by_hand: HandMadeAgent) -> None:
    """A run that wrote up to the end of the file, of which nothing was sent."""
    by_hand.fill(600)
    by_hand.acknowledge(of_1a2b=0)
    by_hand.on_line = by_hand.write_in_bounds
    by_hand.open()
    assert by_hand.deliver('a', 'b', 'c', 'd')


def test_a_run_waits_until_the_file_that_it_filled_may_rotate(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    fill_in_this_run(by_hand)
    by_hand.works_after(3.0, lambda: by_hand.acknowledge(of_1a2b=by_hand.path.stat().st_size))
    assert by_hand.deliver('e')
    assert 3.0 <= clock.now() - NOW < 4.0
    assert by_hand.path.stat().st_size == whole('e').size_bytes
    assert by_hand.progress.acknowledged.uuid == 'd'


def test_nobody_waits_longer_than_is_allowed_or_makes_sense(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    fill_in_this_run(by_hand)
    by_hand.seconds = 5.0
    assert not by_hand.deliver('e')
    assert 5.0 <= clock.now() - NOW < 6.0
    by_hand.seconds = 1000.0
    by_hand.acknowledge(of_1a2b=1)
    assert not by_hand.deliver('e')
    assert 25.0 <= clock.now() - NOW < 27.0


def test_the_run_after_waits_for_nothing(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    """By then it is an outage, which must not occupy a check runner."""
    fill_in_this_run(by_hand)
    assert not by_hand.deliver('e')
    waited_until = clock.now()
    assert waited_until > NOW
    assert not by_hand.open()
    assert not by_hand.deliver('e')
    assert clock.now() == waited_until


def test_after_a_wait_in_vain_no_other_run_waits_before_the_agent_sends_something(
    by_hand: HandMadeAgent, clock: FakeClock
) -> None:
    """In an outage there may be a little more room in the next run, because another log file became smaller."""
    by_hand.start(AgentSettings(str(by_hand.path.parent.parent), 100 * MIB, 12 * MIB, 1.0, 256_000))
    other = by_hand.path.parent / 'other.log'
    other.write_bytes(b'')
    os.truncate(other, 9 * MIB)
    by_hand.path.write_bytes(b'x' * (3 * MIB - 301) + b'\n')
    by_hand.acknowledge(of_1a2b=0)
    by_hand.open()
    assert not by_hand.deliver('a', 'b', 'c')
    waited_until = clock.now()
    assert (by_hand.delivered, waited_until - NOW > 10) == ('b', True)
    os.truncate(other, 9 * MIB - 300)
    by_hand.refresh_registry()
    assert by_hand.open()
    assert not by_hand.deliver('c', 'd', 'e')
    assert (by_hand.delivered, clock.now()) == ('d', waited_until)
    os.truncate(other, 9 * MIB - 600)
    by_hand.acknowledge(of_1a2b=100)
    assert by_hand.open()
    assert not by_hand.deliver('e', 'f', 'g')
    assert clock.now() - waited_until > 10, 'the Agent has sent something'


def test_what_is_tried_in_an_outage_is_not_waited_for(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    fill_in_this_run(by_hand)
    assert not by_hand.deliver('e')
    opened = []
    for _ in range(3):
        by_hand.refresh_registry()
        opened.append(by_hand.open())
        clock.advance(400)
    assert opened == [False, False, True]
    tried_at = clock.now()
    assert by_hand.deliver('e')
    assert not by_hand.deliver('f')
    assert clock.now() == tried_at


def test_without_a_registry_nothing_is_waited_for(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    """What may be sent on trust is sent, and the run is over."""
    by_hand.open()
    lines = [f'{number:05}' for number in range(MIB // 4 // whole('00000').size_bytes + 1)]
    assert not by_hand.deliver(*lines)
    assert by_hand.delivered == lines[-2]
    assert clock.now() == NOW


def test_a_file_that_is_replaced_meanwhile_is_waited_for_no_longer(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    """The Agent made room for another integration's logs: the next run has to see what went with it."""
    fill_in_this_run(by_hand)
    by_hand.works_after(3.0, lambda: by_hand.path.write_bytes(b''))
    assert not by_hand.deliver('e')
    assert 3.0 <= clock.now() - NOW < 4.0
    assert by_hand.delivered == 'd'


def test_a_check_that_is_cancelled_waits_no_longer(by_hand: HandMadeAgent, clock: FakeClock) -> None:
    fill_in_this_run(by_hand)
    by_hand.works_after(3.0, by_hand.outbox.cancel)
    assert not by_hand.deliver('e')
    assert 3.0 <= clock.now() - NOW < 4.0


@pytest.mark.parametrize(
    'end, is_let_through', [pytest.param(b'x', True, id='torn'), pytest.param(b'\n', False, id='whole')]
)
def test_a_line_that_ends_a_torn_one_is_let_through_at_last(
    by_hand: HandMadeAgent, clock: FakeClock, end: bytes, is_let_through: bool
) -> None:
    """Else the Agent, which sends nothing of a line without end, and the check would wait for each other for ever.

    That nothing else is sent looks like an outage.
    """
    by_hand.path.write_bytes(b'x' * (MIB - 1) + end)
    by_hand.on_line = by_hand.replace_and_write
    by_hand.acknowledge(of_1a2b=0, of_9f9f=17)
    opened = []
    for seconds in (0, 599, 1):
        clock.advance(seconds)
        by_hand.refresh_registry()
        opened.append(by_hand.open())
    assert opened == [False, False, is_let_through]
    assert by_hand.deliver('a') is is_let_through


@pytest.mark.parametrize('waiting', [pytest.param(0, id='drained'), pytest.param(1, id='not drained')])
def test_a_rotation_before_all_was_sent_is_remembered(by_hand: HandMadeAgent, clock: FakeClock, waiting: int) -> None:
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 10 - waiting)
    by_hand.has_written(by_hand.mark(MIB - 10))
    by_hand.on_line = by_hand.replace_and_write
    delivered = []
    for seconds in (0, 1, 601):
        clock.advance(seconds)
        by_hand.refresh_registry()
        by_hand.open()
        delivered.append(by_hand.deliver('a'))
        if delivered[-1]:
            break
    assert delivered == ([False, False, True] if waiting else [True])
    assert by_hand.progress.has_gap is bool(waiting)
    assert by_hand.delivered == 'a'


def test_a_cache_that_fails_behind_a_rotation_makes_no_batch_come_twice(
    by_hand: HandMadeAgent, clock: FakeClock
) -> None:
    """What was written counts in this process, also with a gap that could not be stored."""
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 11)
    by_hand.has_written(by_hand.mark(MIB - 10))
    by_hand.on_line = by_hand.replace_and_write
    for seconds in (0, 1):
        clock.advance(seconds)
        by_hand.refresh_registry()
        by_hand.open()
        assert not by_hand.deliver('a')
    clock.advance(601)
    by_hand.refresh_registry()
    assert by_hand.open()
    stored = by_hand.cursors._write
    by_hand.cursors._write = lambda key, value: None
    with pytest.raises(CollectionError, match='cannot store the cursor'):
        by_hand.deliver('a', 'b')
    by_hand.cursors._write = stored
    assert by_hand.cursors.load() == by_hand.progress
    assert (by_hand.delivered, by_hand.progress.has_gap) == ('b', True)


def test_a_gap_is_made_good_when_the_agent_sends_again(by_hand: HandMadeAgent) -> None:
    """Before that it may be that the lines were never to be sent."""
    by_hand.path.write_bytes(b'x' * 99 + b'\n')
    by_hand.has_written(by_hand.mark(100), has_gap=True)
    by_hand.acknowledge(of_9f9f=17)
    by_hand.open()
    assert by_hand.delivered == 'written'
    by_hand.acknowledge(of_1a2b=50)
    by_hand.open()
    assert by_hand.delivered == ''
    assert by_hand.losses == [(NOW, NOW + 1)]
    assert not by_hand.progress.has_gap


def test_a_diagnosis_after_a_gap_says_what_a_run_says(by_hand: HandMadeAgent) -> None:
    by_hand.path.write_bytes(b'x' * 99 + b'\n')
    by_hand.has_written(by_hand.mark(100), has_gap=True)
    by_hand.acknowledge(of_9f9f=17)
    by_hand.open()
    assert not by_hand.deliver(*(f'{number:05}' for number in range(3000)))
    assert not by_hand.open()
    assert 'does not report how much of it Datadog received' in by_hand.outbox.backlog
    with pytest.raises(CollectionError, match=by_hand.outbox.backlog):
        by_hand.outbox.examine(by_hand.progress)


# What became of what was written


@pytest.mark.parametrize(
    'size, offsets, marked, name, is_lost',
    [
        pytest.param(500, {}, 400, '1a2b', False, id='the same file, longer'),
        pytest.param(400, {}, 400, '1a2b', False, id='the same file'),
        pytest.param(300, {}, 400, '1a2b', True, id='emptied, nothing known'),
        pytest.param(300, {'of_1a2b': 399}, 400, '1a2b', True, id='emptied, not all sent'),
        pytest.param(300, {'of_1a2b': 400}, 400, '1a2b', False, id='emptied, all sent'),
        pytest.param(300, {'of_1a2b': 300}, 200, '1a2b', False, id='longer, and all sent'),
        pytest.param(300, {'of_9f9f': 400}, 400, '9f9f', False, id='another file, all sent'),
        pytest.param(300, {'of_9f9f': 399}, 400, '9f9f', True, id='another file, not all sent'),
        pytest.param(300, {'of_1a2b': 400}, 200, '9f9f', True, id='another file, of which nothing is known'),
    ],
)
def test_what_was_written_is_there_or_was_sent_or_is_lost(
    by_hand: HandMadeAgent, size: int, offsets: dict[str, int], marked: int, name: str, is_lost: bool
) -> None:
    by_hand.path.write_bytes(b'x' * size)
    by_hand.acknowledge(**offsets)
    mark = by_hand.mark(marked, name)
    assert aftermath(by_hand).has_lost(mark) is is_lost
    by_hand.has_written(mark)
    by_hand.open()
    assert by_hand.losses == [(NOW, NOW + 1)] * is_lost
    assert by_hand.delivered == ('' if is_lost else 'written')


def aftermath(by_hand: HandMadeAgent) -> Aftermath:
    return Aftermath(by_hand.log_file, Acknowledgement(), by_hand.clock)


def test_an_offset_within_the_new_file_says_nothing_of_the_old_one(by_hand: HandMadeAgent) -> None:
    by_hand.path.write_bytes(b'x' * 500)
    by_hand.acknowledge(of_1a2b=450)
    mark = FileMark(by_hand.log_file.path, by_hand.path.stat().st_ino + 1, 400)
    assert aftermath(by_hand).has_lost(mark)
    by_hand.acknowledge(of_1a2b=501)
    assert not aftermath(by_hand).has_lost(mark)


def test_an_offset_that_was_stale_when_the_lines_were_written_proves_nothing(by_hand: HandMadeAgent) -> None:
    """It is of an earlier file of that name, however far it is."""
    by_hand.acknowledge(of_9f9f=900)
    mark = by_hand.mark(400, '9f9f')
    assert not aftermath(by_hand).has_lost(mark)
    assert aftermath(by_hand).has_lost(replace(mark, stale_offset=900))
    assert aftermath(by_hand).has_lost(replace(mark, stale_offset=899)), 'it may have risen'
    assert not aftermath(by_hand).has_lost(replace(mark, stale_offset=901)), 'it fell, so it is of the marked file'


def test_a_mark_tells_a_stale_offset(by_hand: HandMadeAgent) -> None:
    by_hand.path.write_bytes(b'x' * 499 + b'\n')
    by_hand.acknowledge(of_1a2b=900)
    by_hand.open()
    by_hand.deliver('a')
    assert by_hand.progress.mark == replace(by_hand.mark(500 + whole('a').size_bytes), stale_offset=900)


def test_what_the_agent_did_not_read_of_a_file_is_lost(by_hand: HandMadeAgent) -> None:
    """It took the new file for the old one, and went on in the middle of it. To go back once is enough."""
    by_hand.path.write_bytes(b'x' * 699 + b'\n')
    by_hand.acknowledge(of_1a2b=600)
    earlier = FileMark(by_hand.log_file.path, by_hand.path.stat().st_ino + 1, 500, stale_offset=500)
    by_hand.cursors.commit(replace(by_hand.progress, mark=earlier))
    by_hand.open()
    assert by_hand.losses == []
    by_hand.has_written(by_hand.mark(600))
    by_hand.open()
    assert by_hand.losses == [(NOW, NOW + 1)]
    assert by_hand.deliver('a')
    by_hand.has_written(by_hand.mark(600))
    by_hand.open()
    assert by_hand.losses == [(NOW, NOW + 1)]


def test_without_a_mark_nothing_was_lost(by_hand: HandMadeAgent) -> None:
    by_hand.has_written(None)
    by_hand.open()
    assert by_hand.delivered == 'written'


def test_whole_lines_behind_the_mark_are_found(by_hand: HandMadeAgent) -> None:
    by_hand.write(whole('a').text)
    mark = by_hand.mark(by_hand.path.stat().st_size)
    for uuid in 'bc':
        by_hand.write(whole(uuid).text)
    with by_hand.path.open('a', newline='\n') as file:
        file.write('null\n{"log": {}}\n{"log": {"uuid": 7}}\nnothing\n' + whole('d').text)
    by_hand.acknowledge(of_1a2b=1)
    size_bytes = whole('b').size_bytes
    assert aftermath(by_hand).leftover(mark) == {'b': mark.size + size_bytes, 'c': mark.size + 2 * size_bytes}
    by_hand.has_written(mark)
    by_hand.open()
    assert by_hand.deliver('b')
    assert (by_hand.sent, by_hand.delivered) == ([], 'b')
    assert by_hand.progress.mark == replace(mark, size=mark.size + size_bytes)


@pytest.mark.parametrize(
    'case',
    ['no mark', 'stale offset', 'other path', 'other file', 'no entry', 'no registry', 'torn line', 'unreadable'],
)
def test_lines_that_the_agent_may_not_read_as_they_are_do_not_count(
    by_hand: HandMadeAgent, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    by_hand.write(whole('a').text)
    size_bytes = by_hand.path.stat().st_size
    marks: dict[str, FileMark | None] = {
        'no mark': None,
        'stale offset': replace(by_hand.mark(size_bytes), stale_offset=9),
        'other path': by_hand.mark(size_bytes, '9f9f'),
        'other file': replace(by_hand.mark(size_bytes), inode=17),
        # Behind it the next line looks whole, and the Agent joins the two.
        'torn line': by_hand.mark(size_bytes - 1),
    }
    by_hand.write(whole('b').text)
    good = by_hand.mark(size_bytes)
    by_hand.acknowledge(of_1a2b=1)
    assert aftermath(by_hand).leftover(good) == {'b': size_bytes * 2}
    if case == 'no entry':
        by_hand.acknowledge(of_9f9f=1)
    if case == 'no registry':
        by_hand.registry.unlink()
    if case == 'unreadable':
        monkeypatch.setattr(by_hand.log_file, 'behind', lambda place, most_bytes: b'')
    assert aftermath(by_hand).leftover(marks.get(case, good)) == {}


# Where there is no log file


def test_a_line_that_does_not_bring_the_file_into_being_is_not_delivered(by_hand: HandMadeAgent) -> None:
    by_hand.path.unlink()
    by_hand.on_line = lambda text: None
    by_hand.has_written(FileMark(by_hand.log_file.path, 1, 0))
    assert by_hand.open()
    with pytest.raises(CollectionError, match='did not bring it into being'):
        by_hand.deliver('a', 'b')
    assert [uuid_of(text) for text in by_hand.sent] == ['a']


@pytest.mark.parametrize(('offset', 'copies'), [(0, 1), (1, 2), (100, 2), (5000, 1)])
def test_a_line_that_the_agent_may_begin_to_read_in_its_middle_is_sent_twice(
    by_hand: HandMadeAgent, offset: int, copies: int
) -> None:
    """The offset of the file before is where it goes on to read, if the new one is that long."""
    by_hand.path.unlink()
    by_hand.acknowledge(of_1a2b=offset)
    by_hand.open()
    by_hand.deliver('a', 'b')
    assert [uuid_of(text) for text in by_hand.sent] == ['a'] * copies
    assert by_hand.delivered == 'a'


def test_behind_a_registry_that_cannot_be_read_the_line_is_sent_twice(by_hand: HandMadeAgent) -> None:
    by_hand.path.unlink()
    by_hand.registry.write_text('{"Vers')
    by_hand.open()
    assert by_hand.deliver('a')
    assert [uuid_of(text) for text in by_hand.sent] == ['a', 'a']


def test_a_file_that_comes_and_does_not_hold_the_line_is_an_error_of_its_own(by_hand: HandMadeAgent) -> None:
    by_hand.path.unlink()
    by_hand.on_line = lambda text: by_hand.path.touch()
    by_hand.open()
    with pytest.raises(CollectionError, match='accepted 1 events but did not write them'):
        by_hand.deliver('a')


def test_a_file_that_comes_too_late_for_the_run_is_not_missing(by_hand: HandMadeAgent) -> None:
    by_hand.path.unlink()
    assert by_hand.open()
    assert by_hand.outbox.missing_file is not None
    by_hand.path.touch()
    assert not by_hand.deliver('a')
    assert by_hand.outbox.missing_file is None
    assert by_hand.open()
    assert by_hand.deliver('a')


def test_a_file_that_is_missing_for_a_moment_is_looked_for_once_more(by_hand: HandMadeAgent) -> None:
    """The Agent removes it and creates it again (datadog-agent#45885)."""
    by_hand.open()
    assert by_hand.deliver('a')
    content = by_hand.path.read_bytes()
    by_hand.path.rename(by_hand.path.with_suffix('.away'))
    by_hand.works_after(0.005, lambda: by_hand.path.with_suffix('.away').rename(by_hand.path))
    assert by_hand.deliver('b')
    assert by_hand.path.read_bytes().startswith(content)


def test_a_file_that_goes_away_in_a_run_is_for_the_next_one(by_hand: HandMadeAgent) -> None:
    """With it may have gone what was not sent, which has to be judged first."""
    by_hand.open()
    assert by_hand.deliver('a')
    by_hand.path.unlink()
    assert not by_hand.deliver('b')
    by_hand.open()
    assert by_hand.losses
    assert not by_hand.deliver('b', 'c'), 'the rest comes when the Agent has sent the first'
    assert by_hand.delivered == 'b'


# The limit of the file


def test_other_log_files_leave_less_room(by_hand: HandMadeAgent) -> None:
    """The limit of all log files, less what the others take, but never less than what is sure to fit."""
    by_hand.start(AgentSettings(str(by_hand.path.parent.parent), 100 * MIB, 12 * MIB, 1.0, 256_000))
    limits = []
    for others_mib in (0, 4, 11):
        with (by_hand.path.parent / 'other.log').open('wb') as other:
            other.truncate(others_mib * MIB)
        by_hand.open()
        limits.append(by_hand.outbox._throttle.limit_bytes // MIB)
    assert limits == [12, 8, 2]


def test_a_small_limit_of_all_log_files_is_one_of_this_one(by_hand: HandMadeAgent) -> None:
    by_hand.start(replace(by_hand.settings, total_max_bytes=MIB // 2))
    by_hand.open()
    assert by_hand.outbox._throttle.limit_bytes == MIB // 2


# Trust instead of proof


def test_a_trusted_agent_gets_no_more_in_a_run_than_its_smallest_file_takes(by_hand: HandMadeAgent) -> None:
    sent: list[str] = []
    outbox = UnverifiedOutbox(sent.append, Books(by_hand.cursors, lambda since, until: None), 'nobody asked')

    def deliver(*sizes_mib: int) -> bool:
        lines = (LogLine('{}', size_mib * MIB, f'{size_mib}', NOW) for size_mib in sizes_mib)
        return outbox.deliver(lines, lambda behind: Cursor(LINK, NOW, behind[-1].uuid))

    assert outbox.open(lambda: 0.0, urgent=False)
    assert deliver(3, 4)
    assert by_hand.delivered == '4'
    assert not deliver(1)
    assert outbox.open(lambda: 0.0, urgent=True)
    assert by_hand.progress.acknowledged.uuid == '4', 'what was taken counts as delivered'
    assert deliver(5)
    assert not deliver(1)
    assert len(sent) == 3
    outbox.cancel()
    assert (outbox.backlog, outbox.missing_file, by_hand.progress.mark) == ('', None, None)
    assert 'does not verify' in outbox.examine(None)


def test_without_verification_a_known_loss_is_made_good(by_hand: HandMadeAgent) -> None:
    """The option was switched off after the Agent had lost lines."""
    losses: list[float] = []
    outbox = UnverifiedOutbox(
        by_hand.sent.append, Books(by_hand.cursors, lambda since, until: losses.append(since)), 'nobody asked'
    )
    by_hand.has_written(None, has_gap=True)
    outbox.open(lambda: 0.0, urgent=False)
    assert (losses, by_hand.delivered) == ([NOW], '')
    outbox.open(lambda: 0.0, urgent=False)
    assert losses == [NOW]
    by_hand.cursors.commit(replace(by_hand.progress, has_gap=True))
    outbox.open(lambda: 0.0, urgent=False)
    assert losses == [NOW], 'all that was written is acknowledged'


def test_a_line_that_came_after_the_look_at_the_registry_is_not_acknowledged(
    by_hand: HandMadeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is so slow that the Agent writes the line of an earlier run at this very moment."""
    assert by_hand.open()
    assert by_hand.deliver('a')
    by_hand.acknowledge(of_1a2b=by_hand.path.stat().st_size)
    leftover = Aftermath.leftover

    def later(aftermath: Aftermath, mark: FileMark | None) -> dict[str, int]:
        by_hand.write(whole('b').text)
        return leftover(aftermath, mark)

    monkeypatch.setattr(Aftermath, 'leftover', later)
    assert by_hand.open()
    assert by_hand.deliver('b')
    assert by_hand.sent == [whole('a').text]
    assert by_hand.progress.written.uuid == 'b'
    assert by_hand.progress.acknowledged.uuid == 'a'


def test_skipped_lines_that_datadog_received_are_acknowledged(by_hand: HandMadeAgent) -> None:
    """The Agent died before the commit, and its successor sent the line before the first run."""
    assert by_hand.open()
    assert by_hand.deliver('a')
    by_hand.write(whole('b').text)
    by_hand.acknowledge(of_1a2b=by_hand.path.stat().st_size)
    by_hand.start()
    assert by_hand.open()
    assert by_hand.deliver('b')
    assert by_hand.sent == [whole('a').text]
    assert by_hand.progress.written.uuid == by_hand.progress.acknowledged.uuid == 'b'


def test_an_offset_that_was_left_is_not_that_of_a_new_file_of_the_same_size() -> None:
    acknowledgement = Acknowledgement()
    acknowledgement.resume(FileMark('', 1, 50, stale_offset=100))
    for size in (50, 100):
        acknowledgement.follow(FileState(1, size), Registry(100, {}))
        assert acknowledgement.offset is None
    acknowledgement.follow(FileState(1, 150), Registry(150, {}))
    assert acknowledgement.offset == 150
