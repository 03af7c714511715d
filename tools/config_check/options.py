# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The names that may stand in a `conf.yaml`, and the nearest of them to one that may not."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from datadog_checks.okta_workflows.config_models.instance import InstanceConfig
from datadog_checks.okta_workflows.config_models.shared import SharedConfig
from datadog_checks.okta_workflows.config_models.validators import FOREIGN_AUTHENTICATION

# What the Agent's reader knows.
TOP_LEVEL = {
    'ad_identifiers',
    'advanced_ad_identifiers',
    'cel_selector',
    'check_tag_cardinality',
    'cluster_check',
    'docker_images',
    'ignore_autodiscovery_tags',
    'init_config',
    'instances',
    'jmx_metrics',
    'logs',
}

# Those that make a template of the file (Datadog docs, Autodiscovery Container Identifiers).
IDENTIFIERS = {'ad_identifiers', 'advanced_ad_identifiers', 'cel_selector'}

# What the Agent reads of an instance without telling the check, and what the HTTP library of the base package reads
# although the models do not list it.
INSTANCE = {
    *InstanceConfig.model_fields,
    'loader',
    'name',
    'namespace',
    'no_index',
    'run_once',
    'tls_intermediate_ca_certs',
    'tls_private_key_password',
    'tls_validate_hostname',
}
INIT_CONFIG = {*SharedConfig.model_fields, 'loader', 'min_collection_interval'}

# Of a section of `type: integration` the launcher hands on these and nothing else.
LOGS = {'type', 'source', 'service', 'tags', 'start_position', 'name'}
LOGS_OF_OTHER_TYPES = {
    'auto_multi_line_detection',
    'auto_multi_line_sample_size',
    'auto_multi_line_match_threshold',
    'encoding',
    'exclude_paths',
    'fingerprint_config',
    'log_processing_rules',
    'path',
    'port',
}

# Anything else may be a secret in the wrong place.
SHOWN_NAME = re.compile(r'[A-Za-z][A-Za-z_]{0,40}')


def shown(name: object) -> str:
    """The name in the report, unless it does not look like one."""
    text = str(name)
    return f'`{text}`' if SHOWN_NAME.fullmatch(text) else 'an option, whose name is not shown here,'


def nearest(name: object, known: Collection[str]) -> str | None:
    """The known name that was probably meant."""
    advisable = sorted({*known}.difference(FOREIGN_AUTHENTICATION))
    matches = get_close_matches(str(name).lower().replace('-', '_'), advisable, n=1)
    return matches[0] if matches else None
