# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Communication with Okta: requests, authentication, pages, and the meaning of rejections.

The rest of the check imports only the names listed here. This folder imports nothing of the Agent.
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
