# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Ordinary weeks: authors in office hours, a service desk around the clock, and the platform's owner now and then.

What a detection rule would report at its first occurrence (a role granted, the log stream switched off, a table
exported, ...) is no routine: it only happens in incidents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from .org import CONNECTORS, Org, Thing, Visit
from .people import AUDITOR, AUTHORS, KAI, LENA, OWNER, SERVICE_DESK, TOM, TRAVELS, Person
from .weeks import (
    DAY_SECONDS,
    HOUR_SECONDS,
    MINUTE_SECONDS,
    NOW,
    START,
    is_working_day,
    midnights,
    utc,
)

FIRST_MONDAY = utc(10, 26)
WEDNESDAY = 2
WORKING_DAYS_A_WEEK = 5
CONNECTIONS_AT_HOUR = 13
OFFICE_HOURS = (8.5, 17.0)
FLOWS_OF_AN_AUTHOR = 7
CONNECTORS_OF_AN_AUTHOR = 2
SHIFT_SECONDS = 8 * HOUR_SECONDS
NOISE = ('user.session.start', 'user.authentication.sso', 'policy.evaluate_sign_on', 'application.user_membership.add')

Chore = Callable[[Visit], None]


@dataclass(frozen=True)
class Rhythm:
    """How busy an org is. Shares are probabilities; pairs are the least and the most."""

    authors: Sequence[Person]
    owner: Person
    auditor: Person
    service_desk: Sequence[Person]
    """One for each shift of eight hours from midnight on, in UTC, in turn."""
    sessions_a_day: tuple[int, int]
    chores_a_day: int
    desk_every_hours: float
    runs_in_a_row: tuple[int, int]
    noise_a_day: int


ACME = Rhythm(
    authors=AUTHORS,
    owner=OWNER,
    auditor=AUDITOR,
    service_desk=(SERVICE_DESK[1], SERVICE_DESK[0], SERVICE_DESK[2]),
    sessions_a_day=(2, 5),
    chores_a_day=12,
    desk_every_hours=2.5,
    runs_in_a_row=(1, 4),
    noise_a_day=20,
)
GLOBEX = Rhythm(
    authors=(TOM,),
    owner=LENA,
    auditor=LENA,
    service_desk=(KAI,),
    sessions_a_day=(0, 2),
    chores_a_day=3,
    desk_every_hours=8.0,
    runs_in_a_row=(1, 2),
    noise_a_day=2,
)


def live(org: Org, rhythm: Rhythm) -> None:
    """Four weeks of routine, in the order in which the people are looked at and not in that of time."""
    chores = cycle(CHORES)
    for midnight in midnights():
        if is_working_day(midnight):
            for number, author in enumerate(rhythm.authors):
                _author_works(org, rhythm, author, number, midnight)
            _chores_are_done(org, rhythm, chores, midnight)
        _desk_is_on_duty(org, rhythm, midnight)
        for _ in range(rhythm.noise_a_day):
            moment = midnight + org.random.uniform(0, DAY_SECONDS)
            if START <= moment <= NOW:
                org.commit(org.random.choice(NOISE), moment)


def flows_of(org: Org, author_number: int) -> list[Thing]:
    first = author_number * FLOWS_OF_AN_AUTHOR
    return org.flows[first : first + FLOWS_OF_AN_AUTHOR]


def connectors_of(org: Org, author_number: int) -> list[Thing]:
    """Those that the author has connections to."""
    names = [CONNECTORS[(author_number + each) % len(CONNECTORS)] for each in range(CONNECTORS_OF_AN_AUTHOR)]
    return [org.connectors[name] for name in names]


