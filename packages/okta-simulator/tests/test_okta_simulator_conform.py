# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The questions to a real org: the simulator agrees with all of them, and each finds the org that breaks its rule."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from okta_simulator import OktaSimulator, RecordedRequest, VirtualClock
from okta_simulator import faults as okta_faults
from okta_simulator.answer import Answer, json_answer
from okta_simulator.conform.credentials import Client, Credentials, SigningKey, from_environment
from okta_simulator.conform.errors import CouldNotAsk
from okta_simulator.conform.interrogation import answers, open_org, selected
from okta_simulator.conform.org import Org
from okta_simulator.conform.question import Basis, Need, Outcome, Question, Verdict
from okta_simulator.conform.questions import QUESTIONS
from okta_simulator.conform.questions.events import ORGANIZATION_PATH
from okta_simulator.conform.questions.parameters import UNKNOWN_PATH
from okta_simulator.conform.target import parse_target
from okta_simulator.errors import OktaError
from okta_simulator.faults import Fault
from okta_simulator.rfc3339 import format_ms, parse_ms

PATHS = ('/api/v1/logs', '/oauth2/v1/token', ORGANIZATION_PATH, UNKNOWN_PATH)
DAY = 86_400.0
NOTHING = 'conform.nothing'
INVALID = 'okta-simulator-conform'

Change = Callable[[RecordedRequest, Answer], Answer]
When = Callable[[RecordedRequest], bool]


@pytest.fixture(scope='module')
def org_of_all_tests() -> Iterator[OktaSimulator]:
    with OktaSimulator(org_rate_limit=1_000_000) as okta:
        okta.token_rate_limit = 1_000_000
        okta.generate(400, since=okta.clock.now() - 30 * DAY, oddity_share=0.0)
        yield okta


@pytest.fixture
def okta(org_of_all_tests: OktaSimulator) -> Iterator[OktaSimulator]:
    yield org_of_all_tests
    org_of_all_tests.faults.clear()
    org_of_all_tests.requests.clear()
    org_of_all_tests.dpop_required = False
    org_of_all_tests.admin_role = True


def all_credentials(okta: OktaSimulator) -> Credentials:
    return Credentials(okta.api_key, Client(okta.client_id, okta.client_secret))


def interrogate(
    okta: OktaSimulator, credentials: Credentials | None = None, *, with_failures: bool = True
) -> dict[str, Verdict]:
    async def ask() -> dict[str, Verdict]:
        org = Org(parse_target(okta.url), credentials or all_credentials(okta), wait=no_wait)
        async with org:
            await open_org(org)
            questions, _ = selected(QUESTIONS, org, with_failures=with_failures)
            return {verdict.question.name: verdict async for verdict in answers(questions, org)}

    return asyncio.run(ask())


async def no_wait(seconds: float) -> None:
    raise AssertionError(f'nothing should wait, and this would be {seconds} s')


def outcomes(verdicts: dict[str, Verdict], outcome: Outcome) -> dict[str, str]:
    return {name: verdict.detail for name, verdict in verdicts.items() if verdict.outcome is outcome}


# Changes of the org: what they touch


@dataclass(frozen=True)
class Changed(Fault):
    change: Change

    def apply(self, answer: Answer) -> Answer:
        raise NotImplementedError

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        return self.change(request, answer)


def first_page(request: RecordedRequest) -> bool:
    return set(request.query) == {'since', 'limit'} and request.query['limit'] == '10'


def second_page(request: RecordedRequest) -> bool:
    return {'since', 'limit', 'after'} <= set(request.query) and request.query['limit'] == '10'


def small_page(request: RecordedRequest) -> bool:
    return request.query.get('limit') == '2'


def first_small_page(request: RecordedRequest) -> bool:
    return small_page(request) and 'after' not in request.query


def bounded(request: RecordedRequest) -> bool:
    return set(request.query) == {'since', 'until', 'limit'} and request.query['limit'] == '50'


def query(**parameters: str) -> When:
    return lambda request: parameters.items() <= request.query.items()


