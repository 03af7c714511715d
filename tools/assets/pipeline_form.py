# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The log pipeline of an asset file in the form of Datadog's API."""

from __future__ import annotations

import re
from typing import Any

# Keys of an asset file that Datadog's API for pipelines does not have, or calls differently.
NOT_IN_THE_API = {'ocsf', 'combineVersionDetails', 'ip_processing_behavior', 'extensions'}
API_NAMES = {'enabled': 'is_enabled', 'replaceMissing': 'is_replace_missing', 'encoded': 'is_encoded'}


def api_form(node: Any) -> Any:
    """Convert a part of an asset file to the form of Datadog's API for pipelines."""
    if isinstance(node, list):
        return [api_form(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        API_NAMES.get(key) or re.sub('(?<=[a-z])([A-Z])', lambda capital: f'_{capital[0].lower()}', key): api_form(
            child
        )
        for key, child in node.items()
        if key not in NOT_IN_THE_API
    }
