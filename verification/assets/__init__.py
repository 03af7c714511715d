# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the tests of the assets share: what is there, and what it is to find in the simulated history."""
