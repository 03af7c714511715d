# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""`python -m okta_simulator conform`: credentials, domain, exit status, and that the report says nothing of the org."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from okta_simulator import OktaSimulator, RecordedRequest, ServerTls
from okta_simulator import faults as okta_faults
from okta_simulator.__main__ import main
from okta_simulator.answer import Answer
from okta_simulator.conform.command import exit_status
from okta_simulator.conform.credentials import from_environment, from_file
from okta_simulator.conform.errors import UsageError
from okta_simulator.conform.question import Outcome, Verdict
from okta_simulator.conform.questions import QUESTIONS
from okta_simulator.conform.target import parse_target
from okta_simulator.network import CertificateAuthority, Conduct, HttpProxy

DAY = 86_400.0


@pytest.fixture(autouse=True)
def no_credentials_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith('OKTA_') or name.lower().endswith('_proxy'):
            monkeypatch.delenv(name)


@pytest.fixture
def okta() -> Iterator[OktaSimulator]:
    with OktaSimulator(org_rate_limit=1_000_000) as okta:
        okta.token_rate_limit = 1_000_000
        okta.generate(300, since=okta.clock.now() - 30 * DAY, oddity_share=0.0)
        yield okta


def domain(okta: OktaSimulator) -> str:
    return urlsplit(okta.url).netloc


@pytest.fixture
def credentials_file(okta: OktaSimulator, tmp_path: Path) -> Path:
    file = tmp_path / 'credentials.json'
    file.write_text(
        json.dumps({'api_key': okta.api_key, 'client_id': okta.client_id, 'client_secret': okta.client_secret})
    )
    return file


