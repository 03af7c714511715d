# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Validate what `spec.yaml` cannot express. The model puts the name of the option before each message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.private_key import load_private_key, read_key_file
from datadog_checks.okta_workflows.redaction import without_scheme
from datadog_checks.okta_workflows.timestamps import epoch_seconds, rfc3339

from . import defaults

if TYPE_CHECKING:
    from .instance import InstanceConfig

# These options would set or replace the `Authorization` header, send it twice, or follow a redirect with it.
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

FREE_TEXTS = ('event_filter', 'private_key_passphrase')
TYPOGRAPHIC_QUOTES = '“”„‟‘’‚‛«»‹›'
STRING_OF_FILTER = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# YAML turns a backslash and a letter of a Windows path, such as `\t`, `\N`, or `\P`, into one of these characters.
FROM_ESCAPE_SEQUENCE = re.compile(r'[\x00-\x1f\x7f\x85\u2028\u2029]')
PATH = re.compile(r'([/~]|[A-Za-z]:[\\/]).*|.*\.(pem|key|p8)')

# The Agent replaces a handle only where it is the whole value, and an environment variable wherever it stands (Datadog
# docs, Secrets Management and Autodiscovery Template Variables; datadog-agent
# `comp/core/autodiscovery/providers/config_reader.go`). If one variable is not set, other variables remain as well.
ENVIRONMENT_VARIABLE = re.compile(r'%%env_[^%]+%%')
UNREPLACED = {
    re.compile(r'\AENC\[.*\]\Z', re.DOTALL): (
        'the secret was not resolved: check `secret_backend_type` or `secret_backend_command` in `datadog.yaml`'
    ),
    re.compile(r'ENC\['): (
        'the Agent resolves a handle of a secrets backend only where it is the whole value, as in `ENC[name]`: put the '
        'whole value into the secret'
    ),
    ENVIRONMENT_VARIABLE: (
        'the Agent did not replace `%%env_...%%`: set every environment variable that the file names in this form for '
        'the process of the Agent, and restart the Agent. `agent.log` names one that is missing'
    ),
    re.compile(r'%%[a-z]+(_[^%]+)?%%'): (
        'the Agent replaces `%%...%%` only in templates for containers, except `%%env_<NAME>%%`: write the value itself'
    ),
    re.compile(r'\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}'): (
        'the Agent does not replace `${...}`, `$(...)`, or `{{...}}`: write the value itself, '
        "`'%%env_<NAME>%%'` for an environment variable of the Agent, or a handle of a secrets backend"
    ),
    re.compile(f'\\A[{TYPOGRAPHIC_QUOTES}].*[{TYPOGRAPHIC_QUOTES}"\']\\Z', re.DOTALL): (
        'the value is in typographic quotation marks, which are a part of the value in YAML: use straight ones '
        '(`\'` or `"`), or none'
    ),
}


def initialize_instance(values: dict[str, Any], **_: Any) -> dict[str, Any]:
    foreign = [option for option in FOREIGN_AUTHENTICATION if values.get(option) is not None]
    if foreign:
        raise ValueError(f'{_quoted(foreign)}: Okta supports none of these. Remove them; {WAYS}')
    return values


def unreplaced(text: str, *, is_free: bool = False) -> str | None:
    """Describe what stands in `text` where a value was meant, and what to do. Returns `None` if `text` is a value.

    A free text may contain anything, so only the whole of it is matched.
    """
    find = re.Pattern.fullmatch if is_free else re.Pattern.search
    return next((reason for pattern, reason in UNREPLACED.items() if find(pattern, text.strip())), None)


def instance_proxy(value: Any, **_: Any) -> Any:
    _replaced(value)
    if not isinstance(value, dict):
        return value
    for name, url in value.items():
        if name != 'no_proxy' and isinstance(url, str) and PROXY_URL.fullmatch(url) is None:
            subject = f'`{name}`' if name in ('http', 'https') else 'each address'
            raise ValueError(
                f'{subject} must have the form `http://host:port` or `http://user:password@host:port` (or `https`, '
                '`socks5`, `socks5h`): percent-encode special characters in user and password'
            )
    no_proxy = value.get('no_proxy')
    return {**value, 'no_proxy': re.split(r'[,;\s]+', no_proxy.strip())} if isinstance(no_proxy, str) else value


