# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The small fakes of the integration's own tests keep what the simulator and the stand-in keep."""
