# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Logs of every family of events and of every branch of the log pipeline, with what the pipeline must make of them.

The samples of assets/logs/okta-workflows-agent_tests.yaml are these logs.
`python -m verification.assets.pipeline_samples` writes that file anew after a reviewed change. The expectations here
are written by hand.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from datadog_checks.okta_workflows.line import LogLineFormat
from datadog_logs_local.pipeline import Pipeline, load_pipeline
from datadog_logs_local.pipeline.preprocessing import message_and_attributes
from datadog_logs_local.pipeline.record import Record
from datadog_logs_local.search import Log
from simulation.pipeline import PIPELINE

SOURCE = 'okta-workflows'
TESTS_FILE = PIPELINE.with_stem(f'{PIPELINE.stem}_tests')
PUBLISHED = '2026-03-02T09:15:04.218Z'
PUBLISHED_MS = 1_772_442_904_218
NOW = PUBLISHED_MS / 1000 + 40
LATE_HOURS = 30.0
LATE_NOW = NOW - 40 + LATE_HOURS * 3600

USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0'
SESSION = '451a6b0e-59d4-4f5e-9d0c-2b7f9a6d3c11'

type Json = dict[str, Any]


@dataclass(frozen=True)
class Ocsf:
    """`activity` is the name where the id is 99 (Other), which takes the word of the source."""

    class_uid: int
    activity_id: int
    activity: str | None = None
    status_id: int = 1
    severity_id: int = 1


@dataclass(frozen=True)
class Sample:
    """One log and what it must become.

    `ours`: every attribute below `okta_workflows.`, by its path from there. `changed`: what else is not where the
    stock pipeline leaves it, by full path; None for an attribute that must not be there. `published` is the time as
    Okta wrote it, `published_ms` the same in milliseconds since the epoch.
    """

    name: str
    line: Json
    ours: Json
    ocsf: Ocsf
    changed: Mapping[str, Any]
    status: str
    message: str
    timestamp_ms: int = PUBLISHED_MS
    published: str = PUBLISHED
    published_ms: int = PUBLISHED_MS

    @property
    def text(self) -> str:
        return json.dumps(self.line, indent=2, ensure_ascii=False)


def target(kind: str, identifier: str, name: str, **more: Any) -> Json:
    return {'id': identifier, 'type': kind, 'alternateId': name, 'displayName': name, **more}


APP = target('AppInstance', '0oa5b8nq3kWZr7tQ2697', 'Okta Workflows')
FLOW = target('Flow', '01JZ8Q4T6W2M9K7C3R5XVB0N1H', 'Onboard contractor')
FOLDER = target('Folder', '01JZ8R0A5S7D9F1G3H5J7K9L2M', 'Lifecycle')
TABLE = target('Table', '01JZ8S3B6N8M0Q2W4E6R8T0Y1V', 'Approvers, EMEA')
CONNECTION = target('Connection', '01JZ8T7C1X3Z5V7B9N1M3K5J7H', 'Slack (prod)')
CONNECTOR = target('Connector', 'slack', 'Slack')
ROLE = target('Role', '01JZ8V2D4F6G8H0J2K4L6M8N0P', 'Workflows Administrator')
USER = target('User', '00u8c2vd4mRt6yXw1697', 'Aoife Ní Bhriain')
GROUP = target('Group', '00g9d3we5nSu7zYx2697', 'IT Operations')
VERSION = target('FlowVersion', '14', 'before launch')
TRUST_STORE = target('TrustStore', '01JZ8W9E3R5T7Y9U1I3O5P7A9S', 'FedRAMP', detailEntry={'certificateSerial': '3f:a2'})
STREAM = target('ExecutionLogStreamConnection', '01JZ8X4F6G8H0J2K4L6Z8X0C2V', 'Execution log streaming')

KINDS = {
    'Flow': 'flow',
    'FlowVersion': 'version',
    'Folder': 'folder',
    'Table': 'table',
    'Connection': 'connection',
    'Connector': 'connector',
    'AppInstance': 'app',
    'User': 'user',
    'Group': 'group',
    'Role': 'role',
    'TrustStore': 'trust_store',
}
MANAGED = ('Flow', 'Table', 'Folder', 'Connection', 'Role', 'TrustStore')


ACTOR = {
    'id': '00u1a2bc3dEfGh4iJ697',
    'type': 'User',
    'alternateId': 'mara.lindqvist@acme.example',
    'displayName': 'Mara Lindqvist',
}


