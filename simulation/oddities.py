# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What is not as usual in a System Log, here and there, and allowed for by Okta's documentation."""

from __future__ import annotations

from collections.abc import Callable

from okta_simulator.log import Event

from .org import Org
from .weeks import HOUR_SECONDS, utc

UNKNOWN_TYPE = 'workflows.user.flow.annotate'
"""An event type that is in no catalogue yet."""
ODD_SHARE = 0.035
FAILED_SHARE = 0.025
OUTCOMES = (
    ('FAILURE', 'INVALID_CREDENTIALS'),
    ('FAILURE', 'The connection could not be verified'),
    ('DENY', 'Insufficient permissions'),
    ('ABANDONED', 'The dialog was closed'),
    ('SKIPPED', 'Nothing to do'),
)
DELAYED_EVENTS = 6
DELAYED_HOURS = (19.0, 40.0)
DELAYED_BEFORE = utc(11, 6)


def _address_is_text_null(event: Event) -> None:
    event['client'] = {**event['client'], 'ipAddress': 'null', 'geographicalContext': None}


def _no_client(event: Event) -> None:
    event['client'] = None


def _keys_left_out(event: Event) -> None:
    """Properties with null values may be left out (Okta docs, docs/reference/core-okta-api)."""
    for key in [key for key, value in event.items() if value is None]:
        del event[key]


def _no_session(event: Event) -> None:
    event['debugContext'] = None


def _session_in_context(event: Event) -> None:
    """Where other events of Okta's have it."""
    session = event['debugContext']['debugData'].pop('sessionId')
    event['authenticationContext'] = {'authenticationStep': 0, 'externalSessionId': session}


def _new_type(event: Event) -> None:
    event.update(eventType=UNKNOWN_TYPE, displayMessage='Flow annotated')


_ODDITIES: tuple[Callable[[Event], None], ...] = (
    _address_is_text_null,
    _address_is_text_null,
    _no_client,
    _keys_left_out,
    _no_session,
    _session_in_context,
)


def vary(org: Org) -> None:
    """Make some of the org's ordinary Workflows events odd, let some fail, and commit a few more than a day late."""
    random = org.random
    ordinary = [entry for entry in org.entries if entry.event['eventType'].startswith('workflows.user.')]
    for entry in ordinary:
        if random.random() < ODD_SHARE:
            random.choice(_ODDITIES)(entry.event)
        if random.random() < FAILED_SHARE:
            result, reason = random.choice(OUTCOMES)
            entry.event['outcome'] = {'result': result, 'reason': reason}
    saves = [entry for entry in ordinary if entry.event['eventType'] == 'workflows.user.flow.save']
    for entry in random.sample(saves, min(3, len(saves))):
        _new_type(entry.event)
    for entry in random.sample([entry for entry in saves if entry.published < DELAYED_BEFORE], DELAYED_EVENTS):
        entry.persisted = entry.published + random.uniform(*DELAYED_HOURS) * HOUR_SECONDS
