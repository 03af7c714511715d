# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a contribution to integrations-extras takes: the copy, the validations, the bill of materials."""
