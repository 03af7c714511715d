# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The schema processor, which maps a log to a class of the Open Cybersecurity Schema Framework (OCSF).

Source: Datadog docs, security/cloud_siem/ingest_and_enrich/open_cybersecurity_schema_framework/ocsf_processor. The keys
and the attributes that the processor adds follow published pipelines and their tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .casts import cast, to_text
from .definition import Entry, PipelineError
from .paths import Path, copy, read_first
from .record import Processor, Record, read_filter
from .remappers import TARGET_FORMATS, mover

# Source: schema.ocsf.io, categories. A class uid is the uid of the category times 1000, plus a number.
OTHER = 99
_CATEGORIES = (
    'Uncategorized',
    'System Activity',
    'Findings',
    'Identity & Access Management',
    'Network Activity',
    'Discovery',
    'Application Activity',
    'Remediation',
    'Unmanned Systems',
)


def schema(entry: Entry) -> Processor:
    definition = entry.entry('schema')
    definition.choice('schemaType', ('ocsf',))
    class_uid = definition.integer('classUid')
    for key in ('extensions', 'profiles'):
        if definition.items(key):
            raise PipelineError(definition.place, f'{key} are not supported')
    if not 0 <= class_uid // 1000 < len(_CATEGORIES):
        raise PipelineError(definition.place, f'classUid {class_uid} is not in any category')
    constants = [
        (Path('ocsf.category_uid'), class_uid // 1000),
        (Path('ocsf.category_name'), _CATEGORIES[class_uid // 1000]),
        (Path('ocsf.class_uid'), class_uid),
        (Path('ocsf.class_name'), definition.text('className')),
        (Path('ocsf.metadata.version'), definition.text('version')),
    ]
    mappers = [_MAPPERS[mapper.choice('type', _MAPPERS)](mapper) for mapper in entry.entries('mappers')]

    def map_to_schema(record: Record) -> None:
        for mapper in mappers:
            mapper(record)
        for path, value in constants:
            path.set(record.attributes, value)

    return map_to_schema


def _remapper(mapper: Entry) -> Processor:
    mapper.text('name')
    return mover(mapper, mapper.choice('targetFormat', TARGET_FORMATS, 'auto'))


def _category_mapper(mapper: Entry) -> Processor:
    """Write the name and the id of the first category that matches.

    If its id is 99 (Other) and there is a fallback, the fallback sets both, and reads the name from its source.
    """
    mapper.text('name')
    targets = mapper.entry('targets')
    name_target, id_target = targets.text('name'), targets.text('id')
    names, ids = Path(name_target), Path(id_target)
    categories = [(read_filter(rule), rule.text('name'), rule.integer('id')) for rule in mapper.entries('categories')]
    fallback = _fallback(mapper.optional_entry('fallback'), name_target, id_target)

    def map_category(record: Record) -> None:
        for query, name, number in categories:
            if not query.matches(record.log):
                continue
            if number == OTHER and fallback:
                break
            names.set(record.attributes, name)
            ids.set(record.attributes, number)
            return
        else:
            return
        for path, value, sources in fallback:
            source = read_first(sources, record.attributes)
            path.set(record.attributes, value if source is None else to_text(source))

    return map_category


def _fallback(fallback: Entry | None, name_target: str, id_target: str) -> Sequence[tuple[Path, Any, Sequence[Path]]]:
    if fallback is None:
        return []
    values, sources = fallback.mapping('values'), fallback.mapping('sources')
    for target in (*values, *sources):
        if target not in (name_target, id_target):
            raise PipelineError(fallback.place, f'{target} is not one of the targets')
    return [
        (
            Path(target),
            cast(value, 'integer') if target == id_target else copy(value),
            [Path(str(path)) for path in _list(sources.get(target, []))],
        )
        for target, value in values.items()
    ]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


_MAPPERS = {'schema-remapper': _remapper, 'schema-category-mapper': _category_mapper}