shared_proxy = instance_proxy


def instance_domain(value: Any, **_: Any) -> Any:
    return str(parse_origin(_replaced(value))) if isinstance(value, str) else value


def instance_api_key(value: Any, **_: Any) -> Any:
    return _credential(without_scheme(value)) if isinstance(value, str) else value


def instance_client_id(value: Any, **_: Any) -> Any:
    return _credential(value) if isinstance(value, str) else value


def instance_client_secret(value: Any, **_: Any) -> Any:
    return _credential(value) if isinstance(value, str) else value


def instance_event_filter(value: Any, **_: Any) -> Any:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError('the filter is empty: remove the option to collect every Workflows event')
        _replaced(value, is_free=True)
        if any(quote in STRING_OF_FILTER.sub('', value) for quote in TYPOGRAPHIC_QUOTES):
            raise ValueError('the filter contains typographic quotation marks: use straight ones (`"`)')
    return _or_default(value, defaults.instance_event_filter)


def instance_initial_lookback_hours(value: Any, **_: Any) -> Any:
    return _or_default(value, defaults.instance_initial_lookback_hours)


def instance_collect_from(value: Any, **_: Any) -> Any:
    # YAML reads such a text as a time, unless it is in quotation marks.
    text = value.isoformat() if isinstance(value, date) else _replaced(value)
    if isinstance(text, str):
        seconds = epoch_seconds(text.strip())
        if seconds is None:
            raise ValueError("the option holds no time in ISO 8601: write it in the form '2026-11-01T08:00:00Z'")
        return rfc3339(max(seconds, 0.0))
    return text


def instance_private_key(value: Any, **_: Any) -> Any:
    if isinstance(value, str) and PATH.fullmatch(value.strip()):
        raise ValueError('the option holds a path instead of a key: use `private_key_path` for the path')
    return _replaced(value)


def instance_private_key_passphrase(value: Any, **_: Any) -> Any:
    return _replaced(value, is_free=True)


def instance_private_key_path(value: Any, **_: Any) -> Any:
    if isinstance(value, str) and FROM_ESCAPE_SEQUENCE.search(value.strip()):
        raise ValueError(
            'the path contains a control character, because a backslash in "double quotation marks" begins an escape '
            "sequence: put the path in 'single quotation marks'"
        )
    return _replaced(value)


instance_tls_ca_cert = instance_private_key_path
instance_tls_cert = instance_private_key_path
instance_tls_private_key = instance_private_key_path


def instance_headers(value: Any, **_: Any) -> Any:
    return _replaced(value)


instance_extra_headers = instance_headers


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
        raise ValueError(f'{_quoted(missing)} must be set together with {_quoted(given)}: {WAYS}')
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
        raise ValueError(
            'the value is empty: set it to the value that Okta showed when you created the credential, or remove the '
            'option'
        )
    _replaced(text)
    if text.startswith('<') and text.endswith('>'):
        raise ValueError('the value is still the placeholder of the example: set it to the value that Okta showed')
    if text[0] in '"\'' and text.endswith(text[0]):
        raise ValueError('the value contains its quotation marks: quote it once in YAML, and not in a secrets backend')
    # A client rejects such a header with an error that shows its value.
    if PRINTABLE.fullmatch(text) is None:
        raise ValueError('the value contains spaces, line breaks, or non-ASCII characters: copy it from Okta again')
    return text


def _replaced(value: Any, *, is_free: bool = False) -> Any:
    """Return `value`. Raises `ValueError` if a text in it stands where a value was meant."""
    if isinstance(value, str):
        reason = unreplaced(value, is_free=is_free)
        if reason is not None:
            raise ValueError(reason)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _replaced(each)
    return value


def _or_default(value: Any, default: Callable[[], Any]) -> Any:
    # An option without a value is what is left when somebody clears it.
    return default() if value is None else value


def _quoted(options: list[str]) -> str:
    return ', '.join(f'`{option}`' for option in options)
