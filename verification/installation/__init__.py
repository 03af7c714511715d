# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The life of the package on an Agent's host: built, installed, run, upgraded, removed."""
