# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What `datadog-agent diagnose` tells: the way of an event from Okta to the log file, step by step.

Each step that fails says the same, and advises the same, as the error of a run that meets the same fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from datadog_checks.base import ConfigurationError
from datadog_checks.base.utils.format import json

from .client import OktaClient
from .errors import OktaError, OperatorError, describe, is_from_okta, one_line
from .remedies import CHECK_DOMAIN

CATEGORY = 'okta_workflows'
ORGANIZATION_PATH = '/.well-known/okta-organization'


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to look at. `look` tells what it found, or raises `OperatorError`; later steps need a `needed` one."""

    name: str
    description: str
    look: Callable[[], str]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found."""

    step: Step
    says: str
    remedy: str = ''
    is_failure: bool = False


def walk(steps: list[Step]) -> Iterator[Finding]:
    """Take the steps in order, up to the first needed one that fails."""
    for step in steps:
        try:
            yield Finding(step, step.look())
        except OperatorError as error:
            yield Finding(step, error.what, error.next_step, is_failure=True)
            if step.needed:
                return
        except ConfigurationError as error:
            yield Finding(step, str(error), 'Correct `conf.yaml` and restart the Agent', is_failure=True)
            return


def find_organization(client: OktaClient) -> str:
    """Tell which Okta org answers at the configured domain.

    Any org tells its id and domains to anybody (https://developer.okta.com/docs/api/openapi/okta-management/,
    well-known URIs). Raises `OktaError` if what answers there is no Okta org.
    """
    response = client.get(f'{client.origin.url}{ORGANIZATION_PATH}', dict)
    try:
        organization: Any = json.decode(response.content)
    except ValueError:
        organization = None
    match organization:
        case {'id': str(org_id), **rest}:
            links = rest.get('_links')
            targets = [link for link in links.values() if isinstance(link, dict)] if isinstance(links, dict) else []
            known = ', '.join(domain for link in targets if isinstance(domain := link.get('href'), str))
            return one_line(f'{client.origin} is the Okta org {org_id}' + (f' (its domains: {known})' if known else ''))
    raise OktaError(
        f'The server at `domain` is not an Okta org ({describe(response)})',
        f'{CHECK_DOMAIN}. If it is right, check which proxy or firewall on the way to Okta responds in its place',
        status=response.status_code,
        is_from_okta=is_from_okta(response),
    )
