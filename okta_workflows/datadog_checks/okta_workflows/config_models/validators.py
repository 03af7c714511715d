# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the specification of the options cannot say. The model names the option before each message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datadog_checks.okta_workflows.origin import parse_origin
from datadog_checks.okta_workflows.redaction import without_scheme

from . import defaults

if TYPE_CHECKING:
    from .instance import InstanceConfig

# They would set or replace the `Authorization` header, send it twice, or follow a redirect with it.
FOREIGN_AUTHENTICATION = (
    'auth_token',
    'auth_type',
    'aws_host',
    'aws_region',
    'aws_service',
    'kerberos_auth',
    'kerberos_cache',
    'kerberos_keytab',
    'kerberos_principal',
    'ntlm_domain',
    'password',
    'username',
)
PRINTABLE = re.compile(r'[\x21-\x7e]+')


def initialize_instance(values: dict[str, Any], **_: Any) -> dict[str, Any]:
    foreign = [option for option in FOREIGN_AUTHENTICATION if values.get(option) is not None]
    if foreign:
        raise ValueError(f'{_quoted(foreign)}: Okta takes none of these. Remove them; {WAYS}')
    return values


def instance_domain(value: Any, **_: Any) -> Any:
    return str(parse_origin(value)) if isinstance(value, str) else value


def instance_api_key(value: Any, **_: Any) -> Any:
    return _credential(without_scheme(value)) if isinstance(value, str) else value


def instance_client_id(value: Any, **_: Any) -> Any:
    return _credential(value) if isinstance(value, str) else value


def instance_client_secret(value: Any, **_: Any) -> Any:
    return _credential(value) if isinstance(value, str) else value


def instance_event_filter(value: Any, **_: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError('it is empty: remove the option to collect every Workflows event')
    return _or_default(value, defaults.instance_event_filter)


def instance_initial_lookback_hours(value: Any, **_: Any) -> Any:
    return _or_default(value, defaults.instance_initial_lookback_hours)


def check_instance(model: InstanceConfig) -> InstanceConfig:
    by_client = {'client_id': model.client_id, 'client_secret': model.client_secret}
    missing = [option for option, value in by_client.items() if value is None]
    if model.api_key is not None and len(missing) < len(by_client):
        given = [option for option in by_client if option not in missing]
        raise ValueError(f'`api_key` and {_quoted(given)} are both set: {WAYS}')
    if model.api_key is None and missing:
        half = len(missing) < len(by_client)
        raise ValueError(f'{_quoted(missing)} is missing: {WAYS}' if half else f'no credential is set: {WAYS}')
    return model


WAYS = 'set either `api_key`, or both `client_id` and `client_secret`'


def _credential(value: str) -> str:
    text = value.strip()
    if not text:
        raise ValueError('it is empty: set it to the value that Okta showed when it was created, or remove the option')
    if text.startswith('ENC['):
        raise ValueError('the secret was not resolved: check `secret_backend_command` in `datadog.yaml`')
    if text.startswith('<') and text.endswith('>'):
        raise ValueError('it is still the placeholder of the example: set it to the value that Okta showed')
    # Anything else ends in a header that no client sends, with an error that shows its value.
    if PRINTABLE.fullmatch(text) is None:
        raise ValueError('it holds blanks, line breaks or letters outside ASCII: copy the value from Okta again')
    return text


def _or_default(value: Any, default: Callable[[], Any]) -> Any:
    # An option without a value is what is left when somebody clears it.
    return default() if value is None else value


def _quoted(options: list[str]) -> str:
    return ', '.join(f'`{option}`' for option in options)
