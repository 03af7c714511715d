# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How a client proves who it is, and what it asked for."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from datadog_checks.okta_workflows.okta.auth import ClientSecret, SignedAssertion
from datadog_checks.okta_workflows.okta.private_key import load_private_key
from okta_simulator import OktaSimulator, RecordedRequest
from verification.world.scenario import pkcs8

LOGS = '/api/v1/logs'
TOKEN = '/oauth2/v1/token'


def client_secret(okta: OktaSimulator) -> ClientSecret:
    return ClientSecret(okta.client_id, okta.client_secret)


def signed_assertion(okta: OktaSimulator, key: ec.EllipticCurvePrivateKey) -> SignedAssertion:
    """The service app with `key`, which the org knows."""
    okta.register_key({**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), 'kid': 'kid-1'})
    return SignedAssertion(okta.service_app_id, load_private_key(pkcs8(key), None), 'kid-1')


def token_requests(okta: OktaSimulator) -> list[RecordedRequest]:
    return [request for request in okta.requests if request.path == TOKEN]


def page_requests(okta: OktaSimulator) -> list[RecordedRequest]:
    return [request for request in okta.requests if request.path == LOGS]
