# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The integration and Datadog's own Okta Workflows integration share their logs, and nothing that identifies them.

Both can be installed in one organization: the source and the service of the logs are the same, so each works on the
logs of the other. Everything by which Datadog or a user tells integrations and their assets apart is different.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from simulation.pipeline import ASSETS, PIPELINE

from .index import load, texts, widgets

INTEGRATION = ASSETS.parent
APP_ID = 'okta-workflows-agent'
TITLE = 'Okta Workflows (Agent)'
MONITOR_TAG = f'integration:{APP_ID}'

# Of DataDog/integrations-core, okta_workflows: manifest.json, assets/logs, assets/dashboards, assets/monitors, and
# assets/dataflows.yaml.
PUBLIC_IDS = {
    'app_id': 'okta-workflows',
    'app_uuid': 'e5e2a25d-aa66-41bc-9996-50f635dcc7a1',
    'title': 'Okta Workflows',
    'source_type_id': 33274584,
    'source_type_name': 'Okta Workflows',
    'pipeline id': 'okta-workflows',
    'pipeline metric_id': 'okta-workflows',
    'pipeline name': 'Okta Workflows',
    'dataflow': 'okta-workflows-logs',
}
PUBLIC_MONITOR_TAG = 'integration:okta-workflows'
PUBLIC_DASHBOARD = 'Okta Workflows'
PUBLIC_MONITORS = {
    f'High Number of {outcome} Outcome Events Detected' for outcome in ('Abandoned', 'Denied', 'Failure')
}
SHARED_SOURCE, SHARED_SERVICE = 'okta-workflows', 'workflows'

# In a tag that ends there, or in a search for it.
_PUBLIC_TAG = re.compile(rf'{PUBLIC_MONITOR_TAG}(?![\w-])')


def manifest() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((INTEGRATION / 'manifest.json').read_text('utf-8'))
    return content


def our_ids() -> dict[str, Any]:
    """The ids of this integration, under the keys of `PUBLIC_IDS`."""
    content = manifest()
    integration = content['assets']['integration']
    logs = yaml.safe_load(PIPELINE.read_text('utf-8'))
    [dataflow] = yaml.safe_load((ASSETS / 'dataflows.yaml').read_text('utf-8'))['provides']
    return {
        'app_id': content['app_id'],
        'app_uuid': content['app_uuid'],
        'title': content['tile']['title'],
        'source_type_id': integration['source_type_id'],
        'source_type_name': integration['source_type_name'],
        'pipeline id': logs['id'],
        'pipeline metric_id': logs['metric_id'],
        'pipeline name': logs['pipeline']['name'],
        'dataflow': dataflow['id'],
    }


def test_no_id_is_that_of_the_public_integration() -> None:
    ours = our_ids()

    assert ours.keys() == PUBLIC_IDS.keys()
    assert [key for key, public in PUBLIC_IDS.items() if str(ours[key]).casefold() == str(public).casefold()] == []


def test_the_ids_agree_with_one_another() -> None:
    ours = our_ids()

    assert {ours['app_id'], ours['pipeline id'], ours['pipeline metric_id'], PIPELINE.stem} == {APP_ID}
    assert {ours['title'], ours['source_type_name'], ours['pipeline name']} == {TITLE}
    assert ours['dataflow'] == f'{APP_ID}-logs'


def test_every_file_with_a_title_has_the_title_of_the_tile() -> None:
    first_lines = {
        path: (INTEGRATION / path).read_text('utf-8').partition('\n')[0]
        for path in ('README.md', 'CHANGELOG.md', 'assets/configuration/spec.yaml')
    }
    service_checks = json.loads((ASSETS / 'service_checks.json').read_text('utf-8'))

    assert first_lines == {
        'README.md': f'# Agent Check: {TITLE}',
        'CHANGELOG.md': f'# CHANGELOG - {TITLE}',
        'assets/configuration/spec.yaml': f'name: {TITLE}',
    }
    assert {service_check['integration'] for service_check in service_checks} <= {TITLE}


def test_monitors_have_our_tag_and_dashboards_list_those_monitors() -> None:
    tagged = {name: set(monitor['tags']) for name, monitor in load('monitors').items()}
    listed = [
        widget.definition['query']
        for dashboard in load('dashboards').values()
        for widget in widgets(dashboard)
        if widget.definition['type'] == 'manage_status'
    ]

    assert tagged == {name: {MONITOR_TAG} for name in tagged}
    assert set(listed) == {f'tag:({MONITOR_TAG})'}


@pytest.mark.parametrize('kind', ['dashboards', 'saved_views', 'monitors', 'security'])
def test_no_asset_has_the_public_tag(kind: str) -> None:
    assert [text for text in texts(kind) if _PUBLIC_TAG.search(text)] == []


def test_the_public_tag_is_found() -> None:
    assert _PUBLIC_TAG.search(PUBLIC_MONITOR_TAG)
    assert _PUBLIC_TAG.search(f'tag:({PUBLIC_MONITOR_TAG})')
    assert not _PUBLIC_TAG.search(f'tag:({MONITOR_TAG})')


def test_dashboards_and_monitors_have_names_of_their_own() -> None:
    dashboards = {dashboard['title'] for dashboard in load('dashboards').values()}
    monitors = {monitor['title'] for monitor in load('monitors').values()}

    assert {title for title in dashboards if not title.startswith(f'{TITLE} ')} == set()
    assert PUBLIC_DASHBOARD not in dashboards
    assert monitors.isdisjoint(PUBLIC_MONITORS)
    assert dashboards == manifest()['assets']['dashboards'].keys()
    assert monitors == manifest()['assets']['monitors'].keys()


def test_the_logs_keep_the_source_and_the_service_that_both_read() -> None:
    example = INTEGRATION / 'datadog_checks' / 'okta_workflows' / 'data' / 'conf.yaml.example'
    logs = yaml.safe_load(PIPELINE.read_text('utf-8'))
    [section] = yaml.safe_load(example.read_text('utf-8'))['logs']

    assert manifest()['assets']['logs'] == {'source': SHARED_SOURCE}
    assert logs['pipeline']['filter'] == {'query': f'source:{SHARED_SOURCE}'}
    assert (section['source'], section['service']) == (SHARED_SOURCE, SHARED_SERVICE)
