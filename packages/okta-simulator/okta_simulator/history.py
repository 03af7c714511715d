# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Generates LogEvents like those of an org whose administrators work in Okta Workflows.

The events have the structure of the only complete Workflows event that is published (DataDog/integrations-core,
okta_workflows, assets/logs/okta-workflows_tests.yaml), with the payloads of Okta's event type catalogue. Okta does not
publish target types other than AppInstance, Flow, User, and Group; the others have plausible invented names.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import rfc3339
from .clock import milliseconds
from .event_types import WORKFLOWS_EVENT_TYPES
from .log import Event

DAY_SECONDS = 86_400.0

_CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
_ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
# The time of a version 1 uuid begins at 1582-10-15. This is the time from then to the epoch in units of 100 ns.
_UUID_EPOCH_OFFSET = 0x01B21DD213814000

_PEOPLE = (
    (
        'Mara Lindqvist',
        'mara.lindqvist',
        '203.0.113.24',
        'Göteborg',
        'Västra Götaland',
        'Sweden',
        '411 03',
        57.7065,
        11.967,
    ),
    ('Zoë Brontë', 'zoe.bronte', '203.0.113.71', 'London', 'England', 'United Kingdom', 'EC1A', 51.5164, -0.093),
    ('José Muñoz', 'jose.munoz', '198.51.100.9', 'Málaga', 'Andalucía', 'Spain', '29001', 36.7202, -4.4203),
    ('Łukasz Żak', 'lukasz.zak', '198.51.100.118', 'Łódź', 'Łódź Voivodeship', 'Poland', '90-001', 51.7706, 19.4747),
    ('佐藤 花子', 'hanako.sato', '192.0.2.44', '東京', '東京都', 'Japan', '100-0001', 35.6897, 139.6922),
    ('Дарья Ким', 'darya.kim', '192.0.2.201', 'Алматы', 'Almaty', 'Kazakhstan', '050000', 43.25, 76.95),
    ('Aoife Ní Bhriain', 'aoife.nibhriain', '203.0.113.180', 'Galway', 'Connacht', 'Ireland', 'H91', 53.2719, -9.0489),
    (
        'Sam Carter',
        'sam.carter',
        '198.51.100.200',
        'San José',
        'California',
        'United States',
        '95112',
        37.3394,
        -121.895,
    ),
)
_BROWSERS = (
    (
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) '
        'Chrome/139.0.0.0 Safari/537.36',
        'Mac OS 10.15.7 (Catalina)',
        'CHROME',
    ),
    (
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0',
        'Windows 10',
        'FIREFOX',
    ),
)
_FLOW_NAMES = (
    'Offboard contractor',
    'Onboard – Länder & Büros',
    'Créer un ticket d’accès',
    'Rotate API tokens',
    'Sync HR → Okta',
    'Съобщи на екипа',
    'Notify #security',
    '新入社員の登録',
    'Quarterly access review',
    'Delete inactive users (dry run)',
)
_FOLDER_NAMES = ('Default', 'Lifecycle', 'Übergabe', 'Sécurité', 'Reports/2026', '人事')
_TABLE_NAMES = ('Suspended users', 'Länder', 'Approvers', 'Kontakte (alt)')
_CONNECTORS = ('Okta', 'Slack', 'Google Workspace', 'ServiceNow', 'Jira')
_ROLES = ('Workflows Administrator', 'Workflows Auditor', 'Connection Manager')
_GROUPS = ('IT Operations', 'Sécurité', 'Helpdesk – Zürich')
_REASONS = ('The connection could not be verified', 'Zugriff verweigert', 'INVALID_CREDENTIALS')
_NOISE = (
    ('user.session.start', 'User login to Okta', 'User'),
    ('user.authentication.sso', 'User single sign on to app', 'AppInstance'),
    ('policy.evaluate_sign_on', 'Evaluation of sign-on policy', 'PolicyEntity'),
    ('application.user_membership.add', 'Add user to application membership', 'AppUser'),
    ('system.api_token.create', 'Create API token', 'Token'),
)
_NOISE_MESSAGES = {name: message for name, message, _ in _NOISE}


@dataclass(frozen=True)
class _Thing:
    """A flow, folder, table, or another object of the generated org."""

    kind: str
    thing_id: str
    name: str

    def target(self, detail: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            'id': self.thing_id,
            'type': self.kind,
            'alternateId': self.name,
            'displayName': self.name,
            'detailEntry': detail,
        }


@dataclass
class _Payload:
    """The fields that one event type adds to the common structure."""

    targets: list[dict[str, Any]] = field(default_factory=list)
    debug: dict[str, Any] = field(default_factory=dict)
    severity: str = 'INFO'
    by_user: bool = True