def filtered(part: str) -> When:
    return lambda request: part in request.query.get('filter', '')


def old_since(request: RecordedRequest) -> bool:
    return set(request.query) == {'since', 'limit'} and request.query['limit'] == '1' and 'Z' in request.query['since']


def authorized(value: str) -> When:
    return lambda request: request.headers.get('Authorization', '').startswith(value)


def at(path: str) -> When:
    return lambda request: request.path == path


def both(*conditions: When) -> When:
    return lambda request: all(condition(request) for condition in conditions)


def form(text: str) -> When:
    return lambda request: request.path == '/oauth2/v1/token' and text in request.body


def without_client(request: RecordedRequest) -> bool:
    return not {'Authorization'} & set(request.headers) and 'client_' not in request.body.replace('client_cred', '')


def without_scope(request: RecordedRequest) -> bool:
    return 'scope' not in request.body


def wrong_secret(request: RecordedRequest) -> bool:
    scheme, _, pair = request.headers.get('Authorization', '').partition(' ')
    return scheme == 'Basic' and base64.b64decode(pair).endswith(INVALID.encode())


# Changes of the org: what they do


def when(condition: When, change: Callable[[Answer], Answer], status: int | None = None) -> Change:
    def changed(request: RecordedRequest, answer: Answer) -> Answer:
        return change(answer) if condition(request) and status in (None, answer.status) else answer

    return changed


def events(change: Callable[[list[Any]], list[Any]]) -> Callable[[Answer], Answer]:
    return lambda answer: answer.with_body(json.dumps(change(json.loads(answer.body))).encode())


