# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check between a simulated Okta org and a stand-in for the Agent, in virtual time."""
