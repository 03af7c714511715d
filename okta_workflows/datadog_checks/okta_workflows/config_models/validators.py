# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the specification of the options cannot say. The model names the option before each message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datadog_checks.okta_workflows.origin import parse_origin
from datadog_checks.okta_workflows.private_key import load_private_key, read_key_file
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
PROXY_URL = re.compile(
    r'(https?|socks[45]|socks4a|socks5h)://([^\s/?#@\[\]\\]+@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?'
)
PRINTABLE = re.compile(r'[\x21-\x7e]+')


def initialize_instance(values: dict[str, Any], **_: Any) -> dict[str, Any]:
    foreign = [option for option in FOREIGN_AUTHENTICATION if values.get(option) is not None]
    if foreign:
        raise ValueError(f'{_quoted(foreign)}: Okta takes none of these. Remove them; {WAYS}')
    return values


def instance_proxy(value: Any, **_: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name, url in value.items():
        if name != 'no_proxy' and isinstance(url, str) and PROXY_URL.fullmatch(url) is None:
            raise ValueError(
                f'`{name}` must have the form `http://host:port` or `http://user:password@host:port` (or `https`, '
                '`socks5`, `socks5h`): percent-encode special characters in user and password'
            )
    no_proxy = value.get('no_proxy')
    return {**value, 'no_proxy': re.split(r'[,;\s]+', no_proxy.strip())} if isinstance(no_proxy, str) else value


shared_proxy = instance_proxy


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


def instance_private_key(value: Any, **_: Any) -> Any:
    return _resolved(value)


def instance_private_key_passphrase(value: Any, **_: Any) -> Any:
    return _resolved(value)


def instance_private_key_id(value: Any, **_: Any) -> Any:
    return _credential(value) if isinstance(value, str) else value


def check_instance(model: InstanceConfig) -> InstanceConfig:
    given = [option for option in CREDENTIALS if getattr(model, option) is not None]
    if not given:
        raise ValueError(f'no credential is set: {WAYS}')
    fitting = [way for way in WAYS_IN if set(given) <= way.allowed]
    if not fitting:
        raise ValueError(f'{_quoted(given)} do not go together: {WAYS}')
    missing = [option for option in fitting[0].required if option not in given]
    if missing:
        raise ValueError(f'{_quoted(missing)} is missing beside {_quoted(given)}: {WAYS}')
    if model.private_key is not None or model.private_key_path is not None:
        option, pem = 'private_key', model.private_key or ''
        try:
            if model.private_key_path is not None:
                option = 'private_key_path'
                pem = read_key_file(model.private_key_path)
            load_private_key(pem, model.private_key_passphrase)
        except ValueError as error:
            raise ValueError(f'`{option}`: {error}') from None
    return model


@dataclass(frozen=True)
class WayIn:
    """The options of one way of authentication."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def allowed(self) -> set[str]:
        return {*self.required, *self.optional}


# In the order in which a half-given set of options is taken for one of them.
WAYS_IN = (
    WayIn(('api_key',)),
    WayIn(('client_id', 'client_secret')),
    WayIn(('client_id', 'private_key', 'private_key_id'), ('private_key_passphrase',)),
    WayIn(('client_id', 'private_key_path', 'private_key_id'), ('private_key_passphrase',)),
)
CREDENTIALS = tuple(dict.fromkeys(option for way in WAYS_IN for option in (*way.required, *way.optional)))
WAYS = (
    'set `api_key`; or `client_id` and `client_secret`; or `client_id`, `private_key_id`, and `private_key` or '
    '`private_key_path`'
)


def _credential(value: str) -> str:
    text = value.strip()
    if not text:
        raise ValueError('it is empty: set it to the value that Okta showed when it was created, or remove the option')
    _resolved(text)
    if text.startswith('<') and text.endswith('>'):
        raise ValueError('it is still the placeholder of the example: set it to the value that Okta showed')
    # Anything else ends in a header that no client sends, with an error that shows its value.
    if PRINTABLE.fullmatch(text) is None:
        raise ValueError('it holds blanks, line breaks or letters outside ASCII: copy the value from Okta again')
    return text


def _resolved(value: Any) -> Any:
    if isinstance(value, str) and value.strip().startswith('ENC['):
        raise ValueError(
            'the secret was not resolved: check `secret_backend_type` or `secret_backend_command` in `datadog.yaml`'
        )
    return value


def _or_default(value: Any, default: Callable[[], Any]) -> Any:
    # An option without a value is what is left when somebody clears it.
    return default() if value is None else value


def _quoted(options: list[str]) -> str:
    return ', '.join(f'`{option}`' for option in options)
