# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An Agent's process in which everything goes wrong that could make a secret show."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from jwt.algorithms import ECAlgorithm

from agent_standin import AgentStandIn
from agent_standin.checks import CheckInstance
from okta_simulator import OktaSimulator, faults
from okta_simulator.answer import Answer, json_answer
from okta_simulator.network import HttpProxy, SocksProxy
from okta_simulator.server import RecordedRequest

NAME = 'okta_workflows'
LOGS_SECTION = [{'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows'}]
LOG_PATH = '/api/v1/logs'
TOKEN_PATH = '/oauth2/v1/token'
PASSPHRASE = 'correct horse/battery+staple'
PROXY_USER = 'mara'
# One that nothing listens on.
CLOSED = '127.0.0.1:9'

Instance = dict[str, Any]


@dataclass(frozen=True)
class CutEcho(faults.Fault):
    """A refusal whose text is cut off in the middle of the credential."""

    lead_characters: int

    def apply(self, answer: Answer) -> Answer:
        return answer

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        text = 'x' * self.lead_characters + request.headers.get('Authorization', '') + ' is refused'
        return json_answer(403, {'errorCode': 'E0000006', 'errorSummary': text})


@dataclass(frozen=True)
class Parroting(faults.Fault):
    """A refusal that says nothing but the credentials."""

    status: int

    def apply(self, answer: Answer) -> Answer:
        return answer

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        # The last field of a form is the client assertion.
        assertion = request.body.rpartition('=')[2]
        return json_answer(
            self.status, {'error': request.headers.get('Authorization', ''), 'error_description': assertion}
        )


HARM: list[faults.Fault] = [
    faults.Echo(400, 'oauth'),
    faults.Echo(401, 'oauth'),
    faults.Echo(401, 'challenge'),
    faults.Echo(403, 'okta'),
    faults.Echo(403, 'html'),
    faults.Echo(200, 'gateway'),
    faults.Echo(401, 'gateway'),
    faults.Echo(403, 'gateway json'),
    faults.Echo(407, 'okta'),
    faults.Echo(500, 'oauth'),
    Parroting(401),
    CutEcho(265),
    CutEcho(280),
    faults.Body(b'<html>no events</html>'),
    faults.Redirect('http://user:secret@127.0.0.1:9/'),
    faults.NextLink(host='evil.example', userinfo='user:secret'),
    faults.DroppedConnection(),
]


