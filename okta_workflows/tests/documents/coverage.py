# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Which test runs each command of the documents."""

from __future__ import annotations

import re
from collections.abc import Mapping

NEEDS = ('Docker', 'a Kubernetes cluster', 'a real Agent', 'a real Okta org', 'a release on GitHub')
"""What a document may say that its commands need, and nobody has here."""

MAKE = re.compile(r'make (?P<target>[a-z-]+)( [A-Z]+=\S+)*')
PYTEST = re.compile(r'(cd okta_workflows && )?python -m pytest (?P<file>tests/\w+\.py)( -s)?')
TEST = re.compile(r'(?P<file>test_\w+\.py)(::(?P<name>test_\w+))?')

TESTS: Mapping[str, str] = {
    r'datadog-agent integration install -t datadog-okta-workflows==[\d.]+': (
        'test_installation.py::test_the_installed_example_needs_a_domain_and_one_credential_to_deliver'
    ),
    r'datadog-agent diagnose --include check-datadog': 'test_diagnosis.py::test_before_the_first_run_all_is_well',
    r'python -m tests\.campaign( --seed \d+)?( --scale [\d.]+)?': (
        'test_campaign.py::test_whatever_fails_every_promise_is_kept'
    ),
    r'cd okta_workflows && python -m tests\.capacity': (
        'test_capacity.py::test_many_instances_on_one_agent_lose_and_repeat_nothing'
    ),
    r'python -m tests\.hygiene': 'test_hygiene.py::test_no_secret_shows_in_any_form',
}
"""By a pattern of the whole command; of a command of the Agent it is what the stand-in does of it."""


def proof_of(command: str) -> str | None:
    """The test that runs a command."""
    found = PYTEST.fullmatch(command)
    if found is not None:
        return found['file'].removeprefix('tests/')
    return next((test for pattern, test in TESTS.items() if re.fullmatch(pattern, command)), None)
