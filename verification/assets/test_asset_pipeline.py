# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The log pipeline of the integration, run over logs of every kind."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml
from datadog_api_client.v1.model.logs_pipeline import LogsPipeline
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-untyped]

from datadog_checks.okta_workflows.line import OLDEST_DATED_SECONDS
from datadog_logs_local.pipeline import Pipeline, load_pipeline, preprocess, process
from datadog_logs_local.pipeline.conformance import outcomes
from datadog_logs_local.search import Log, values
from okta_simulator.event_types import WORKFLOWS_EVENT_TYPES
from okta_simulator.history import HistoryGenerator
from simulation.pipeline import PIPELINE
from tools.assets.pipeline_form import api_form

from .api_models import faults
from .pipeline_samples import (
    FLOW,
    LATE_HOURS,
    NOW,
    PUBLISHED,
    PUBLISHED_MS,
    SAMPLES,
    SOURCE,
    TESTS_FILE,
    Json,
    Sample,
    event,
    sent,
)

U = 'workflows.user.'
# Category, action, OCSF class and OCSF activity of each event type, from Okta's descriptions of them
# (https://developer.okta.com/docs/reference/api/event-types/) and OCSF's of its classes (https://schema.ocsf.io/1.5.0).
EVENT_TYPES = {
    'workflows.org.step_execution_limit.violation': ('org limit', 'violate', 0, 99),
    'workflows.org.step_execution_limit.warning': ('org limit', 'warn', 0, 99),
    U + 'connection.create': ('connection', 'create', 3004, 1),
    U + 'connection.delete': ('connection', 'delete', 3004, 4),
    U + 'connection.reauthorize': ('connection', 'reauthorize', 3004, 3),
    U + 'connection.revoke': ('connection', 'revoke', 3004, 9),
    U + 'delegatedflow.run': ('execution', 'run', 6003, 99),
    U + 'execution_log_stream_connection.activate': ('log streaming', 'activate', 3004, 10),
    U + 'execution_log_stream_connection.deactivate': ('log streaming', 'deactivate', 3004, 11),
    U + 'execution_log_stream_connection.update': ('log streaming', 'update', 3004, 3),
    U + 'flow.activate': ('flow', 'activate', 3004, 10),
    U + 'flow.create': ('flow', 'create', 3004, 1),
    U + 'flow.deactivate': ('flow', 'deactivate', 3004, 11),
    U + 'flow.delete': ('flow', 'delete', 3004, 4),
    U + 'flow.execution.cancel': ('execution', 'cancel', 6003, 99),
    U + 'flow.execution_history.activate': ('execution', 'activate history', 3004, 8),
    U + 'flow.execution_history.deactivate': ('execution', 'deactivate history', 3004, 9),
    U + 'flow.execution_history.delete': ('execution', 'delete history', 3004, 4),
    U + 'flow.execution_log_stream.activate': ('log streaming', 'activate', 3004, 8),
    U + 'flow.execution_log_stream.deactivate': ('log streaming', 'deactivate', 3004, 9),
    U + 'flow.export': ('flow', 'export', 3004, 2),
    U + 'flow.import': ('flow', 'import', 3004, 1),
    U + 'flow.move': ('flow', 'move', 3004, 5),
    U + 'flow.save': ('flow', 'save', 3004, 3),
    U + 'flow.version.revert': ('flow', 'revert', 3004, 3),
    U + 'flow.version.update': ('flow', 'rename version', 3004, 3),
    U + 'flow.view': ('flow', 'view', 3004, 2),
    U + 'folder.create': ('folder', 'create', 3004, 1),
    U + 'folder.delete': ('folder', 'delete', 3004, 4),
    U + 'folder.duplicate': ('folder', 'duplicate', 3004, 1),
    U + 'folder.export': ('folder', 'export', 3004, 2),
    U + 'folder.import': ('folder', 'import', 3004, 1),
    U + 'folder.move': ('folder', 'move', 3004, 5),
    U + 'folder.rename': ('folder', 'rename', 3004, 3),
    U + 'role.group.add': ('role', 'grant', 3006, 1),
    U + 'role.group.remove': ('role', 'revoke', 3006, 2),
    U + 'role.user.add': ('role', 'grant', 3005, 1),
    U + 'role.user.remove': ('role', 'revoke', 3005, 2),
    U + 'table.create': ('table', 'create', 3004, 1),
    U + 'table.delete': ('table', 'delete', 3004, 4),
    U + 'table.export': ('table', 'export', 6005, 1),
    U + 'table.import': ('table', 'import rows', 6005, 5),
    U + 'table.move': ('table', 'move', 3004, 5),
    U + 'table.schema.export': ('table', 'export schema', 3004, 2),
    U + 'table.schema.import': ('table', 'import schema', 3004, 1),
    U + 'table.update': ('table', 'update', 3004, 3),
    U + 'table.view': ('table', 'view', 6005, 1),
    U + 'truststore.create': ('trust store', 'create', 3004, 1),
    U + 'truststore.delete': ('trust store', 'delete', 3004, 4),
    U + 'truststore.update': ('trust store', 'update', 3004, 3),
    U + 'truststore.view': ('trust store', 'view', 3004, 2),
}

