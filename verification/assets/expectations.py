# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the dashboards and saved views ought to find, said without the pipeline and without the search language.

All is read from Okta's own events and records as they were sent, before any processing, by plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from datadog_logs_local.analytics import Variables
from datadog_logs_local.analytics.template_variables import expand
from datadog_logs_local.search import Log, parse_query
from simulation import GEO_IP
from simulation.pipeline import Observed, history_pairs, pipeline

SERVICE = 'workflows'
RUN_SERVICE = 'workflows-execution'
_WORD = re.compile(r'[@$]?\w[\w.]*\w|\w')
_OPERATORS = {'AND', 'OR', 'NOT', 'TO'}


@dataclass(frozen=True)
class Sent:
    """One log as it was sent: with an event of the System Log or a record of Execution Log Streaming."""

    event: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    late: Mapping[str, Any] = field(default_factory=dict)
    """Of an event that came too late to keep its date."""
    tags: tuple[str, ...] = ()
    host: str | None = None

    @classmethod
    def of(cls, log: Log) -> Sent:
        """`log` is unprocessed: as the intake hands it to the pipelines."""
        if 'execution_id' in log.attributes:
            return cls(record=log.attributes, tags=log.tags, host=log.host)
        late = log.attributes.get('late_event', {})
        return cls(event=log.attributes['log'], late=late, tags=log.tags, host=log.host)

    @property
    def type(self) -> str:
        """The event type without `workflows.`; empty for runs."""
        return str(self.event.get('eventType', '')).removeprefix('workflows.').removeprefix('user.')

    @property
    def state(self) -> str:
        """What a run did; empty for events."""
        return _STATES.get(self.record['event_type'], 'other') if self.record else ''

    @property
    def result(self) -> str:
        return str(_within(self.event, 'outcome', 'result') or '')

    def target(self, kind: str) -> Mapping[str, Any]:
        """The first target of a type."""
        targets = self.event.get('target') or ()
        return next((target for target in targets if target.get('type') == kind), {})


@dataclass(frozen=True)
class Case:
    """One log as it was sent, and after the pipeline."""

    sent: Sent
    log: Log


Claim = Callable[[Sent], bool]
Reader = Callable[[Sent], list[Any]]

_STATES = {
    'FLOW_START': 'started',
    'FLOW_COMPLETED': 'completed',
    'FLOW_FAILED': 'failed',
    'FLOW_CANCELED': 'cancelled',
    'FLOW_PAUSED': 'paused',
    'FLOW_THROTTLED': 'throttled',
    'FLOW_RATE_LIMITED': 'rate_limited',
}
_CATEGORIES = {
    'connection': 'connection',
    'delegatedflow': 'execution',
    'execution_log_stream_connection': 'log streaming',
    'flow': 'flow',
    'flow.execution': 'execution',
    'flow.execution_history': 'execution',
    'flow.execution_log_stream': 'log streaming',
    'flow.version': 'flow',
    'folder': 'folder',
    'org.step_execution_limit': 'org limit',
    'role.group': 'role',
    'role.user': 'role',
    'table': 'table',
    'table.schema': 'table',
    'truststore': 'trust store',
}
# Where the action is not the last word of the event type
_ACTIONS = {
    'flow.execution_history.activate': 'activate history',
    'flow.execution_history.deactivate': 'deactivate history',
    'flow.execution_history.delete': 'delete history',
    'flow.version.update': 'rename version',
    'org.step_execution_limit.violation': 'violate',
    'org.step_execution_limit.warning': 'warn',
    'role.group.add': 'grant',
    'role.group.remove': 'revoke',
    'role.user.add': 'grant',
    'role.user.remove': 'revoke',
    'table.import': 'import rows',
    'table.schema.export': 'export schema',
    'table.schema.import': 'import schema',
}
_KNOWN_ACTIONS = frozenset(
    'activate cancel create deactivate delete duplicate export import move reauthorize rename revert revoke run save'
    ' update view'.split()
)
_ACTED_ON = ('Flow', 'Table', 'Folder', 'Connection', 'Role', 'TrustStore')
_COUNTRY_CODES = {place['country']['name']: place['country']['iso_code'] for place in GEO_IP.values()}
_BROWSERS = {'CHROME': 'Chrome', 'FIREFOX': 'Firefox', 'EDGE': 'Edge'}
_STATUSES = {'DEBUG': 'debug', 'INFO': 'info', 'WARN': 'warn', 'ERROR': 'error'}
_RUN_STATUSES = {'failed': 'error', 'cancelled': 'warn', 'throttled': 'warn', 'rate_limited': 'warn'}
_RUN_OUTCOMES = {'completed': 'SUCCESS', **dict.fromkeys(_RUN_STATUSES, 'FAILURE')}


