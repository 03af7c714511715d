# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How much may be handed over, by what the log file and the registry show.

In all of it the file may grow to 1,000 bytes, and 250 may be written on trust.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from datadog_checks.okta_workflows.agent.log_file import MISSING, FileMark, FileState
from datadog_checks.okta_workflows.agent.registry import Registry
from datadog_checks.okta_workflows.agent.throttle import (
    PROBE_BYTES,
    STANDSTILL_SECONDS,
    UNKNOWN_ALLOWANCE_BYTES,
    Throttle,
)

from .fake_clock import NOW

LIMIT = 1000
ALLOWANCE = 250
LINE = 10
OTHERS = {'file:/var/log/app.log': '17'}


@dataclass
class Place:
    """A throttle, and what it is shown: a file whose size, generation and acknowledged offset a test sets."""

    size: int = 0
    offset: int | None = None
    inode: int = 1
    registry_is_known: bool = True
    others: dict[str, str] = field(default_factory=lambda: dict(OTHERS))
    now: float = NOW
    throttle: Throttle = field(default_factory=lambda: Throttle(LIMIT))

    @property
    def file(self) -> FileState:
        return FileState(self.inode, self.size)

    @property
    def registry(self) -> Registry | None:
        return Registry(self.offset, dict(self.others)) if self.registry_is_known else None

    def room(self, next_bytes: int = LINE) -> int:
        self.throttle.next_bytes = next_bytes
        self.throttle.follow(self.file, self.registry)
        return self.throttle.room_bytes

    def probe(self, next_bytes: int = LINE, *, urgent: bool = False) -> int:
        self.room(next_bytes)
        return self.throttle.probe(self.registry, self.now, urgent=urgent)

    def write(self, size_bytes: int) -> None:
        self.size += size_bytes
        self.throttle.written(size_bytes, self.file)

    def replace(self, size: int = 0) -> None:
        self.inode += 1
        self.size = size

    def wait(self, seconds: float = STANDSTILL_SECONDS) -> None:
        self.now += seconds


# What is known


@pytest.mark.parametrize(
    'size, offset, room',
    [
        pytest.param(0, None, LIMIT, id='nothing was acknowledged yet'),
        pytest.param(100, 60, 900, id='as much as the file takes'),
        pytest.param(1000, 999, 0, id='the file is full'),
        pytest.param(100, 99, 900, id='not quite drained'),
        pytest.param(100, 100, LIMIT, id='drained'),
        pytest.param(0, 0, LIMIT, id='drained and empty'),
        pytest.param(1000, 1000, LIMIT, id='drained and full'),
        pytest.param(100, 101, ALLOWANCE, id='an offset beyond the end is of another file'),
        pytest.param(900, 901, 100, id='on trust no more than the file takes'),
    ],
)
def test_the_backlog_decides(size: int, offset: int | None, room: int) -> None:
    assert Place(size, offset).room() == room


@pytest.mark.parametrize(
    'size, offset, backlog',
    [
        pytest.param(100, 60, 40, id='some'),
        pytest.param(100, 100, 0, id='none'),
        pytest.param(100, None, 100, id='nothing was acknowledged yet'),
        pytest.param(100, 101, None, id='offset beyond the end'),
    ],
)
def test_the_backlog_is_told(size: int, offset: int | None, backlog: int | None) -> None:
    place = Place(size, offset)
    place.room()
    assert place.throttle.backlog_bytes == backlog


def test_an_offset_beyond_the_end_stays_one_of_an_earlier_file_when_this_one_has_grown_past_it() -> None:
    """As after the Agent deleted the file: it may go on there after a restart, and never read what stands before."""
    place = Place(0, 180)
    place.room()
    place.throttle.written(230, FileState(1, 230))
    place.size = 230
    place.room()
    assert place.throttle.backlog_bytes is None
    assert place.throttle.acknowledgement.stale_offset == 180
    place.size, place.offset = 300, 280
    place.room()
    assert place.throttle.acknowledgement.has_missed_rotation


def test_a_line_larger_than_the_file_goes_when_all_is_drained() -> None:
    """Otherwise it would wait for ever."""
    assert Place(100, 99).room(1200) == 900
    assert Place(100, 100).room(1200) == 1200


# What is not known


def test_without_a_registry_there_is_a_fixed_allowance() -> None:
    place = Place(0, None, registry_is_known=False)
    assert place.room() == ALLOWANCE
    place.write(240)
    assert place.room() == 10
    place.write(10)
    assert place.room() == 0


