# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Compare a real Okta org with the rules that the simulator keeps: `python -m okta_simulator conform`.

Each question is one rule. All requests only read. The report contains no value of the org: no event, no cursor, no
credential, and no host except the one that you name.
"""
