# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What `ddev env` runs the Agent beside: an Okta org and an intake, in containers."""