# What Datadog's own pipeline for this source moves (DataDog/integrations-core, okta_workflows, assets/logs).
STOCK_MOVES = {
    'log.eventType': 'evt.name',
    'log.outcome.result': 'evt.outcome',
    'log.client.userAgent.rawUserAgent': 'http.useragent',
    'log.actor.id': 'usr.id',
    'log.actor.alternateId': 'usr.email',
    'log.actor.displayName': 'usr.name',
    'log.actor.type': 'usr.type',
    'log.actor.detailEntry': 'usr.details',
    'log.client.ipAddress': 'network.client.ip',
}

# What the transport of a log adds and takes away differs between the ways to the intake.
TRANSPORT = ('message', 'status', 'service', 'timestamp', 'ddtags')


def geo_ip(address: str) -> Json:
    return {'country': {'iso_code': 'SE'}, 'as': {'domain': f'{address}.example'}}


@pytest.fixture(scope='module')
def ours() -> Pipeline:
    return load_pipeline(PIPELINE, geo_ip=geo_ip)


@pytest.fixture(scope='module')
def stock(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Datadog's own pipeline for this source, in our words."""
    remappers: list[Json] = [
        {'type': f'{kind}-remapper', 'name': kind, 'enabled': True, 'sources': [attribute]}
        for kind, attribute in (
            ('service', 'service'),
            ('date', 'log.published'),
            ('message', 'log.displayMessage'),
            ('status', 'log.severity'),
        )
    ]
    moves: list[Json] = [
        {
            'type': 'attribute-remapper',
            'name': attribute,
            'enabled': True,
            'sources': [old],
            'sourceType': 'attribute',
            'target': attribute,
            'targetType': 'attribute',
            'preserveSource': False,
            'overrideOnConflict': False,
        }
        for old, attribute in STOCK_MOVES.items()
    ]
    parsers: list[Json] = [
        {
            'type': 'user-agent-parser',
            'name': 'user agent',
            'enabled': True,
            'sources': ['http.useragent'],
            'target': 'http.useragent_details',
            'encoded': False,
            'combineVersionDetails': False,
        },
        {
            'type': 'geo-ip-parser',
            'name': 'geo',
            'enabled': True,
            'sources': ['network.client.ip'],
            'target': 'network.client.geoip',
            'ip_processing_behavior': 'do-nothing',
        },
    ]
    whole = {
        'id': SOURCE,
        'metric_id': SOURCE,
        'backend_only': False,
        'facets': [],
        'pipeline': {
            'type': 'pipeline',
            'name': 'stock',
            'enabled': True,
            'filter': {'query': f'source:{SOURCE}'},
            'processors': [*remappers, *moves, *parsers],
        },
    }
    path = tmp_path_factory.mktemp('stock') / f'{SOURCE}.yaml'
    path.write_text(yaml.safe_dump(whole))
    return load_pipeline(path, geo_ip=geo_ip)


def received(line: Json) -> Log:
    return preprocess(
        copy.deepcopy(line), source=SOURCE, service='workflows', tags=('env:prod',), received_ms=int(NOW * 1000)
    )


def get(attributes: Any, path: str) -> Any:
    for key in path.split('.'):
        attributes = attributes.get(key) if isinstance(attributes, dict) else None
    return attributes


def put(attributes: Json, path: str, value: Any) -> None:
    """Set an attribute, or take it away with None."""
    *parents, last = path.split('.')
    for key in parents:
        attributes = attributes.setdefault(key, {})
    attributes[last] = value


def pruned(value: Any) -> Any:
    """Without nulls and what is empty, which attributes of a log never are."""
    if isinstance(value, dict):
        kept = {key: pruned(child) for key, child in value.items()}
        return {key: child for key, child in kept.items() if child not in (None, {})}
    return [pruned(child) for child in value] if isinstance(value, list) else value


def apart(attributes: Mapping[str, Any]) -> tuple[Json, Json, Json]:
    """Attributes that can be told from the line alone; the OCSF event; what is parsed of the user agent and the IP."""
    rest = copy.deepcopy({key: value for key, value in attributes.items() if key not in TRANSPORT})
    ocsf = rest.pop('ocsf', {})
    parsed = {
        'useragent': rest.get('http', {}).pop('useragent_details', None),
        'geoip': rest.get('network', {}).get('client', {}).pop('geoip', None),
    }
    return pruned(rest), ocsf, parsed


def expected_attributes(sample: Sample) -> Json:
    attributes = copy.deepcopy(sample.line)
    put(attributes, 'log.displayMessage', None)
    for old, new in STOCK_MOVES.items():
        put(attributes, new, get(attributes, old))
        put(attributes, old, None)
    for path, value in sample.ours.items():
        put(attributes, f'okta_workflows.{path}', value)
    for path, value in sample.changed.items():
        put(attributes, path, value)
    expected: Json = pruned({key: value for key, value in attributes.items() if key not in TRANSPORT})
    return expected


OCSF = get_ocsf_schema(version='1.5.0')
OCSF_CLASSES: dict[int, Json] = {one['uid']: one for one in OCSF['classes'].values()}


@cache
def _ocsf_validator(class_uid: int) -> Draft202012Validator:
    return Draft202012Validator(OcsfJsonSchemaEmbedded(OCSF).get_class_schema(OCSF_CLASSES[class_uid]['name']))


def ocsf_errors(event: Json) -> list[str]:
    return [f'{error.json_path}: {error.message}' for error in _ocsf_validator(event['class_uid']).iter_errors(event)]


def expected_ocsf(sample: Sample) -> Json:
    """The whole OCSF event, with the names that OCSF gives to the ids."""
    line, ours, ocsf = sample.line, sample.ours, sample.ocsf
    attributes = OCSF_CLASSES[ocsf.class_uid]['attributes']

    def caption(attribute: str, number: int, other: str | None = None) -> str:
        return other if other and number == 99 else attributes[attribute]['enum'][str(number)]['caption']

    category_uid = ocsf.class_uid // 1000
    outcome = get(line, 'log.outcome.result')
    event_code = sample.changed.get('evt.name') or get(line, 'log.eventType')
    event = {
        'category_uid': category_uid,
        'category_name': caption('category_uid', category_uid),
        'class_uid': ocsf.class_uid,
        'class_name': OCSF_CLASSES[ocsf.class_uid]['caption'],
        'activity_id': ocsf.activity_id,
        'activity_name': caption('activity_id', ocsf.activity_id, ocsf.activity),
        'type_uid': ocsf.class_uid * 100 + ocsf.activity_id,
        'status_id': ocsf.status_id,
        'status': caption('status_id', ocsf.status_id, outcome),
        'status_detail': ours.get('reason'),
        'severity_id': ocsf.severity_id,
        'severity': caption('severity_id', ocsf.severity_id),
        'time': sample.published_ms,
        'metadata': {
            'version': '1.5.0',
            'product': {'name': 'Okta Workflows', 'vendor_name': 'Okta'},
            'uid': get(line, 'log.uuid'),
            'event_code': event_code,
            'correlation_uid': get(line, 'log.transaction.id') or line.get('execution_id'),
            'original_time': sample.published,
        },
    }
    if ocsf.class_uid in (3004, 3005, 3006, 6003, 6005):
        address = get(line, 'log.client.ipAddress')
        event |= {
            'actor': {
                'user': {
                    'uid': get(line, 'log.actor.id'),
                    'name': get(line, 'log.actor.alternateId'),
                    'email_addr': get(line, 'log.actor.alternateId'),
                    'full_name': get(line, 'log.actor.displayName'),
                },
                'session': {'uid': ours['session_id']},
            },
            'src_endpoint': {'ip': None if address == 'null' else address},
            'http_request': {'user_agent': get(line, 'log.client.userAgent.rawUserAgent')},
        }

    def named(kind: str) -> Json:
        return {'uid': ours.get(f'{kind}.id'), 'name': ours.get(f'{kind}.name')}

    acted_on = {**named('target'), 'type': ours.get('target.type')}
    of_class: dict[int, Json] = {
        0: {},
        3004: {'entity': acted_on if 'target.id' in ours else {'name': 'Execution log streaming'}},
        3005: {'user': named('user'), 'privileges': [ours.get('role.name')]},
        3006: {'group': named('group'), 'privileges': [ours.get('role.name')]},
        6002: {'app': {'uid': line.get('flow_id'), 'name': line.get('flow_name')}},
        6003: {
            'api': {'operation': event_code, 'service': {'name': 'Okta Workflows'}},
            'resources': [acted_on],
        },
        6005: {'table': named('table')},
    }
    expected: Json = pruned(event | of_class[ocsf.class_uid])
    return expected


def simulated(event_type: str, **changes: Any) -> Json:
    return sent(HistoryGenerator(7).event(event_type, PUBLISHED_MS / 1000, **changes))


samples = pytest.mark.parametrize('sample', [pytest.param(sample, id=sample.name) for sample in SAMPLES])


@samples
def test_every_sample_becomes_what_it_must(ours: Pipeline, sample: Sample) -> None:
    log = ours.process(received(sample.line))

    attributes, _, parsed = apart(log.attributes)
    assert attributes == expected_attributes(sample)
    assert (log.message, log.status, log.timestamp) == (sample.message, sample.status, sample.timestamp_ms)
    assert log.service == 'workflows'
    if get(attributes, 'http.useragent'):
        assert parsed['useragent']['browser']['family'] == 'Firefox'
    address = get(attributes, 'network.client.ip')
    assert parsed['geoip'] == (geo_ip(address) if address else None)


@samples
def test_every_sample_is_a_valid_ocsf_event_of_its_class(ours: Pipeline, sample: Sample) -> None:
    ocsf = ours.process(received(sample.line)).attributes['ocsf']

    assert ocsf == expected_ocsf(sample)
    assert type(ocsf['type_uid']) is int
    assert ocsf_errors(ocsf) == []


def test_the_tests_shipped_beside_the_pipeline_are_the_samples_and_pass() -> None:
    """Written by `python -m verification.assets.pipeline_samples`."""
    shipped = yaml.safe_load(TESTS_FILE.read_text(encoding='utf-8'))
    results = [outcome for outcome in outcomes(PIPELINE.parents[3]) if PIPELINE.stem in outcome.test]

    assert shipped['id'] == asset()['id'] == PIPELINE.stem
    assert [test['sample'] for test in shipped['tests']] == [sample.text for sample in SAMPLES]
    assert [outcome.differences for outcome in results] == [()] * len(SAMPLES)


def test_the_expectations_are_for_the_event_types_of_okta() -> None:
    assert set(EVENT_TYPES) == set(WORKFLOWS_EVENT_TYPES)


@pytest.mark.parametrize('event_type', WORKFLOWS_EVENT_TYPES)
def test_every_event_type_is_classified(ours: Pipeline, event_type: str) -> None:
    attributes = ours.process(received(simulated(event_type))).attributes

    category, action, class_uid, activity_id = EVENT_TYPES[event_type]
    assert (get(attributes, 'okta_workflows.category'), get(attributes, 'okta_workflows.action')) == (category, action)
    ocsf = attributes['ocsf']
    assert (ocsf['class_uid'], ocsf['activity_id']) == (class_uid, activity_id)
    assert ocsf_errors(ocsf) == []


def test_whatever_odd_events_are_sent_ocsf_stays_valid(ours: Pipeline) -> None:
    history = HistoryGenerator(11).history(
        300, PUBLISHED_MS / 1000 - 3600, PUBLISHED_MS / 1000, noise_share=0.1, late_share=0.1, oddity_share=1.0
    )

    logs = [ours.process(received(sent(log_event))) for log_event, _ in history]

    assert [error for log in logs for error in ocsf_errors(log.attributes['ocsf'])] == []


@samples
def test_the_order_of_ours_and_the_stock_pipeline_makes_no_difference(
    ours: Pipeline, stock: Pipeline, sample: Sample
) -> None:
    log = received(sample.line)

    alone = ours.process(log)

    for pipelines in ([stock, ours], [ours, stock]):
        other = process(log, pipelines)
        assert pruned(other.attributes) == pruned(alone.attributes)
        assert (other.message, other.status, other.timestamp, other.service) == (
            alone.message,
            alone.status,
            alone.timestamp,
            alone.service,
        )


def test_an_activated_flow_gets_every_attribute_that_the_stock_pipeline_gives(ours: Pipeline, stock: Pipeline) -> None:
    line = simulated('workflows.user.flow.activate')

    theirs, mine = stock.process(received(line)), ours.process(received(line))

    # What our pipeline adds, it adds under names of its own.
    assert {key: value for key, value in mine.attributes.items() if key not in ('okta_workflows', 'ocsf')} == (
        theirs.attributes
    )
    assert (mine.message, mine.status, mine.timestamp, mine.service) == (
        theirs.message,
        theirs.status,
        theirs.timestamp,
        theirs.service,
    )


def test_a_line_of_datadogs_own_crawler_lacks_nothing_afterwards(ours: Pipeline) -> None:
    """It has no status and no timestamp, and need not have the details of its flow."""
    log_event = event('workflows.user.flow.activate', FLOW, severity='WARN')
    line = {'log': log_event, 'service': 'workflows'}

    log = ours.process(preprocess(line, source=SOURCE, received_ms=int(NOW * 1000)))

    assert log.attributes['enrichment_details'] == {
        'workflow_id': FLOW['id'],
        'workflow_name': FLOW['displayName'],
    }
    assert (log.timestamp, log.status, log.service) == (PUBLISHED_MS, 'warn', 'workflows')
    assert log.message == log_event['displayMessage']


@pytest.mark.parametrize('sample', [SAMPLES[0], SAMPLES[-1]], ids=['audit event', 'run'])
def test_date_and_service_do_not_depend_on_the_preprocessing(ours: Pipeline, sample: Sample) -> None:
    """Datadog docs, logs/log_configuration/pipelines: organizations can edit the lists of attributes looked for."""
    log = ours.process(Log('', {**sample.line, 'service': 'workflows'}, source=SOURCE))

    assert (log.timestamp, log.service) == (PUBLISHED_MS, 'workflows')


def test_a_flow_is_known_by_its_details_when_the_targets_were_cut_from_a_long_line(ours: Pipeline) -> None:
    line = sent(event('workflows.user.flow.save', FLOW))
    del line['log']['target']

    attributes = ours.process(received(line)).attributes

    assert get(attributes, 'okta_workflows.flow') == {'id': FLOW['id'], 'name': FLOW['displayName']}
    assert get(attributes, 'okta_workflows.target.id') == FLOW['id']


OCSF_CLASS_EXAMPLES = {EVENT_TYPES[name][2]: name for name in EVENT_TYPES}


@pytest.mark.parametrize('class_uid', OCSF_CLASS_EXAMPLES)
@pytest.mark.parametrize(
    'severity, outcome, expected',
    [
        pytest.param(None, None, (0, 'Unknown', 0, 'Unknown'), id='absent'),
        pytest.param('NOTICE', 'CHALLENGE', (99, 'NOTICE', 99, 'CHALLENGE'), id='unheard of'),
        pytest.param('WARN', 'ALLOW', (3, 'Medium', 1, 'Success'), id='warn'),
        pytest.param('ERROR', 'DENY', (4, 'High', 2, 'Failure'), id='error'),
        pytest.param('DEBUG', 'SUCCESS', (1, 'Informational', 1, 'Success'), id='debug'),
    ],
)
def test_severity_and_outcome_are_ocsfs_in_every_class(
    ours: Pipeline, class_uid: int, severity: str | None, outcome: str | None, expected: tuple[int, str, int, str]
) -> None:
    changes = {'severity': severity, 'outcome': {'result': outcome, 'reason': None}}

    ocsf = ours.process(received(simulated(OCSF_CLASS_EXAMPLES[class_uid], **changes))).attributes['ocsf']

    assert ocsf['class_uid'] == class_uid
    assert (ocsf['severity_id'], ocsf['severity'], ocsf['status_id'], ocsf['status']) == expected
    assert ocsf_errors(ocsf) == []


def test_a_late_event_keeps_the_date_that_it_can_be_accepted_at(ours: Pipeline) -> None:
    now = PUBLISHED_MS / 1000 + LATE_HOURS * 3600
    line = sent(event('workflows.user.flow.view'), now)

    log = ours.process(received(line))

    assert log.timestamp == line['timestamp'] == int(now * 1000)
    assert now - PUBLISHED_MS / 1000 > OLDEST_DATED_SECONDS
    assert log.attributes['late_event'] == {'published': PUBLISHED, 'age_hours': LATE_HOURS}
    assert log.attributes['ocsf']['time'] == PUBLISHED_MS


HOSTILE_MESSAGES = [
    {'status': 'ok', 'service': 'x', 'host': 'x', 'ddsource': 'x', 'timestamp': 1, 'ddtags': 'env:x'},
    {'evt': {'name': 'x', 'outcome': 'SUCCESS'}, 'usr': {'id': 'x'}, 'ocsf': {'time': 1}},
    {'log': {'uuid': 'x', 'eventType': 'x', 'published': '2026-03-02T00:00:00Z'}},
    {'event_type': 'FLOW_START', 'execution_id': 'x'},
    {'late_event': {'published': '2020-01-01T00:00:00Z'}, 'enrichment_details': {'workflow_id': 'x'}},
    {'message': 'x'},
]


@pytest.mark.parametrize('first', ['ours', 'stock'])
@pytest.mark.parametrize('prefix', ['', ' \n'])
@pytest.mark.parametrize('hostile', HOSTILE_MESSAGES, ids=lambda hostile: ' '.join(hostile))
def test_a_display_message_of_json_replaces_no_attribute_and_is_the_message(
    ours: Pipeline, stock: Pipeline, hostile: Json, prefix: str, first: str
) -> None:
    text = prefix + json.dumps(hostile)
    harmless, line = (
        sent(event('workflows.user.flow.view', FLOW, severity='WARN', displayMessage=message))
        for message in ('Flow viewed', text)
    )
    pipelines = [ours, stock] if first == 'ours' else [stock, ours]

    expected, log = process(received(harmless), pipelines), process(received(line), pipelines)

    assert line['log']['displayMessage'] == text
    assert log.message == text
    assert replace(log, message='Flow viewed') == expected


@pytest.mark.parametrize('late', [False, True], ids=['on time', 'late'])
@pytest.mark.parametrize('digits', range(10))
def test_ocsf_has_the_time_of_an_event_however_many_digits_its_second_has(
    ours: Pipeline, digits: int, late: bool
) -> None:
    second, fraction = '2026-03-02T09:15:04', '218640172'[:digits]
    published = f'{second}.{fraction}Z' if digits else f'{second}Z'
    line = sent(event('workflows.user.flow.view', published=published), NOW + LATE_HOURS * 3600 * late)

    log = ours.process(received(line))

    assert ('late_event' in line) is late
    assert log.attributes['ocsf']['metadata']['original_time'] == published
    assert log.attributes['ocsf']['time'] == PUBLISHED_MS - 218 + int(fraction.ljust(3, '0')[:3])
    assert ocsf_errors(log.attributes['ocsf']) == []


@pytest.mark.parametrize('first', ['ours', 'stock'])
def test_the_text_null_is_nowhere_an_address(ours: Pipeline, stock: Pipeline, first: str) -> None:
    line = sent(event('workflows.user.flow.view', client={'zone': 'null', 'ipAddress': 'null'}))

    log = process(received(line), [ours, stock] if first == 'ours' else [stock, ours])

    assert 'network' not in log.attributes
    assert get(log.attributes, 'log.client.ipAddress') is None
    assert get(log.attributes, 'okta_workflows.client_address') == 'null'


def test_logs_of_other_sources_are_left_alone(ours: Pipeline) -> None:
    log = preprocess(SAMPLES[0].line, source='okta', received_ms=PUBLISHED_MS)

    assert ours.process(log) == log


@cache
def _asset() -> Json:
    parsed: Json = yaml.safe_load(PIPELINE.read_text(encoding='utf-8'))
    return parsed


def asset() -> Json:
    return copy.deepcopy(_asset())


def processors(pipeline: Json) -> Iterator[Json]:
    for processor in pipeline['processors']:
        yield processor
        if processor['type'] == 'pipeline':
            yield from processors(processor)


def queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == 'query')
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from queries(child)


