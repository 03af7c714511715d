# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Does anything secret get out? One long session of the Agent at trace level, and a search through all it left behind.

`python -m verification.hygiene` prints the figures.
"""