class Session:
    """One process over one root. What can be seen beside the files goes to `seen/` below the root."""

    def __init__(self, root: Path, life: ExitStack) -> None:
        self.root = root
        self.life = life
        self.secrets: dict[str, str] = {'passphrase': PASSPHRASE}
        self._seen = 0
        self.okta = life.enter_context(OktaSimulator())
        # Nothing here is about limits.
        self.okta.org_rate_limit = self.okta.token_rate_limit = 10**6
        self.okta.emit(20)
        signing_key = ec.generate_private_key(ec.SECP384R1())
        self.okta.register_key({**ECAlgorithm.to_jwk(signing_key.public_key(), as_dict=True), 'kid': 'kid-mara'})
        self.secrets['api key'] = self.okta.api_key
        self.secrets['client secret'] = self.okta.client_secret
        self.plain_pem = _pem(signing_key, NoEncryption())
        self.encrypted_pem = _pem(signing_key, BestAvailableEncryption(PASSPHRASE.encode()))
        for name, pem in (('key', self.plain_pem), ('encrypted key', self.encrypted_pem)):
            self.secrets |= _lines_of(name, pem)
        self._watch_ephemeral_keys()

    def secret(self, name: str, value: str) -> str:
        self.secrets[name] = value
        return value

    # The ways in

    @property
    def by_api_key(self) -> Instance:
        return {'domain': self.okta.url, 'api_key': self.okta.api_key}

    @property
    def by_client_secret(self) -> Instance:
        return {'domain': self.okta.url, 'client_id': self.okta.client_id, 'client_secret': self.okta.client_secret}

    @property
    def by_private_key(self) -> Instance:
        return {
            'domain': self.okta.url,
            'client_id': self.okta.service_app_id,
            'private_key': self.encrypted_pem,
            'private_key_passphrase': PASSPHRASE,
            'private_key_id': 'kid-mara',
        }

    # Lives

    def live(
        self, *instances: Instance, suffers: bool = False, init_config: Instance | None = None, **settings: Any
    ) -> None:
        """One life of the Agent, at trace level: each instance runs, is diagnosed and runs again."""
        # The first start makes this process an Agent's.
        agent = AgentStandIn(self.root, own_process=not self._seen)
        agent.set_config(**{'log_level': 'trace', 'proxy': {}, **settings})
        options = {'log_requests': True, 'timeout': 0.2}
        configured = [
            {**options, **instance, 'event_filter': f'eventType sw "workflows." or eventType eq "n{number}"'}
            for number, instance in enumerate(instances)
        ]
        agent.configure(NAME, {'init_config': init_config or {}, 'instances': configured, 'logs': LOGS_SECTION})
        with agent:
            for instance in agent.checks:
                instance.run(agent.clock, agent.log)
                for fault in HARM if suffers else ():
                    for path in (LOG_PATH, TOKEN_PATH):
                        self._suffer(agent, instance, fault, path)
                self._diagnose(instance)
                instance.run(agent.clock, agent.log)
            self._see('status', agent.status())
            self._see('results', json.dumps([result.__dict__ for instance in agent.checks for result in instance.runs]))
            self._see('issues', json.dumps(agent.datadog_agent.issues))
            self._see('metadata', json.dumps(list(agent.datadog_agent.metadata.items()), default=str))

    def _suffer(self, agent: AgentStandIn, instance: CheckInstance, fault: faults.Fault, path: str) -> None:
        self.okta.faults.add(fault, path=path, times=None)
        if path == TOKEN_PATH:
            # So that a new token is asked for.
            self.okta.authorization.revoke_tokens()
        instance.run(agent.clock, agent.log)
        self._diagnose(instance)
        self.okta.faults.clear()

    def _diagnose(self, instance: CheckInstance) -> None:
        self._see('diagnoses', instance.check.get_diagnoses())

    def _see(self, kind: str, text: str) -> None:
        self._seen += 1
        path = self.root / 'seen' / f'{self._seen:03} {kind}.txt'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, 'utf-8')

    def _watch_ephemeral_keys(self) -> None:
        generate = ec.generate_private_key

        def generate_and_tell(*arguments: Any, **options: Any) -> ec.EllipticCurvePrivateKey:
            key = generate(*arguments, **options)
            number = sum(name.startswith('ephemeral') for name in self.secrets)
            self.secrets[f'ephemeral key {number}'] = ECAlgorithm.to_jwk(key, as_dict=True)['d']
            return key

        vars(ec)['generate_private_key'] = generate_and_tell

    def add_what_was_sent(self) -> None:
        """Every credential that the org received. A proof (DPoP) is none: it is worth nothing without its token."""
        known = set(self.secrets.values())
        for request in self.okta.requests:
            authorization, for_proxy = (
                request.headers.get(name, '').partition(' ')[2] for name in ('Authorization', 'Proxy-Authorization')
            )
            # Without a signature, the rest of an assertion opens nothing.
            signature = parse_qs(request.body).get('client_assertion', [''])[0].rpartition('.')[2]
            sent = {'token or pair': authorization, 'pair for a proxy': for_proxy, 'assertion': signature}
            for kind, value in sent.items():
                if value and value not in known:
                    known.add(value)
                    self.secrets[f'{kind} {len(known)}'] = value


