# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A pipeline processes the logs that its filter matches, in the order of its processors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datadog_logs_local.pipeline import PipelineError, load_pipeline, process
from datadog_logs_local.pipeline.minimal import Definition, grok, minimal_pipeline, remapper, run
from datadog_logs_local.search import Log

CONSTANT: Definition = {'type': 'string-builder-processor', 'template': 'made', 'target': 'made'}


def nested(query: str, *processors: Definition, **keys: Any) -> Definition:
    return {'type': 'pipeline', 'filter': {'query': query}, 'processors': list(processors)} | keys


def test_a_log_that_the_filter_does_not_match_stays_as_it_is() -> None:
    log = Log('text', {'a': 1}, tags=('k:v',), timestamp=5, status='warn', service='s', source='other', host='h')
    assert minimal_pipeline(CONSTANT, query='source:minimal').process(log) == log


def test_processing_leaves_the_given_log_alone() -> None:
    log = Log('', {'a': {'b': [{'c': 1}]}})
    processed = minimal_pipeline(remapper('d', 'a.b')).process(log)
    assert log.attributes == {'a': {'b': [{'c': 1}]}}
    assert processed.attributes == {'d': [{'c': 1}]}
    processed.attributes['d'][0]['c'] = 2
    assert log.attributes == {'a': {'b': [{'c': 1}]}}


def test_processors_work_in_their_order_on_the_result_of_those_before() -> None:
    log = run({'a': 'x'}, remapper('b', 'a'), remapper('c', 'b'), remapper('d', 'a'))
    assert log.attributes == {'c': 'x'}


def test_a_disabled_processor_does_nothing() -> None:
    assert run({'a': 'x'}, remapper('b', 'a') | {'enabled': False}).attributes == {'a': 'x'}


@pytest.mark.parametrize('enabled', [True, False])
def test_a_nested_pipeline_works_if_it_is_enabled(enabled: bool) -> None:
    assert ('made' in run({}, nested('*', CONSTANT, enabled=enabled)).attributes) is enabled


def test_the_filter_of_a_pipeline_sees_the_log_as_it_was_before_its_processors() -> None:
    pipeline = minimal_pipeline(remapper('b', 'a'), CONSTANT, query='@a:x -@b:*')
    assert pipeline.process(Log('', {'a': 'x'})).attributes == {'b': 'x', 'made': 'made'}


def test_the_filter_of_a_nested_pipeline_sees_what_the_processors_before_it_made() -> None:
    log = run({'a': 'x'}, nested('@b:x', CONSTANT), remapper('b', 'a'), nested('@b:x', remapper('c', 'b')))
    assert log.attributes == {'c': 'x'}


def test_the_filter_of_a_nested_pipeline_sees_official_fields_and_tags_that_remappers_wrote() -> None:
    log = run(
        {'a': 'x', 'b': 'y'},
        {'type': 'service-remapper', 'sources': ['a']},
        remapper('b', 'b', targetType='tag'),
        nested('service:x b:y', CONSTANT),
    )
    assert log.attributes == {'a': 'x', 'made': 'made'}


def test_each_of_several_pipelines_processes_the_result_of_the_one_before() -> None:
    first = minimal_pipeline(remapper('b', 'a'), query='@a:*')
    second = minimal_pipeline(remapper('c', 'b'), query='@b:*')
    assert process(Log('', {'a': 1}), [first, second]).attributes == {'c': 1}
    assert process(Log('', {'a': 1}), [second, first]).attributes == {'b': 1}


@pytest.mark.parametrize('type_', ['status-remapper', 'service-remapper', 'date-remapper', 'message-remapper'])
def test_the_first_official_remapper_of_all_pipelines_wins(type_: str) -> None:
    def pipeline(source: str) -> Any:
        return minimal_pipeline({'type': type_, 'sources': [source]})

    attributes = {'one': '1970-01-01T00:00:01Z', 'two': '1970-01-01T00:00:02Z', 'e': 'error'}
    both = process(Log('', attributes), [pipeline('one'), pipeline('two'), pipeline('e')])
    one = process(Log('', attributes), [pipeline('one')])
    assert both == one


@pytest.mark.parametrize(
    ('attributes', 'path', 'expected'),
    [
        pytest.param({'a': {'b': 1}}, 'a.b', {'t': 1}, id='through objects'),
        pytest.param({'a.b': 1}, 'a.b', {'t': 1}, id='a key that holds the dot'),
        pytest.param({'a': {'b.c': 1}}, 'a.b.c', {'t': 1}, id='such a key within an object'),
        pytest.param({'a': {'b': 1, 'c': 2}}, 'a.b', {'a': {'c': 2}, 't': 1}, id='siblings stay'),
        pytest.param({'a': {'b': {'c': 1}}}, 'a.b.c', {'t': 1}, id='emptied objects go'),
        pytest.param({'a': {'b': None}}, 'a.b', {'a': {'b': None}}, id='null is absent'),
        pytest.param({'a': 1}, 'a.b', {'a': 1}, id='no object on the way'),
        pytest.param({'a': [{'b': 1}]}, 'a.b', {'a': [{'b': 1}]}, id='no element by name alone'),
    ],
)
def test_an_attribute_is_found_by_its_path(attributes: Any, path: str, expected: Any) -> None:
    assert run(attributes, remapper('t', path)).attributes == expected