def test_nested_pipelines_hold_none_themselves() -> None:
    """Datadog docs, logs/log_configuration/pipelines: nested pipelines cannot be nested again."""
    nested = [one for one in asset()['pipeline']['processors'] if one['type'] == 'pipeline']

    assert nested
    assert not [inner for one in nested for inner in one['processors'] if inner['type'] == 'pipeline']


def test_no_filter_searches_the_full_text() -> None:
    """Datadog docs, logs/explorer/search_syntax: `*:` is not for filters of pipelines."""
    assert not [query for query in queries(asset()) if '*:' in re.sub(r'@[\w.]+:\*', '', query)]


def leaves(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, f'{path}.{key}')
    else:
        yield path


@samples
def test_every_ocsf_attribute_is_mapped_by_the_schema_of_its_class(ours: Pipeline, sample: Sample) -> None:
    """The pipelines that Datadog ships map to themselves the attributes that were made before."""
    ocsf = ours.process(received(sample.line)).attributes['ocsf']
    (schema,) = [
        one
        for one in processors(asset()['pipeline'])
        if one['type'] == 'schema-processor' and one['schema']['classUid'] == ocsf['class_uid']
    ]
    mapped = {mapper['target'] for mapper in schema['mappers'] if 'target' in mapper}
    mapped |= {target for mapper in schema['mappers'] for target in mapper.get('targets', {}).values()}
    # Added by the schema processor itself, or computed from what it adds.
    added = {f'ocsf.{kind}_{part}' for kind in ('category', 'class') for part in ('uid', 'name')}
    added |= {'ocsf.metadata.version', 'ocsf.type_uid'}

    assert set(leaves(ocsf, 'ocsf')) <= mapped | added