def test_without_an_entry_nothing_was_acknowledged() -> None:
    place = Place(0, None)
    place.write(240)
    assert place.room() == LIMIT - 240


def test_the_allowance_is_never_more_than_2_mib() -> None:
    throttle = Throttle(100 * UNKNOWN_ALLOWANCE_BYTES)
    throttle.follow(FileState(1, 0), None)
    assert throttle.room_bytes == UNKNOWN_ALLOWANCE_BYTES
    assert UNKNOWN_ALLOWANCE_BYTES == 2 * 1024 * 1024


def test_the_allowance_is_whole_again_once_the_backlog_was_known() -> None:
    place = Place(registry_is_known=False)
    place.room()
    place.write(250)
    assert place.room() == 0
    place.registry_is_known, place.offset = True, 200
    assert place.room() == LIMIT - 250
    place.registry_is_known = False
    assert place.room() == ALLOWANCE


# Rotation


def rotated_at(offset: int | None, size: int = 950) -> Place:
    """A file of 950 bytes that was replaced after a look at it; the registry still shows the old one."""
    place = Place(size, offset)
    place.room()
    place.replace()
    assert place.room() == (LIMIT if offset is None else ALLOWANCE)
    return place


def test_a_file_that_was_emptied_is_another_one() -> None:
    """Older Agents truncate in place, and so may an operator: the inode stays."""
    place = Place(950, 940)
    place.room()
    place.size = 945
    assert place.room() == LIMIT - 945
    assert place.throttle.backlog_bytes is None


@pytest.mark.parametrize(
    'size, offset, backlog',
    [
        pytest.param(945, 940, None, id='unchanged'),
        pytest.param(949, 945, None, id='grown, as the old tailer may make it'),
        pytest.param(970, 950, None, id='at the end of the old file'),
        pytest.param(945, 939, 6, id='fallen, as only the new file can make it'),
        pytest.param(945, 945, 0, id='caught up'),
        pytest.param(960, 951, 9, id='beyond the old file, whose rotation the Agent did not notice'),
    ],
)
def test_after_a_rotation_the_offset_is_the_old_files_until_the_contrary_is_proven(
    size: int, offset: int, backlog: int | None
) -> None:
    """The new file may grow past the old offset while nothing of it was delivered."""
    place = rotated_at(940)
    place.size, place.offset = size, offset
    place.room()
    assert place.throttle.backlog_bytes == backlog


def test_an_offset_once_confirmed_stays_so() -> None:
    place = rotated_at(940)
    place.size, place.offset = 945, 939
    place.room()
    place.offset = 944
    place.room()
    assert place.throttle.backlog_bytes == 1


def test_after_the_first_rotation_without_any_entry_the_first_offset_is_the_new_files() -> None:
    place = rotated_at(None)
    place.size, place.offset = 200, 150
    place.room()
    assert place.throttle.backlog_bytes == 50


def test_after_a_rotation_behind_an_unreadable_registry_the_offset_may_be_of_either_file() -> None:
    place = Place(950, 940, registry_is_known=False)
    place.room()
    place.replace()
    place.registry_is_known = True
    place.size, place.offset = 945, 940
    place.room()
    assert place.throttle.backlog_bytes is None


def test_an_offset_that_was_never_seen_before_a_rotation_counts_once_all_of_the_file_is_behind_it() -> None:
    place = Place(950, registry_is_known=False)
    place.room()
    place.replace(100)
    place.room()
    place.registry_is_known, place.offset = True, 60
    place.room()
    assert place.throttle.backlog_bytes is None
    place.offset = 100
    place.room()
    assert place.throttle.backlog_bytes == 0


def test_a_second_rotation_before_the_first_was_confirmed_leaves_the_offset_unknown() -> None:
    """The offset may still be of the first file, however small the second one was."""
    place = rotated_at(940)
    place.size = 300
    place.room()
    place.replace(945)
    place.room()
    assert place.throttle.backlog_bytes is None


def test_a_second_rotation_ends_where_the_first_would_have() -> None:
    place = rotated_at(940)
    place.size = 300
    place.room()
    place.replace(945)
    place.offset = 100
    place.room()
    assert place.throttle.backlog_bytes == 845


