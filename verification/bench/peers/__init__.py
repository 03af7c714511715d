# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Programs that read the System Log of an org to its end, each in a process and an environment of its own."""
