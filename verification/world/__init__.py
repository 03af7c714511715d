# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What several rooms share: a world of org, check and Agent, its books, and the scenario of most tests."""