def event(event_type: str, *targets: Json, debug: Mapping[str, Any] | None = None, **changes: Any) -> Json:
    """A LogEvent without its null properties; `changes` replace top-level keys, or take them away with None."""
    whole = {
        'actor': ACTOR,
        'client': {
            'userAgent': {'rawUserAgent': USER_AGENT, 'os': 'Linux', 'browser': 'FIREFOX'},
            'zone': 'null',
            'device': 'Computer',
            'ipAddress': '203.0.113.24',
        },
        'displayMessage': f'{event_type.rpartition(".")[2].capitalize()} in Okta Workflows',
        'eventType': event_type,
        'outcome': {'result': 'SUCCESS'},
        'published': PUBLISHED,
        'severity': 'INFO',
        'debugContext': {'debugData': {'sessionId': SESSION, **(debug or {})}},
        'transaction': {'type': 'WORKFLOW', 'id': SESSION},
        'uuid': str(uuid.uuid5(uuid.NAMESPACE_OID, event_type)),
        'version': '0',
        'target': list(targets),
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def sent(log_event: Mapping[str, Any], now: float = NOW) -> Json:
    """The line that the check hands to the Agent."""
    line: Json = json.loads(LogLineFormat(['env:prod'], 'acme.okta.example', 1_000_000).to_line(log_event, now).text)
    return line


def audit(
    name: str,
    log_event: Json,
    category: str,
    action: str,
    ocsf: Ocsf,
    *,
    acted_on: Json | None = None,
    now: float = NOW,
    session: str | None = SESSION,
    changed: Mapping[str, Any] | None = None,
    published_ms: int = PUBLISHED_MS,
    **ours: Any,
) -> Sample:
    """A sample of an event in the System Log. Flat attributes of every target in the event are expected."""
    expected = {'category': category, 'action': action, **{path.replace('__', '.'): ours[path] for path in ours}}
    if session:
        expected['session_id'] = session
    for one in log_event.get('target', ()):
        if kind := KINDS.get(one['type']):
            expected |= {f'{kind}.id': one['id'], f'{kind}.name': one['displayName']}
    if acted_on:
        expected |= {
            'target.id': acted_on['id'],
            'target.name': acted_on['displayName'],
            'target.type': acted_on['type'],
        }
    return Sample(
        name,
        sent(log_event, now),
        expected,
        ocsf,
        changed or {},
        status={'DEBUG': 'debug', 'INFO': 'info', 'WARN': 'warn', 'ERROR': 'error'}[log_event['severity']],
        message=log_event['displayMessage'],
        timestamp_ms=published_ms if now == NOW else int(now * 1000),
        published=log_event['published'],
        published_ms=published_ms,
    )


def run(name: str, event_type: str, state: str, outcome: str | None, status: str, ocsf: Ocsf, **more: str) -> Sample:
    """A sample of a record of Execution Log Streaming, as Okta posts it."""
    record = {
        'event_type': event_type,
        'execution_id': '5f0d6f0e-2b1c-4c5e-9a51-9d1f3c0c7a10',
        'timestamp': PUBLISHED,
        'flow_id': FLOW['id'],
        'flow_name': FLOW['displayName'],
        'org_id': '01JY2E7M3D8S6A4F9G1HQKZ5PB',
        'org_name': 'acme',
        'org_hostname': 'acme.okta.example',
        'user_id': '01JY2F0X9V7B5N3M1K8J6H4G2C',
        'user_email': 'b7a1c09f5d2e',
        **more,
    }
    ours = {
        'category': 'execution',
        'action': state,
        'execution.id': record['execution_id'],
        'execution.status': status,
        **{f'execution.{key}': record[key] for key in ('event_type', 'org_id', 'org_name', 'org_hostname', 'user_id')},
        'execution.user_hash': record['user_email'],
    }
    for relative in ('parent', 'root'):
        for key, path in (('execution_id', 'id'), ('flow_id', 'flow_id'), ('flow_name', 'flow_name')):
            if f'{relative}_{key}' in record:
                ours[f'execution.{relative}.{path}'] = record[f'{relative}_{key}']
    changed = {
        'evt.name': f'okta_workflows.execution.{state}',
        'evt.outcome': outcome,
        'enrichment_details.workflow_id': FLOW['id'],
        'enrichment_details.workflow_name': FLOW['displayName'],
    }
    return Sample(name, record, ours, ocsf, changed, status, f'Flow {FLOW["displayName"]} {state}')


U = 'workflows.user.'
LIMIT = 'workflows.org.step_execution_limit.'
SYSTEM = {'id': APP['id'], 'type': 'SystemPrincipal', 'alternateId': 'system@okta.com', 'displayName': 'Okta System'}
NO_ADDRESS = {'zone': 'null', 'ipAddress': 'null'}
DENIED = {'result': 'DENY', 'reason': 'Missing permission'}
FAILED = {'result': 'FAILURE', 'reason': 'INVALID_CREDENTIALS'}
ENTITY = 3004

FLOW_ACTIVATED = event(
    U + 'flow.activate',
    APP,
    FLOW,
    displayMessage='Flow activated',
    request={'ipChain': [{'ip': 'null', 'geographicalContext': None, 'version': None, 'source': None}]},
)
FLOW_ACTIVATED |= {
    # As complete as Okta sends it, with what is null.
    'actor': {**ACTOR, 'detailEntry': None},
    'client': {
        **FLOW_ACTIVATED['client'],
        'id': None,
        'geographicalContext': {
            'city': 'Göteborg',
            'state': 'Västra Götaland',
            'country': 'Sweden',
            'postalCode': '411 03',
            'geolocation': {'lat': 57.7065, 'lon': 11.967},
        },
    },
    'device': None,
    'authenticationContext': None,
    'outcome': {'result': 'SUCCESS', 'reason': None},
    'securityContext': None,
    'legacyEventType': None,
    'target': [{**APP, 'detailEntry': None}, {**FLOW, 'detailEntry': None}],
}
"""The event type of the one Workflows event that is published (DataDog/integrations-core, okta_workflows)."""

SAMPLES = [
    audit('flow activated', FLOW_ACTIVATED, 'flow', 'activate', Ocsf(ENTITY, 10), acted_on=FLOW),
    audit(
        'flow deactivated, target of the flow first',
        event(U + 'flow.deactivate', FLOW, APP),
        'flow',
        'deactivate',
        Ocsf(ENTITY, 11),
        acted_on=FLOW,
    ),
    audit(
        'flow created by an actor with details',
        event(U + 'flow.create', APP, FLOW, actor={**ACTOR, 'detailEntry': {'department': 'IT'}}),
        'flow',
        'create',
        Ocsf(ENTITY, 1),
        acted_on=FLOW,
    ),
    audit('flow deleted', event(U + 'flow.delete', APP, FLOW), 'flow', 'delete', Ocsf(ENTITY, 4), acted_on=FLOW),
    audit('flow saved', event(U + 'flow.save', APP, FLOW), 'flow', 'save', Ocsf(ENTITY, 3), acted_on=FLOW),
    audit('flow exported', event(U + 'flow.export', APP, FLOW), 'flow', 'export', Ocsf(ENTITY, 2), acted_on=FLOW),
    audit(
        'flow moved',
        event(U + 'flow.move', APP, FLOW, debug={'oldLocation': '/Default', 'newLocation': '/Lifecycle'}),
        'flow',
        'move',
        Ocsf(ENTITY, 5),
        acted_on=FLOW,
        location__old='/Default',
        location__new='/Lifecycle',
    ),
    audit(
        'flow version renamed',
        event(U + 'flow.version.update', APP, FLOW, VERSION),
        'flow',
        'rename version',
        Ocsf(ENTITY, 3),
        acted_on=FLOW,
    ),
    audit(
        'flow put back to an earlier version',
        event(U + 'flow.version.revert', VERSION, APP, FLOW),
        'flow',
        'revert',
        Ocsf(ENTITY, 3),
        acted_on=FLOW,
    ),
    audit(
        'folder renamed',
        event(U + 'folder.rename', APP, FOLDER, debug={'oldName': 'Default', 'newName': 'Lifecycle'}),
        'folder',
        'rename',
        Ocsf(ENTITY, 3),
        acted_on=FOLDER,
        rename__old='Default',
        rename__new='Lifecycle',
    ),
    audit(
        'folder duplicated',
        event(U + 'folder.duplicate', APP, FOLDER),
        'folder',
        'duplicate',
        Ocsf(ENTITY, 1),
        acted_on=FOLDER,
    ),
    audit(
        'folder imported',
        event(U + 'folder.import', APP, FOLDER),
        'folder',
        'import',
        Ocsf(ENTITY, 1),
        acted_on=FOLDER,
    ),
    audit(
        'rows of a table not exported',
        event(U + 'table.export', APP, TABLE, outcome=DENIED),
        'table',
        'export',
        Ocsf(6005, 1, status_id=2),
        acted_on=TABLE,
        reason='Missing permission',
    ),
    audit(
        'rows imported into a table',
        event(U + 'table.import', APP, TABLE),
        'table',
        'import rows',
        Ocsf(6005, 5),
        acted_on=TABLE,
    ),
    audit(
        'rows imported into a table from nowhere known',
        event(U + 'table.import', APP, TABLE, client=None),
        'table',
        'import rows',
        Ocsf(ENTITY, 3),
        acted_on=TABLE,
    ),
    audit(
        'table schema left with a folder',
        event(U + 'table.schema.export', APP, TABLE),
        'table',
        'export schema',
        Ocsf(ENTITY, 2),
        acted_on=TABLE,
    ),
    audit(
        'table schema arrived with a folder',
        event(U + 'table.schema.import', APP, TABLE),
        'table',
        'import schema',
        Ocsf(ENTITY, 1),
        acted_on=TABLE,
    ),
    audit(
        'connection created',
        event(U + 'connection.create', USER, CONNECTOR, CONNECTION),
        'connection',
        'create',
        Ocsf(ENTITY, 1),
        acted_on=CONNECTION,
    ),
    audit(
        'token of a connection revoked',
        event(U + 'connection.revoke', USER, CONNECTOR, CONNECTION),
        'connection',
        'revoke',
        Ocsf(ENTITY, 9),
        acted_on=CONNECTION,
    ),
    audit(
        'connection not reauthorized',
        event(U + 'connection.reauthorize', USER, CONNECTOR, CONNECTION, outcome=FAILED, severity='ERROR'),
        'connection',
        'reauthorize',
        Ocsf(ENTITY, 3, status_id=2, severity_id=4),
        acted_on=CONNECTION,
        reason='INVALID_CREDENTIALS',
    ),
    audit(
        'role granted to a user',
        event(U + 'role.user.add', USER, ROLE),
        'role',
        'grant',
        Ocsf(3005, 1),
        acted_on=ROLE,
    ),
    audit(
        'role not taken from a user',
        event(U + 'role.user.remove', ROLE, USER, outcome=DENIED),
        'role',
        'revoke',
        Ocsf(3005, 2, status_id=2),
        acted_on=ROLE,
        reason='Missing permission',
    ),
    audit(
        'role granted to a group, denied',
        event(U + 'role.group.add', GROUP, ROLE, outcome=DENIED, severity='WARN'),
        'role',
        'grant',
        Ocsf(3006, 1, status_id=2, severity_id=3),
        acted_on=ROLE,
        reason='Missing permission',
    ),
    audit(
        'role taken from a group',
        event(U + 'role.group.remove', GROUP, ROLE),
        'role',
        'revoke',
        Ocsf(3006, 2),
        acted_on=ROLE,
    ),
    audit(
        'role granted to a user who is not named',
        event(U + 'role.user.add', ROLE),
        'role',
        'grant',
        Ocsf(ENTITY, 99, 'grant'),
        acted_on=ROLE,
    ),
    audit(
        'delegated flow run',
        event(
            U + 'delegatedflow.run',
            APP,
            FLOW,
            debugContext={'debugData': {'SessionId': '7d10'}},
            authenticationContext={'externalSessionId': 'idxGq7Zt1W5'},
            outcome={'result': 'ALLOW', 'reason': 'Delegated'},
        ),
        'execution',
        'run',
        Ocsf(6003, 99, 'run'),
        acted_on=FLOW,
        reason='Delegated',
        session='idxGq7Zt1W5',
    ),
    audit(
        'run cancelled from an address that is the text null',
        event(
            U + 'flow.execution.cancel', APP, FLOW, client=NO_ADDRESS, debugContext={'debugData': {'SessionId': '7d10'}}
        ),
        'execution',
        'cancel',
        Ocsf(ENTITY, 99, 'cancel'),
        acted_on=FLOW,
        session='7d10',
        client_address='null',
        changed={'network': None, 'log.client.ipAddress': None},
    ),
    audit(
        'execution history deleted altogether',
        event(
            U + 'flow.execution_history.delete',
            APP,
            {**FLOW, 'detailEntry': {'executionHistoryType': 'ALL'}},
            severity='WARN',
        ),
        'execution',
        'delete history',
        Ocsf(ENTITY, 4, severity_id=3),
        acted_on=FLOW,
        history_type='ALL',
    ),
    audit(
        'inputs and outputs deleted from an execution history',
        event(
            U + 'flow.execution_history.delete',
            {**FLOW, 'detailEntry': {'executionHistoryType': 'IO_DATA_ONLY'}},
        ),
        'execution',
        'delete history',
        Ocsf(ENTITY, 4),
        acted_on=FLOW,
        history_type='IO_DATA_ONLY',
    ),
    audit(
        'execution history switched off',
        event(U + 'flow.execution_history.deactivate', APP, FLOW),
        'execution',
        'deactivate history',
        Ocsf(ENTITY, 9),
        acted_on=FLOW,
    ),
    audit(
        'execution log stream of a flow switched off',
        event(U + 'flow.execution_log_stream.deactivate', APP, FLOW),
        'log streaming',
        'deactivate',
        Ocsf(ENTITY, 9),
        acted_on=FLOW,
    ),
    audit(
        'execution log streaming switched off for the org',
        event(U + 'execution_log_stream_connection.deactivate', APP, STREAM),
        'log streaming',
        'deactivate',
        Ocsf(ENTITY, 11),
    ),
    audit(
        'execution log streaming sent elsewhere',
        event(
            U + 'execution_log_stream_connection.update',
            APP,
            {**STREAM, 'detailEntry': {'fieldsUpdated': ['HEADERS', 'DESTINATION_URL']}},
        ),
        'log streaming',
        'update',
        Ocsf(ENTITY, 3),
        fields_updated=['DESTINATION_URL', 'HEADERS'],
    ),
    audit(
        'all of execution log streaming changed',
        event(
            U + 'execution_log_stream_connection.update',
            APP,
            {
                **STREAM,
                'detailEntry': {'fieldsUpdated': ['BODY', 'DESTINATION_URL', 'EVENT_SUBSCRIPTIONS', 'HEADERS']},
            },
        ),
        'log streaming',
        'update',
        Ocsf(ENTITY, 3),
        fields_updated=['DESTINATION_URL', 'EVENT_SUBSCRIPTIONS', 'HEADERS', 'BODY'],
    ),
    audit(
        'certificate authority added to a trust store',
        event(U + 'truststore.create', TRUST_STORE),
        'trust store',
        'create',
        Ocsf(ENTITY, 1),
        acted_on=TRUST_STORE,
    ),
    audit(
        'step limit near',
        event(
            LIMIT + 'warning',
            APP,
            actor=SYSTEM,
            client=None,
            severity='WARN',
            debug={'stepsUsed': 750_000, 'stepLimit': 1_000_000, 'enforcementType': 'THROTTLE'},
        ),
        'org limit',
        'warn',
        Ocsf(0, 99, LIMIT + 'warning', severity_id=3),
        step_limit__used=750_000,
        step_limit__limit=1_000_000,
        step_limit__enforcement='THROTTLE',
    ),
    audit(
        'step limit reached, numbers as text',
        event(
            LIMIT + 'violation',
            APP,
            actor=SYSTEM,
            client=None,
            severity='ERROR',
            debug={'stepsUsed': '1000000', 'stepLimit': '1000000', 'enforcementType': 'BLOCK'},
        ),
        'org limit',
        'violate',
        Ocsf(0, 99, LIMIT + 'violation', severity_id=4),
        step_limit__used=1_000_000,
        step_limit__limit=1_000_000,
        step_limit__enforcement='BLOCK',
    ),
    audit(
        'flow viewed thirty hours before it could be collected',
        event(U + 'flow.view', APP, FLOW),
        'flow',
        'view',
        Ocsf(ENTITY, 2),
        acted_on=FLOW,
        now=LATE_NOW,
    ),
    audit(
        'flow viewed at a time in nanoseconds',
        event(U + 'flow.view', APP, FLOW, published='2026-03-02T09:15:04.218640172Z'),
        'flow',
        'view',
        Ocsf(ENTITY, 2),
        acted_on=FLOW,
    ),
    audit(
        'table viewed at a time in whole seconds, thirty hours before it could be collected',
        event(U + 'table.view', APP, TABLE, published='2026-03-02T09:15:04Z'),
        'table',
        'view',
        Ocsf(6005, 1),
        acted_on=TABLE,
        now=LATE_NOW,
        published_ms=PUBLISHED_MS - 218,
    ),
    audit(
        'event without targets',
        event(U + 'flow.save', target=None, outcome=FAILED),
        'flow',
        'save',
        Ocsf(0, 99, U + 'flow.save', status_id=2),
        reason='INVALID_CREDENTIALS',
    ),
    audit(
        'event of a type that is not known',
        event(U + 'flow.teleport', APP, FLOW),
        'flow',
        'other',
        Ocsf(0, 99, U + 'flow.teleport'),
        acted_on=FLOW,
    ),
    audit(
        'event of a family that is not known',
        event(U + 'agent.create', APP, target('Agent', '01JZ', 'Helper')),
        'other',
        'create',
        Ocsf(0, 99, U + 'agent.create'),
    ),
    audit(
        'outcome that is not known',
        event(U + 'folder.delete', APP, FOLDER, outcome={'result': 'ABANDONED'}),
        'folder',
        'delete',
        Ocsf(ENTITY, 4, status_id=99),
        acted_on=FOLDER,
    ),
    audit(
        'no outcome',
        event(U + 'table.create', APP, TABLE, outcome=None, severity='DEBUG'),
        'table',
        'create',
        Ocsf(ENTITY, 1, status_id=0),
        acted_on=TABLE,
    ),
    run(
        'run started by another flow',
        'FLOW_START',
        'started',
        None,
        'info',
        Ocsf(6002, 3, status_id=0),
        parent_execution_id='0d2b7c44-6d0f-4a0c-8f3e-6a9a4f0f2b77',
        parent_flow_id='01JZ8Q1A0S5D7F9G2H4J6K8L3M',
        parent_flow_name='Every morning',
        root_execution_id='0d2b7c44-6d0f-4a0c-8f3e-6a9a4f0f2b77',
        root_flow_id='01JZ8Q1A0S5D7F9G2H4J6K8L3M',
        root_flow_name='Every morning',
    ),
    run('run completed', 'FLOW_COMPLETED', 'completed', 'SUCCESS', 'info', Ocsf(6002, 4)),
    run('run failed', 'FLOW_FAILED', 'failed', 'FAILURE', 'error', Ocsf(6002, 4, status_id=2, severity_id=4)),
    run('run cancelled', 'FLOW_CANCELED', 'cancelled', 'FAILURE', 'warn', Ocsf(6002, 4, status_id=2, severity_id=3)),
    run('run paused', 'FLOW_PAUSED', 'paused', None, 'info', Ocsf(6002, 99, 'paused', status_id=0)),
    run(
        'run throttled by Okta',
        'FLOW_THROTTLED',
        'throttled',
        'FAILURE',
        'warn',
        Ocsf(6002, 99, 'throttled', status_id=2, severity_id=3),
    ),
    run(
        'run rate-limited by a third party',
        'FLOW_RATE_LIMITED',
        'rate_limited',
        'FAILURE',
        'warn',
        Ocsf(6002, 99, 'rate_limited', status_id=2, severity_id=3),
    ),
    run(
        'run with news of an unknown kind', 'FLOW_RESUMED', 'other', None, 'info', Ocsf(6002, 99, 'other', status_id=0)
    ),
]


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar('tag:yaml.org,2002:str', text, style='|' if '\n' in text else None)


_Dumper.add_representer(str, _text)


def _result(pipeline: Pipeline, text: str) -> Json:
    """What Datadog's tests of pipelines record: all attributes, and what remappers made official."""
    message, attributes = message_and_attributes(text)
    record = Record(Log(message, attributes, tags=('source:LOGS_SOURCE',), source=SOURCE))
    pipeline.apply(record)
    return {
        'custom': record.attributes,
        'message': record.log.message,
        'tags': list(record.log.tags),
        **record.official,
    }


def write_tests() -> None:
    pipeline = load_pipeline(PIPELINE)
    tests = [{'sample': sample.text, 'result': _result(pipeline, sample.text)} for sample in SAMPLES]
    content = yaml.dump(
        {'id': PIPELINE.stem, 'tests': tests}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )
    TESTS_FILE.write_text(content, encoding='utf-8')


if __name__ == '__main__':
    write_tests()