class TestCommand:
    def test_exits_with_0_when_all_questions_agree(
        self, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv('OKTA_API_TOKEN', okta.api_key)
        assert main(['conform', '--domain', domain(okta)]) == 0
        output = capsys.readouterr().out
        assert output.startswith(f'Asking {domain(okta)} 43 questions.\n')
        assert '43 agree, 0 differ, 0 could not be asked.' in output
        assert "Left out: 4 that leave a failure in the org's own log (--with-failures)." in output
        assert 'Left out: 4 that need the credentials of an OAuth client.' in output

    def test_exits_with_1_and_says_what_differs(
        self, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv('OKTA_API_TOKEN', okta.api_key)
        okta.max_limit = 5000
        assert main(['conform', '--domain', domain(okta)]) == 1
        assert (
            'DIFFERS: A limit above 1000 is rejected.\n'
            '    Expected: status 400 and E0000001 for limit=1001\n'
            '    Basis: assumed, okta-management-openapi-spec, listLogEvents (maximum 1000); the response is not '
            'documented\n'
            '    Answer: Status 200 without an error code.\n'
        ) in capsys.readouterr().out

    def test_exits_with_2_when_a_question_could_not_be_asked(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with OktaSimulator(org_rate_limit=1_000_000) as empty:
            monkeypatch.setenv('OKTA_API_TOKEN', empty.api_key)
            assert main(['conform', '--domain', domain(empty)]) == 2
        output = capsys.readouterr().out
        assert 'COULD NOT BE ASKED: The `next` link can be asked twice.' in output
        assert 'Answer: The org has too few events of the last 80 days.' in output

    @pytest.mark.parametrize(
        'found, status',
        [
            ([Outcome.AGREES], 0),
            ([Outcome.AGREES, Outcome.NOT_ASKED], 2),
            ([Outcome.DIFFERS, Outcome.NOT_ASKED], 1),
        ],
    )
    def test_a_difference_counts_more_than_what_could_not_be_asked(self, found: list[Outcome], status: int) -> None:
        assert exit_status([Verdict(QUESTIONS[0], outcome) for outcome in found]) == status

    def test_exits_with_2_and_one_sentence_when_nothing_listens(
        self, okta: OktaSimulator, credentials_file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        okta.stop()
        assert main(['conform', '--domain', domain(okta), '--credentials', str(credentials_file)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ''
        assert captured.err == f'Could not ask {domain(okta)}: The request failed (ClientConnectorError).\n'

    def test_exits_with_2_and_one_sentence_for_a_rejected_credential(
        self, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv('OKTA_API_TOKEN', 'wrong')
        assert main(['conform', '--domain', domain(okta), '--with-failures']) == 2
        expected = 'The org rejected the credential with status 401 and E0000011.'
        assert capsys.readouterr().err == f'Could not ask {domain(okta)}: {expected}\n'
        assert len(okta.requests) == 1

    def test_takes_no_credential_on_the_command_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(['conform', '--domain', 'acme.okta.com', '--api-token', 'x'])
        assert 'unrecognized arguments' in capsys.readouterr().err

    def test_reads_what_the_simulator_prints_with_json(
        self, okta: OktaSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / 'org.json'
        file.write_text(
            json.dumps(
                {
                    'url': okta.url,
                    'api_key': okta.api_key,
                    'client_id': okta.client_id,
                    'client_secret': okta.client_secret,
                    'service_app_id': okta.service_app_id,
                    'private_key': okta.private_key_pem,
                    'key_id': okta.key_id,
                }
            )
        )
        assert main(['conform', '--domain', domain(okta), '--credentials', str(file), '--with-failures']) == 0
        assert '53 agree' in capsys.readouterr().out

    def test_asks_through_the_proxy_of_the_environment(
        self, okta: OktaSimulator, credentials_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with HttpProxy() as proxy:
            # Nothing leaves the machine.
            proxy.conduct = Conduct.REFUSE
            monkeypatch.setenv('HTTPS_PROXY', proxy.url)
            assert main(['conform', '--domain', 'acme.okta.example', '--credentials', str(credentials_file)]) == 2
            assert {(each.host, each.port) for each in proxy.connections} == {('acme.okta.example', 443)}
            monkeypatch.setenv('HTTP_PROXY', proxy.url)
            before = len(proxy.connections)
            assert main(['conform', '--domain', domain(okta), '--credentials', str(credentials_file)]) == 0
            assert len(proxy.connections) == before, 'a loopback address needs no proxy'

    def test_does_not_ask_an_org_whose_certificate_it_cannot_verify(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tls = ServerTls(*CertificateAuthority.root().server('127.0.0.1').write(tmp_path, 'server'))
        with OktaSimulator(tls=tls) as okta:
            monkeypatch.setenv('OKTA_API_TOKEN', okta.api_key)
            assert main(['conform', '--domain', okta.url]) == 2
            assert okta.requests == []
        assert 'ClientConnectorCertificateError' in capsys.readouterr().err


class Echoing(okta_faults.Fault):
    """An org that writes what it was asked, and what it holds, wherever text can stand in a response."""

    def __init__(self, spared: int) -> None:
        self._spared = spared

    def apply(self, answer: Answer) -> Answer:
        raise NotImplementedError

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        self._spared -= 1
        if self._spared >= 0:
            return answer
        secret = request.headers.get('Authorization', '') + request.body + request.query_string + 'tenant-value'
        content = dict.fromkeys(('errorCode', 'errorSummary', 'error', 'scope', 'token_type', 'errorLink'), secret)
        echoed = answer.without_headers('Link').with_headers(
            ('Link', f'<https://elsewhere.example/{request.query_string}>; rel="tenant-value"'),
            ('WWW-Authenticate', 'Bearer error="tenantvalue"'),
            ('X-Rate-Limit-Limit', 'tenant-value'),
        )
        return echoed.with_body(json.dumps(content).encode())


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


class TestReport:
    """What it must not contain: secrets, tokens, cursors, event contents, hosts."""

    @pytest.mark.parametrize('dpop', [False, True])
    @pytest.mark.parametrize(
        'fault',
        [
            pytest.param(None, id='honest org'),
            pytest.param(okta_faults.Echo(400, 'okta'), id='echo in an error'),
            pytest.param(okta_faults.Echo(401, 'challenge'), id='echo in a challenge'),
            pytest.param(okta_faults.Echo(502, 'gateway'), id='echo of a gateway'),
            pytest.param(okta_faults.NextLink(host='elsewhere.example'), id='links elsewhere'),
            pytest.param(okta_faults.LinkHeader('<//[tenant-value>; rel="next"'), id='broken link'),
            pytest.param(okta_faults.Redirect('https://elsewhere.example/'), id='redirect'),
            pytest.param(okta_faults.Body(b'[{"uuid": "tenant-value"}]'), id='half an event'),
            pytest.param(okta_faults.Body(b'["tenant-value"]'), id='no event'),
            pytest.param(
                okta_faults.Body(b'[' + b','.join([b'{"uuid": "1", "published": "tenant-value"}'] * 50) + b']'),
                id='events without a date',
            ),
            pytest.param(okta_faults.HugeHeader(), id='huge header'),
            pytest.param(okta_faults.Body(b'{"tenant-value": '), id='cut JSON'),
            pytest.param(okta_faults.CutBody(), id='cut body'),
            pytest.param(okta_faults.RepeatedEvent(), id='repeated event'),
        ],
    )
    def test_contains_no_value_of_the_org(
        self,
        okta: OktaSimulator,
        credentials_file: Path,
        capfd: pytest.CaptureFixture[str],
        fault: okta_faults.Fault | None,
        dpop: bool,
    ) -> None:
        okta.dpop_required = dpop
        if fault is not None:
            okta.faults.add(fault, times=None, after=1)
        main(['conform', '--domain', domain(okta), '--credentials', str(credentials_file), '--with-failures'])
        self.assert_silent(okta, ''.join(capfd.readouterr()))

    def test_contains_no_value_of_an_org_that_echoes_into_every_member(
        self, okta: OktaSimulator, credentials_file: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        okta.faults.add(Echoing(1), times=None)
        okta.faults.add(Echoing(1), times=None, path='/oauth2/v1/token')
        main(['conform', '--domain', domain(okta), '--credentials', str(credentials_file), '--with-failures'])
        output = ''.join(capfd.readouterr())
        assert 'DIFFERS' in output
        self.assert_silent(okta, output)

    def assert_silent(self, okta: OktaSimulator, output: str) -> None:
        assert output.count('\n') > 100
        secrets = {okta.api_key, okta.client_id, okta.client_secret, 'elsewhere.example', 'tenant'}
        for request in okta.requests:
            scheme, _, credential = request.headers.get('Authorization', '').partition(' ')
            # The made-up ones are no secret.
            if 'okta-simulator-conform' not in credential and scheme != 'Basic':
                secrets.add(credential)
            secrets.add(request.headers.get('DPoP', ''))
            secrets.add(request.query.get('after', ''))
            for name, value in request.answer_headers:
                if name == 'Link':
                    secrets.update(re.findall(r'after=([^&>]+)', value))
                if name == 'X-Okta-Request-Id':
                    secrets.add(value)
        # Short words of events, such as INFO, are words of the report too.
        secrets |= {text for text in strings(okta.events) if len(text) > 7 and text != 'SUCCESS'}
        secrets -= {'', 'okta-simulator-conform'}
        assert [secret for secret in secrets if secret in output] == []


class TestCredentials:
    def test_the_environment_gives_a_token_or_a_client(self, tmp_path: Path) -> None:
        assert from_environment({'OKTA_API_TOKEN': 'abc'}).api_token == 'abc'
        by_secret = from_environment({'OKTA_CLIENT_ID': 'id', 'OKTA_CLIENT_SECRET': 'secret'}).client
        assert by_secret and (by_secret.client_id, by_secret.secret) == ('id', 'secret')
        file = tmp_path / 'key.pem'
        file.write_bytes(private_key(ec.SECP384R1()))
        by_key = from_environment(
            {'OKTA_CLIENT_ID': 'id', 'OKTA_PRIVATE_KEY_FILE': str(file), 'OKTA_KEY_ID': 'kid'}
        ).client
        assert by_key and by_key.signing_key
        assert (by_key.signing_key.algorithm, by_key.signing_key.key_id) == ('ES384', 'kid')

    def test_a_private_key_may_be_a_jwk_which_names_itself(self, tmp_path: Path) -> None:
        file = tmp_path / 'key.json'
        jwk = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
        file.write_text(json.dumps({**jwk, 'kid': 'its own'}))
        client = from_environment({'OKTA_CLIENT_ID': 'id', 'OKTA_PRIVATE_KEY_FILE': str(file)}).client
        assert client and client.signing_key
        assert (client.signing_key.algorithm, client.signing_key.key_id) == ('ES256', 'its own')

    @pytest.mark.parametrize(
        'environment, reason',
        [
            ({}, 'No credentials'),
            ({'OKTA_CLIENT_SECRET': 'secret-1'}, 'No credentials'),
            ({'OKTA_CLIENT_ID': 'id-1'}, 'neither a secret nor a private key'),
            ({'OKTA_CLIENT_ID': 'id-1', 'OKTA_PRIVATE_KEY_FILE': '/does/not/exist-1'}, 'Cannot read the private key'),
            ({'OKTA_API_TOKEN': 'one-1\ntwo-1'}, '`api_key` is not a text of one line'),
        ],
    )
    def test_unusable_ones_are_rejected_without_their_values(self, environment: dict[str, str], reason: str) -> None:
        with pytest.raises(UsageError, match=reason) as error:
            from_environment(environment)
        assert '-1' not in str(error.value)

    @pytest.mark.parametrize(
        'content, reason',
        [
            (b'secret-1', 'not JSON'),
            (b'["secret-1"]', 'not a JSON object'),
            (b'{"api_key": ["secret-1"]}', '`api_key` is not a text'),
            (b'{"client_id": "a", "private_key": "secret-1"}', 'not an unencrypted PEM file or a JWK'),
            (
                b'{"client_id": "a", "private_key": "{\\"kty\\": \\"secret-1\\"}"}',
                'not an unencrypted PEM file or a JWK',
            ),
            (b'{"token": "secret-1"}', 'No credentials'),
        ],
    )
    def test_an_unusable_file_is_rejected_without_its_values(self, tmp_path: Path, content: bytes, reason: str) -> None:
        file = tmp_path / 'credentials.json'
        file.write_bytes(content)
        with pytest.raises(UsageError, match=reason) as error:
            from_file(file)
        assert 'secret-1' not in str(error.value)

    def test_a_missing_file_and_a_public_key_are_rejected(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match='Cannot read the credentials file'):
            from_file(tmp_path / 'missing')
        jwk = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
        file = tmp_path / 'credentials.json'
        file.write_text(json.dumps({'client_id': 'a', 'private_key': json.dumps(jwk)}))
        with pytest.raises(UsageError, match='neither an RSA nor an EC private key'):
            from_file(file)

    @pytest.mark.parametrize('curve', [ec.SECP256K1(), ec.SECP192R1()], ids=lambda curve: curve.name)
    def test_a_curve_that_okta_does_not_accept_is_rejected(self, tmp_path: Path, curve: ec.EllipticCurve) -> None:
        file = tmp_path / 'key.pem'
        file.write_bytes(private_key(curve))
        with pytest.raises(UsageError, match='curve'):
            from_environment({'OKTA_CLIENT_ID': 'id', 'OKTA_PRIVATE_KEY_FILE': str(file)})


def private_key(curve: ec.EllipticCurve) -> bytes:
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class TestDomain:
    @pytest.mark.parametrize(
        'text, base',
        [
            ('acme.okta.com', 'https://acme.okta.com'),
            (' https://acme.okta.com/ ', 'https://acme.okta.com'),
            ('login.example.com:8443', 'https://login.example.com:8443'),
            ('127.0.0.1:8080', 'http://127.0.0.1:8080'),
            ('localhost:8080', 'http://localhost:8080'),
            ('[::1]:8080', 'http://[::1]:8080'),
            ('https://127.0.0.1:8080', 'https://127.0.0.1:8080'),
        ],
    )
    def test_is_asked_over_https_except_on_a_loopback_address(self, text: str, base: str) -> None:
        assert str(parse_target(text).base) == base

    @pytest.mark.parametrize(
        'text',
        [
            'http://acme.okta.com',
            'http://127.0.0.1.example.com',
            'ftp://127.0.0.1',
            'acme.okta.com/api/v1/logs',
            'acme-admin.okta.com',
            'user:password@acme.okta.com',
            'acme.okta.com?x=1',
            'acme okta.com',
            'acme.okta.com:99999',
            '[::1',
            '',
        ],
    )
    def test_is_rejected_where_a_credential_must_not_go(self, text: str) -> None:
        with pytest.raises(UsageError):
            parse_target(text)

    def test_a_link_of_the_org_is_told_from_one_that_leads_elsewhere(self) -> None:
        target = parse_target('acme.okta.com')
        assert target.holds('https://acme.okta.com/api/v1/logs?after=1_1')
        for link in (
            'http://acme.okta.com/api/v1/logs',
            'https://acme.okta.com:444/api/v1/logs',
            'https://acme.okta.com.example.com/',
            'https://acme.okta.com@example.com/',
            '//acme.okta.com/',
            '/api/v1/logs',
            'https://[::1',
        ):
            assert not target.holds(link), link
