# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A plugin of pytest that takes one protection from the check, which an environment variable names."""

from __future__ import annotations

import os

import pytest

from .mutations import MUTATIONS

VARIABLE = 'WITHOUT_PROTECTION'


def pytest_configure(config: pytest.Config) -> None:
    [mutation] = [mutation for mutation in MUTATIONS if mutation.name == os.environ[VARIABLE]]
    protection = mutation.remove()
    protection.__enter__()
    config.add_cleanup(lambda: protection.__exit__(None, None, None))
