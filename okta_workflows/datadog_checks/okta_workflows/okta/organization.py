# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Identifies the Okta org at the configured domain, without a credential."""

from __future__ import annotations

from typing import Any

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.errors import one_line

from .client import OktaClient
from .refusal import Evidence
from .remedies import CHECK_DOMAIN

ORGANIZATION_PATH = '/.well-known/okta-organization'


def find_organization(client: OktaClient) -> str:
    """Describe the Okta org that responds at the configured domain.

    Every org publishes its id and domains (https://developer.okta.com/docs/api/openapi/okta-management/, well-known
    URIs). Raises `OktaError` if the server there is not an Okta org.
    """
    response = client.get(f'{client.origin.url}{ORGANIZATION_PATH}')
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
    raise Evidence.of(response).error(
        'The server at `domain` is not an Okta org',
        f'{CHECK_DOMAIN}. If it is right, check which proxy or firewall on the way to Okta responds in its place',
    )
