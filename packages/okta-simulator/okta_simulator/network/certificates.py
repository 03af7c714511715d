# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A private certificate authority, created when a test needs one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

VALIDITY = timedelta(days=1)
Validity = Literal['valid', 'expired', 'future']
# The end of a certificate from now, as a multiple of `VALIDITY`. Each certificate begins two multiples before its end.
ENDS: dict[Validity, int] = {'valid': 1, 'expired': -1, 'future': 3}


@dataclass(frozen=True)
class Credential:
    """A certificate, the intermediate certificates above it without the root, and its private key."""

    certificates: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey

    def write(self, directory: Path, name: str, *, password: str | None = None) -> tuple[Path, Path]:
        """Write PEM files, and return the paths of the certificates and of the key, which `password` encrypts."""
        chain, key = directory / f'{name}.pem', directory / f'{name}.key'
        chain.write_bytes(b''.join(certificate.public_bytes(Encoding.PEM) for certificate in self.certificates))
        encryption: KeySerializationEncryption = NoEncryption()
        if password is not None:
            encryption = BestAvailableEncryption(password.encode())
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return chain, key


@dataclass(frozen=True)
class CertificateAuthority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()
    """The certificates that a server must also send: from this authority up to the root, without the root."""

    @classmethod
    def root(cls, name: str = 'Test root') -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(_authority_request(name, key), _name(name), key, key)
        return cls(certificate, key)

    def intermediate(self, name: str = 'Test intermediate') -> CertificateAuthority:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(_authority_request(name, key), self.certificate.subject, key, self.key)
        return CertificateAuthority(certificate, key, (certificate, *self.chain))

    def server(self, *hosts: str, validity: Validity = 'valid') -> Credential:
        """Issue a server certificate for host names and IP addresses."""
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        request = _request(hosts[0]).add_extension(names, critical=False)
        return self._issue(request, ExtendedKeyUsageOID.SERVER_AUTH, validity)

    def client(self, name: str) -> Credential:
        return self._issue(_request(name), ExtendedKeyUsageOID.CLIENT_AUTH)

    def write(self, directory: Path, name: str = 'authority') -> Path:
        """Write the authority's certificate to a PEM file, as a client's `tls_ca_cert` requires it."""
        path = directory / f'{name}.pem'
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def _issue(
        self, request: x509.CertificateBuilder, purpose: ObjectIdentifier, validity: Validity = 'valid'
    ) -> Credential:
        key = ec.generate_private_key(ec.SECP256R1())
        request = request.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        request = request.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        certificate = _sign(request, self.certificate.subject, key, self.key, validity)
        return Credential((certificate, *self.chain), key)


def _request(name: str) -> x509.CertificateBuilder:
    return x509.CertificateBuilder().subject_name(_name(name))


def _authority_request(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        _request(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(
    request: x509.CertificateBuilder,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signing_key: ec.EllipticCurvePrivateKey,
    validity: Validity = 'valid',
) -> x509.Certificate:
    ends = datetime.now(UTC) + VALIDITY * ENDS[validity]
    # OpenSSL's strict checks, which are Python's default since 3.13, require that a certificate names the key of the
    # authority that signed it.
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    return (
        request.issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - 2 * VALIDITY)
        .not_valid_after(ends)
        .add_extension(authority, critical=False)
        .sign(signing_key, SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
