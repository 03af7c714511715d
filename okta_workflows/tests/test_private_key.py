# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Which keys are taken, what is said of the others, and what is signed with them.

The keys that Okta takes: Okta docs, docs/guides/implement-oauth-for-okta-serviceapp.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from datadog_checks.okta_workflows.okta.private_key import PrivateKey, load_private_key, read_key_file

from .fake_clock import NOW
from .fake_okta import FakeOkta
from .keys import pkcs8

PASSPHRASE = 'korrekt-häst'
TOKEN_URL = 'https://acme.okta.com/oauth2/v1/token'


def traditional(key: Any) -> str:
    """PKCS#1 for RSA, SEC 1 for EC."""
    text: str = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    return text


def encrypted(key: Any, private_format: PrivateFormat = PrivateFormat.PKCS8) -> str:
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    text: str = key.private_bytes(Encoding.PEM, private_format, encryption).decode()
    return text


def damaged(pem: str) -> str:
    first, middle, *rest = pem.splitlines()
    return '\n'.join([first, middle[::-1], *rest])


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'acme')])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


def complaint(pem: str, passphrase: str | None = None) -> str:
    with pytest.raises(ValueError) as refused:
        load_private_key(pem, passphrase)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value)


# What is taken


@pytest.mark.parametrize('bits', [2048, 3072])
def test_rsa_keys_of_at_least_2048_bits_are_taken(bits: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    assert load_private_key(pkcs8(key), None).algorithm == 'RS256'


@pytest.mark.parametrize(
    ('curve', 'algorithm'),
    [
        pytest.param(ec.SECP256R1(), 'ES256', id='P-256'),
        pytest.param(ec.SECP384R1(), 'ES384', id='P-384'),
        pytest.param(ec.SECP521R1(), 'ES512', id='P-521'),
    ],
)
def test_ec_keys_are_used_with_the_algorithm_of_their_curve(curve: ec.EllipticCurve, algorithm: str) -> None:
    key = load_private_key(pkcs8(ec.generate_private_key(curve)), None)
    assert key.algorithm == algorithm
    assertion = key.client_assertion('0oa1', 'kid-1', TOKEN_URL, NOW)
    assert jwt.get_unverified_header(assertion)['alg'] == algorithm


def test_either_form_of_pem_is_read(rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    for key in (rsa_key, ec_key):
        for pem in (pkcs8(key), traditional(key)):
            assert load_private_key(pem, None).key.private_numbers() == key.private_numbers()


@pytest.mark.parametrize(
    'private_format',
    [pytest.param(PrivateFormat.PKCS8, id='pkcs8'), pytest.param(PrivateFormat.TraditionalOpenSSL, id='traditional')],
)
def test_an_encrypted_key_is_read_with_its_passphrase(
    private_format: PrivateFormat, rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    for key in (rsa_key, ec_key):
        pem = encrypted(key, private_format)
        assert load_private_key(pem, PASSPHRASE).key.private_numbers() == key.private_numbers()


@pytest.mark.parametrize(
    'write',
    [
        pytest.param(lambda pem: pem.replace('\n', '\\n'), id='line-breaks-written-out'),
        pytest.param(lambda pem: pem.replace('\n', '\r\n'), id='windows'),
        pytest.param(lambda pem: f'\n  {pem}\n\n', id='blanks-around'),
        pytest.param(lambda pem: f'\ufeff{pem}', id='byte-order-mark'),
        pytest.param(lambda pem: f'Bag Attributes\n    friendlyName: okta\n{pem}', id='text-before'),
        pytest.param(lambda pem: pem.rstrip('\n'), id='no-line-break-at-the-end'),
    ],
)
def test_a_key_is_read_however_it_was_copied(write: Any, rsa_key: rsa.RSAPrivateKey) -> None:
    assert load_private_key(write(pkcs8(rsa_key)), None).key.private_numbers() == rsa_key.private_numbers()


def test_a_key_file_is_read_as_it_is(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    path = tmp_path / 'okta.pem'
    path.write_text(pkcs8(rsa_key))
    assert read_key_file(str(path)) == pkcs8(rsa_key)


@pytest.mark.parametrize(
    'content',
    [
        pytest.param(lambda pem: pem.encode('utf-8-sig'), id='byte-order-mark'),
        pytest.param(lambda pem: f'friendlyName: Schlüssel\n{pem}'.encode(), id='utf-8-before-the-key'),
        pytest.param(lambda pem: pem.replace('\n', '\r\n').encode('utf-8-sig'), id='byte-order-mark-and-windows'),
    ],
)
def test_a_key_file_is_read_in_the_encoding_that_an_editor_gave_it(
    content: Any, tmp_path: Path, rsa_key: rsa.RSAPrivateKey
) -> None:
    path = tmp_path / 'okta.pem'
    path.write_bytes(content(pkcs8(rsa_key)))
    key = load_private_key(read_key_file(str(path)), None)
    assert key.key.private_numbers() == rsa_key.private_numbers()


def test_an_encrypted_key_file_may_have_windows_line_breaks(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    path = tmp_path / 'okta.pem'
    for private_format in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        path.write_bytes(encrypted(rsa_key, private_format).replace('\n', '\r\n').encode())
        key = load_private_key(read_key_file(str(path)), PASSPHRASE)
        assert key.key.private_numbers() == rsa_key.private_numbers()


# What is rejected


def test_an_rsa_key_that_is_too_short_is_refused_with_both_lengths() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert complaint(pkcs8(key)) == 'the key has 1024 bits: an RSA key must have at least 2048'


@pytest.mark.parametrize(
    'make',
    [
        pytest.param(ed25519.Ed25519PrivateKey.generate, id='ed25519'),
        pytest.param(lambda: dsa.generate_private_key(1024), id='dsa'),
        pytest.param(lambda: ec.generate_private_key(ec.SECP256K1()), id='secp256k1'),
    ],
)
def test_a_key_of_another_kind_is_refused_with_those_that_are_taken(make: Any) -> None:
    assert complaint(pkcs8(make())) == (
        'Okta does not accept a key of this type: use RSA, or EC on the curves P-256, P-384, or P-521'
    )


def test_a_public_key_or_a_certificate_is_named_as_such(rsa_key: rsa.RSAPrivateKey) -> None:
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for pem in (public, certificate(rsa_key)):
        assert complaint(pem).startswith('this is a public key or a certificate: use the file with the private key')


@pytest.mark.parametrize('text', ['', 'hunter2', '{"kty": "RSA", "d": "hunter2"}', '-----END PRIVATE KEY-----'])
def test_what_is_not_pem_is_refused_with_how_pem_looks(text: str) -> None:
    assert complaint(text).startswith('the key is not in PEM form: it must begin with `-----BEGIN`')


def test_a_damaged_key_is_to_be_copied_again(rsa_key: rsa.RSAPrivateKey) -> None:
    whole = pkcs8(rsa_key)
    for pem in (damaged(whole), whole[: len(whole) // 2]):
        assert complaint(pem) == 'the key is damaged: copy it again, with all of its lines'


def test_an_openssh_key_is_not_called_damaged(rsa_key: rsa.RSAPrivateKey) -> None:
    """`ssh-keygen` writes this form unless told otherwise: copying it again does not help."""
    pem = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    try:
        assert load_private_key(pem, None).algorithm == 'RS256'
    except ValueError as refused:
        assert 'damaged' not in str(refused)


def test_an_encrypted_key_asks_for_its_passphrase(rsa_key: rsa.RSAPrivateKey) -> None:
    for private_format in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        for passphrase in (None, ''):
            assert complaint(encrypted(rsa_key, private_format), passphrase) == (
                'the key is encrypted: set `private_key_passphrase`'
            )


def test_a_wrong_passphrase_is_named(rsa_key: rsa.RSAPrivateKey) -> None:
    for private_format in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        assert complaint(encrypted(rsa_key, private_format), 'hunter2') == (
            'the key cannot be decrypted: check `private_key_passphrase`'
        )


def test_a_passphrase_that_is_not_needed_is_named(rsa_key: rsa.RSAPrivateKey) -> None:
    """It hints at the wrong file."""
    for pem in (pkcs8(rsa_key), traditional(rsa_key)):
        assert complaint(pem, 'hunter2') == 'the key is not encrypted: remove `private_key_passphrase`'


def test_no_complaint_shows_a_part_of_the_key_or_the_passphrase(rsa_key: rsa.RSAPrivateKey) -> None:
    short = pkcs8(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    for pem, passphrase in [
        (damaged(pkcs8(rsa_key)), None),
        (damaged(pkcs8(rsa_key)), 'hunter2'),
        (pkcs8(rsa_key), 'hunter2'),
        (encrypted(rsa_key), None),
        (encrypted(rsa_key), 'hunter2'),
        (short, None),
        ('hunter2', None),
    ]:
        said = complaint(pem, passphrase)
        assert not [line for line in pem.splitlines() if line in said]
        assert 'hunter2' not in said


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    for path, reason in [(tmp_path / 'none.pem', 'No such file or directory'), (tmp_path, 'Is a directory')]:
        with pytest.raises(ValueError) as refused:
            read_key_file(str(path))
        assert str(refused.value) == (
            f'`{path}` cannot be read ({reason}): check the path, and grant read access to the user that runs the Agent'
        )


def test_a_file_without_permission_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run as root, whom no permission stops."""

    def denied(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr('datadog_checks.okta_workflows.okta.private_key.Path.read_bytes', denied)
    with pytest.raises(ValueError, match=r'`/etc/okta.pem` cannot be read \(Permission denied\)'):
        read_key_file('/etc/okta.pem')


def test_a_key_in_the_place_of_its_path_is_not_shown(rsa_key: rsa.RSAPrivateKey) -> None:
    with pytest.raises(ValueError) as refused:
        read_key_file(pkcs8(rsa_key))
    assert str(refused.value) == 'the option holds a key instead of a path: use `private_key` for the key itself'


def test_a_binary_file_is_not_a_pem_file(tmp_path: Path) -> None:
    path = tmp_path / 'okta.der'
    path.write_bytes(b'\x30\x82\x04\xbd\x02')
    with pytest.raises(ValueError, match=f'`{path}` is not a PEM file: convert the key to PEM'):
        read_key_file(str(path))


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-le', 'utf-16-be'])
def test_a_key_file_in_utf_16_is_named_with_how_to_convert_it(
    encoding: str, tmp_path: Path, rsa_key: rsa.RSAPrivateKey
) -> None:
    """In Windows PowerShell 5.1, `>` writes UTF-16."""
    path = tmp_path / 'okta.pem'
    path.write_text(pkcs8(rsa_key), encoding)
    with pytest.raises(ValueError) as refused:
        read_key_file(str(path))
    assert str(refused.value).startswith(f'`{path}` is in UTF-16: convert the file to UTF-8')
    assert 'Set-Content -Encoding UTF8' in str(refused.value)
    assert 'iconv -f UTF-16 -t UTF-8' in str(refused.value)


# The assertion


@pytest.fixture
def key(rsa_key: rsa.RSAPrivateKey) -> PrivateKey:
    return load_private_key(pkcs8(rsa_key), None)


def test_an_assertion_says_who_asks_where_and_until_when(key: PrivateKey, rsa_key: rsa.RSAPrivateKey) -> None:
    assertion = key.client_assertion('0oa1', 'kid-1', TOKEN_URL, NOW + 0.9)
    header = jwt.get_unverified_header(assertion)
    assert (header['alg'], header['kid']) == ('RS256', 'kid-1')
    claims = jwt.decode(assertion, rsa_key.public_key(), ['RS256'], audience=TOKEN_URL, options={'verify_exp': False})
    assert {name: value for name, value in claims.items() if name != 'jti'} == {
        'iss': '0oa1',
        'sub': '0oa1',
        'aud': TOKEN_URL,
        'exp': int(NOW) + 1200,
    }


def test_no_two_assertions_are_alike(key: PrivateKey) -> None:
    claims = [
        jwt.decode(key.client_assertion('0oa1', 'kid-1', TOKEN_URL, NOW), options={'verify_signature': False})
        for _ in range(10)
    ]
    assert len({each['jti'] for each in claims}) == 10


# What it costs those who do not need it

PROBE = textwrap.dedent(
    """
    import sys
    from datadog_checks.base.stubs import datadog_agent
    from datadog_checks.okta_workflows import OktaWorkflowsCheck

    def signers():
        # A lazy import leaves an empty module of the first name only.
        return {name for name in sys.modules if name.startswith(('jwt.', 'cryptography.'))}

    before = signers()
    datadog_agent._config['logs_enabled'] = True
    credentials = dict(option.split('=', 1) for option in sys.argv[2:])
    check = OktaWorkflowsCheck('okta_workflows', {}, [{'domain': sys.argv[1], 'verify_delivery': False, **credentials}])
    print(check.run())
    print(sorted(signers() - before))
    """
)


def probe(domain: str, credentials: dict[str, str]) -> tuple[str, str]:
    """What a run in a process of its own reports, and which signing modules it has loaded beyond those of the base."""
    process = subprocess.run(
        [sys.executable, '-c', PROBE, domain, *(f'{name}={value}' for name, value in credentials.items())],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    )
    report, modules = process.stdout.splitlines()[-2:]
    return report, modules


def test_only_a_private_key_loads_the_libraries_that_sign(okta: FakeOkta) -> None:
    with_key = {'client_id': okta.service_app_id, 'private_key': okta.private_key_pem, 'private_key_id': okta.key_id}
    assert probe(okta.url, {'api_key': okta.api_key}) == ('', '[]')
    assert probe(okta.url, {'client_id': okta.client_id, 'client_secret': okta.client_secret}) == ('', '[]')
    report, modules = probe(okta.url, with_key)
    assert report == ''
    assert "'cryptography." in modules
    assert "'jwt." in modules
    assert len(okta.requests) >= 5
    assert {request.status for request in okta.requests} == {200}