def category(event_type: str) -> str:
    """Of an event type without `workflows.user.`; a new type counts to the thing that it begins with."""
    words = event_type.split('.')
    for length in range(len(words) - 1, 0, -1):
        if (found := _CATEGORIES.get('.'.join(words[:length]))) is not None:
            return found
    return 'other'


def action(event_type: str) -> str:
    last = event_type.rpartition('.')[2]
    return _ACTIONS.get(event_type, last if last in _KNOWN_ACTIONS else 'other')


def _within(node: Any, *path: str) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _one(read: Callable[[Sent], Any]) -> Reader:
    def values(sent: Sent) -> list[Any]:
        value = read(sent)
        return [] if value is None else [value]

    return values


def _event(*path: str) -> Reader:
    return _one(lambda sent: _within(sent.event, *path))


def _record(key: str) -> Reader:
    return _one(lambda sent: sent.record.get(key))


def _target(kind: str, key: str) -> Reader:
    return _one(lambda sent: sent.target(kind).get(key))


def _acted_on(key: str) -> Reader:
    def first(sent: Sent) -> Any:
        found = (sent.target(kind).get(key) for kind in _ACTED_ON)
        return next((value for value in found if value is not None), None)

    return _one(first)


def _address(sent: Sent) -> str | None:
    address = _within(sent.event, 'client', 'ipAddress')
    return None if address == 'null' else address


def _country(sent: Sent) -> str | None:
    return _within(sent.event, 'client', 'geographicalContext', 'country') if _address(sent) else None


def _flow(audit_key: str, record_key: str) -> Reader:
    return _one(lambda sent: sent.record.get(record_key, sent.target('Flow').get(audit_key)))


def _status(sent: Sent) -> str:
    if sent.record:
        return _RUN_STATUSES.get(sent.state, 'info')
    return _STATUSES.get(sent.event.get('severity', ''), 'info')


def _fields_updated(sent: Sent) -> list[Any]:
    return list(_within(sent.target('ExecutionLogStreamConnection'), 'detailEntry', 'fieldsUpdated') or ())


READERS: Mapping[str, Reader] = {
    'source': lambda sent: ['okta-workflows'],
    'service': lambda sent: [RUN_SERVICE if sent.record else SERVICE],
    'status': _one(_status),
    'host': _one(lambda sent: sent.host),
    'okta_domain': lambda sent: [tag.partition(':')[2] for tag in sent.tags if tag.startswith('okta_domain:')],
    'late_event': lambda sent: ['true'] if sent.late else [],
    '@late_event.published': _one(lambda sent: sent.late.get('published')),
    '@late_event.age_hours': _one(lambda sent: sent.late.get('age_hours')),
    '@log.uuid': _event('uuid'),
    '@log.published': _event('published'),
    '@evt.name': _one(
        lambda sent: f'okta_workflows.execution.{sent.state}' if sent.record else sent.event.get('eventType')
    ),
    '@evt.outcome': _one(lambda sent: _RUN_OUTCOMES.get(sent.state) if sent.record else sent.result or None),
    '@usr.email': _event('actor', 'alternateId'),
    '@usr.type': _event('actor', 'type'),
    '@http.useragent_details.browser.family': _one(
        lambda sent: _BROWSERS.get(_within(sent.event, 'client', 'userAgent', 'browser'))
    ),
    '@network.client.ip': _one(_address),
    '@network.client.geoip.country.name': _one(_country),
    '@network.client.geoip.country.iso_code': _one(lambda sent: _COUNTRY_CODES.get(_country(sent) or '')),
    '@enrichment_details.workflow_id': _flow('id', 'flow_id'),
    '@enrichment_details.workflow_name': _flow('displayName', 'flow_name'),
    '@okta_workflows.category': _one(lambda sent: 'execution' if sent.record else category(sent.type)),
    '@okta_workflows.action': _one(lambda sent: sent.state if sent.record else action(sent.type)),
    '@okta_workflows.reason': _event('outcome', 'reason'),
    '@okta_workflows.target.id': _acted_on('id'),
    '@okta_workflows.target.name': _acted_on('displayName'),
    '@okta_workflows.connection.name': _target('Connection', 'displayName'),
    '@okta_workflows.connector.name': _target('Connector', 'displayName'),
    '@okta_workflows.user.name': _target('User', 'displayName'),
    '@okta_workflows.group.name': _target('Group', 'displayName'),
    '@okta_workflows.role.name': _target('Role', 'displayName'),
    '@okta_workflows.trust_store.name': _target('TrustStore', 'displayName'),
    '@okta_workflows.location.old': _event('debugContext', 'debugData', 'oldLocation'),
    '@okta_workflows.location.new': _event('debugContext', 'debugData', 'newLocation'),
    '@okta_workflows.rename.old': _event('debugContext', 'debugData', 'oldName'),
    '@okta_workflows.rename.new': _event('debugContext', 'debugData', 'newName'),
    '@okta_workflows.step_limit.used': _event('debugContext', 'debugData', 'stepsUsed'),
    '@okta_workflows.step_limit.limit': _event('debugContext', 'debugData', 'stepLimit'),
    '@okta_workflows.step_limit.enforcement': _event('debugContext', 'debugData', 'enforcementType'),
    '@okta_workflows.fields_updated': _fields_updated,
    '@okta_workflows.history_type': _one(
        lambda sent: _within(sent.target('Flow'), 'detailEntry', 'executionHistoryType')
    ),
    '@okta_workflows.execution.id': _record('execution_id'),
    '@okta_workflows.execution.parent.id': _record('parent_execution_id'),
    '@okta_workflows.execution.parent.flow_name': _record('parent_flow_name'),
}
"""What each facet that the assets use should hold."""