def _author_works(org: Org, rhythm: Rhythm, author: Person, number: int, midnight: float) -> None:
    random = org.random
    place = TRAVELS.get(author.okta_id) if _weekday(midnight) == WEDNESDAY else None
    for _ in range(random.randint(*rhythm.sessions_a_day)):
        local_hour = random.uniform(*OFFICE_HOURS)
        at = midnight + (local_hour - (place or author.home).utc_offset_hours) * HOUR_SECONDS
        if START <= at <= NOW - HOUR_SECONDS:
            _author_session(org.visit(author, at, place), flows_of(org, number))
    week, weekday = divmod((midnight - FIRST_MONDAY) / DAY_SECONDS, 7)
    for each, connector in enumerate(connectors_of(org, number)):
        hour = CONNECTIONS_AT_HOUR - author.home.utc_offset_hours
        at = midnight + hour * HOUR_SECONDS + each * 10 * MINUTE_SECONDS
        if (weekday + number + each) % WORKING_DAYS_A_WEEK == 0 and START <= at <= NOW:
            # Even weeks; the first of them is over before any rule has to know who connects to what.
            org.visit(author, at).connects('reauthorize' if week % 2 else 'create', connector)


def _author_session(visit: Visit, flows: Sequence[Thing]) -> None:
    """A flow is opened and saved again and again, then the next one."""
    random = visit.org.random
    for flow in random.sample(flows, random.randint(1, 3)):
        visit.does('flow.view', flow)
        for _ in range(random.randint(1, 4)):
            visit.does('flow.save', flow, pause_seconds=random.uniform(20, 400))
        if random.random() < 0.06:
            visit.does('flow.deactivate', flow)
            visit.does('flow.save', flow)
            visit.does('flow.activate', flow)
    if random.random() < 0.15:
        visit.does('table.view', random.choice(visit.org.tables))
    if random.random() < 0.1:
        visit.does('flow.view', random.choice(visit.org.flows))


