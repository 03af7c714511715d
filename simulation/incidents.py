# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The incidents, all in the second half of the four weeks and hours apart from each other."""

from __future__ import annotations

from dataclasses import dataclass

from .executions import ExecutionStream
from .incident import Incident, Tell, Traces
from .org import CONNECTORS, Org, Thing
from .people import (
    AOIFE,
    AUDITOR,
    DANA,
    DARYA,
    HANAKO,
    JOSE,
    LUKASZ,
    MARA,
    NILS,
    OWNER,
    PRIYA,
    REYKJAVIK,
    SAM,
    ZOE,
)
from .routine import flows_of
from .weeks import MINUTE_SECONDS, utc

_CERTIFICATE = '6a90c1e2f4b8035d77aa'


@dataclass(frozen=True)
class Story:
    tell: Tell
    is_harmless: bool = False

    def happen(self, org: Org, stream: ExecutionStream) -> Incident:
        """Let it happen in the org."""
        name = self.tell.__name__
        return self.tell(org, stream).label(name, ' '.join((self.tell.__doc__ or '').split()), self.is_harmless, org)


# Execution log streaming and execution history


def stream_headers_updated(org: Org, stream: ExecutionStream) -> Traces:
    """The owner replaces the key in the headers of the execution log stream, as every quarter."""
    visit = org.visit(OWNER, utc(11, 9, 10, 15))
    visit.does('execution_log_stream_connection.update', org.stream.target(fieldsUpdated=['HEADERS']))
    return Traces([visit])


def log_streaming_switched_off(org: Org, stream: ExecutionStream) -> Traces:
    """An author switches execution log streaming off for the whole org; an hour and a half later it is on again."""
    off = org.visit(SAM, utc(11, 10, 18, 10))
    off.does('execution_log_stream_connection.deactivate', org.stream)
    on = org.visit(AUDITOR, utc(11, 10, 19, 40))
    on.does('execution_log_stream_connection.activate', org.stream)
    stream.interruptions.append((utc(11, 10, 18, 10), utc(11, 10, 19, 40)))
    return Traces([off, on])


def log_stream_redirected(org: Org, stream: ExecutionStream) -> Traces:
    """The execution log stream is sent to another address; the owner sets it right after two and a half hours."""
    fields = ['DESTINATION_URL', 'HEADERS']
    wrong = org.visit(HANAKO, utc(11, 12, 6, 10))
    wrong.does('execution_log_stream_connection.update', org.stream.target(fieldsUpdated=fields))
    right = org.visit(OWNER, utc(11, 12, 8, 40))
    right.does('execution_log_stream_connection.update', org.stream.target(fieldsUpdated=fields))
    stream.interruptions.append((utc(11, 12, 6, 10), utc(11, 12, 8, 40)))
    return Traces([wrong, right])


def flows_made_invisible(org: Org, stream: ExecutionStream) -> Traces:
    """For six flows the streaming of executions is switched off, for four of them the history as well."""
    visit = org.visit(MARA, utc(11, 19, 13))
    for number, flow in enumerate(org.flows[1:7]):
        stream.muted[flow.thing_id] = visit.at
        visit.does('flow.execution_log_stream.deactivate', flow)
        if number < 4:
            visit.does('flow.execution_history.deactivate', flow)
    return Traces([visit])


def history_off_for_one_flow(org: Org, stream: ExecutionStream) -> Traces:
    """The author of a flow with personal data stops saving its execution history."""
    visit = org.visit(DARYA, utc(11, 10, 7, 5))
    visit.does('flow.execution_history.deactivate', flows_of(org, 5)[0])
    return Traces([visit])


def history_deleted_entirely(org: Org, stream: ExecutionStream) -> Traces:
    """The whole execution history of two flows is deleted."""
    visit = org.visit(LUKASZ, utc(11, 12, 17))
    for flow in org.flows[20:22]:
        visit.does('flow.execution_history.delete', flow.target(executionHistoryType='ALL'))
    return Traces([visit])


def history_data_deleted(org: Org, stream: ExecutionStream) -> Traces:
    """Of a flow's execution history the inputs and outputs are deleted."""
    visit = org.visit(AOIFE, utc(11, 13, 9, 30))
    visit.does('flow.execution_history.delete', org.flows[30].target(executionHistoryType='IO_DATA_ONLY'))
    return Traces([visit])


