# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What `ddev env` starts beside a real Agent: a simulated Okta org and an intake."""
