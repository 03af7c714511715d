# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The whole path of a log, from two simulated Okta orgs to a simulated Datadog: `python -m demo`"""