# Privileges and credentials


def role_granted_to_user(org: Org, stream: ExecutionStream) -> Traces:
    """The owner makes a member of the service desk an administrator of Workflows."""
    visit = org.visit(OWNER, utc(11, 9, 14, 30))
    visit.grants('add', org.roles[0], NILS)
    return Traces([visit])


def role_granted_to_group(org: Org, stream: ExecutionStream) -> Traces:
    """A whole group gets two roles: one event for each."""
    visit = org.visit(OWNER, utc(11, 11, 9))
    visit.grants('add', org.roles[0], org.groups[0])
    visit.grants('add', org.roles[2], org.groups[0])
    return Traces([visit])


def role_granted_to_oneself(org: Org, stream: ExecutionStream) -> Traces:
    """An author makes himself an administrator of Workflows."""
    visit = org.visit(JOSE, utc(11, 11, 11, 45))
    visit.grants('add', org.roles[0], JOSE)
    return Traces([visit])


def connection_to_new_connector(org: Org, stream: ExecutionStream) -> Traces:
    """An author makes a connection to a connector that others use and she never did."""
    visit = org.visit(MARA, utc(11, 12, 13, 20))
    visit.connects('create', org.connectors[CONNECTORS[5]])
    return Traces([visit])


def reauthorized_then_exported(org: Org, stream: ExecutionStream) -> Traces:
    """A connection gets other credentials, half an hour later a flow is run by hand and a table exported."""
    visit = org.visit(DARYA, utc(11, 19, 8, 30))
    visit.connects('reauthorize', org.connectors[CONNECTORS[5]])
    visit.pause(25 * MINUTE_SECONDS)
    visit.does('delegatedflow.run', org.flows[3])
    visit.does('table.export', org.tables[0])
    return Traces([visit])


def trust_store_changed(org: Org, stream: ExecutionStream) -> Traces:
    """A certificate authority is added to the trust store, exchanged and removed."""
    visit = org.visit(AUDITOR, utc(11, 17, 8, 45))
    for action in ('create', 'update', 'delete'):
        visit.does(f'truststore.{action}', org.trust_store.target(certificateSerial=_CERTIFICATE))
    return Traces([visit])


# People


def new_author(org: Org, stream: ExecutionStream) -> Traces:
    """A member of the service desk, who so far only ran flows, makes her first one."""
    visit = org.visit(PRIYA, utc(11, 13, 11))
    flow = org.new('Flow', 'My first flow')
    visit.does('flow.create', flow)
    for _ in range(3):
        visit.does('flow.save', flow)
    return Traces([visit])


def new_country(org: Org, stream: ExecutionStream) -> Traces:
    """An author's flows are changed under his name from a country where nobody of the org has ever been."""
    visit = org.visit(LUKASZ, utc(11, 16, 21, 30), REYKJAVIK)
    for flow in flows_of(org, 3)[:3]:
        visit.does('flow.view', flow)
        visit.does('flow.save', flow)
    return Traces([visit])


def denied_actions(org: Org, stream: ExecutionStream) -> Traces:
    """A member of the service desk tries what she has no right to: fourteen refusals of seven kinds in minutes."""
    visit = org.visit(DANA, utc(11, 13, 17))
    tries: tuple[tuple[str, Thing], ...] = (
        ('flow.save', org.flows[0]),
        ('flow.activate', org.flows[0]),
        ('flow.export', org.flows[0]),
        ('flow.execution_history.activate', org.flows[0]),
        ('table.update', org.tables[0]),
        ('table.import', org.tables[0]),
        ('folder.rename', org.folders[0]),
    )
    for action, thing in tries * 2:
        visit.does(action, thing, result='DENY', reason='Insufficient permissions')
    return Traces([visit])


def failed_connections(org: Org, stream: ExecutionStream) -> Traces:
    """A connection cannot be authorized again: eight attempts fail in a row."""
    visit = org.visit(LUKASZ, utc(11, 20, 11, 30))
    for _ in range(8):
        connector = org.connectors[CONNECTORS[3]]
        visit.connects('reauthorize', connector, result='FAILURE', reason='INVALID_CREDENTIALS')
    return Traces([visit])