def test_a_number_in_a_path_reads_an_element_of_an_array() -> None:
    log = run({'a': ['x', 'y']}, {'type': 'service-remapper', 'sources': ['a.5', 'a.1']})
    assert log.service == 'y'


def test_an_element_of_an_array_is_not_removed_from_it() -> None:
    log = run({'a': ['x', 'y']}, {'type': 'message-remapper', 'sources': ['a.1']})
    assert (log.message, log.attributes) == ('y', {'a': ['x', 'y']})


def test_a_target_is_written_where_its_key_with_dots_stands() -> None:
    assert run({'a.b': 1, 'a': {'c': 2}}, CONSTANT | {'target': 'a.b'}).attributes == {'a.b': 'made', 'a': {'c': 2}}


def test_a_target_below_a_value_that_is_no_object_leaves_that_value_alone() -> None:
    assert run({'a': 'x'}, CONSTANT | {'target': 'a.b'}).attributes == {'a': 'x'}


REFUSED = [
    pytest.param({'type': 'xml-parser'}, "type is 'xml-parser'", id='processor type'),
    pytest.param({'type': 'array-map-processor'}, "type is 'array-map-processor'", id='array map'),
    pytest.param({'type': 'exclude-attribute'}, "type is 'exclude-attribute'", id='exclusion of an attribute'),
    pytest.param(
        {'type': 'array-processor', 'operation': {'type': 'extract-key-value', 'source': 's', 'target': 't'}},
        "type is 'extract-key-value'",
        id='key and value of an array',
    ),
    pytest.param(
        {'type': 'lookup-processor', 'source': 's', 'target': 't', 'lookupEnrichmentTable': 'x'},
        'lookupTable is missing',
        id='reference table',
    ),
    pytest.param(CONSTANT | {'is_enabled': True}, 'unknown key is_enabled', id='key of the API'),
    pytest.param(CONSTANT | {'template': 5}, 'template is not a text: 5', id='no text'),
    pytest.param(CONSTANT | {'enabled': 'yes'}, 'enabled is neither true nor false', id='no boolean'),
    pytest.param({'type': 'category-processor', 'target': 't'}, 'categories is missing', id='missing key'),
    pytest.param({'type': 'date-remapper', 'sources': []}, 'sources is not a list of texts', id='no source'),
    pytest.param(nested('*', nested('*', CONSTANT)), 'must not contain another pipeline', id='nested in nested'),
    pytest.param(nested('*:error', CONSTANT), 'full-text search', id='full text in a nested filter'),
    pytest.param(nested('@a:(', CONSTANT), 'query: ', id='no query'),
    pytest.param(nested('*', CONSTANT, filter={'query': '*', 'index': 'x'}), 'unknown key index', id='key of a filter'),
    pytest.param(nested('*', CONSTANT, ocsf={'isOcsf': True, 'is_ocsf': 1}), 'unknown key is_ocsf', id='key of ocsf'),
    pytest.param(remapper('status', 'a'), 'status is reserved', id='reserved target'),
    pytest.param(remapper('a:b', 'a', targetType='tag'), 'a colon or a comma', id='colon in a tag'),
    pytest.param(remapper('t', 'a', targetFormat='boolean'), "targetFormat is 'boolean'", id='format'),
    pytest.param(remapper('t', 'a', targetType='tag', targetFormat='integer'), 'not supported for tags', id='tag'),
    pytest.param(
        {
            'type': 'category-processor',
            'target': 't',
            'categories': [{'filter': {'query': '@a:1'}, 'name': 'x'}, {'filter': {'query': '@a:2'}, 'name': 'x'}],
        },
        'two categories have the same name',
        id='category twice',
    ),
    pytest.param(
        {'type': 'category-processor', 'target': 't', 'categories': [{'filter': {'query': '*:x'}, 'name': 'x'}]},
        'full-text search',
        id='full text in a category',
    ),
    pytest.param(CONSTANT | {'template': 'a %{} b'}, 'a block of the template is empty', id='empty block'),
    pytest.param(
        {'type': 'arithmetic-processor', 'expression': 'a ** b', 'target': 't'}, "expression 'a ** b'", id='expression'
    ),
    pytest.param(
        {'type': 'lookup-processor', 'source': 's', 'target': 't', 'lookupTable': 'a,1\nb'},
        "no comma in 'b'",
        id='table without comma',
    ),
    pytest.param(
        {'type': 'array-processor', 'operation': {'type': 'extract-key-value', 'source': 's', 'target': 't'}},
        "type is 'extract-key-value'",
        id='array operation',
    ),
    pytest.param(
        {'type': 'array-processor', 'operation': {'type': 'append', 'source': 's', 'target': 's'}},
        'the same attribute',
        id='append to itself',
    ),
    pytest.param(
        {'type': 'url-parser', 'sources': ['u'], 'target': 't', 'normalizeEndingSlashes': True},
        'normalizeEndingSlashes is not supported',
        id='option of the URL parser',
    ),
    pytest.param(
        {'type': 'user-agent-parser', 'sources': ['u'], 'target': 't', 'combineVersionDetails': True},
        'combineVersionDetails is not supported',
        id='option of the user agent parser',
    ),
    pytest.param(
        {'type': 'geo-ip-parser', 'sources': ['u'], 'target': 't', 'ip_processing_behavior': 'mask'},
        "ip_processing_behavior is 'mask'",
        id='option of the GeoIP parser',
    ),
    pytest.param(
        {'type': 'geo-ip-parser', 'sources': ['u'], 'target': 't', 'encoded': True},
        'encoded addresses are not supported',
        id='encoded',
    ),
    pytest.param(
        {
            'type': 'decoder-processor',
            'source': 's',
            'target': 't',
            'binaryToTextEncoding': 'base64',
            'inputRepresentation': 'integer',
        },
        'base64 is decoded to text only',
        id='base64 as a number',
    ),
    pytest.param(grok('rule %{hexadecimal:x}'), 'the matcher hexadecimal is not supported', id='grok matcher'),
    pytest.param(grok('rule %{data:x:xml}'), 'the filter xml is not supported', id='grok filter'),
    pytest.param(grok('rule (a'), 'rule rule: ', id='grok expression'),
    pytest.param(grok('rule %{word'), 'invalid block', id='grok block'),
    pytest.param(grok('rule'), 'a rule needs a name and a pattern', id='grok rule without pattern'),
    pytest.param(grok(), 'no rule', id='no grok rule'),
    pytest.param(grok('rule %{word("a"):x}'), 'rule rule: word: ', id='arguments of a matcher'),
    pytest.param(grok('rule %{data:x:scale}'), 'rule rule: %{data:x:scale}: ', id='arguments of a filter'),
    pytest.param(grok('rule %{data:x:scale(1 "2")}'), "arguments '1 \"2\"'", id='grok arguments'),
    pytest.param(grok('rule %{data:x:array("[",",")}'), "'[' is not a pair of brackets", id='grok brackets'),
    pytest.param(grok('rule %{data:x:keyvalue("=","","<")}'), "'<' is not a pair of quotes", id='grok quotes'),
    pytest.param(grok('rule %{date("yyyy \'T"):d}'), 'a quote is not closed', id='quote of a date'),
    pytest.param(grok('rule %{date("MMM","UTC","fr"):d}'), 'the locale fr', id='locale of a date'),
    pytest.param(grok('rule a', 'rule b'), 'two rules have the name rule', id='grok rule twice'),
    pytest.param(grok('rule %{one}', helpers=('one %{two}', 'two %{one}')), 'refers to itself', id='grok circle'),
    pytest.param(grok('rule %{date("yyyy Q"):d}'), 'the letter Q', id='letter of a date'),
    pytest.param(grok('rule %{date("yyyy","Mars/Olympus"):d}'), 'the time zone Mars/Olympus', id='time zone'),
    pytest.param(grok('rule x') | {'samples': list('123456')}, 'more than 5 samples', id='grok samples'),
]