def test_every_processor_is_enabled_and_has_a_name() -> None:
    assert not [one for one in processors(asset()['pipeline']) if not one['name'] or one['enabled'] is not True]


def mistakes(pipeline: Json) -> list[str]:
    return faults(api_form(pipeline), LogsPipeline)


def test_datadogs_api_client_knows_every_processor_and_key() -> None:
    assert mistakes(asset()['pipeline']) == []


@pytest.mark.parametrize(
    'change',
    [
        pytest.param({'type': 'category-procesor'}, id='type'),
        pytest.param({'typo': 1}, id='key'),
        pytest.param({'targetFormat': 'number'}, id='format'),
    ],
)
def test_datadogs_api_client_finds_mistakes(change: Json) -> None:
    pipeline = asset()['pipeline']
    remapper = next(one for one in pipeline['processors'] if one['type'] == 'attribute-remapper')
    remapper.update(change)

    assert mistakes(pipeline)


FACET_TYPES = {"string": str, "integer": int, "double": float}
STANDARD_ATTRIBUTES = ('evt.', 'http.', 'network.', 'usr.', 'ocsf.')


def facets() -> list[Json]:
    listed: list[Json] = asset()['facets']
    return listed


@pytest.mark.parametrize('facet', [pytest.param(facet, id=facet['path']) for facet in facets()])
def test_every_facet_exists_in_some_log_with_values_of_its_type(ours: Pipeline, facet: Json) -> None:
    found = [value for sample in SAMPLES for value in values(_processed(ours, sample.name), f'@{facet["path"]}')]

    assert found
    assert {type(value) for value in found} == {FACET_TYPES[facet["type"]]}
    assert facet['facetType'] == ('list' if facet['type'] == 'string' else 'range')


@cache
def _processed(pipeline: Pipeline, name: str) -> Log:
    (sample,) = [sample for sample in SAMPLES if sample.name == name]
    return pipeline.process(received(sample.line))


def test_facets_are_those_of_this_integration_and_no_standard_attributes() -> None:
    """Datadog docs, extend/integrations/log_pipeline: standard attributes have their facets already."""
    assert {tuple(facet['groups']) for facet in facets()} == {('Okta Workflows',)}
    assert {facet['source'] for facet in facets()} == {'log'}
    assert not [facet['path'] for facet in facets() if facet['path'].startswith(STANDARD_ATTRIBUTES)]
    for key in ('path', 'name'):
        named = [facet[key] for facet in facets()]
        assert len(named) == len(set(named))


def test_every_attribute_of_ours_has_a_facet(ours: Pipeline) -> None:
    paths = {f'okta_workflows.{path}' for sample in SAMPLES for path in sample.ours}

    assert paths == {facet['path'] for facet in facets() if facet['path'].startswith('okta_workflows.')}
