# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Put the assets of the integration into a Datadog org, update them there, and remove them."""
