# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Queries match the logs that the documentation says, and other texts are rejected."""

from __future__ import annotations

import pytest

from datadog_logs_local.search import Log, QueryError, parse_query, values

LOG = Log(
    message='Flow [Offboarding] was activated: 2 steps',
    attributes={
        'evt': {'name': 'doors.user.door.activate', 'outcome': 'SUCCESS'},
        'usr': {'email': 'ada@example.com', 'name': 'Ada Lovelace'},
        'http': {'url': '/app/flows?id=7', 'status_code': 204},
        'network': {'client': {'ip': '198.51.100.7'}, 'list': ['192.0.2.1', '2001:db8::1', 'unknown']},
        'log': {
            'target': [
                {'type': 'Flow', 'displayName': 'Offboarding'},
                {'type': 'Folder', 'displayName': 'HR', 'size': 3},
            ],
            'reason': None,
            'isProxy': True,
        },
        'age_hours': 30.5,
        'whole': 5.0,
        'digits': '250',
        'negative': -5,
        'empty': '',
        'nothing': [],
        'names': ['Peter', 'Paul'],
        'path': 'C:\\flows "new" (2)',
        'literal*': 'a*b',
        'dotted.key': {'inner': 'x'},
        'lines': 'first\nsecond',
    },
    tags=('team_domain:acme.example.com', 'env:prod', 'env:test', 'canary', 'url:https://acme'),
    timestamp=1_790_000_000_000,
    status='info',
    service='doors',
    source='acme-door',
    host='agent-1',
)


