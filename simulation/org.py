# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A simulated org: the things in it, and what its System Log says of those who work with them.

Each event is made by the simulator's `HistoryGenerator`, which knows the shape of each event type; who did it, to what
and from where is decided here.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from okta_simulator import HistoryGenerator
from okta_simulator.log import Event

from .people import Person, Place

_CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
_AREAS = ('Onboarding', 'Offboarding', 'Länder & Büros', 'HR → Okta', 'Sécurité', '人事')
_PURPOSES = (
    'collect',
    'approve',
    'notify the team',
    'write to the table',
    'créer un ticket',
    'retry',
    'clean up',
    'report weekly',
    'Съобщи на екипа',
    'read the API',
)
_TABLES = ('Suspended users', 'Länder', 'Approvers', 'Kontakte (alt)', 'Licences', '部署')
_FOLDERS = ('Default', 'Lifecycle', 'Übergabe', 'Sécurité', 'Reports/2026', '人事')
CONNECTORS = ('Okta', 'Slack', 'Google Workspace', 'ServiceNow', 'Jira', 'Office 365')
_ROLES = ('Workflows Administrator', 'Workflows Auditor', 'Connection Manager')
_GROUPS = ('IT Operations', 'Helpdesk – Zürich')
# The others have users and such for targets, but not the app.
_WITH_APP = ('flow.', 'delegatedflow.', 'table.', 'folder.', 'execution_log_stream_connection.')
ORDINARY_PAUSE_SECONDS = (8.0, 90.0)
LONGEST_COMMIT_SECONDS = 0.9


@dataclass(frozen=True)
class Thing:
    """Something that events have for a target."""

    kind: str
    thing_id: str
    name: str

    def target(self, **detail: Any) -> dict[str, Any]:
        return {
            'id': self.thing_id,
            'type': self.kind,
            'alternateId': self.name,
            'displayName': self.name,
            'detailEntry': detail or None,
        }


@dataclass
class Entry:
    """An event and when it was committed to the System Log, in epoch seconds."""

    event: Event
    published: float
    persisted: float


class Org:
    """`domain` is that of the org; the events depend on the seed and on the calls so far only."""

    def __init__(self, domain: str, seed: int) -> None:
        self.domain = domain
        self.entries: list[Entry] = []
        self.random = random.Random(f'{domain} {seed}')
        self._generator = HistoryGenerator(self.random.getrandbits(32))
        self.org_id = self.ulid()
        self.app = Thing('AppInstance', f'0oa{self.ulid()[9:]}', 'Okta Workflows')
        self.flows = [self.new('Flow', f'{area}: {purpose}') for area in _AREAS for purpose in _PURPOSES]
        self.tables = [self.new('Table', name) for name in _TABLES]
        self.folders = [self.new('Folder', name) for name in _FOLDERS]
        self.connectors = {name: self.new('Connector', name) for name in CONNECTORS}
        self.roles = [self.new('Role', name) for name in _ROLES]
        self.groups = [Thing('Group', f'00g{self.ulid()[9:]}', name) for name in _GROUPS]
        self.stream = self.new('ExecutionLogStreamConnection', 'Execution log streaming')
        self.trust_store = self.new('TrustStore', 'Outbound TLS')

    def ulid(self) -> str:
        return '01J' + ''.join(self.random.choices(_CROCKFORD, k=23))

    def new(self, kind: str, name: str) -> Thing:
        return Thing(kind, self.ulid(), name)

    def visit(self, person: Person, at: float, place: Place | None = None) -> Visit:
        """Somebody signs in to the Workflows Console at `at` (epoch seconds), from home unless said otherwise."""
        session = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        return Visit(self, person, place or person.home, session, at)

    def commit(self, event_type: str, published: float, **changes: Any) -> Event:
        """One event; `changes` replace what the generator filled in."""
        event = self._generator.event(event_type, published, **changes)
        delay_seconds = self.random.uniform(0.02, LONGEST_COMMIT_SECONDS)
        self.entries.append(Entry(event, published, published + delay_seconds))
        return event

    def reach_step_limit(self, action: str, at: float, *, share: float) -> Event:
        """The org's own event: nobody did it. `share` of the allowed steps are used."""
        debug = {'stepLimit': 1_000_000, 'stepsUsed': round(share * 1_000_000), 'enforcementType': 'THROTTLE'}
        return self.commit(
            f'workflows.org.step_execution_limit.{action}',
            at,
            target=[self.app.target()],
            debugContext={'debugData': debug},
            outcome={'result': 'SUCCESS', 'reason': None},
        )


@dataclass
class Visit:
    """What somebody does in one session, one thing after the other."""

    org: Org
    person: Person
    place: Place
    session: str
    at: float
    events: list[Event] = field(default_factory=list)

    def does(
        self,
        action: str,
        *targets: Thing | Mapping[str, Any],
        pause_seconds: float | None = None,
        debug: Mapping[str, Any] | None = None,
        result: str = 'SUCCESS',
        reason: str | None = None,
    ) -> None:
        """`action` is an event type without `workflows.user.`. Afterwards the person pauses for a while."""
        org = self.org
        things = [thing.target() if isinstance(thing, Thing) else dict(thing) for thing in targets]
        if action.startswith(_WITH_APP):
            things.append(org.app.target())
        # Their order means nothing.
        org.random.shuffle(things)
        event = org.commit(
            f'workflows.user.{action}',
            self.at,
            actor=self.person.actor(),
            client=self.person.client(self.place),
            target=things,
            debugContext={'debugData': {'sessionId': self.session, **(debug or {})}},
            transaction={'type': 'WORKFLOW', 'id': self.session, 'detail': {}},
            outcome={'result': result, 'reason': reason},
        )
        self.events.append(event)
        self.pause(org.random.uniform(*ORDINARY_PAUSE_SECONDS) if pause_seconds is None else pause_seconds)

    def pause(self, seconds: float) -> None:
        self.at += seconds

    def connects(self, action: str, connector: Thing, result: str = 'SUCCESS', reason: str | None = None) -> None:
        """Create, reauthorize, delete or revoke a connection to `connector`."""
        connection = Thing('Connection', self.org.ulid(), f'{connector.name} – {self.person.login}')
        user = Thing('User', self.person.okta_id, self.person.name)
        self.does(f'connection.{action}', user, connector, connection, result=result, reason=reason)

    def grants(self, action: str, role: Thing, holder: Thing | Person) -> None:
        """Add a Workflows role to a group or a user, or remove it."""
        target = Thing('User', holder.okta_id, holder.name) if isinstance(holder, Person) else holder
        self.does(f'role.{target.kind.lower()}.{action}', role, target)

    def moves(self, action: str, thing: Thing) -> None:
        """`action` is `flow.move`, `folder.move` or `table.move`."""
        old, new = self.org.random.sample(_FOLDERS, 2)
        self.does(action, thing, debug={'oldLocation': f'/{old}', 'newLocation': f'/{new}'})

    def works_on_folder(self, action: str, folder: Thing, contents: Sequence[tuple[str, Thing]] = ()) -> None:
        """One click: the folder and then each thing in it, all within the same second."""
        debug = {} if action == 'delete' else {'folderName': folder.name, 'folderLocation': '/Default'}
        for each, thing in ((f'folder.{action}', folder), *contents):
            self.does(each, thing, pause_seconds=0.01, debug=debug if thing is folder else None)
        self.pause(self.org.random.uniform(*ORDINARY_PAUSE_SECONDS))