def abandoned_changes(org: Org, stream: ExecutionStream) -> Traces:
    """Six attempts to import rows are abandoned, one after the other."""
    visit = org.visit(AOIFE, utc(11, 20, 13, 15))
    for table in org.tables:
        visit.does('table.import', table, result='ABANDONED', reason='The dialog was closed')
    return Traces([visit])


# Flows


def hit_and_run(org: Org, stream: ExecutionStream) -> Traces:
    """A flow is created, activated, run and deleted within 40 minutes."""
    visit = org.visit(SAM, utc(11, 13, 20, 30))
    flow = org.new('Flow', 'temp 1')
    visit.does('flow.create', flow)
    visit.does('flow.save', flow)
    visit.does('flow.activate', flow)
    run = stream.run(flow, SAM, visit.at + 0.5)
    visit.does('delegatedflow.run', flow, pause_seconds=35 * MINUTE_SECONDS)
    visit.does('flow.deactivate', flow)
    visit.does('flow.delete', flow)
    return Traces([visit], runs=[run])


def import_then_activation(org: Org, stream: ExecutionStream) -> Traces:
    """A flow is imported and, 20 minutes later, activated by the same author."""
    visit = org.visit(AOIFE, utc(11, 16, 14))
    flow = org.new('Flow', 'From the community')
    visit.does('flow.import', flow, pause_seconds=20 * MINUTE_SECONDS)
    visit.does('flow.activate', flow)
    return Traces([visit])


def version_reverted(org: Org, stream: ExecutionStream) -> Traces:
    """A flow is put back to an earlier version."""
    visit = org.visit(ZOE, utc(11, 17, 12, 10))
    flow = flows_of(org, 1)[0]
    visit.does('flow.version.revert', flow, Thing('FlowVersion', '17', 'rollback point'))
    return Traces([visit])


def delegated_run_spree(org: Org, stream: ExecutionStream) -> Traces:
    """An author who never runs delegated flows runs one 40 times in a quarter of an hour."""
    visit = org.visit(SAM, utc(11, 19, 17))
    for _ in range(40):
        visit.does('delegatedflow.run', org.flows[8], pause_seconds=22)
    return Traces([visit])


# Data


def viewing_spree(org: Org, stream: ExecutionStream) -> Traces:
    """Late in the evening an author opens 40 different flows within an hour."""
    visit = org.visit(LUKASZ, utc(11, 9, 22, 40))
    for flow in org.flows[:40]:
        visit.does('flow.view', flow, pause_seconds=80)
    return Traces([visit])


def single_table_export(org: Org, stream: ExecutionStream) -> Traces:
    """An author exports one table."""
    visit = org.visit(AOIFE, utc(11, 10, 16, 20))
    visit.does('table.export', org.tables[2])
    return Traces([visit])


def export_spree(org: Org, stream: ExecutionStream) -> Traces:
    """On a Saturday 25 different tables, flows and folders are exported within twelve minutes."""
    visit = org.visit(DARYA, utc(11, 14, 3, 20))
    things = (*org.tables, *org.folders, *org.flows[:13])
    for thing in things:
        visit.does(f'{thing.kind.lower()}.export', thing, pause_seconds=28)
    return Traces([visit])


def mass_deletion(org: Org, stream: ExecutionStream) -> Traces:
    """On a Saturday twelve different flows are deleted within eight minutes."""
    visit = org.visit(JOSE, utc(11, 14, 13))
    for flow in org.flows[44:56]:
        visit.does('flow.delete', flow, pause_seconds=40)
    return Traces([visit])


def folder_deleted_with_contents(org: Org, stream: ExecutionStream) -> Traces:
    """One click deletes a folder with a subfolder, five flows and two tables: nine events at once."""
    visit = org.visit(OWNER, utc(11, 16, 10))
    contents = [('folder.delete', org.new('Folder', 'Inner'))]
    contents += [('flow.delete', org.new('Flow', f'Obsolete {number}')) for number in range(5)]
    contents += [('table.delete', org.new('Table', f'Obsolete {number}')) for number in range(2)]
    visit.works_on_folder('delete', org.new('Folder', 'Obsolete'), contents)
    return Traces([visit])


