# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from typing import Any

from datadog_checks.base import AgentCheck


class HelloCheck(AgentCheck):
    def check(self, _: dict[str, Any]) -> None:
        count = (self.get_log_cursor() or {'count': 0})['count'] + 1
        self.send_log({'message': f'Hello {count}'}, cursor={'count': count})
