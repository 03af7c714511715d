# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explains in plain words what is wrong with a `conf.yaml`, before an Agent reads it.

What it says of the Agent is after datadog-agent comp/core/autodiscovery/providers/config_reader.go (the file),
pkg/logs/schedulers/ad/scheduler.go and pkg/logs/launchers/integration/launcher.go (the `logs` section), and
comp/core/autodiscovery/integration/config.go (the options that the Agent reads itself). The values are judged by the
check.
"""
