# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the integration promises, played at length. Each room has one subject; `world` is what several share."""