def _desk_is_on_duty(org: Org, rhythm: Rhythm, midnight: float) -> None:
    random = org.random
    period_seconds = rhythm.desk_every_hours * HOUR_SECONDS
    at = midnight
    while at < midnight + DAY_SECONDS:
        moment = at + random.uniform(0, 0.8) * min(period_seconds, midnight + DAY_SECONDS - at)
        shift = int((moment - midnight) // SHIFT_SECONDS) % len(rhythm.service_desk)
        if START <= moment <= NOW - HOUR_SECONDS:
            visit = org.visit(rhythm.service_desk[shift], moment)
            for _ in range(random.randint(*rhythm.runs_in_a_row)):
                visit.does('delegatedflow.run', random.choice(org.flows[:12]))
        at += period_seconds


def _chores_are_done(org: Org, rhythm: Rhythm, chores: Iterator[tuple[str, Chore]], midnight: float) -> None:
    """The next few of the list. A person's chores of a day are at least 40 minutes apart."""
    random = org.random
    for position in range(rhythm.chores_a_day):
        who, chore = next(chores)
        person = {'owner': rhythm.owner, 'auditor': rhythm.auditor}.get(who) or random.choice(rhythm.authors)
        hours = OFFICE_HOURS[0] + position * 0.7 - person.home.utc_offset_hours
        at = midnight + hours * HOUR_SECONDS + random.uniform(0, 90)
        if START <= at <= NOW - HOUR_SECONDS:
            chore(org.visit(person, at))


def _weekday(midnight: float) -> int:
    # The first of January 1970 was a Thursday.
    return int(midnight // DAY_SECONDS + 3) % 7


def _folder_created(visit: Visit) -> None:
    visit.works_on_folder('create', visit.org.new('Folder', 'Draft'))


def _folder_renamed(visit: Visit) -> None:
    folder = visit.org.random.choice(visit.org.folders)
    visit.does('folder.rename', folder, debug={'oldName': f'{folder.name} (old)', 'newName': folder.name})


def _folder_moved(visit: Visit) -> None:
    visit.moves('folder.move', visit.org.random.choice(visit.org.folders))


def _folder_duplicated(visit: Visit) -> None:
    copies = [('folder.duplicate', visit.org.new('Folder', name)) for name in ('Inner', 'Innermost')]
    visit.works_on_folder('duplicate', visit.org.new('Folder', 'Copy of Default'), copies)


def _folder_exported(visit: Visit) -> None:
    random, org = visit.org.random, visit.org
    flows = [('flow.export', flow) for flow in random.sample(org.flows, 2)]
    contents = [*flows, ('table.schema.export', random.choice(org.tables))]
    visit.works_on_folder('export', random.choice(org.folders), contents)


def _folder_imported(visit: Visit) -> None:
    flows = [('flow.import', visit.org.new('Flow', f'Template: {name}')) for name in ('start', 'step', 'end')]
    contents = [*flows, ('table.schema.import', visit.org.new('Table', 'Template table'))]
    visit.works_on_folder('import', visit.org.new('Folder', 'Templates'), contents)


def _folder_deleted(visit: Visit) -> None:
    flows = [('flow.delete', visit.org.new('Flow', f'Old: {name}')) for name in ('one', 'two')]
    contents = [*flows, ('table.delete', visit.org.new('Table', 'Old table'))]
    visit.works_on_folder('delete', visit.org.new('Folder', 'Old'), contents)


def _flow_imported(visit: Visit) -> None:
    visit.does('flow.import', visit.org.new('Flow', 'Template: report'))


def _flow_exported(visit: Visit) -> None:
    visit.does('flow.export', visit.org.random.choice(visit.org.flows))


def _flow_created(visit: Visit) -> None:
    flow = visit.org.new('Flow', f'Trial of {visit.person.login}')
    visit.does('flow.create', flow)
    visit.does('flow.save', flow, pause_seconds=300)
    visit.does('flow.activate', flow)


def _flow_deleted(visit: Visit) -> None:
    visit.does('flow.delete', visit.org.new('Flow', 'Old: trial'))


def _version_named(visit: Visit) -> None:
    flow = visit.org.random.choice(visit.org.flows)
    version = Thing('FlowVersion', str(visit.org.random.randint(1, 40)), 'Før lansering')
    visit.does('flow.version.update', flow, version)


def _connection_given_up(visit: Visit) -> None:
    connector = visit.org.random.choice(list(visit.org.connectors.values()))
    visit.connects('delete', connector)
    visit.connects('revoke', connector)


def _table_made(visit: Visit) -> None:
    table = visit.org.new('Table', f'Table of {visit.person.login}')
    visit.does('table.create', table)
    visit.does('table.update', table)
    visit.does('table.import', table)


def _role_taken_from_user(visit: Visit) -> None:
    visit.grants('remove', visit.org.roles[1], visit.org.new('User', 'Former colleague'))


def _role_taken_from_group(visit: Visit) -> None:
    visit.grants('remove', visit.org.roles[2], visit.org.groups[1])


def _table_deleted(visit: Visit) -> None:
    visit.does('table.delete', visit.org.new('Table', 'Old table'))


def _on_a_flow(action: str) -> Chore:
    return lambda visit: visit.does(action, visit.org.random.choice(visit.org.flows))


def _flow_moved(visit: Visit) -> None:
    visit.moves('flow.move', visit.org.random.choice(visit.org.flows))


def _table_moved(visit: Visit) -> None:
    visit.moves('table.move', visit.org.random.choice(visit.org.tables))


def _trust_store_viewed(visit: Visit) -> None:
    visit.does('truststore.view', visit.org.trust_store.target(certificateSerial='4e1f09d2c7b35a6681aa'))


CHORES: tuple[tuple[str, Chore], ...] = (
    ('owner', _folder_created),
    ('author', _flow_created),
    ('auditor', _trust_store_viewed),
    ('owner', _folder_renamed),
    ('author', _table_made),
    ('owner', _folder_moved),
    ('author', _version_named),
    ('owner', _folder_duplicated),
    ('author', _on_a_flow('flow.execution.cancel')),
    ('owner', _folder_exported),
    ('author', _flow_deleted),
    ('owner', _folder_imported),
    ('author', _connection_given_up),
    ('owner', _folder_deleted),
    ('author', _flow_moved),
    ('owner', _flow_imported),
    ('author', _table_moved),
    ('owner', _flow_exported),
    ('auditor', _on_a_flow('flow.execution_history.activate')),
    ('owner', _role_taken_from_user),
    ('auditor', _on_a_flow('flow.execution_log_stream.activate')),
    ('owner', _role_taken_from_group),
    ('author', _table_deleted),
)
