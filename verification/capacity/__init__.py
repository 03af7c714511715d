# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How much one instance can collect, and how many instances one Agent can have.

`python -m verification.capacity --help` tells how to measure it.
"""
