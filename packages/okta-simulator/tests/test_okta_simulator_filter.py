# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The filter expressions of the simulated System Log."""

from __future__ import annotations

from typing import Any

import pytest

from okta_simulator.errors import OktaError
from okta_simulator.filter import compile_filter

EVENT: dict[str, Any] = {
    'eventType': 'workflows.user.flow.save',
    'severity': 'WARN',
    'published': '2026-09-21T14:13:20.000Z',
    'displayMessage': 'Flow "A" saved',
    'outcome': {'result': 'SUCCESS', 'reason': None},
    'client': {'geographicalContext': {'geolocation': {'lat': 57.7}}},
    'securityContext': {'asNumber': 64500, 'isProxy': False},
    'debugContext': {'debugData': {'sessionId': 's-1'}},
    'target': [
        {'id': '1', 'type': 'AppInstance', 'detailEntry': None},
        {'id': '2', 'type': 'Flow', 'detailEntry': {'k': 'v'}},
    ],
}


@pytest.mark.parametrize(
    'expression',
    [
        'eventType eq "workflows.user.flow.save"',
        'eventType sw "workflows."',
        'eventType ew ".save"',
        'eventType co "flow"',
        'eventType ne "user.session.start"',
        'eventType gt "workflows.user.flow"',
        'eventType EQ "workflows.user.flow.save"',
        'displayMessage eq "Flow \\"A\\" saved"',
        'target.type eq "Flow"',
        'target.type eq "AppInstance" and target.id eq "2"',
        'target.type ne "User"',
        'target.detailEntry.k eq "v"',
        'debugContext.debugData.sessionId sw "s-"',
        'outcome.result pr',
        'not (outcome.reason pr)',
        'transaction.id ne "x"',
        'client.geographicalContext.geolocation.lat ge 57.7',
        'securityContext.asNumber lt 64501',
        'securityContext.isProxy eq false',
        'severity ge "INFO"',
        'severity lt "ERROR"',
        'eventType eq "x" and eventType eq "y" or severity eq "WARN"',
        'severity eq "WARN" or eventType eq "x" and eventType eq "y"',
        '(severity eq "WARN" or eventType eq "x") and not (eventType eq "y")',
        '  eventType   sw "workflows."  ',
    ],
)
def test_matches(expression: str) -> None:
    assert compile_filter(expression)(EVENT)


@pytest.mark.parametrize(
    'expression',
    [
        'eventType eq "Workflows.user.flow.save"',
        'eventType sw "workflows.user.table"',
        'target.type eq "User"',
        'target.type ne "Flow"',
        'outcome.reason pr',
        'outcome.reason eq "x"',
        'device.name co "x"',
        'severity gt "WARN"',
        'securityContext.asNumber gt "1"',
        'not (eventType sw "workflows.")',
        '(severity eq "WARN" or eventType eq "x") and eventType eq "y"',
    ],
)
def test_does_not_match(expression: str) -> None:
    assert not compile_filter(expression)(EVENT)


@pytest.mark.parametrize(
    'expression',
    [
        'eventType',
        'eventType sw',
        'eventType sw workflows.',
        'eventType sw "workflows.',
        'eventType is "x"',
        'eventType eq "x" eventType eq "y"',
        'eventType eq "x" and',
        '(eventType eq "x"',
        'eventType eq "x")',
        'not eventType eq "x"',
        'eventType eq ["x"]',
        '"x" eq eventType',
        'eventType%20eq%20%22x%22',
        'EventType eq "x"',
        'event_type eq "x"',
        'client.colour eq "x"',
    ],
)
def test_what_cannot_be_read_is_e0000053(expression: str) -> None:
    with pytest.raises(OktaError) as refused:
        compile_filter(expression)
    assert (refused.value.status, refused.value.code) == (400, 'E0000053')


@pytest.mark.parametrize(
    'expression',
    [
        'published gt "2026-01-01T00:00:00.000Z"',
        'debugContext.debugData.url co "x"',
        'debugContext.debugData.requestUri co "x"',
        'target.changeDetails pr',
        'target.changeDetails.to.status eq "x"',
        'securityContext.asNumber co 5',
        'severity ge "HIGH"',
    ],
)
def test_what_may_not_be_searched_is_e0000031(expression: str) -> None:
    with pytest.raises(OktaError) as refused:
        compile_filter(expression)
    assert (refused.value.status, refused.value.code) == (400, 'E0000031')
