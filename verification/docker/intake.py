# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An intake that prints each log it receives as a line of JSON: `python -m verification.docker.intake PORT`."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from agent_standin import Intake


def show(log: dict[str, Any]) -> None:
    # One call: requests are answered at the same time, and no line may end up in another.
    sys.stdout.write(f'{json.dumps(log)}\n')
    sys.stdout.flush()


def main(port: int) -> None:
    with Intake(port, on_log=show):
        threading.Event().wait()


if __name__ == '__main__':
    main(int(sys.argv[1]))
