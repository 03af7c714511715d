# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Tools that you run by hand: explain a `conf.yaml`, import the assets, write the tables of the page of errors."""
