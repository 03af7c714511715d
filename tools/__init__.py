# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What somebody runs by hand for the integration: a `conf.yaml` explained, the tables of errors in its README."""