@pytest.mark.parametrize(
    'text',
    [
        pytest.param('', id='the empty query matches every log'),
        pytest.param('*', id='so does a star'),
        pytest.param('*:*', id='and a star in any field'),
        pytest.param('offboarding', id='free text in either case'),
        pytest.param('STEPS 2 activated', id='several words in any order'),
        pytest.param('"flow offboarding"', id='a phrase of consecutive words, whatever stands between them'),
        pytest.param('"flow [offboarding] was"', id='a phrase with special characters'),
        pytest.param('off*', id='a word that begins so'),
        pytest.param('*boarding', id='a word that ends so'),
        pytest.param('*board*', id='a word that has it inside'),
        pytest.param('acti?ated', id='one character of a word'),
        pytest.param('message:activated', id='the message by its name'),
        pytest.param('message:"was activated"', id='a phrase in the message by its name'),
        pytest.param('@evt.name:doors.user.door.activate', id='an attribute with dots in the value'),
        pytest.param('@usr.email:ada@example.com', id='an @ inside a value'),
        pytest.param('@usr.name:"Ada Lovelace"', id='a quoted value'),
        pytest.param('@usr.name:Ada\\ Lovelace', id='an escaped blank'),
        pytest.param('@usr.name:Ada?Lovelace', id='a wildcard for the blank'),
        pytest.param('@evt.name:doors.*', id='a prefix'),
        pytest.param('@evt.name:*activate', id='a suffix'),
        pytest.param('@evt.name:*.door.a*te', id='a glob of the whole value'),
        pytest.param('@lines:first*second', id='a glob over lines'),
        pytest.param('@http.url:/app/*', id='a slash is free'),
        pytest.param('@http.url:/app/flows\\?id\\=7', id='escaped special characters'),
        pytest.param('@path:"C:\\\\flows \\"new\\" (2)"', id='escapes in quotes'),
        pytest.param('@literal\\*:a\\*b', id='an escaped star is a star'),
        pytest.param('@literal\\*:"a*b"', id='a quoted star is a star'),
        pytest.param('@http.status_code:204', id='a number by its text'),
        pytest.param('@whole:5', id='a whole number, however it is stored'),
        pytest.param('@negative:\\-5', id='a negative number, escaped'),
        pytest.param('@log.isProxy:true', id='a boolean by its text'),
        pytest.param('@http.status_code:[200 TO 299]', id='a range'),
        pytest.param('@http.status_code:[204 TO 204]', id='a range with its bounds'),
        pytest.param('@http.status_code:[* TO 204]', id='a range without lower bound'),
        pytest.param('@http.status_code:{203 TO 205}', id='a range without its bounds'),
        pytest.param('@http.status_code:{203 TO 204]', id='a range with one of its bounds'),
        pytest.param('@age_hours:>30.4', id='greater'),
        pytest.param('@age_hours:>=30.5', id='greater or equal'),
        pytest.param('@age_hours:<31', id='less'),
        pytest.param('@age_hours:<=30.5', id='less or equal'),
        pytest.param('@negative:>\\-6', id='compared with an escaped negative number'),
        pytest.param('@negative:[-6 TO -4]', id='a range below zero'),
        pytest.param('@http.status_code:(>=200 <300)', id='comparisons in a group'),
        pytest.param('@evt.outcome:*', id='an attribute that exists'),
        pytest.param('@empty:*', id='an empty text exists'),
        pytest.param('@empty:""', id='an empty text'),
        pytest.param('-@missing:*', id='an attribute that does not exist'),
        pytest.param('-@log.reason:*', id='null is missing'),
        pytest.param('-@nothing:*', id='an empty array is missing'),
        pytest.param('-@missing:x', id='a negation is true where the attribute is missing'),
        pytest.param('-@missing:>5', id='so is the negation of a comparison'),
        pytest.param('@names:Paul', id='any element of an array'),
        pytest.param('-@names:Mary', id='no element of an array'),
        pytest.param('@log.target.type:Folder', id='a path through an array of objects'),
        pytest.param('@log.target.size:>2', id='a number in an array of objects'),
        pytest.param('@log.target.type:Flow @log.target.displayName:HR', id='clauses on an array are apart'),
        pytest.param('@dotted.key.inner:x', id='a key that holds a dot'),
        pytest.param('env:prod', id='a tag'),
        pytest.param('env:prod env:test', id='a tag key with two values'),
        pytest.param('env:(staging OR test)', id='a group of tag values'),
        pytest.param('url:"https://acme"', id='a tag whose value has a colon'),
        pytest.param('team_domain:*.example.com', id='a wildcard in a tag'),
        pytest.param('tags:canary', id='a tag without key'),
        pytest.param('source:acme-door service:doors', id='reserved fields, a dash inside a value'),
        pytest.param('status:info host:agent-*', id='more reserved fields'),
        pytest.param('CIDR(@network.client.ip,198.51.100.0/24)', id='a block of addresses'),
        pytest.param('CIDR(@network.client.ip, 10.0.0.0/8, 198.51.100.0/24)', id='one of several blocks'),
        pytest.param('CIDR(@network.list,2001:db8::/32)', id='a block of IPv6 addresses over an array'),
        pytest.param('NOT(CIDR(@network.client.ip,10.0.0.0/8))', id='outside of a block'),
        pytest.param('-CIDR(@missing,10.0.0.0/8)', id='no address is outside of a block'),
        pytest.param('*:lovelace', id='full text in an attribute, in either case'),
        pytest.param('*:offboard*', id='full text in an array of objects and in the message'),
        pytest.param('*:"ada lovelace"', id='a phrase in full text'),
        pytest.param('NOT @evt.outcome:FAILURE', id='NOT'),
        pytest.param('@evt.outcome:SUCCESS && env:prod', id='AND as a sign'),
        pytest.param('@evt.outcome:FAILURE || env:prod', id='OR as a sign'),
        pytest.param('@evt.outcome:(SUCCESS OR FAILURE)', id='a group in a field'),
        pytest.param('@names:(Peter Paul)', id='a group of values that an array has all'),
        pytest.param('@names:(* -Mary)', id='a group of values with a star'),
        pytest.param('@evt.outcome:(-FAILURE)', id='a negation in a field'),
        pytest.param('@evt.outcome:((FAILURE OR SUCC*) AND -DENY)', id='groups in a field'),
        pytest.param('-@evt.outcome:(FAILURE OR DENY)', id='a field whose group is negated'),
        pytest.param('env:prod OR env:none AND env:none', id='AND binds tighter than OR'),
        pytest.param('env:prod OR env:none env:none', id='so does a blank'),
        pytest.param('env:none env:none OR env:prod', id='on either side'),
        pytest.param('-env:none OR env:none', id='a negation binds tightest'),
        pytest.param('NOT env:none AND env:prod', id='NOT binds tighter than AND'),
        pytest.param('  env:prod\n AND(env:test)', id='blanks and lines'),
    ],
)
def test_the_query_matches_the_log(text: str) -> None:
    assert parse_query(text).matches(LOG)