class HistoryGenerator:
    """Generates events that depend only on the seed and on the previous calls. No two have the same uuid."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f'history of org {seed}')
        self._made = 0
        rng = self._rng
        self._node = rng.getrandbits(48)
        self._actor_ids = ['00u' + self._text(17) for _ in _PEOPLE]
        self._app = _Thing('AppInstance', '0oa' + self._text(17), 'Okta Workflows')
        # Flows that were created before Okta used ULIDs have plain numbers as ids.
        self._flows = [
            _Thing('Flow', str(rng.randint(10_000, 999_999)) if n % 5 == 0 else self._ulid(), name)
            for n, name in enumerate(_FLOW_NAMES * 3)
        ]
        self._folders = [_Thing('Folder', self._ulid(), name) for name in _FOLDER_NAMES]
        self._tables = [_Thing('Table', self._ulid(), name) for name in _TABLE_NAMES]
        self._connections = [_Thing('Connection', self._ulid(), f'{name} – prod') for name in _CONNECTORS]
        self._roles = [_Thing('Role', self._ulid(), name) for name in _ROLES]
        self._groups = [_Thing('Group', '00g' + self._text(17), name) for name in _GROUPS]
        self._cascades: dict[str, tuple[str, ...]] = {
            'workflows.user.folder.delete': ('workflows.user.flow.delete', 'workflows.user.table.delete'),
            'workflows.user.folder.export': ('workflows.user.flow.export', 'workflows.user.table.schema.export'),
            'workflows.user.folder.import': ('workflows.user.flow.import', 'workflows.user.table.schema.import'),
            'workflows.user.folder.move': (),
            'workflows.user.folder.duplicate': (),
        }

    def history(
        self,
        n: int,
        since: float,
        until: float,
        *,
        noise_share: float,
        late_share: float,
        oddity_share: float,
    ) -> list[tuple[Event, int]]:
        """Generate `n` events, with their persistence times in milliseconds, between two times in epoch seconds.

        The events are in order of persistence. If there are about 200 events or more, every Workflows type occurs.
        `noise_share` of the actions are not from Workflows. `late_share` of the actions are committed minutes after
        they happened. `oddity_share` of the events are unusual in a way that Okta's documentation allows.
        """
        rng = self._rng
        since_ms, until_ms = milliseconds(since), milliseconds(until)
        bursts: list[list[str]] = []
        count = 0
        names = self._type_names(noise_share)
        while count < n:
            burst = self._burst(next(names))[: n - count]
            bursts.append(burst)
            count += len(burst)
        rng.shuffle(bursts)
        moments = sorted(rng.randint(since_ms, until_ms) for _ in bursts)
        history: list[tuple[Event, int]] = []
        for burst, moment in zip(bursts, moments):
            late_ms = rng.randint(30_000, 900_000) if rng.random() < late_share else 0
            published_ms = moment - late_ms
            for position, event in enumerate(self._events(burst, published_ms, oddity_share)):
                persisted_ms = moment + rng.randint(20, 900) + position // 3
                history.append((event, min(max(persisted_ms, since_ms), until_ms)))
        history.sort(key=lambda pair: pair[1])
        return history

    def events(self, n: int, published: float, *, noise_share: float = 0.0, oddity_share: float = 0.0) -> list[Event]:
        """Generate `n` events that are all published at the same time (epoch seconds)."""
        names = self._random_types(noise_share)
        return list(self._events([next(names) for _ in range(n)], milliseconds(published), oddity_share))

    def event(self, event_type: str, published: float, **changes: Any) -> Event:
        """Generate one event of the given type, from Workflows or not. `changes` replace top-level keys."""
        (event,) = self._events([event_type], milliseconds(published), 0.0)
        return {**event, **changes}

    def _type_names(self, noise_share: float) -> Iterator[str]:
        """Yield every Workflows type once, with noise in between, then random types."""
        for name in WORKFLOWS_EVENT_TYPES:
            if self._rng.random() < noise_share:
                yield self._rng.choice(_NOISE)[0]
            yield name
        yield from self._random_types(noise_share)

    def _random_types(self, noise_share: float) -> Iterator[str]:
        names = list(WORKFLOWS_EVENT_TYPES)
        while True:
            noise = self._rng.random() < noise_share
            yield self._rng.choice(_NOISE)[0] if noise else self._rng.choice(names)

    def _burst(self, name: str) -> list[str]:
        """List the event types that one action logs. A folder operation logs each subfolder and each item in it."""
        if name not in self._cascades:
            return [name]
        items = self._cascades[name]
        burst = [name] * self._rng.randint(1, 3)
        return burst + [item for item in items for _ in range(self._rng.randint(1, 6))]

    def _events(self, names: list[str], published_ms: int, oddity_share: float) -> Iterator[Event]:
        """Generate the events of one action, which share one person, one session, and one millisecond."""
        rng = self._rng
        person = rng.randrange(len(_PEOPLE))
        session = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        for name in names:
            event = self._event(name, published_ms, person, session)
            if oddity_share and rng.random() < oddity_share:
                rng.choice(_ODDITIES)(event)
            yield event

    def _event(self, name: str, published_ms: int, person: int, session: str) -> Event:
        workflows_type = WORKFLOWS_EVENT_TYPES.get(name)
        payload = self._payload(name) if workflows_type else self._noise_payload(name)
        targets = payload.targets
        self._rng.shuffle(targets)
        by_user = payload.by_user
        return {
            'actor': self._actor(person) if by_user else self._system_actor(),
            'client': self._client(person) if by_user else None,
            'device': None,
            'authenticationContext': None if workflows_type else self._authentication_context(),
            'displayMessage': workflows_type.display_message if workflows_type else _NOISE_MESSAGES.get(name, name),
            'eventType': name,
            'outcome': self._outcome(),
            'published': rfc3339.format_ms(published_ms),
            'securityContext': None,
            'severity': payload.severity,
            'debugContext': {'debugData': {'sessionId': session, **payload.debug}},
            'legacyEventType': None,
            'transaction': {'type': 'WORKFLOW' if workflows_type else 'WEB', 'id': session, 'detail': {}},
            'uuid': self._uuid(published_ms),
            'version': '0',
            'request': {
                'ipChain': [{'ip': 'null', 'geographicalContext': None, 'version': None, 'source': None}],
            },
            'target': targets,
        }

    def _payload(self, name: str) -> _Payload:
        """Generate the targets and debug data of a Workflows type, as far as the catalogue describes them."""
        rng = self._rng
        choice = rng.choice
        app = self._app.target()
        subject, _, action = name.removeprefix('workflows.').removeprefix('user.').rpartition('.')
        location = {'oldLocation': f'/{choice(_FOLDER_NAMES)}', 'newLocation': f'/{choice(_FOLDER_NAMES)}'}
        if subject == 'org.step_execution_limit':
            debug = {'stepLimit': 1_000_000, 'stepsUsed': 1_000_000, 'enforcementType': choice(('THROTTLE', 'BLOCK'))}
            if action == 'warning':
                debug['stepsUsed'] = choice((500_000, 750_000, 900_000))
            return _Payload([app], debug, 'WARN' if action == 'warning' else 'ERROR', by_user=False)
        if subject == 'flow.version':
            version = _Thing('FlowVersion', str(rng.randint(1, 40)), choice(('Før lansering', 'v2', 'rollback point')))
            return _Payload([app, choice(self._flows).target(), version.target()])
        if subject == 'flow.execution_history' and action == 'delete':
            kind = choice(('IO_DATA_ONLY', 'ALL'))
            return _Payload([app, choice(self._flows).target({'executionHistoryType': kind})], severity='WARN')
        if subject in ('flow', 'delegatedflow') or subject.startswith('flow.'):
            return _Payload([app, choice(self._flows).target()], location if action == 'move' else {})
        if subject in ('table', 'table.schema'):
            return _Payload([app, choice(self._tables).target()], location if action == 'move' else {})
        if subject == 'folder':
            folder = choice(self._folders)
            debug_of_action = {
                'move': location,
                'rename': {'oldName': choice(_FOLDER_NAMES), 'newName': folder.name},
                'delete': {},
                'create': {},
            }
            debug_of_folder = {'folderName': folder.name, 'folderLocation': f'/{choice(_FOLDER_NAMES)}'}
            return _Payload([app, folder.target()], debug_of_action.get(action, debug_of_folder))
        if subject == 'connection':
            connector = _Thing('Connector', self._text(12).lower(), choice(_CONNECTORS))
            return _Payload([self._user().target(), connector.target(), choice(self._connections).target()])
        if subject.startswith('role.'):
            holder = choice(self._groups) if subject == 'role.group' else self._user()
            return _Payload([holder.target(), choice(self._roles).target()])
        if subject == 'execution_log_stream_connection':
            fields = rng.sample(('DESTINATION_URL', 'EVENT_SUBSCRIPTIONS', 'HEADERS', 'BODY'), rng.randint(1, 3))
            stream = _Thing('ExecutionLogStreamConnection', self._ulid(), 'Execution log streaming')
            return _Payload([app, stream.target({'fieldsUpdated': fields} if action == 'update' else None)])
        store = _Thing('TrustStore', self._ulid(), 'FedRAMP trust store')
        return _Payload([store.target({'certificateSerial': self._text(20, '0123456789abcdef')})])

    def _noise_payload(self, name: str) -> _Payload:
        kind = {noise: target for noise, _, target in _NOISE}.get(name, 'User')
        return _Payload(
            [_Thing(kind, '00x' + self._text(17), 'example').target()],
            {'requestId': self._text(27), 'requestUri': '/api/v1/authn', 'url': '/api/v1/authn?'},
        )

    def _actor(self, person: int) -> dict[str, Any]:
        name, login = _PEOPLE[person][:2]
        return {
            'id': self._actor_ids[person],
            'type': 'User',
            'alternateId': f'{login}@example.com',
            'displayName': name,
            'detailEntry': None,
        }

    def _system_actor(self) -> dict[str, Any]:
        return {
            'id': self._app.thing_id,
            'type': 'SystemPrincipal',
            'alternateId': 'system@okta.com',
            'displayName': 'Okta System',
            'detailEntry': None,
        }

    def _user(self) -> _Thing:
        person = self._rng.randrange(len(_PEOPLE))
        return _Thing('User', self._actor_ids[person], _PEOPLE[person][0])

    def _client(self, person: int) -> dict[str, Any]:
        _, _, address, city, state, country, postal_code, latitude, longitude = _PEOPLE[person]
        agent, system, browser = self._rng.choice(_BROWSERS)
        return {
            'userAgent': {'rawUserAgent': agent, 'os': system, 'browser': browser},
            'zone': 'null',
            'device': 'Computer',
            'id': None,
            'ipAddress': address,
            'geographicalContext': {
                'city': city,
                'state': state,
                'country': country,
                'postalCode': postal_code,
                'geolocation': {'lat': latitude, 'lon': longitude},
            },
        }

    def _authentication_context(self) -> dict[str, Any]:
        return {
            'authenticationProvider': None,
            'credentialProvider': None,
            'credentialType': None,
            'issuer': None,
            'interface': None,
            'authenticationStep': 0,
            'externalSessionId': 'idx' + self._text(20),
        }

    def _outcome(self) -> dict[str, Any]:
        draw = self._rng.random()
        if draw < 0.93:
            return {'result': 'SUCCESS', 'reason': None}
        return {'result': 'FAILURE' if draw < 0.98 else 'DENY', 'reason': self._rng.choice(_REASONS)}

    def _uuid(self, published_ms: int) -> str:
        """Create a version 1 uuid, like Okta's. A serial number, and not the clock, makes it unique."""
        self._made += 1
        ticks = published_ms * 10_000 + _UUID_EPOCH_OFFSET + (self._made >> 14) % 10_000
        sequence = self._made & 0x3FFF
        return str(
            uuid.UUID(
                fields=(
                    ticks & 0xFFFFFFFF,
                    (ticks >> 32) & 0xFFFF,
                    (ticks >> 48) & 0x0FFF | 0x1000,
                    sequence >> 8 | 0x80,
                    sequence & 0xFF,
                    self._node,
                )
            )
        )

    def _ulid(self) -> str:
        return '01J' + self._text(23, _CROCKFORD)

    def _text(self, length: int, alphabet: str = _ALNUM) -> str:
        return ''.join(self._rng.choices(alphabet, k=length))


def _unknown_event_type(event: Event) -> None:
    if event['eventType'].startswith('workflows.'):
        event['eventType'] = 'workflows.user.flow.teleport'


def _unknown_outcome(event: Event) -> None:
    event['outcome'] = {'result': 'PARTIALLY_ADMIRED', 'reason': None}


def _new_top_level_key(event: Event) -> None:
    event['workflowContext'] = {'runtime': 'v3', 'steps': [1, 2, 3]}


def _no_targets(event: Event) -> None:
    event['target'] = None


def _missing_keys(event: Event) -> None:
    """Remove properties with null values, which Okta may omit (Okta docs, docs/reference/core-okta-api)."""
    for key in [key for key, value in event.items() if value is None]:
        del event[key]


def _number_for_version(event: Event) -> None:
    event['version'] = 0


def _ordinary_transaction(event: Event) -> None:
    event['transaction']['type'] = 'WEB'


_ODDITIES: tuple[Callable[[Event], None], ...] = (
    _unknown_event_type,
    _unknown_outcome,
    _new_top_level_key,
    _no_targets,
    _missing_keys,
    _number_for_version,
    _ordinary_transaction,
)