def event(sent: Sent) -> bool:
    """An event of the System Log, of any kind."""
    return bool(sent.event)


def run(sent: Sent) -> bool:
    """A record of Execution Log Streaming, of any kind."""
    return bool(sent.record)


def anything(sent: Sent) -> bool:
    return True


def of_type(*types: str) -> Claim:
    """Event types without `workflows.user.`; one that ends in a dot stands for all that begin so."""
    return lambda sent: any(sent.type == each or each[-1] == '.' and sent.type.startswith(each) for each in types)


def state(*states: str) -> Claim:
    return lambda sent: sent.state in states


def both(*claims: Claim) -> Claim:
    return lambda sent: all(claim(sent) for claim in claims)


def late(sent: Sent) -> bool:
    return bool(sent.late)


def failed(sent: Sent) -> bool:
    return sent.result in ('FAILURE', 'DENY')


def changed(sent: Sent) -> bool:
    """Neither looked at, nor taken away, nor run, nor a word from the org itself."""
    if not sent.event or sent.type.startswith('org.'):
        return False
    return sent.type.rpartition('.')[2] not in ('view', 'run', 'cancel', 'export')


def at_night(sent: Sent) -> bool:
    """From 20:00 to 06:00 in UTC; what came late is not dated by when it was."""
    hour = int(sent.event['published'][11:13])
    return not sent.late and (hour >= 20 or hour < 6)


def from_a_country(sent: Sent) -> bool:
    return _country(sent) is not None


edited = of_type('flow.save', 'flow.version.revert')
granted = of_type('role.user.add', 'role.group.add')
connected = of_type('connection.')
exported = of_type('flow.export', 'folder.export', 'table.export', 'table.schema.export')
history_removed = of_type('flow.execution_history.delete', 'flow.execution_history.deactivate')
stream_changed = of_type(
    'execution_log_stream_connection.deactivate',
    'execution_log_stream_connection.update',
    'flow.execution_log_stream.deactivate',
)
deleted = of_type('flow.delete', 'folder.delete', 'table.delete', 'connection.delete')
limited = of_type('org.step_execution_limit.')
sensitive = of_type(
    'role.',
    'connection.',
    'flow.export',
    'folder.export',
    'table.export',
    'flow.execution_history.delete',
    'flow.execution_history.deactivate',
    'execution_log_stream_connection.',
    'flow.execution_log_stream.deactivate',
    'truststore.create',
    'truststore.update',
    'truststore.delete',
    'flow.delete',
    'folder.delete',
    'table.delete',
)


def _redirected(sent: Sent) -> bool:
    return sent.type == 'execution_log_stream_connection.update' and 'DESTINATION_URL' in _fields_updated(sent)


def _with_uuid(sent: Sent) -> bool:
    return 'uuid' in sent.event


def _of_status(*statuses: str) -> Claim:
    return lambda sent: _status(sent) in statuses


