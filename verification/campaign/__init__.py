# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Fault campaigns: nothing is lost, whatever fails, counted event by event.

`python -m verification.campaign --help` tells how to play them.
"""