@pytest.mark.parametrize(
    'text',
    [
        pytest.param('board', id='part of a word'),
        pytest.param('lovelace', id='free text that only an attribute has'),
        pytest.param('"offboarding flow"', id='a phrase in the wrong order'),
        pytest.param('activated missing', id='one word of two'),
        pytest.param('"off*"', id='a quoted wildcard'),
        pytest.param('message:missing', id='a word that the message lacks'),
        pytest.param('@evt.outcome:success', id='an attribute in another case'),
        pytest.param('@evt.name:DOORS.*', id='a prefix in another case'),
        pytest.param('@usr.name:Ada', id='part of a value'),
        pytest.param('@usr.name:Ada?', id='a glob that ends too early'),
        pytest.param('@evt.name:work?', id='one character for many'),
        pytest.param('@evt.name:doors?user?door?', id='a glob of part of a value'),
        pytest.param('@usr.email:ada@example?com?', id='a wildcard for no character'),
        pytest.param('@literal\\*:a\\*', id='an escaped star is no wildcard'),
        pytest.param('@http.status_code:2', id='part of a number'),
        pytest.param('@http.status_code:{204 TO 299]', id='a range without its lower bound'),
        pytest.param('@http.status_code:[200 TO 204}', id='a range without its upper bound'),
        pytest.param('@age_hours:>30.5', id='not greater'),
        pytest.param('@age_hours:<30.5', id='not less'),
        pytest.param('@digits:>5', id='a text of digits is no number'),
        pytest.param('@log.isProxy:>0', id='a boolean is no number'),
        pytest.param('@log.isProxy:True', id='a boolean in lower case only'),
        pytest.param('@missing:x', id='a missing attribute'),
        pytest.param('@missing:*', id='a missing attribute does not exist'),
        pytest.param('@missing:<5', id='a missing attribute is not small'),
        pytest.param('@log.reason:null', id='null is no text'),
        pytest.param('-@names:Peter', id='a negation, if any element is it'),
        pytest.param('-@log.target.type:Flow', id='a negation through an array of objects'),
        pytest.param('@evt.name.deeper:x', id='a path into a text'),
        pytest.param('evt.outcome:SUCCESS', id='an attribute without @ is a tag'),
        pytest.param('@env:prod', id='a tag with @ is an attribute'),
        pytest.param('@service:doors', id='a reserved field with @ is an attribute'),
        pytest.param('env:pro', id='part of a tag'),
        pytest.param('canary:*', id='a tag without key has no value'),
        pytest.param('tags:env', id='a key alone is no tag'),
        pytest.param('CIDR(@network.client.ip,10.0.0.0/8)', id='an address outside'),
        pytest.param('CIDR(@network.list,198.51.100.0/24)', id='no address of an array inside'),
        pytest.param('CIDR(@usr.name,0.0.0.0/0)', id='no address'),
        pytest.param('*:acme', id='full text does not search tags'),
        pytest.param('*:lovelac', id='full text searches whole words'),
        pytest.param('(env:prod OR env:none) env:none', id='a group before its neighbour'),
        pytest.param('@evt.outcome:(FAILURE OR DENY)', id='no value of a group'),
        pytest.param('-(env:none OR env:prod)', id='a negated group'),
        pytest.param('NOT env:prod OR env:none', id='NOT binds tighter than OR'),
        pytest.param('-*', id='nothing'),
    ],
)
def test_the_query_does_not_match_the_log(text: str) -> None:
    assert not parse_query(text).matches(LOG)


@pytest.mark.parametrize(
    ('text', 'position'),
    [
        pytest.param('@a: b', 0, id='a blank behind the colon'),
        pytest.param('env:a @b', 6, id='an attribute without value'),
        pytest.param('ada@example.com', 0, id='an @ in free text'),
        pytest.param('@a:b:c', 3, id='a colon in a value'),
        pytest.param('@a:b=c', 3, id='an equals sign in a value'),
        pytest.param('@a:b+c', 3, id='a plus in a value'),
        pytest.param('@a:#b', 3, id='a number sign in a value'),
        pytest.param('#field:1', 0, id='a calculated field'),
        pytest.param('@a:-5', 3, id='a negative number without escape'),
        pytest.param('@a:>20ms', 3, id='a comparison with a unit'),
        pytest.param('@a:>b', 3, id='a comparison with a text'),
        pytest.param('>5', 0, id='a comparison without field'),
        pytest.param('@a:[1 TO b]', 9, id='a range of texts'),
        pytest.param('@a:[1 to 5]', 6, id='a range in lower case'),
        pytest.param('@a:[1 TO 5', 10, id='a range without end'),
        pytest.param('(env:a', 6, id='a group without end'),
        pytest.param('env:a)', 5, id='an end without group'),
        pytest.param('()', 1, id='an empty group'),
        pytest.param('@a:()', 4, id='an empty group in a field'),
        pytest.param('env:(a OR @b:c)', 10, id='a field in the group of another'),
        pytest.param('env:a OR', 8, id='an operator without right side'),
        pytest.param('AND env:a', 0, id='an operator without left side'),
        pytest.param('env:a OR OR env:b', 9, id='two operators'),
        pytest.param('- env:a', 0, id='a minus with a blank'),
        pytest.param('--env:a', 0, id='two negations'),
        pytest.param('NOT NOT env:a', 4, id='two negations in words'),
        pytest.param('+env:a', 0, id='a plus'),
        pytest.param('!env:a', 0, id='an exclamation mark'),
        pytest.param('"a b', 0, id='a quote without end'),
        pytest.param('“a”', 0, id='curly quotes'),
        pytest.param('env:a(env:b)', 4, id='no blank before a group'),
        pytest.param('(env:a)env:b', 6, id='no blank behind a group'),
        pytest.param('env:a||env:b', 4, id='no blank around an operator'),
        pytest.param('@a IN (b, c)', 0, id='IN'),
        pytest.param('_exists_:a', 0, id='a field of Lucene'),
        pytest.param('trace_id:1', 0, id='a reserved field that is not modelled'),
        pytest.param('CIDR(network.ip,10.0.0.0/8)', 5, id='a block of addresses of no attribute'),
        pytest.param('CIDR(@ip)', 8, id='no block of addresses'),
        pytest.param('CIDR(@ip,10.0.0.1)', 9, id='an address for a block'),
        pytest.param('CIDR(@ip,10.0.0.0/33)', 9, id='a block too narrow'),
        pytest.param('CIDR(@ip,10.0.0.1/8)', 9, id='a block with bits of a host'),
        pytest.param('\\*\\:', 0, id='free text of special characters'),
        pytest.param('env:a\\', 4, id='an escape of nothing'),
    ],
)
def test_text_outside_the_documented_syntax_is_rejected_with_its_position(text: str, position: int) -> None:
    with pytest.raises(QueryError) as refusal:
        parse_query(text)
    assert refusal.value.position == position