@pytest.mark.parametrize(
    'size, offset, missed',
    [
        pytest.param(960, 951, True, id='beyond the old file'),
        pytest.param(960, 960, True, id='beyond the old file, and caught up'),
        pytest.param(945, 939, False, id='fallen'),
        pytest.param(970, 950, False, id='not known yet'),
    ],
)
def test_a_rotation_that_the_agent_missed_is_told(size: int, offset: int, missed: bool) -> None:
    """It went on in the middle of the new file, whose beginning it did not read."""
    place = rotated_at(940)
    place.size, place.offset = size, offset
    place.room()
    assert place.throttle.acknowledgement.has_missed_rotation is missed
    place.room()
    assert place.throttle.acknowledgement.has_missed_rotation is missed, 'until it was seen to'


def test_a_missed_rotation_is_not_forgotten_over_the_next_one() -> None:
    place = rotated_at(940)
    place.size, place.offset = 960, 951
    place.room()
    place.replace(100)
    place.room()
    place.offset = 50
    place.room()
    assert place.throttle.backlog_bytes == 50
    assert place.throttle.acknowledgement.has_missed_rotation


def test_the_offset_of_an_earlier_file_is_told_as_such() -> None:
    place = rotated_at(940)
    assert place.throttle.acknowledgement.stale_offset == 940
    place.size, place.offset = 945, 939
    place.room()
    assert place.throttle.acknowledgement.stale_offset is None
    assert place.throttle.backlog_bytes == 6


# A new process


def test_a_new_process_knows_the_file_of_the_one_before() -> None:
    place = Place(300, 290)
    place.throttle.acknowledgement.resume(FileMark('/a', 2, 400))
    place.room()
    assert place.throttle.backlog_bytes is None
    assert place.throttle.acknowledgement.stale_offset == 290


def test_a_new_process_goes_on_with_the_file_of_the_one_before() -> None:
    place = Place(300, 290)
    place.throttle.acknowledgement.resume(FileMark('/a', 1, 250))
    place.room()
    assert place.throttle.backlog_bytes == 10


@pytest.mark.parametrize(
    'offset, backlog', [pytest.param(200, None, id='unchanged'), pytest.param(199, 101, id='fallen')]
)
def test_a_new_process_knows_the_offset_that_was_of_an_earlier_file(offset: int, backlog: int | None) -> None:
    place = Place(300, offset)
    place.throttle.acknowledgement.resume(FileMark('/a', 1, 250, stale_offset=200))
    place.room()
    assert place.throttle.backlog_bytes == backlog


def test_a_running_process_trusts_its_own_memory() -> None:
    place = Place(300, 290)
    place.room()
    place.throttle.acknowledgement.resume(FileMark('/a', 2, 400, stale_offset=290))
    place.room()
    assert place.throttle.backlog_bytes == 10


# Standstill


NOTHING = 0
PROBE = PROBE_BYTES
RELEASE = ALLOWANCE


def stopped(offset: int | None = 100, *, others: dict[str, str] = OTHERS, registry_is_known: bool = True) -> Place:
    """No room any more, and a first look that found none."""
    place = Place(LIMIT, offset, others=dict(others), registry_is_known=registry_is_known)
    assert place.room() <= 0
    assert place.probe() == NOTHING
    return place


KNOWN_OR_NOT = pytest.mark.parametrize('offset', [pytest.param(100, id='known'), pytest.param(None, id='no entry')])


@KNOWN_OR_NOT
def test_an_offset_that_stands_while_others_move_is_passed_over(offset: int | None) -> None:
    """The intake works, so our lines are filtered out, or the file is not read."""
    place = stopped(offset)
    place.others = {'file:/var/log/app.log': '18'}
    place.wait(STANDSTILL_SECONDS - 1)
    assert place.probe() == NOTHING
    place.wait(1)
    assert place.probe() == RELEASE


@KNOWN_OR_NOT
def test_an_outage_is_waited_out(offset: int | None) -> None:
    """Nothing of what the Agent reads gets through."""
    place = stopped(offset)
    for _ in range(1000):
        place.wait()
        assert place.probe() == NOTHING


def test_an_outage_ends_by_itself() -> None:
    place = stopped()
    place.wait(86400)
    assert place.probe() == NOTHING
    place.offset = LIMIT
    assert place.room() == LIMIT


def test_alone_on_the_host_a_little_is_tried_once_in_a_while() -> None:
    """Nothing else tells an outage from a filter."""
    place = stopped(others={})
    place.wait(STANDSTILL_SECONDS - 1)
    assert place.probe() == NOTHING
    place.wait(1)
    assert place.probe() == PROBE
    assert place.probe() == NOTHING, 'once only'
    place.wait(STANDSTILL_SECONDS - 1)
    assert place.probe() == NOTHING
    place.wait(1)
    assert place.probe() == PROBE