def _pem(key: ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def _lines_of(name: str, pem: str) -> Mapping[str, str]:
    lines = [line for line in pem.splitlines() if not line.startswith('-----')]
    # The first line is the same for many keys.
    return {f'{name}, line {number}': line for number, line in enumerate(lines[1:], 2)}


def play(session: Session, *, whole: bool) -> None:
    """Life after life; only the shortest unless it is the `whole` session."""
    session.live(session.by_api_key, suffers=True)
    if not whole:
        return
    okta = session.okta
    cookie = {'Cookie': f'sid={session.secret("cookie", "eyJhbGciOiJub25lIn0Zk3vR9tQ5wXy7LmN1bC4")}'}
    session.live(
        {**session.by_client_secret, 'extra_headers': cookie},
        session.by_private_key,
        suffers=True,
    )
    okta.dpop_required = okta.dpop_nonce_on_api = True
    session.live(session.by_private_key, suffers=True)
    okta.dpop_required = okta.dpop_nonce_on_api = False
    session.live(*misconfigured(session))
    session.live(*misrouted(session))
    for place in ('init_config', 'datadog.yaml', 'environment'):
        for sign in ('', '/', '['):
            behind_another_proxy(session, place, sign)
    session.add_what_was_sent()


def misconfigured(session: Session) -> Iterator[Instance]:
    """Secrets in the wrong options, and wrong ones in the right options."""
    good = session.by_api_key
    key = session.by_private_key
    without_key = {option: value for option, value in key.items() if not option.startswith('private_key')}
    token = session.secret('token in the wrong place', '00mZq7ZxLw3vNn5Yp1kT9cRb2dHs6fGj8QaWeXuVi4')
    secret = session.secret('secret in the wrong place', 'Zk3-vR9_tQ5wXy7LmN1bC4dF6gH8jK0pS2aU')
    yield {**good, 'domain': token}
    yield {**good, 'domain': f'https://mara:{secret}@acme.okta.com'}
    yield {**good, 'domain': f'{good["domain"]}/?token={token}'}
    yield {**good, 'domain': f'SSWS {token}'}
    yield {**good, 'api_key': f'{token[:20]}\n{token[20:]}'}
    yield {**good, 'api_key': f'{token}\u00e9'}
    yield {**good, 'api_key': {'value': token}}
    yield {**good, 'api_key': [token]}
    yield {**good, 'api_key': f'Bearer {token}'}
    yield {'domain': good['domain'], 'api_tokn': token}
    yield {'domain': good['domain'], 'client_id': secret, 'client_secret': secret}
    yield {**session.by_client_secret, 'client_secret': secret}
    yield {**session.by_client_secret, 'client_secret': int(session.secret('number', '98765432109876'))}
    yield {**session.by_client_secret, 'client_secret': f'ENC[{secret}'}
    yield {**good, 'client_id': '0oa', 'client_secret': secret}
    yield {**without_key, 'private_key_path': session.plain_pem, 'private_key_id': 'kid'}
    yield {**without_key, 'private_key_path': f'/etc/{secret}', 'private_key': session.plain_pem, 'private_key_id': 'k'}
    yield {**without_key, 'private_key': secret, 'private_key_id': 'kid'}
    yield {**key, 'private_key_passphrase': secret}
    yield {**{option: value for option, value in key.items() if option != 'private_key_passphrase'}}
    yield {**key, 'private_key': session.plain_pem}
    yield {**key, 'private_key': session.encrypted_pem.replace('A', 'B')}
    yield {**key, 'private_key_id': session.plain_pem}
    yield {**key, 'private_key_id': secret}
    yield {**good, 'username': 'mara', 'password': secret}
    yield {**good, 'auth_token': {'reader': {'type': 'oauth', 'url': 'x', 'client_id': 'y', 'client_secret': secret}}}
    yield {**good, 'headers': {'Authorization': f'SSWS {token}'}}
    yield {**good, 'extra_headers': {'Cookie': f'sid={secret}', 'X-Gateway-Key': token}}
    yield {**good, 'extra_headers': {'X-Gateway-Key': f'{token}\n'}}
    yield {**good, 'headers': token}
    yield {**good, 'tls_private_key': session.plain_pem, 'tls_cert': session.plain_pem}
    yield {**good, 'tls_private_key_password': secret}
    yield {**good, 'timeout': secret}


def misrouted(session: Session) -> Iterator[Instance]:
    """Proxies that refuse, are not there, are no URLs, or say who asked."""
    password = session.secret('password of a proxy', 'hunter2:of/proxy@9')
    encoded = quote(password, safe='')
    session.secret('pair for a proxy', f'{PROXY_USER}:{password}')
    user = f'{PROXY_USER}:{encoded}'
    strict = session.life.enter_context(HttpProxy(PROXY_USER, password))
    strict_socks = session.life.enter_context(SocksProxy(PROXY_USER, password))
    other = session.life.enter_context(HttpProxy(PROXY_USER, 'another'))
    other_socks = session.life.enter_context(SocksProxy(PROXY_USER, 'another'))
    urls = [
        f'http://{user}@{strict.address}',
        f'socks5://{user}@{strict_socks.address}',
        f'socks5h://{user}@{strict_socks.address}',
        f'http://{user}@{other.address}',
        f'socks5://{user}@{other_socks.address}',
        f'http://{user}@{CLOSED}',
        f'socks5://{user}@{CLOSED}',
        f'https://{user}@{strict.address}',
        # The org itself answers as the proxy, and gives back what it was asked.
        f'http://{user}@{session.okta.url.removeprefix("http://")}',
        # As people write them.
        f'{user}@{CLOSED}',
        f'http://{PROXY_USER}:{password}@{CLOSED}',
        *(f'http://{PROXY_USER}:{_awkward(session, sign)}@{CLOSED}' for sign in '/#?@:[]% \\\u00e9'),
        f'http://{user}@{CLOSED}:x',
        f'http://{user}@[{CLOSED}',
        f'http://{user}@',
        f'ftp://{user}@{CLOSED}',
        f'socks4://{user}@{CLOSED}',
        f'sock5://{user}@{CLOSED}',
        f'HTTP://{user}@{CLOSED}',
        f' http://{user}@{CLOSED}',
        f'//{user}@{CLOSED}',
        f'http:/{user}@{CLOSED}',
        f'http:{user}@{CLOSED}',
    ]
    for url in urls:
        yield {**session.by_client_secret, 'proxy': {'http': url, 'https': url}}
        if CLOSED in url and 'Tr0ub4dor' not in url:
            yield {**session.by_api_key, 'domain': 'https://localhost:9', 'proxy': {'http': url, 'https': url}}
    yield {**session.by_api_key, 'proxy': urls[0]}
    yield {**session.by_api_key, 'proxy': [urls[0]]}
    yield {**session.by_api_key, 'proxy': {'http': [urls[0]]}}
    yield {**session.by_api_key, 'proxy': {'http': {'url': urls[0]}}}
    yield {**session.by_api_key, 'proxy': {'http': 'http://127.0.0.1:9', 'no_proxy': [urls[0]]}}
    yield {**session.by_api_key, 'proxy': {'all': urls[0], 'http://127.0.0.1': urls[0]}}


def _awkward(session: Session, sign: str) -> str:
    """A password that is not encoded though it needs to be. What stands before the sign is a good part of it."""
    session.secret('part of a password', 'Tr0ub4dor')
    return session.secret(f'password with {sign!r}', f'Tr0ub4dor{sign}and3moreWords')


def behind_another_proxy(session: Session, place: str, sign: str) -> None:
    """Nothing listens there, and a password with a `sign` makes no URL."""
    password = _awkward(session, sign) if sign else session.secret(f'password in {place}', f'pr0xy-pass-word-{place}')
    url = f'http://{PROXY_USER}:{password}@{CLOSED}'
    setting: Instance = {'proxy': {'http': url, 'https': url}}
    environment = {'HTTP_PROXY': url, 'HTTPS_PROXY': url} if place == 'environment' else {}
    os.environ.update(environment)
    session.live(
        session.by_client_secret,
        init_config=setting if place == 'init_config' else {},
        **(setting if place == 'datadog.yaml' else {}),
    )
    for name in environment:
        del os.environ[name]


def weaken(what: str) -> None:
    """Switch off a part of the protection, to see whether its absence is noticed."""
    # Not before this process is an Agent's.
    from datadog_checks.okta_workflows import OktaWorkflowsCheck

    def unchanged(self: object, text: str) -> str:
        return text

    def forgotten(self: object, secret: str) -> None:
        pass

    replacement = unchanged if what == 'sanitize' else forgotten
    setattr(OktaWorkflowsCheck, what, replacement)


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m verification.hygiene.session')
    parser.add_argument('root', type=Path)
    parser.add_argument('secrets', type=Path, help='where to write what is secret')
    parser.add_argument('--without', choices=['sanitize', 'register_secret'], help='a protection to switch off')
    options = parser.parse_args()
    with ExitStack() as life:
        session = Session(options.root, life)
        if options.without:
            session.live()
            weaken(options.without)
        play(session, whole=not options.without)
        options.secrets.write_text(json.dumps(session.secrets), 'utf-8')


if __name__ == '__main__':
    main()
