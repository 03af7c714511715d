# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Something valid in the place of options that cannot be judged, so that the check can judge the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

KEY_OPTIONS = ('private_key', 'private_key_path', 'private_key_passphrase')


def with_stand_ins(instance: Mapping[str, Any], replaced: Collection[str]) -> dict[str, Any]:
    complete = {name: value for name, value in instance.items() if name not in replaced}
    for option in replaced:
        match option:
            case 'domain':
                complete['domain'] = f'{_likeness(instance.get(option))}.okta.com'
            case 'api_key' | 'client_id' | 'client_secret' | 'private_key_id' | 'event_filter':
                complete[option] = _likeness(instance.get(option))
    if not set(KEY_OPTIONS).isdisjoint(replaced):
        # Key and passphrase can be judged together only.
        for option in KEY_OPTIONS:
            complete.pop(option, None)
        if 'private_key' in instance or 'private_key_path' in instance:
            complete['private_key'] = _private_key()
        if 'private_key' in instance and 'private_key_path' in instance:
            # Which is one too many, whatever they hold.
            complete['private_key_path'] = 'any'
    return complete


def _likeness(value: object) -> str:
    """The same for the same value, as tells whether two instances are one."""
    return sha256(repr(value).encode()).hexdigest()[:16]


@cache
def _private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
