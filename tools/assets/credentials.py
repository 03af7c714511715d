# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The keys and the site of an org, from the environment alone. No text that the tool prints contains a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from datadog_api_client import Configuration

API_KEY, APP_KEY, SITE = 'DD_API_KEY', 'DD_APP_KEY', 'DD_SITE'
DEFAULT_SITE = 'datadoghq.com'
# What a header can carry. An HTTP library shows a value that it rejects.
KEY = re.compile(r'[A-Za-z0-9_-]{8,200}')


class CredentialsError(Exception):
    """A key or a site that is missing or cannot be right."""


@dataclass(frozen=True, slots=True)
class Credentials:
    api_key: str = field(repr=False)
    app_key: str = field(repr=False)
    site: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        keys = {name: environment.get(name, '').strip() for name in (API_KEY, APP_KEY)}
        missing = [name for name, key in keys.items() if not key]
        if missing:
            raise CredentialsError(
                f'{" and ".join(missing)} not set. Export an API key as {API_KEY} and an application key as {APP_KEY}.'
            )
        malformed = [name for name, key in keys.items() if not KEY.fullmatch(key)]
        if malformed:
            raise CredentialsError(
                f'{" and ".join(malformed)} cannot be a key: a key has at least 8 letters, digits, `-`, or `_`. '
                'Copy the key from your organization settings.'
            )
        site = environment.get(SITE, '').strip() or DEFAULT_SITE
        sites = known_sites()
        if site not in sites:
            raise CredentialsError(
                # The value could be a key in the wrong variable.
                f'{SITE} is not a Datadog site. Set it to one of {", ".join(sites)}, without `https://`, `app.`, or '
                '`api.`.'
            )
        return cls(keys[API_KEY], keys[APP_KEY], site)

    def hidden(self, text: str) -> str:
        for key in (self.api_key, self.app_key):
            text = text.replace(key, '********')
        return text

    @property
    def app_host(self) -> str:
        """The host of the web interface."""
        return self.site if self.site.count('.') > 1 else f'app.{self.site}'


def known_sites() -> list[str]:
    configuration = Configuration()  # type: ignore[no-untyped-call]
    servers = configuration.get_host_settings()  # type: ignore[no-untyped-call]
    return list(dict.fromkeys(servers[0]['variables']['site']['enum_values']))
