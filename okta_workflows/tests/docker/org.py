# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The fake Okta org with some events that happened a moment ago: `python -m tests.docker.org PORT EVENTS`."""

from __future__ import annotations

import sys
import threading
import time

from ..fake_okta import FakeOkta


def main(port: int, events: int) -> None:
    with FakeOkta(time.time, port) as okta:
        okta.add(events)
        threading.Event().wait()


if __name__ == '__main__':
    main(*map(int, sys.argv[1:]))