@pytest.mark.parametrize(('processor', 'what'), REFUSED)
def test_what_is_invalid_or_not_supported_is_rejected_with_file_and_place(processor: Definition, what: str) -> None:
    with pytest.raises(PipelineError) as refused:
        minimal_pipeline(CONSTANT, processor)
    assert refused.value.place.startswith(f'minimal.yaml, pipeline, processors[1] {processor["type"]!r}')
    assert what in refused.value.what


def test_full_text_search_in_the_filter_of_the_pipeline_is_rejected() -> None:
    with pytest.raises(PipelineError, match='minimal.yaml, pipeline, filter: query: full-text search'):
        minimal_pipeline(CONSTANT, query='source:a *:error')


@pytest.mark.parametrize(
    ('text', 'what'),
    [
        pytest.param('id: [', 'expected the node content', id='no YAML'),
        pytest.param('[]', 'is not a mapping', id='no mapping'),
        pytest.param('id: a\nbackend_only: false', 'pipeline is missing', id='no pipeline'),
        pytest.param('id: a\nbackend_only: false\nfacets: none', 'facets is not a list', id='no list'),
    ],
)
def test_a_file_that_is_not_an_asset_is_rejected_with_its_name(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / 'some.yaml'
    path.write_text(text)
    with pytest.raises(PipelineError, match=what) as refused:
        load_pipeline(path)
    assert refused.value.place == str(path)


def test_an_unknown_key_of_the_file_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / 'some.yaml'
    path.write_text(
        'id: a\nbackend_only: false\nfacet: []\n'
        'pipeline: {type: pipeline, name: a, enabled: true, filter: {query: "source:a"}, processors: []}'
    )
    with pytest.raises(PipelineError, match='unknown key facet'):
        load_pipeline(path)