def test_an_error_shows_the_query_and_marks_the_position() -> None:
    with pytest.raises(QueryError) as refusal:
        parse_query('env:a @b:c:d')
    assert str(refusal.value) == "unexpected 'c:d'\n  env:a @b:c:d\n           ^"
    with pytest.raises(QueryError, match='quoted text is not closed'):
        parse_query('env:a "b')
    with pytest.raises(QueryError, match='ends too early'):
        parse_query('(env:a')


@pytest.mark.parametrize('text', ['@digits:>5', '@digits:[200 TO 300]', '@http.status_code:204'])
def test_a_filter_compares_a_text_of_digits_as_a_number(text: str) -> None:
    """A filter has no facet whose type separates numbers from texts."""
    assert parse_query(text, full_text=False).matches(LOG)


def test_a_filter_compares_no_other_text_as_a_number() -> None:
    assert not parse_query('@usr.name:>0', full_text=False).matches(LOG)


@pytest.mark.parametrize('text', ['*:term', 'env:a -*:"two words"'])
def test_a_filter_rejects_full_text_search(text: str) -> None:
    assert parse_query(text)
    with pytest.raises(QueryError, match='not available in filters'):
        parse_query(text, full_text=False)
    assert parse_query('*:* hello*', full_text=False)


def test_a_query_lists_its_fields_and_its_free_text() -> None:
    """Attributes are listed with their @."""
    query = parse_query(
        'source:a env:(x OR y) hello -@a.b:* (CIDR(@ip,10.0.0.0/8) OR *:z) @c\\ d:[1 TO 2] message:"b c"'
    )
    assert query.fields == {'source', 'env', '@a.b', '@ip', '@c d', 'message'}
    assert query.words == {'hello', 'z', '"b c"'}


@pytest.mark.parametrize(
    ('field', 'expected'),
    [
        pytest.param('@evt.outcome', ['SUCCESS'], id='scalar'),
        pytest.param('@names', ['Peter', 'Paul'], id='array'),
        pytest.param('@log.target.type', ['Flow', 'Folder'], id='array of objects'),
        pytest.param('@log.target.size', [3], id='in one object of an array'),
        pytest.param('@log.target', [], id='objects'),
        pytest.param('@log.reason', [], id='null'),
        pytest.param('@dotted.key.inner', ['x'], id='key with a dot'),
        pytest.param('@missing', [], id='missing'),
        pytest.param('env', ['prod', 'test'], id='tag key'),
        pytest.param('canary', [], id='tag without value'),
        pytest.param('tags', list(LOG.tags), id='tags'),
        pytest.param('source', ['acme-door'], id='source'),
        pytest.param('service', ['doors'], id='service'),
        pytest.param('status', ['info'], id='status'),
        pytest.param('host', ['agent-1'], id='host'),
        pytest.param('timestamp', [1_790_000_000_000], id='timestamp'),
        pytest.param('message', [LOG.message], id='message'),
    ],
)
def test_a_field_has_the_values_of_the_log(field: str, expected: list[object]) -> None:
    assert values(LOG, field) == expected


@pytest.mark.parametrize('field', ['source', 'service', 'status', 'host'])
def test_a_reserved_field_that_the_log_lacks_has_no_value(field: str) -> None:
    """A reserved field that a log does not have is missing, like an attribute."""
    log = Log('', {})
    assert values(log, field) == []
    assert parse_query(f'-{field}:*').matches(log)
