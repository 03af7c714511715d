# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Verifies that the Agent that runs this check follows the rules on which the Agent stand-in is based.

The check sends two lines, reads the Agent's run paths and settings, and writes a report of JSON lines: for each rule
what is expected, what was found, and whether they agree (`null`: it could not be verified here). The report contains no
setting of the host except paths. Each run performs one step, so a report takes a few runs.

This file imports only packages that the Agent includes, because it is copied to `checks.d`.
"""

from __future__ import annotations

import glob
import ipaddress
import json
import math
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

from datadog_checks.base import AgentCheck
from datadog_checks.base import __version__ as base_version

try:
    import datadog_agent  # type: ignore[import-not-found]
except ImportError:
    from datadog_checks.base.stubs import datadog_agent

NAME = 'agent_standin_probe'
MIB = 1024 * 1024
SOON_SECONDS = 5.0
"""The time in which the Agent must write a line, and rewrite `registry.json`."""
REGISTRY_SECONDS = 120.0
"""The time in which the intake must acknowledge the lines. Batches take 5 seconds, and a first retry a few more."""
LINE_BYTES = 200_000
"""The size of the lines in the second phase. The smallest limit of a supported Agent is 256,000 bytes."""
SHORTEST_LINE_BYTES = 100

LAUNCHER = 'pkg/logs/launchers/integration/launcher.go'
AUDITOR = 'comp/logs/auditor/impl'
CACHE = 'pkg/persistentcache/persistentcache.go'
BUILTINS = 'rtloader/common/builtins/datadog_agent.c'
GET_CONFIG = 'pkg/collector/python/datadog_agent.go'

RULES = {
    'check_id': ('<check name>:<hexadecimal digits>', 'pkg/collector/check/id/id.go'),
    'log_file.path': ('<logs_config.run_path>/integrations/<check id with _ for :>.log', LAUNCHER),
    'log_file.before_first_run': ('The file exists before the first run.', LAUNCHER),
    'log_file.mode': ('0644', LAUNCHER),
    'send_log.written': (
        'The line is in the file within 5 seconds. It need not be there when send_log returns.',
        'comp/logs/integrations/impl/integrations.go',
    ),
    'send_log.one_at_a_time': (
        'When send_log returns, the line before is in the file.',
        'comp/logs/integrations/impl/integrations.go',
    ),
    'send_log.line': ('Each line is the text that was sent and one newline, in the order of the calls.', LAUNCHER),
    'send_log.nul': ('send_log raises ValueError for a string with a NUL.', BUILTINS),
    'send_log.surrogate': ('send_log raises UnicodeEncodeError for a lone surrogate.', BUILTINS),
    'registry.path': ('<logs_config.run_path>/registry.json', f'{AUDITOR}/auditor.go'),
    'registry.version': ('2', f'{AUDITOR}/api_v2.go'),
    'registry.heartbeat': ('The file is rewritten every second although nothing changed.', f'{AUDITOR}/auditor.go'),
    'registry.absent_at_first': ('A new log file has no entry before the intake acknowledges a line.', AUDITOR),
    'registry.key': ('file:<path of the log file>', 'pkg/logs/tailers/file/tailer.go'),
    'registry.fields': (
        'LastUpdated str, Offset str, TailingMode str, IngestionTimestamp int; others may be there',
        f'{AUDITOR}/api_v2.go',
    ),
    'registry.offset': (
        'The offset equals the size of the log file once the intake acknowledged every line.',
        'pkg/logs/tailers/file/tailer.go',
    ),
    'cache.read_back': ('A value reads back as it was written.', CACHE),
    'cache.unknown_key': ('An unknown key reads as an empty string.', BUILTINS),
    'cache.file': ('<run_path>/<key up to the first :>/<rest>, without characters other than A-Za-z0-9_-', CACHE),
    'cache.mode': ('0600 in a folder of 0700', CACHE),
    'get_config.unknown': ('An unknown key gives None.', GET_CONFIG),
    'get_config.case': ('Keys are case-insensitive.', 'pkg/config/nodetreemodel/config.go'),
    'get_config.section': ('A section gives a dict that includes defaults.', 'pkg/config/nodetreemodel/config.go'),
}

# Each setting has its types, the default of current Agents, and the default of older Agents if it differs.
SETTINGS: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    'logs_enabled': (('bool',), (False,)),
    'run_path': (('str',), ()),
    'logs_config.run_path': (('str',), ()),
    'logs_config.integrations_logs_files_max_size': (('int',), (100, 10)),
    'logs_config.integrations_logs_total_usage': (('int',), (100,)),
    'logs_config.integrations_logs_disk_ratio': (('float', 'int'), (0.8,)),
    'logs_config.max_message_size_bytes': (('int',), (900000, 256000)),
    'logs_config.close_timeout': (('int',), (60,)),
    'logs_config.file_scan_period': (('float', 'int'), (1, 10)),
    'logs_config.batch_wait': (('float', 'int'), (5,)),
    'logs_config.atomic_registry_write': (('bool',), (True,)),
    'logs_config.auditor_ttl': (('int',), (23,)),
}
RULES |= {
    f'get_config.{key}': (' or '.join(types), 'pkg/config/setup/common_settings.go')
    for key, (types, _) in SETTINGS.items()
}

SECOND_PHASE_RULES = {
    'quota.evicts_oldest': (
        'If a line would exceed integrations_logs_total_usage, the files modified longest ago are emptied.',
        LAUNCHER,
    ),
    'rotation.at_limit': ('A line that fills the file to integrations_logs_files_max_size is appended.', LAUNCHER),
    'rotation.next_line': ('The next line is the first of the new file.', LAUNCHER),
    'rotation.new_file': (
        'The full file is removed and created (since datadog-agent#45885). Older Agents truncate it.',
        LAUNCHER,
    ),
    'deleted.next_line': ('If the file is deleted while the Agent runs, the next line creates it.', LAUNCHER),
}
RESTART_RULES = {
    'restart.deleted_file': ('If the file was deleted, registration creates it when the Agent starts.', LAUNCHER),
    'restart.over_quota': (
        'A file that the start-up scan deletes for the quota is not created by registration, but by the next line.',
        LAUNCHER,
    ),
}
RULES |= SECOND_PHASE_RULES | RESTART_RULES


class AgentStandinProbeCheck(AgentCheck):
    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)
    disk_usage = staticmethod(shutil.disk_usage)

    neighbours: ClassVar[list[str]] = []
    """The ids of instances whose log files the second phase uses."""

    def __init__(self, name: str, init_config: dict[str, Any], instances: list[dict[str, Any]]) -> None:
        super().__init__(name, init_config, instances)
        self._steps: Iterator[None] | None = None
        self._report_path = ''
        self._answers: dict[str, bool | None] = {}
        self._lasting_warning = ''

    def check(self, _: Any) -> None:
        if self.instance.get('neighbour'):
            if self.check_id not in self.neighbours:
                self.neighbours.append(self.check_id)
            return
        if self._steps is None:
            self._steps = self._probe()
        try:
            next(self._steps, None)
        except Exception as error:
            self._write({'error': f'{type(error).__name__}: {error}'})
            raise
        if self._lasting_warning:
            self.warning('%s', self._lasting_warning)

    def _probe(self) -> Iterator[None]:
        """Verify all rules. Each `yield` ends a run."""
        self._run_path = _path('logs_config.run_path', 'run_path')
        self._cache_path = _path('run_path', 'logs_config.run_path')
        self._folder = os.path.join(os.path.normpath(self._run_path), 'integrations')
        self._report_path = self.instance.get('report') or os.path.join(self._run_path, f'{NAME}.jsonl')
        notes = self._notes()
        if notes.get('state') != 'restart':
            with open(self._report_path, 'w', encoding='utf-8'):
                pass
        self._write(
            {
                'report': NAME,
                'agent': datadog_agent.get_version(),
                'datadog_checks_base': base_version,
                'python': platform.python_version(),
                'platform': sys.platform,
            }
        )
        if notes.get('state') == 'restart':
            self._ask_after_restart(notes)
        yield from self._ask_log_file_and_registry(is_first_process=not notes)
        self._ask_cache()
        self._ask_settings()
        if self.instance.get('second_phase') and not notes:
            yield from self._second_phase()
        elif self.instance.get('second_phase') and notes['state'] == 'done':
            self._not_asked(SECOND_PHASE_RULES | RESTART_RULES, 'asked by an earlier process with this configuration')
        self._summarize()

    def _answer(self, rule: str, answer: Any, agrees: bool | None) -> None:
        expectation, source = RULES[rule]
        self._answers[rule] = agrees
        self._write(
            {'rule': rule, 'expectation': expectation, 'answer': answer, 'agrees': agrees, 'source': source},
        )

    def _not_asked(self, rules: Any, reason: str) -> None:
        for rule in rules:
            if rule not in self._answers:
                self._answer(rule, f'not asked: {reason}', None)

    def _summarize(self) -> None:
        by_answer: dict[bool | None, list[str]] = {True: [], False: [], None: []}
        for rule, agrees in self._answers.items():
            by_answer[agrees].append(rule)
        self._write({'agree': len(by_answer[True]), 'differ': by_answer[False], 'not_asked': by_answer[None]})

    def _write(self, record: dict[str, Any]) -> None:
        line = json.dumps(record)
        self.log.info('%s', line)
        if self._report_path:
            with open(self._report_path, 'a', encoding='utf-8') as file:
                file.write(line + '\n')

    def _ask_log_file_and_registry(self, *, is_first_process: bool) -> Iterator[None]:
        is_id = re.fullmatch(f'{re.escape(self.name)}:(.+:)?[0-9a-f]+', self.check_id) is not None
        self._answer('check_id', 'as expected' if is_id else 'other', is_id)
        rules = [rule for rule in RULES if rule.split('.')[0] in ('log_file', 'send_log', 'registry')]
        if not datadog_agent.get_config('logs_enabled'):
            self._not_asked(rules, 'logs_enabled is false')
            return
        before = _sizes(self._folder)
        registry_before = self._read_registry()
        token = secrets.token_hex(8)
        first, second = (json.dumps({'message': NAME, 'number': number, 'token': token}) for number in (1, 2))
        datadog_agent.send_log(first, self.check_id)
        datadog_agent.send_log(second, self.check_id)
        first_was_there = self._file_with(first) is not None
        second_was_there = self._file_with(second) is not None
        is_there = self._eventually(lambda: self._file_with(second) is not None)
        path = self._file_with(first)
        expected = os.path.join(self._folder, self.check_id.replace(':', '_') + '.log')
        self._answer('log_file.path', path or 'no file has the line', path == expected)
        if path is None:
            self._not_asked(rules, 'no log file')
            return
        if is_first_process:
            self._answer('log_file.before_first_run', path in before, path in before)
        else:
            self._not_asked(['log_file.before_first_run'], 'the probe deleted the file before')
        self._ask_mode('log_file.mode', [path], '0644')
        self._answer('send_log.one_at_a_time', first_was_there, first_was_there)
        self._answer(
            'send_log.written', {'when_send_log_returned': second_was_there, 'within_5_seconds': is_there}, is_there
        )
        added = _read(path)[before.get(path, 0) :]
        written = (first + '\n' + second + '\n').encode()
        is_exact = added == written or (not is_there and written.startswith(added))
        self._answer('send_log.line', 'as sent' if is_exact else added[:400].decode('utf-8', 'replace'), is_exact)
        self._ask_refused_line('send_log.nul', 'a\0b', ValueError)
        self._ask_refused_line('send_log.surrogate', '\ud800', UnicodeEncodeError)
        # A file that the probe deleted is new, but its entry in the registry is not.
        is_new = is_first_process and not before.get(path)
        yield from self._ask_registry(path, is_new=is_new, before=registry_before)

    def _ask_refused_line(self, rule: str, line: str, error: type[Exception]) -> None:
        try:
            datadog_agent.send_log(line, self.check_id)
        except Exception as raised:
            self._answer(rule, type(raised).__name__, type(raised) is error)
        else:
            self._answer(rule, 'accepted', False)

    def _ask_registry(self, path: str, *, is_new: bool, before: dict[str, Any]) -> Iterator[None]:
        if is_new:
            key, _ = _entry(before, path)
            self._answer('registry.absent_at_first', 'no entry' if key is None else 'an entry', key is None)
        deadline = self.now() + REGISTRY_SECONDS
        while True:
            registry = self._read_registry()
            key, entry = _entry(registry, path)
            is_caught_up = str(entry.get('Offset')) == str(os.path.getsize(path))
            if is_caught_up or self.now() >= deadline:
                break
            yield
        places = self._registry_places()
        expected = os.path.join(os.path.normpath(self._run_path), 'registry.json')
        self._answer('registry.path', places[0] if places else 'no file', places[:1] == [expected])
        if places:
            self._answer('registry.version', registry.get('Version'), registry.get('Version') == 2)
            last = os.stat(places[0]).st_mtime_ns
            is_rewritten = self._eventually(lambda: os.stat(places[0]).st_mtime_ns != last)
            self._answer('registry.heartbeat', 'rewritten' if is_rewritten else 'unchanged for 5 s', is_rewritten)
        if key is not None:
            self._answer('registry.key', key, key == f'file:{path}')
            types = {name: type(value).__name__ for name, value in entry.items()}
            required = {'LastUpdated': 'str', 'Offset': 'str', 'TailingMode': 'str', 'IngestionTimestamp': 'int'}
            self._answer('registry.fields', types, required.items() <= types.items())
            self._answer('registry.offset', 'the size' if is_caught_up else 'not the size', is_caught_up)
        rules = [rule for rule in RULES if rule.startswith('registry.')]
        self._not_asked(rules, f'no entry within {REGISTRY_SECONDS:g} seconds, or a log file that is not new')

    def _ask_cache(self) -> None:
        token = secrets.token_hex(8)
        key, value = f'{NAME}:file name.{token}~1', f' {token}\u00fc\n'
        datadog_agent.write_persistent_cache(key, value)
        read = datadog_agent.read_persistent_cache(key)
        self._answer('cache.read_back', 'the value' if read == value else 'another value', read == value)
        unknown = datadog_agent.read_persistent_cache(f'{NAME}:absent{token}')
        self._answer('cache.unknown_key', type(unknown).__name__ if unknown else repr(unknown), unknown == '')
        path = self._cache_file(value.encode())
        expected = os.path.join(self._cache_path, NAME, f'filename{token}1')
        self._answer('cache.file', path or 'no file has the value', path == expected)
        if path is None:
            self._not_asked(['cache.mode'], 'no file')
            return
        self._ask_mode('cache.mode', [path, os.path.dirname(path)], '0600 in a folder of 0700')
        os.unlink(path)

    def _cache_file(self, value: bytes) -> str | None:
        for folder, _, names in os.walk(self._cache_path):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if os.path.getsize(path) == len(value) and _read(path) == value:
                        return path
                except OSError:
                    continue
        return None

    def _ask_settings(self) -> None:
        for key, (types, defaults) in SETTINGS.items():
            value = datadog_agent.get_config(key)
            answer: dict[str, Any] = {'type': type(value).__name__}
            if isinstance(value, str):
                answer['path'] = value
            elif value is not None:
                ages = [age for age, default in zip(('current', 'older'), defaults) if value == default]
                answer['default_of_agents'] = ages[0] if ages else 'none'
            self._answer(f'get_config.{key}', answer, type(value).__name__ in types)
        unknown = datadog_agent.get_config(f'{NAME}.absent')
        self._answer('get_config.unknown', type(unknown).__name__, unknown is None)
        key = 'log_level'
        is_equal = datadog_agent.get_config(key.upper()) == datadog_agent.get_config(key) is not None
        self._answer('get_config.case', 'case-insensitive' if is_equal else 'case-sensitive', is_equal)
        section = datadog_agent.get_config('logs_config')
        has_defaults = isinstance(section, dict) and {'close_timeout', 'auditor_ttl'} <= set(section)
        self._answer('get_config.section', type(section).__name__, has_defaults)

    def _ask_mode(self, rule: str, paths: list[str], expected: str) -> None:
        if os.name != 'posix':
            self._answer(rule, 'not asked: the system has no such modes', None)
            return
        modes = [f'{stat.S_IMODE(os.stat(path).st_mode):04o}' for path in paths]
        answer = ' in a folder of '.join(modes)
        self._answer(rule, answer, answer == expected)

    def _second_phase(self) -> Iterator[None]:
        rules = SECOND_PHASE_RULES | RESTART_RULES
        refusal = _why_no_second_phase()
        if refusal:
            self._lasting_warning = f'The probe rejects `second_phase`: {refusal}'
            self._not_asked(rules, refusal)
            return
        path = self._file(self.check_id)
        if not os.path.exists(path):
            self._not_asked(rules, 'no log file')
            return
        yield
        file_max, total_max = (
            int(datadog_agent.get_config(f'logs_config.integrations_logs_{name}')) * MIB
            for name in ('files_max_size', 'total_usage')
        )
        usage = self.disk_usage(self._folder)
        ratio = float(datadog_agent.get_config('logs_config.integrations_logs_disk_ratio'))
        if 0 <= ratio <= 1 and usage.free - math.ceil(usage.total * (1 - ratio)) < total_max:
            self._not_asked(rules, 'the free space on the disk lowers the quota, so its value is not known')
            return
        neighbour = self.neighbours[0] if self.neighbours else None
        if neighbour is None:
            self._not_asked(['quota.evicts_oldest', 'restart.over_quota'], 'no instance with `neighbour: true`')
        else:
            self._ask_quota(path, neighbour, file_max, total_max)
        yield
        self._ask_rotation(path, file_max, total_max)
        yield
        self._ask_deletion(path)
        yield
        self._prepare_restart(path, neighbour, file_max)

    def _ask_quota(self, path: str, neighbour: str, file_max: int, total_max: int) -> None:
        """Fill two files until a line would exceed the quota, and find out which file the Agent empties."""
        rule = 'quota.evicts_oldest'
        self._fill(neighbour, min(file_max, total_max // 2) - LINE_BYTES)
        # Files are distinguished by their modification times, which may have a resolution of one second.
        self.sleep(1.1)
        size = os.path.getsize(path)
        others = sum(_sizes(self._folder).values()) - size
        target = total_max - others
        if target < size or target + LINE_BYTES > file_max:
            self._not_asked([rule], 'two files do not reach the quota: lower integrations_logs_total_usage')
            return
        self._fill(self.check_id, target)
        before = _sizes(self._folder)
        victims, excess = [], sum(before.values()) + LINE_BYTES - total_max
        for file in sorted(before, key=lambda file: os.stat(file).st_mtime_ns):
            if excess > 0 and before[file]:
                victims.append(file)
                excess -= before[file]
        self._send(self.check_id, LINE_BYTES)
        self._eventually(lambda: os.path.getsize(path) > before[path])
        after = _sizes(self._folder)
        emptied = [file for file in before if after.get(file, 0) < before[file]]
        names = {path: 'the newest', self._file(neighbour): 'the oldest'}
        answer = sorted(names.get(file, 'another') for file in emptied)
        self._answer(rule, answer, sorted(emptied) == sorted(victims))

    def _ask_rotation(self, path: str, file_max: int, total_max: int) -> None:
        rules = ['rotation.at_limit', 'rotation.next_line', 'rotation.new_file']
        if file_max > total_max:
            self._not_asked(rules, 'integrations_logs_files_max_size exceeds integrations_logs_total_usage')
            return
        is_full = self._fill(self.check_id, file_max)
        self._answer('rotation.at_limit', 'appended' if is_full else 'not appended', is_full)
        if not is_full:
            self._not_asked(rules, 'the file did not reach its limit')
            return
        held = os.open(path, os.O_RDONLY) if os.name == 'posix' else None
        try:
            line = self._send(self.check_id, SHORTEST_LINE_BYTES)
            is_first = self._eventually(lambda: _content(path) == line)
            self._answer('rotation.next_line', 'the first' if is_first else 'not the first', is_first)
            if held is not None:
                # The link count is more reliable than the inode, because inodes are reused.
                is_removed = os.fstat(held).st_nlink == 0
                self._answer('rotation.new_file', 'removed' if is_removed else 'truncated', is_removed)
        finally:
            if held is not None:
                os.close(held)
        self._not_asked(rules, 'the system does not remove a file that is open')

    def _ask_deletion(self, path: str) -> None:
        try:
            os.unlink(path)
        except OSError:
            self._not_asked(['deleted.next_line'], 'the system does not remove a file that is open')
            return
        line = self._send(self.check_id, SHORTEST_LINE_BYTES)
        is_created = self._eventually(lambda: _content(path) == line)
        self._answer('deleted.next_line', 'created' if is_created else 'not created', is_created)

    def _prepare_restart(self, path: str, neighbour: str | None, file_max: int) -> None:
        """Prepare the files from which the first run after a restart finds out what registration does."""
        size = min(file_max, MIB + LINE_BYTES)
        notes: dict[str, Any] = {'state': 'restart', 'deleted': False}
        if neighbour is not None and self._fill(neighbour, size):
            notes |= {'neighbour': neighbour, 'size': size}
        try:
            os.unlink(path)
            notes['deleted'] = True
        except OSError:
            self._not_asked(['restart.deleted_file'], 'the system does not remove a file that is open')
        datadog_agent.write_persistent_cache(self._notes_key, json.dumps(notes))
        self._lasting_warning = (
            'Restart the Agent now: the log file of the probe is deleted, and the first run after the restart asks '
            'the last two rules. For `restart.over_quota`, set logs_config.integrations_logs_total_usage to 1 before.'
        )
        self._write({'next': self._lasting_warning})

    def _ask_after_restart(self, notes: dict[str, Any]) -> None:
        path = self._file(self.check_id)
        if notes.get('deleted'):
            is_there = os.path.exists(path)
            self._answer('restart.deleted_file', 'created' if is_there else 'not created', is_there)
        neighbour, size = notes.get('neighbour'), notes.get('size', 0)
        total_max = int(datadog_agent.get_config('logs_config.integrations_logs_total_usage')) * MIB
        if neighbour is None or size <= total_max:
            self._not_asked(['restart.over_quota'], 'the quota was not lowered to 1 before the restart')
        else:
            file = self._file(neighbour)
            was_there = os.path.exists(file)
            self._send(neighbour, SHORTEST_LINE_BYTES)
            is_created = self._eventually(lambda: os.path.exists(file))
            answer = {'at_the_first_run': was_there, 'after_the_next_line': is_created}
            self._answer('restart.over_quota', answer, not was_there and is_created)
        datadog_agent.write_persistent_cache(self._notes_key, json.dumps({'state': 'done'}))

    def _eventually(self, condition: Callable[[], bool]) -> bool:
        deadline = self.now() + SOON_SECONDS
        while not condition():
            if self.now() >= deadline:
                return False
            self.sleep(0.1)
        return True

    def _file(self, check_id: str) -> str:
        return os.path.join(self._folder, check_id.replace(':', '_') + '.log')

    def _file_with(self, line: str) -> str | None:
        for path in _sizes(self._folder):
            if line.encode() in _content(path)[-4096:]:
                return path
        return None

    def _send(self, check_id: str, size: int) -> bytes:
        """Send a line that takes `size` bytes of the file, and return these bytes."""
        line = json.dumps({'message': NAME, 'token': secrets.token_hex(8), 'filler': ''})
        line = line[:-2] + 'x' * (size - 1 - len(line)) + line[-2:]
        datadog_agent.send_log(line, check_id)
        return line.encode() + b'\n'

    def _fill(self, check_id: str, target: int) -> bool:
        """Fill the log file to `target` bytes. Returns whether it has this size when all lines are written."""
        path = self._file(check_id)
        size = os.path.getsize(path) if os.path.exists(path) else 0
        while size < target:
            # The space that remains must have room for a line.
            most = target - size if target - size <= LINE_BYTES else target - size - SHORTEST_LINE_BYTES
            line = self._send(check_id, max(min(LINE_BYTES, most), SHORTEST_LINE_BYTES))
            size += len(line)
        return self._eventually(lambda: os.path.exists(path) and os.path.getsize(path) == target)

    def _registry_places(self) -> list[str]:
        folder = glob.escape(os.path.normpath(self._run_path))
        patterns = ('registry.json', os.path.join('*', 'registry.json'))
        return [path for pattern in patterns for path in glob.glob(os.path.join(folder, pattern))]

    def _read_registry(self) -> dict[str, Any]:
        """Read the registry, in up to three attempts, because it may be written in place. Empty if it is unreadable."""
        for _ in range(3):
            try:
                places = self._registry_places()
                content = json.loads(_read(places[0])) if places else {}
                return content if isinstance(content, dict) else {}
            except (OSError, ValueError):
                self.sleep(0.1)
        return {}

    @property
    def _notes_key(self) -> str:
        return f'{NAME}:notes_{self.check_id.replace(":", "_")}'

    def _notes(self) -> dict[str, Any]:
        try:
            notes = json.loads(datadog_agent.read_persistent_cache(self._notes_key) or '{}')
        except ValueError:
            return {}
        return notes if isinstance(notes, dict) else {}


def _path(*keys: str) -> str:
    """Return the first of these settings that is a path. Both run paths have the same default."""
    for key in keys:
        value = datadog_agent.get_config(key)
        if isinstance(value, str) and value:
            return value
    raise ValueError(f'The Agent gives no path for {", ".join(keys)}')


def _entry(registry: dict[str, Any], path: str) -> tuple[str | None, dict[str, Any]]:
    """Return the key and the entry of a log file, even if the key is not the expected one."""
    entries = registry.get('Registry') or {}
    key = f'file:{path}'
    if key not in entries:
        key = next((each for each in entries if os.path.basename(path) in each), '')
    return (key, entries[key]) if key else (None, {})


def _why_no_second_phase() -> str:
    """Explain why the second phase could lose or send lines of others. Empty if all lines stay on this host."""
    for key in (
        'logs_config.additional_endpoints',
        'logs_config.socks5_proxy_address',
        'multi_region_failover.enabled',
    ):
        if datadog_agent.get_config(key):
            return f'{key} is set, so logs may leave this host.'
    proxy = datadog_agent.get_config('proxy')
    if isinstance(proxy, dict) and (proxy.get('http') or proxy.get('https')):
        return 'proxy is set, so logs may leave this host.'
    for key in ('observability_pipelines_worker.logs.enabled', 'vector.logs.enabled'):
        if datadog_agent.get_config(key):
            return f'{key} is set, which replaces logs_config.logs_dd_url.'
    url = datadog_agent.get_config('logs_config.logs_dd_url') or ''
    try:
        host = urlsplit(url if '//' in url else f'//{url}').hostname or ''
    except ValueError:
        host = ''
    try:
        is_here = host == 'localhost' or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    return '' if is_here else 'logs_config.logs_dd_url is not a loopback address.'


def _sizes(folder: str) -> dict[str, int]:
    """Return the sizes of all files below a folder. Skips files that disappear meanwhile."""
    sizes = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            try:
                sizes[path] = os.path.getsize(path)
            except OSError:
                continue
    return sizes


def _read(path: str) -> bytes:
    with open(path, 'rb') as file:
        return file.read()


def _content(path: str) -> bytes:
    """Read a file. Empty if it does not exist, as between the removal and the creation at a rotation."""
    try:
        return _read(path)
    except OSError:
        return b''