# The org


def step_limit_half_used(org: Org, stream: ExecutionStream) -> Traces:
    """Half of the allowed steps are used."""
    return Traces(events=[org.reach_step_limit('warning', utc(11, 10, 13), share=0.5)])


def step_limit_three_quarters_used(org: Org, stream: ExecutionStream) -> Traces:
    """Three quarters of the allowed steps are used."""
    return Traces(events=[org.reach_step_limit('warning', utc(11, 13, 8), share=0.75)])


def step_limit_nearly_used(org: Org, stream: ExecutionStream) -> Traces:
    """Nine tenths of the allowed steps are used."""
    return Traces(events=[org.reach_step_limit('warning', utc(11, 16, 6, 30), share=0.9)])


def step_limit_violation(org: Org, stream: ExecutionStream) -> Traces:
    """All allowed steps are used; from now on Okta throttles."""
    return Traces(events=[org.reach_step_limit('violation', utc(11, 19, 6), share=1.0)])


def silence(org: Org, stream: ExecutionStream) -> Traces:
    """From Tuesday evening to the end of Wednesday not one audit event; the flows run on."""
    start, end = utc(11, 17, 19), utc(11, 18, 23)
    org.entries[:] = [entry for entry in org.entries if not start <= entry.published < end]
    return Traces(period=(start, end))


# Runs


def failed_runs(org: Org, stream: ExecutionStream) -> Traces:
    """A service that a flow depends on is down: 30 of 33 runs fail within a quarter of an hour."""
    start = utc(11, 11, 15, 30)
    flow = org.flows[4]
    runs = [
        stream.run(flow, HANAKO, start + 27 * number, end='FLOW_COMPLETED' if number % 11 == 0 else 'FLOW_FAILED')
        for number in range(33)
    ]
    return Traces(runs=runs)


def throttled_runs(org: Org, stream: ExecutionStream) -> Traces:
    """A flow starts itself too often: Okta throttles twelve runs, and another service limits eight."""
    start = utc(11, 17, 15)
    runs = [
        stream.run(org.flows[6], ZOE, start + 40 * number, end='FLOW_THROTTLED' if number < 12 else 'FLOW_RATE_LIMITED')
        for number in range(20)
    ]
    return Traces(runs=runs)


def cancelled_runs(org: Org, stream: ExecutionStream) -> Traces:
    """An author cancels eight runs of a flow by hand."""
    visit = org.visit(AOIFE, utc(11, 20, 9))
    runs = []
    for _ in range(8):
        runs.append(stream.run(org.flows[9], AOIFE, visit.at - 30, end='FLOW_CANCELED', seconds=31))
        visit.does('flow.execution.cancel', org.flows[9])
    return Traces([visit], runs=runs)


STORIES = (
    Story(stream_headers_updated, is_harmless=True),
    Story(role_granted_to_user),
    Story(viewing_spree),
    Story(history_off_for_one_flow, is_harmless=True),
    Story(step_limit_half_used),
    Story(single_table_export, is_harmless=True),
    Story(log_streaming_switched_off),
    Story(role_granted_to_group),
    Story(role_granted_to_oneself),
    Story(failed_runs),
    Story(log_stream_redirected),
    Story(connection_to_new_connector),
    Story(history_deleted_entirely),
    Story(step_limit_three_quarters_used),
    Story(history_data_deleted),
    Story(new_author),
    Story(denied_actions),
    Story(hit_and_run),
    Story(export_spree),
    Story(mass_deletion),
    Story(step_limit_nearly_used),
    Story(folder_deleted_with_contents, is_harmless=True),
    Story(import_then_activation),
    Story(new_country),
    Story(trust_store_changed),
    Story(version_reverted),
    Story(throttled_runs),
    Story(silence),
    Story(step_limit_violation),
    Story(reauthorized_then_exported),
    Story(flows_made_invisible),
    Story(delegated_run_spree),
    Story(cancelled_runs),
    Story(failed_connections),
    Story(abandoned_changes),
)
"""In order of time."""
