# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Four weeks in the life of two orgs, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .executions import ExecutionStream, run_as_ever, run_delegated
from .incident import Incident
from .incidents import STORIES
from .oddities import vary
from .org import Org
from .people import AUTHORS, SERVICE_DESK
from .routine import ACME, GLOBEX, live
from .weeks import NOW

SEED = 5
ACME_DOMAIN = 'acme.okta.com'
GLOBEX_DOMAIN = 'globex.okta.com'


@dataclass(frozen=True)
class History:
    """`acme` is where incidents happen, and the only org that streams its executions; `globex` is small and calm."""

    acme: Org
    globex: Org
    incidents: Mapping[str, Incident]
    executions: list[dict[str, Any]]
    """In order of time."""

    @property
    def orgs(self) -> tuple[Org, Org]:
        return self.acme, self.globex


@cache
def history(seed: int = SEED) -> History:
    """The history of a seed. Everybody gets the same one, so nobody may change it."""
    acme, globex = Org(ACME_DOMAIN, seed), Org(GLOBEX_DOMAIN, seed)
    live(acme, ACME)
    live(globex, GLOBEX)
    vary(acme)
    vary(globex)
    stream = ExecutionStream(acme)
    incidents = [story.happen(acme, stream) for story in STORIES]
    run_as_ever(stream, AUTHORS)
    run_delegated(stream, (*AUTHORS, *SERVICE_DESK))
    for org in (acme, globex):
        org.entries[:] = sorted(
            (entry for entry in org.entries if entry.persisted < NOW), key=lambda entry: entry.persisted
        )
    executions = sorted(stream.records, key=lambda record: record['timestamp'])
    return History(acme, globex, {incident.name: incident for incident in incidents}, executions)