# By dashboard, then by the title of the widget; where the queries of one widget differ, by their names too.
CLAIMS: Mapping[str, Mapping[str, Claim | Mapping[str, Claim]]] = {
    'dashboards/okta_workflows_overview.json': {
        'Events': event,
        'Share of events that succeeded': {
            'succeeded': lambda sent: sent.result in ('SUCCESS', 'ALLOW') and event(sent),
            'concluded': lambda sent: sent.result != '',
        },
        'Failed or denied events': failed,
        'Active users': lambda sent: sent.event.get('actor', {}).get('type') == 'User',
        'Events by category': event,
        'Events by outcome': event,
        'Most frequent event types': event,
        'Least frequent event types': event,
        'Actions by category': event,
        'Users': event,
        'Events by user': event,
        'Events by country': event,
        'Countries': event,
        'Browsers': event,
        'Changes by category': changed,
        'Changes by user, action and thing': changed,
        'Moves': of_type('flow.move', 'folder.move', 'table.move'),
        'Renamed folders': of_type('folder.rename'),
        'Newest changes': changed,
        'Flows created, switched on or off, and deleted': both(
            of_type('flow.create', 'flow.activate', 'flow.deactivate', 'flow.delete'),
            lambda sent: 'id' in sent.target('Flow'),
        ),
        'Most edited flows': edited,
        'Most opened flows': of_type('flow.view'),
        'Edits and failed runs by flow': {'edits': edited, 'editors': edited, 'failures': state('failed')},
        'Delegated flows started by a user': of_type('delegatedflow.run'),
        'Failed or denied events by outcome': failed,
        'Reasons': failed,
        'Event types that failed': failed,
        'Newest failed or denied events': failed,
        'Highest reported use by domain': limited,
        'Notices by enforcement': limited,
        'Newest step limit notices': limited,
        'Started runs': state('started'),
        'Share of ended runs that completed': {
            'completed': state('completed'),
            'ended': state('completed', 'failed', 'cancelled'),
        },
        'Failed runs': state('failed'),
        'Throttled or rate limited runs': state('throttled', 'rate_limited'),
        'Runs by state': run,
        'Failed runs by flow': state('failed'),
        'Runs by flow': {name: state(name) for name in ('started', 'completed', 'failed', 'cancelled', 'throttled')},
        'Throttled flows': state('throttled', 'rate_limited'),
        'Flows that call others': both(state('started'), lambda sent: 'parent_execution_id' in sent.record),
        'Events in each hour': event,
        'Newest events': event,
        'Late events': late,
        'Age of the oldest late event': late,
        'Repeated deliveries': _with_uuid,
        'Collecting hosts': event,
        'Deliveries and distinct events': _with_uuid,
        'Newest late events': late,
        'Logs by status': anything,
        'Newest warnings and errors': _of_status('warn', 'error'),
    },
    'dashboards/okta_workflows_security.json': {
        'Role grants': granted,
        'Connection changes': connected,
        'Exports': exported,
        'Table exports with rows': of_type('table.export'),
        'Execution history deleted or switched off': history_removed,
        'Log streaming switched off or changed': stream_changed,
        'Sensitive actions by category': sensitive,
        'Sensitive actions by user': sensitive,
        'Roles granted and revoked': of_type('role.'),
        'Roles granted to users': of_type('role.user.add'),
        'Roles granted to groups': of_type('role.group.add'),
        'Connection changes by action': connected,
        'Connectors': connected,
        'Connectors added least often': of_type('connection.create'),
        'Connection changes by user': connected,
        'Exports by event type': exported,
        'Exports by user': {'things': exported, 'events': exported, 'tables': of_type('table.export')},
        'Newest exports': exported,
        'Execution history deleted': of_type('flow.execution_history.delete'),
        'Execution history or log streaming switched off for flows': of_type(
            'flow.execution_history.deactivate', 'flow.execution_log_stream.deactivate'
        ),
        'Log streaming connection changed': of_type('execution_log_stream_connection.update'),
        'Log streaming switched off for the org': of_type('execution_log_stream_connection.deactivate'),
        'Log streaming destination changed': _redirected,
        'Things deleted by user': deleted,
        'Deletions by user and category': deleted,
        'Flows switched off by user': of_type('flow.deactivate'),
        'Newest deletions': deleted,
        'Trust store events by action': of_type('truststore.'),
        'Newest trust store events': of_type('truststore.'),
        'Countries compared with a week before': both(event, from_a_country),
        'Countries and addresses by user': both(event, from_a_country),
        'Least frequent countries': both(event, from_a_country),
        'Changes between 20:00 and 06:00 UTC by user': both(changed, at_night),
        'Newest changes between 20:00 and 06:00 UTC': both(changed, at_night),
        'Delegated flows started by a user': of_type('delegatedflow.run'),
        'Failed or denied actions by user': failed,
        'Different actions that failed or were denied': failed,
        'Sensitive actions by status': sensitive,
        'Newest sensitive actions': sensitive,
    },
    'saved_views/activity_by_user.json': {'Okta Workflows activity by user': event},
    'saved_views/changes.json': {'Okta Workflows changes': changed},
    'saved_views/failed_runs.json': {
        'Okta Workflows runs that failed or were throttled': state('failed', 'throttled', 'rate_limited')
    },
    'saved_views/failures_and_denials.json': {'Okta Workflows failures and denials': failed},
    'saved_views/sensitive_actions.json': {'Okta Workflows sensitive actions': sensitive},
}