def test_behind_an_unreadable_registry_the_allowance_is_renewed_once_in_a_while() -> None:
    place = stopped(None, registry_is_known=False)
    place.wait()
    assert place.probe() == RELEASE
    assert place.probe() == NOTHING
    place.wait()
    assert place.probe() == RELEASE


def test_a_standstill_ends_when_the_offset_moves() -> None:
    place = stopped(others={})
    place.wait(STANDSTILL_SECONDS - 1)
    place.offset = 101
    assert place.probe() == NOTHING
    place.wait(STANDSTILL_SECONDS - 1)
    assert place.probe() == NOTHING
    place.wait(1)
    assert place.probe() == PROBE


def test_a_standstill_ends_when_all_is_drained() -> None:
    place = stopped(others={})
    place.offset = LIMIT
    place.room()
    place.wait(STANDSTILL_SECONDS)
    place.offset = 100
    assert place.probe() == NOTHING


def test_what_is_urgent_goes_slowly_even_in_an_outage() -> None:
    """Okta is about to drop the events."""
    place = stopped()
    assert place.probe(urgent=True) == NOTHING
    place.wait()
    assert place.probe() == NOTHING
    assert place.probe(urgent=True) == RELEASE
    assert place.probe(urgent=True) == NOTHING


def test_a_line_larger_than_a_probe_is_one() -> None:
    place = stopped(others={})
    place.wait()
    assert place.probe(PROBE_BYTES + 1) == PROBE_BYTES + 1


def test_a_line_larger_than_the_allowance_is_let_through() -> None:
    place = stopped()
    place.others = {'file:/var/log/app.log': '18'}
    place.wait()
    assert place.probe(ALLOWANCE + 1) == ALLOWANCE + 1


# At random


@pytest.mark.parametrize('seed', range(20))
def test_the_file_never_rotates_before_it_is_drained(seed: int) -> None:
    """A writer that takes all it is given, and an Agent that falls behind and is slow to notice rotations.

    What waits really is not seen by the throttle, and while nothing is known of it, no more than the allowance is
    added to it.
    """
    random = Random(seed)
    place = Place()
    delivered = rotations = on_trust = 0
    for _ in range(3000):
        room = place.room()
        waiting = place.size - delivered
        assert place.throttle.backlog_bytes in (None, waiting)
        if place.throttle.is_drained:
            assert waiting == 0
        if place.throttle.backlog_bytes is not None:
            on_trust = 0
        before = place.size
        line = random.choice([1, 10, 60, 100])
        if line <= room and place.size + line > LIMIT:
            place.replace()
            delivered = before = on_trust = 0
            rotations += 1
            place.write(line)
        elif line <= room:
            place.write(random.choice([line, min(room, LIMIT - place.size)]))
        assert place.size <= LIMIT
        if place.throttle.backlog_bytes is None:
            on_trust += place.size - before
            assert on_trust <= ALLOWANCE
        if random.random() < 0.6:
            delivered = random.choice([place.size, random.randint(delivered, place.size)])
            place.offset = delivered or place.offset
    assert rotations > 10


def test_the_beginning_of_a_file_that_was_missing_may_not_have_been_read() -> None:
    """Where the logs part of the Agent starts again before it has noted an offset, it may begin at the end."""
    place = Place(size=MISSING.size, inode=MISSING.inode)
    place.room()
    place.replace(100)
    place.room()
    place.offset = 100
    place.room()
    assert place.throttle.is_drained
    assert place.throttle.acknowledgement.has_missed_rotation


def test_a_file_that_somebody_else_emptied_when_all_of_it_was_sent_has_room() -> None:
    """No line waits, and without a new one the registry shows the old offset for ever."""
    throttle = Throttle(1024 * 1024)
    throttle.follow(FileState(1, 0), Registry(500, {}))
    allowance_bytes = throttle.room_bytes
    throttle.written(allowance_bytes, FileState(1, allowance_bytes))
    throttle.follow(FileState(2, 0), Registry(allowance_bytes - 1, {}))
    assert throttle.room_bytes == 0, 'not all of it was sent'
    throttle = Throttle(1024 * 1024)
    throttle.follow(FileState(1, 0), Registry(500, {}))
    throttle.written(allowance_bytes, FileState(1, allowance_bytes))
    throttle.follow(FileState(2, 0), Registry(allowance_bytes, {}))
    assert throttle.room_bytes == allowance_bytes