def first_event(**changes: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    def change(found: list[Any]) -> list[Any]:
        first, *others = found
        return [{**first, **{name: of(first[name]) for name, of in changes.items()}}, *others]

    return events(change)


def member(**changes: Any) -> Callable[[Answer], Answer]:
    """Replace members of a JSON object; None removes one."""

    def change(answer: Answer) -> Answer:
        content = {**json.loads(answer.body), **changes}
        return answer.with_body(json.dumps({name: each for name, each in content.items() if each is not None}).encode())

    return change


def link(relation: str, old: str, new: str) -> Callable[[Answer], Answer]:
    return lambda answer: answer.map_headers(
        'Link', lambda line: re.sub(old, new, line) if f'rel="{relation}"' in line else line
    )


def without(*names: str) -> Callable[[Answer], Answer]:
    return lambda answer: answer.without_headers(*names)


def error(code: str, status: int = 400) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        changed = OktaError(code, status=status).answer()
        return changed.with_headers(*answer.without_headers('Content-Type', 'Link').headers)

    return change


def status(number: int) -> Callable[[Answer], Answer]:
    return lambda answer: Answer(number, answer.headers, answer.body)


def accept(answer: Answer) -> Answer:
    return json_answer(200, []).with_headers(*answer.without_headers('Content-Type').headers)


def reverse(answer: Answer) -> Answer:
    return events(lambda found: found[::-1])(answer)


def every_second_time(change: Callable[[Answer], Answer]) -> Callable[[Answer], Answer]:
    turns = itertools.cycle((False, True))
    return lambda answer: change(answer) if next(turns) else answer


def days_before(days: float) -> Callable[[str], str]:
    return lambda moment: format_ms(parse_ms(moment) - round(days * DAY * 1000))


def next_link(answer: Answer) -> Answer:
    return answer.with_headers(('Link', '<http://127.0.0.1/api/v1/logs?after=1_1>; rel="next"'))


no_next = link('next', 'rel="next"', 'rel="last"')

# The name of a question, and a change of the org that breaks its rule and no other.
BROKEN: list[tuple[str, Change]] = [
    ('json page', when(first_page, lambda answer: answer.with_body(answer.body, 'text/plain'))),
    ('request id', when(first_page, without('X-Okta-Request-Id'))),
    ('request id', when(query(q='x' * 41), without('X-Okta-Request-Id'))),
    ('date', when(query(q='x' * 41), without('Date'))),
    ('rate limit headers', when(first_page, without('X-Rate-Limit-Limit'))),
    (
        'rate limit headers',
        when(first_page, lambda answer: answer.map_headers('X-Rate-Limit-Remaining', lambda _: '9' * 9)),
    ),
    ('rate limit headers of an error', when(query(q='x' * 41), without('X-Rate-Limit-Remaining'))),
    (
        'rate limit reset',
        when(first_page, lambda answer: answer.map_headers('X-Rate-Limit-Reset', lambda value: value + '000')),
    ),
    ('error shape', when(query(q='x' * 41), member(errorId=None))),
    ('error shape', when(query(q='x' * 41), member(errorLink='elsewhere'))),
    ('error shape', when(query(q='x' * 41), member(errorCauses='none'))),
    ('self link', when(first_page, link('self', 'limit=10', 'limit=11'))),
    ('self link', when(first_page, link('self', '/api/v1/logs', '/api/v1/log'))),
    ('two link lines', when(first_page, okta_faults.JoinedLinks().apply)),
    ('link host', when(first_page, link('self', '//[^/]+/', '//elsewhere.example/'))),
    ('next link parameters', when(first_page, link('next', '&after=', '&colour=blue&after='))),
    (
        'next link without a match',
        when(both(filtered(NOTHING), lambda request: set(request.query) == {'since', 'filter'}), no_next),
    ),
    ('next link with an empty until', when(query(until=''), no_next)),
    ('cursor form', when(second_page, link('next', r'after=(\d+)_', r'after=c\1-'))),
    ('next link twice', when(second_page, every_second_time(reverse))),
    ('order whatever the page size', when(first_small_page, reverse)),
    ('each event once', when(second_page, okta_faults.RepeatedEvent().apply)),
    ('order of persistence', when(small_page, first_event(published=days_before(-365)))),
    (
        'order of persistence',
        when(
            both(small_page, lambda request: 'after' in request.query),
            # The last of three pages, whose link nobody follows.
            every_second_time(link('next', r'after=\d+_\d+', 'after=1_1')),
        ),
    ),
    ('order of a bounded request', when(bounded, reverse)),
    ('range of a bounded request', when(bounded, first_event(published=days_before(100)))),
    ('end of a bounded request', when(both(filtered(NOTHING), query(limit='50')), next_link)),
    ('descending order', when(query(sortOrder='DESCENDING'), reverse)),
    ('members of an event', when(first_page, first_event(severity=lambda _: 'LOUD'))),
    ('members of an event', when(first_page, first_event(version=lambda _: None))),
    ('form of published', when(first_page, first_event(published=lambda moment: moment[:19] + 'Z'))),
    ('organization', when(at(ORGANIZATION_PATH), member(pipeline=None))),
    ('organization', when(at(ORGANIZATION_PATH), error('E0000005', 403))),
    ('default limit', when(lambda r: set(r.query) == {'since'}, events(lambda found: found + found[:1]))),
    ('default limit', when(lambda r: set(r.query) == {'since'}, events(lambda found: found[:20]))),
    ('limit 1000', when(query(limit='1000'), error('E0000001'))),
    ('limit above 1000', when(query(limit='1001'), accept)),
    ('limit above 1000', when(query(limit='1001'), error('E0000031'))),
    ('limit 0', when(query(limit='0'), error('E0000001'))),
    ('limit 0', when(query(limit='0'), events(lambda found: [{'uuid': '1'}]))),
    ('limit that is no number', when(query(limit='many'), accept)),
    ('since that is no date', when(query(since='yesterday'), error('E0000001'))),
    ('until that is no date', when(query(until='tomorrow'), error('E0000030'))),
    ('since older than retention', when(old_since, error('E0000053'), status=200)),
    ('since older than 180 days', when(old_since, accept, status=400)),
    ('after that is no cursor', when(query(after=INVALID), accept)),
    ('after that is no cursor', when(query(after=INVALID), error('E0000001', 404))),
    ('unknown sort order', when(query(sortOrder='SIDEWAYS'), accept)),
    ('keyword too long', when(query(q='x' * 41), error('E0000031'))),
    ('too many keywords', when(query(q='a b c d e f g h i j k'), accept)),
    ('unknown path', when(at(UNKNOWN_PATH), error('E0000022', 405))),
    ('filter', when(query(limit='20'), first_event(eventType=lambda _: 'another.type'))),
    ('filter', when(query(limit='20'), accept)),
    ('filter that is none', when(filtered('this is'), error('E0000031'))),
    ('filter on published', when(filtered('published gt'), accept)),
    ('filter for a part of a URL', when(filtered('debugData.url co'), accept)),
    ('token response', when(at('/oauth2/v1/token'), member(scope=None), status=200)),
    ('token lifetime', when(at('/oauth2/v1/token'), member(expires_in=7200), status=200)),
    ('wrong API token', when(authorized('SSWS 00okta-'), error('E0000006', 403))),
    ('no credential', when(both(at('/api/v1/logs'), lambda r: 'Authorization' not in r.headers), status(401))),
    ('wrong access token', when(authorized(f'Bearer {INVALID}'), lambda answer: answer.with_body(b'{}'))),
    ('wrong access token', when(authorized(f'Bearer {INVALID}'), without('WWW-Authenticate'))),
    ('bound token without a proof', when(both(authorized('DPoP '), lambda r: 'DPoP' not in r.headers), status(401))),
    ('bound token as a bearer token', when(authorized('Bearer '), status(403), status=400)),
    ('token request without a client', when(both(at('/oauth2/v1/token'), without_client), status(400))),
    ('unknown grant type', when(form(f'grant_type={INVALID}'), member(error='invalid_request'))),
    ('no scope', when(both(at('/oauth2/v1/token'), without_scope), member(error='invalid_request'))),
    ('wrong client secret', when(wrong_secret, status(400))),
    ('client secret in the form', when(form('client_secret='), status(400))),
]


class TestTheSimulatorAgrees:
    def test_with_every_question_it_can_be_asked(self, okta: OktaSimulator) -> None:
        verdicts = interrogate(okta)
        assert outcomes(verdicts, Outcome.DIFFERS) == outcomes(verdicts, Outcome.NOT_ASKED) == {}
        assert len(verdicts) == len([question for question in QUESTIONS if question.need is not Need.BOUND_TOKEN])

    def test_with_tokens_that_are_bound_by_dpop(self, okta: OktaSimulator) -> None:
        okta.dpop_required = True
        verdicts = interrogate(okta)
        assert outcomes(verdicts, Outcome.DIFFERS) == outcomes(verdicts, Outcome.NOT_ASKED) == {}
        assert len(verdicts) == len(QUESTIONS)

    @pytest.mark.parametrize('dpop', [False, True])
    @pytest.mark.parametrize('kind', ['api token', 'secret', 'private key'])
    def test_whatever_the_credential(self, okta: OktaSimulator, kind: str, dpop: bool) -> None:
        okta.dpop_required = dpop
        verdicts = interrogate(okta, credentials_of(okta, kind))
        assert outcomes(verdicts, Outcome.DIFFERS) == outcomes(verdicts, Outcome.NOT_ASKED) == {}
        assert len(verdicts) >= 40

    def test_while_new_events_arrive(self, okta: OktaSimulator) -> None:
        def arrive(request: RecordedRequest, answer: Answer) -> Answer:
            okta.emit(3)
            return answer

        okta.faults.add(Changed(arrive), times=None)
        assert outcomes(interrogate(okta), Outcome.DIFFERS) == {}


def credentials_of(okta: OktaSimulator, kind: str) -> Credentials:
    if kind == 'api token':
        return Credentials(okta.api_key)
    if kind == 'secret':
        return Credentials(client=Client(okta.client_id, okta.client_secret))
    return from_pem(okta.service_app_id, okta.private_key_pem, okta.key_id)


def from_pem(client_id: str, pem: str, key_id: str) -> Credentials:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return Credentials(client=Client(client_id, signing_key=SigningKey(key, key_id)))


class TestAnOrgThatBreaksOneRule:
    @pytest.mark.parametrize('name, change', BROKEN, ids=[f'{name}-{n}' for n, (name, _) in enumerate(BROKEN)])
    def test_differs_in_exactly_this_question(self, okta: OktaSimulator, name: str, change: Change) -> None:
        okta.dpop_required = name.startswith('bound token')
        for path in PATHS:
            okta.faults.add(Changed(change), path=path, times=None)
        verdicts = interrogate(okta)
        assert set(outcomes(verdicts, Outcome.DIFFERS)) == {name}
        assert outcomes(verdicts, Outcome.NOT_ASKED) == {}
        assert verdicts[name].detail.endswith('.')

    def test_is_found_for_every_question(self) -> None:
        assert {name for name, _ in BROKEN} == {question.name for question in QUESTIONS}


class TestQuestions:
    def test_their_names_and_rules_are_unique(self) -> None:
        for values in ([question.name for question in QUESTIONS], [question.rule for question in QUESTIONS]):
            assert len(set(values)) == len(values)

    @pytest.mark.parametrize('question', QUESTIONS, ids=lambda question: question.name)
    def test_each_names_a_public_source(self, question: Question) -> None:
        assert re.search(r'Okta docs|Okta release notes|okta-management-openapi-spec|#\d+', question.source)
        assert question.rule.endswith('.') and not question.expectation.endswith('.')

    def test_what_leaves_a_failure_is_left_out_unless_it_is_wanted(self, okta: OktaSimulator) -> None:
        verdicts = interrogate(okta, with_failures=False)
        assert not [verdict for verdict in verdicts.values() if verdict.question.leaves_failure]
        rejected = {request.status for request in okta.requests} - {200}
        # Rejected parameters and the unknown path; no rejected credential.
        assert rejected == {400, 404}
        assert not [request for request in okta.requests if 'oauth2' in request.path and request.status != 200]

    def test_all_requests_read(self, okta: OktaSimulator) -> None:
        interrogate(okta)
        assert {(request.method, request.path) for request in okta.requests} == {
            ('GET', '/api/v1/logs'),
            ('GET', ORGANIZATION_PATH),
            ('GET', UNKNOWN_PATH),
            ('POST', '/oauth2/v1/token'),
        }

    def test_no_question_rests_on_an_assumption_without_saying_so(self) -> None:
        for question in QUESTIONS:
            says_so = 'not documented' in question.source or 'not published' in question.source
            assert not says_so or question.basis is Basis.ASSUMED, question.name


class TestAnOrgThatCannotBeAsked:
    def test_an_org_without_events_differs_in_nothing(self) -> None:
        with OktaSimulator(org_rate_limit=1_000_000) as empty:
            verdicts = interrogate(empty)
        assert outcomes(verdicts, Outcome.DIFFERS) == {}
        assert {'next link twice', 'order of a bounded request', 'default limit', 'filter'} <= set(
            outcomes(verdicts, Outcome.NOT_ASKED)
        )

    def test_a_failing_server_differs_in_no_rule_about_requests(self, okta: OktaSimulator) -> None:
        okta.faults.add(okta_faults.Html(status=503), times=None, after=1)
        verdicts = interrogate(okta, Credentials(okta.api_key), with_failures=False)
        asked_of_parameters = {'limit 0', 'limit above 1000', 'filter that is none', 'keyword too long'}
        assert asked_of_parameters <= set(outcomes(verdicts, Outcome.NOT_ASKED))

    def test_a_link_to_another_host_is_not_followed(self, okta: OktaSimulator) -> None:
        with OktaSimulator() as elsewhere:
            okta.faults.add(okta_faults.NextLink(port=int(elsewhere.url.rpartition(':')[2])), times=None)
            verdicts = interrogate(okta, Credentials(okta.api_key))
            assert elsewhere.requests == []
        assert 'link host' in outcomes(verdicts, Outcome.DIFFERS)
        assert 'next link twice' in outcomes(verdicts, Outcome.NOT_ASKED)

    def test_a_redirect_is_not_followed(self, okta: OktaSimulator) -> None:
        with OktaSimulator() as elsewhere:
            okta.faults.add(okta_faults.Redirect(f'{elsewhere.url}/api/v1/logs'), times=None)
            with pytest.raises(CouldNotAsk, match='status 302'):
                interrogate(okta, Credentials(okta.api_key))
            assert elsewhere.requests == []

    def test_a_rejected_credential_ends_it_after_one_request(self, okta: OktaSimulator) -> None:
        with pytest.raises(CouldNotAsk, match='rejected the credential with status 401 and E0000011'):
            interrogate(okta, Credentials('wrong'))
        assert len(okta.requests) == 1

    def test_a_broken_connection_is_no_difference(self, okta: OktaSimulator) -> None:
        okta.faults.add(okta_faults.DroppedConnection(), times=None, after=1)
        verdicts = interrogate(okta, Credentials(okta.api_key), with_failures=False)
        assert outcomes(verdicts, Outcome.DIFFERS) == {}


class TestRateLimit:
    @pytest.mark.parametrize('limit', [4, 20, 120])
    def test_is_never_exceeded_and_half_of_it_stays_unused(self, limit: int) -> None:
        clock = VirtualClock(1_790_000_000.0)
        waits: list[float] = []

        async def wait(seconds: float) -> None:
            waits.append(seconds)
            clock.advance(seconds)

        async def ask(okta: OktaSimulator) -> list[Verdict]:
            org = Org(parse_target(okta.url), Credentials(okta.api_key), wait=wait, now=clock.now)
            async with org:
                await open_org(org)
                questions, _ = selected(QUESTIONS, org, with_failures=False)
                return [verdict async for verdict in answers(questions, org)]

        with OktaSimulator(clock=clock, org_rate_limit=limit) as okta:
            okta.generate(300, oddity_share=0.0)
            verdicts = asyncio.run(ask(okta))
            found = [request for request in okta.requests if request.path == '/api/v1/logs']
        assert {verdict.outcome for verdict in verdicts} == {Outcome.AGREES}
        assert 429 not in {request.status for request in found}
        assert waits and all(1 <= seconds <= 61 for seconds in waits)
        of_windows = itertools.groupby(found, key=lambda r: dict(r.answer_headers)['X-Rate-Limit-Reset'])
        assert max(len(list(requests)) for _, requests in of_windows) <= limit // 4 + 1

    def test_a_429_is_asked_again_after_the_reset(self, okta: OktaSimulator) -> None:
        waits: list[float] = []

        async def wait(seconds: float) -> None:
            waits.append(seconds)

        async def ask() -> int:
            async with Org(parse_target(okta.url), Credentials(okta.api_key), wait=wait) as org:
                return (await org.logs({'limit': '1'})).status

        okta.faults.add(okta_faults.ConcurrencyLimited(reset_in_seconds=7), times=2)
        assert asyncio.run(ask()) == 200
        assert waits == [8.0, 8.0]

    def test_a_429_that_stays_is_no_answer(self, okta: OktaSimulator) -> None:
        async def wait(seconds: float) -> None:
            pass

        async def ask() -> None:
            async with Org(parse_target(okta.url), Credentials(okta.api_key), wait=wait) as org:
                await org.logs({'limit': '1'})

        okta.faults.add(okta_faults.RateLimited(), times=None)
        with pytest.raises(CouldNotAsk, match='rate limit'):
            asyncio.run(ask())


def test_credentials_never_show_in_their_repr() -> None:
    given = from_environment({'OKTA_API_TOKEN': 'token-1', 'OKTA_CLIENT_ID': 'id-1', 'OKTA_CLIENT_SECRET': 'secret-1'})
    assert '-1' not in repr(given)