def claim(asset: str, title: str, query: str = '') -> Claim:
    """What a query should match; KeyError if nobody has said it."""
    found = CLAIMS[asset][title]
    return found[query] if isinstance(found, Mapping) else found


@cache
def cases() -> Sequence[Case]:
    """All of the simulated history."""
    return tuple(Case(Sent.of(before), after) for before, after in history_pairs())


@cache
def rare_cases() -> Sequence[Case]:
    """What the history lacks, made from its events: changes at every hour, an outcome, each type at night."""
    observed = Observed(pipeline())
    first_of_type = {case.sent.type: case.sent for case in reversed(cases()) if case.sent.event and not case.sent.late}
    saved = first_of_type['flow.save']

    def vary(sent: Sent, late: Mapping[str, Any] | None = None, **changes: Any) -> None:
        attributes: dict[str, Any] = {'service': SERVICE, 'log': {**deepcopy(dict(sent.event)), **changes}}
        tags = sent.tags
        if late is not None:
            attributes['late_event'] = late
            tags = (*tags, 'late_event:true')
        observed.process(Log('', attributes, tags, service=SERVICE, source='okta-workflows', host=sent.host))

    for hour in range(24):
        vary(saved, published=f'2026-11-18T{hour:02}:30:00.000Z')
    vary(saved, outcome={'result': 'ALLOW', 'reason': None})
    for sent in first_of_type.values():
        vary(sent, published='2026-11-18T22:30:00.000Z')
    came_late = {'published': '2026-11-17T02:30:00.000Z', 'age_hours': 20.0}
    vary(saved, published='2026-11-18T22:30:00.000Z', late=came_late)
    return tuple(Case(Sent.of(before), after) for before, after in observed.pairs)


@cache
def kinds() -> Sequence[Case]:
    """Of the history and the rare cases one of each kind: cases of one kind differ in what no query asks for."""
    found: dict[tuple[Any, ...], Case] = {}
    for case in (*cases(), *rare_cases()):
        sent = case.sent
        hour = sent.event.get('published', '')[11:13]
        kind = (sent.type, sent.state, sent.result, bool(sent.late), hour, from_a_country(sent), _status(sent))
        found.setdefault((*kind, *_fields_updated(sent), *sorted(sent.record)), case)
    return tuple(found.values())


def query_faults(
    text: str, facets: Sequence[str], wanted: Claim, variables: Variables, examples: Sequence[Case]
) -> Iterator[str]:
    """Why a query does not find, among `examples`, exactly what it should, or shows it by what is not there."""
    try:
        query = parse_query(expand(text, variables))
    except (KeyError, ValueError) as error:
        yield str(error)
        return
    for name in sorted({*query.fields, *facets} - READERS.keys()):
        yield f'nobody has said what {name} holds'
    if query.words:
        yield f'free text: {sorted(query.words)}'
    any_found = False
    for case in examples:
        found = query.matches(case.log)
        any_found |= found
        if found != wanted(case.sent):
            yield f'{"finds" if found else "does not find"} {case.sent}'
            return
    if not any_found:
        yield 'finds nothing'


def typos(word: str) -> Iterator[str]:
    """The last letter forgotten, and a wrong one in the middle."""
    yield word[:-1] or 'x'
    middle = len(word) // 2
    yield f'{word[:middle]}Q{word[middle + 1 :]}'


def misspelt(text: str) -> Iterator[str]:
    """A query or formula with a typo in one of its fields, values, variables or names, for every one of them."""
    for found in _WORD.finditer(text):
        if found[0] not in _OPERATORS:
            for typo in typos(found[0]):
                yield text[: found.start()] + typo + text[found.end() :]
