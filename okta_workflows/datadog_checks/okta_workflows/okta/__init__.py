# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""All that talks to Okta: requests, authentication, pages, and what a rejection means.

Nothing else of this folder is imported by the rest of the check, and nothing of the Agent is imported here.
"""

from .auth import AccessToken, ApiKey, Authentication, ClientSecret, SignedAssertion
from .client import OktaClient
from .organization import find_organization
from .origin import Origin, parse_origin
from .page import Page, fetch_page, first_link, is_continued, is_page_link, since_of
from .private_key import load_private_key, read_key_file
from .refused_link import RefusedLink
from .requests_wrapper import ConfiguredWayOnly

__all__ = [
    'AccessToken',
    'ApiKey',
    'Authentication',
    'ClientSecret',
    'ConfiguredWayOnly',
    'OktaClient',
    'Origin',
    'Page',
    'RefusedLink',
    'SignedAssertion',
    'fetch_page',
    'find_organization',
    'first_link',
    'is_continued',
    'is_page_link',
    'load_private_key',
    'parse_origin',
    'read_key_file',
    'since_of',
]
