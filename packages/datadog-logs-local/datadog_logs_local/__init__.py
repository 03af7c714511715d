# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate Datadog log searches, pipelines, widgets, monitors, and detection rules without Datadog.

- `search` parses queries in the log search syntax and matches logs with them.
- `pipeline` processes logs with the pipelines that integrations ship, and runs their published tests.
- `analytics` evaluates the queries of widgets, monitors, and detection rules over logs.

The package implements what Datadog documents, and names the source in each module. It rejects what it does not
implement. README.md lists what it does not implement and what is inferred.
"""
