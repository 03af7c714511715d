# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The schema processor: constants of a class, remapped attributes, enumerations with a fallback."""

from __future__ import annotations

from typing import Any

import pytest

from datadog_logs_local.pipeline import PipelineError
from datadog_logs_local.pipeline.minimal import minimal_pipeline, run

SCHEMA = {
    'schemaType': 'ocsf',
    'version': '1.5.0',
    'className': 'API Activity',
    'classUid': 6003,
    'extensions': [],
    'profiles': [],
}
CLASS = {
    'category_uid': 6,
    'category_name': 'Application Activity',
    'class_uid': 6003,
    'class_name': 'API Activity',
    'metadata': {'version': '1.5.0'},
}
ACTIVITY = {
    'type': 'schema-category-mapper',
    'name': 'ocsf.activity_id',
    'categories': [
        {'filter': {'query': '@action:create'}, 'name': 'Create', 'id': 1},
        {'filter': {'query': '@action:*'}, 'name': 'Other', 'id': 99},
    ],
    'targets': {'name': 'ocsf.activity_name', 'id': 'ocsf.activity_id'},
}
FALLBACK = {
    'values': {'ocsf.activity_name': 'Other', 'ocsf.activity_id': '99'},
    'sources': {'ocsf.activity_name': ['verb', 'action']},
}


def schema(*mappers: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {'type': 'schema-processor', 'mappers': list(mappers), 'schema': SCHEMA | keys}


def remapper(source: str, target: str, **keys: Any) -> dict[str, Any]:
    defaults = {'type': 'schema-remapper', 'name': 'x', 'preserveSource': True, 'overrideOnConflict': True}
    return defaults | {'sources': [source], 'target': target} | keys


def test_the_processor_adds_category_class_and_version_and_no_type() -> None:
    assert run({'a': 1}, schema()).attributes == {'a': 1, 'ocsf': CLASS}


def test_a_schema_remapper_copies_and_casts() -> None:
    log = run({'a': '5', 'ocsf': {'count': 1}}, schema(remapper('a', 'ocsf.count', targetFormat='integer')))
    assert log.attributes == {'a': '5', 'ocsf': CLASS | {'count': 5}}


@pytest.mark.parametrize(
    ('attributes', 'fallback', 'expected'),
    [
        pytest.param({'action': 'create'}, FALLBACK, ('Create', 1), id='category'),
        pytest.param({'action': 'shred'}, FALLBACK, ('shred', 99), id='name of the source'),
        pytest.param({'action': 'shred', 'verb': 'v'}, FALLBACK, ('v', 99), id='name of the first source'),
        pytest.param({'action': 'shred'}, FALLBACK | {'sources': {}}, ('Other', 99), id='name of the fallback'),
        pytest.param({'action': 'shred'}, None, ('Other', 99), id='no fallback'),
        pytest.param({}, FALLBACK, (None, None), id='no category'),
    ],
)
def test_an_enumeration_writes_the_first_category_and_names_other_values(
    attributes: dict[str, Any], fallback: Any, expected: Any
) -> None:
    ocsf = run(attributes, schema(ACTIVITY | {'fallback': fallback})).attributes['ocsf']
    assert (ocsf.get('activity_name'), ocsf.get('activity_id')) == expected


@pytest.mark.parametrize(
    ('processor', 'what'),
    [
        pytest.param(schema({'type': 'schema-copier', 'name': 'x'}), "type is 'schema-copier'", id='mapper'),
        pytest.param(schema(remapper('a', 'b', targetFormats='x')), 'unknown key targetFormats', id='key'),
        pytest.param(schema(classUid='6003'), 'classUid is not an integer', id='class as text'),
        pytest.param(schema(classUid=99001), 'classUid 99001 is not in any category', id='category'),
        pytest.param(schema(schemaType='ecs'), "schemaType is 'ecs'", id='schema'),
        pytest.param(schema(profiles=['cloud']), 'profiles are not supported', id='profile'),
        pytest.param(
            schema(ACTIVITY | {'fallback': {'values': {'ocsf.status': 'Other'}, 'sources': {}}}),
            'ocsf.status is not one of the targets',
            id='fallback of another attribute',
        ),
        pytest.param(
            schema(ACTIVITY | {'fallback': FALLBACK | {'values': ['Other']}}), 'values is not a mapping', id='no values'
        ),
    ],
)
def test_what_a_schema_processor_does_not_support_is_rejected(processor: dict[str, Any], what: str) -> None:
    with pytest.raises(PipelineError, match=what):
        minimal_pipeline(processor)
