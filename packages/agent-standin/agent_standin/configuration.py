# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's configuration: `datadog.yaml`, `conf.d/<check>.d/conf.yaml`, and the check ids derived from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MIB = 1024 * 1024


def default_settings(root: Path) -> dict[str, Any]:
    """Return the keys that the stand-in knows, with the defaults (and types) of datadog-agent pkg/config/setup.

    Each of the two run paths defaults to the platform's folder, and not to the other: changing one does not change the
    other.
    """
    run = str(root / 'run')
    return {
        'run_path': run,
        'logs_enabled': False,
        'log_level': 'info',
        'hostname': '',
        'enable_metadata_collection': True,
        'integration_tracing': False,
        'integration_tracing_exhaustive': False,
        'integration_profiling': False,
        'tracemalloc_include': '',
        'tracemalloc_exclude': '',
        'tracemalloc_whitelist': '',
        'tracemalloc_blacklist': '',
        'logs_config.run_path': run,
        'logs_config.integrations_logs_files_max_size': 100,
        'logs_config.integrations_logs_total_usage': 100,
        'logs_config.integrations_logs_disk_ratio': 0.8,
        'logs_config.max_message_size_bytes': 900000,
        'logs_config.close_timeout': 60,
        'logs_config.file_scan_period': 1.0,
        'logs_config.batch_wait': 5.0,
        'logs_config.batch_max_size': 1000,
        'logs_config.batch_max_content_size': 5000000,
        'logs_config.atomic_registry_write': True,
        'logs_config.auditor_ttl': 23,
        'logs_config.fingerprint_config.fingerprint_strategy': 'disabled',
        'logs_config.fingerprint_config.count': 1024,
        'logs_config.logs_dd_url': '',
        'logs_config.additional_endpoints': [],
        'logs_config.http_timeout': 10,
        'logs_config.socks5_proxy_address': '',
        'multi_region_failover.enabled': False,
        'observability_pipelines_worker.logs.enabled': False,
        'vector.logs.enabled': False,
    }


class AgentSettings:
    """The settings in `datadog.yaml`, with defaults for the others. `defaults` are those of another release."""

    def __init__(self, root: Path, values: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> None:
        self._defaults = default_settings(root) | dict(defaults or {})
        self._values = {**self._defaults}
        for key, value in _flatten(values, self._defaults):
            self._values[key] = _cast(value, self._defaults.get(key))

    def get(self, key: str) -> Any:
        """Return the same as `datadog_agent.get_config`: the value, or else the default, or `None` for an unknown key.

        Keys are dotted and case-insensitive. A section is returned as a mapping, including defaults. Every value passes
        through YAML, so a whole float becomes an integer (datadog-agent pkg/collector/python/datadog_agent.go,
        pkg/config/nodetreemodel).
        """
        key = key.lower()
        if key in self._values:
            return _through_yaml(self._values[key])
        prefix = f'{key}.'
        section: dict[str, Any] = {}
        for name, value in self._values.items():
            if name.startswith(prefix):
                *parents, leaf = name.removeprefix(prefix).split('.')
                node = section
                for parent in parents:
                    node = node.setdefault(parent, {})
                node[leaf] = _through_yaml(value)
        return section or None


def _flatten(values: Mapping[str, Any], known: Mapping[str, Any], prefix: str = '') -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f'{prefix}{name}'.lower()
        is_section = any(other.startswith(f'{key}.') for other in known)
        if isinstance(value, Mapping) and is_section:
            yield from _flatten(value, known, f'{key}.')
        else:
            yield key, value


def _cast(value: Any, default: Any) -> Any:
    """Convert a value to the type of its default, from any source (datadog-agent pkg/config/nodetreemodel)."""
    match default:
        case bool():
            return value if isinstance(value, bool) else str(value).lower() in ('1', 't', 'true')
        case int() | float():
            try:
                return type(default)(value)
            except (TypeError, ValueError):
                return type(default)()
        case str():
            return '' if value is None else str(value)
        case _:
            return value


def _through_yaml(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return yaml.safe_load(yaml.safe_dump(value))


@dataclass(frozen=True)
class CheckConfig:
    """One `conf.yaml`."""

    name: str
    path: Path
    init_config: dict[str, Any]
    instances: list[dict[str, Any]]
    logs: list[dict[str, Any]]

    @classmethod
    def load(cls, name: str, path: Path) -> CheckConfig:
        content = yaml.safe_load(path.read_text('utf-8')) or {}
        return cls(
            name=name,
            path=path,
            init_config=content.get('init_config') or {},
            instances=[instance or {} for instance in content.get('instances') or []],
            logs=content.get('logs') or [],
        )

    def check_id(self, instance: Mapping[str, Any]) -> str:
        """Return `name:digest`, or `name:<instance name>:digest`.

        As in the Agent, the digest covers the whole file, so a change anywhere in it changes the id of every instance
        (datadog-agent pkg/collector/check/id/id.go and comp/core/autodiscovery/integration/config.go). The Agent
        hashes with murmur3 and FNV. The stand-in uses SHA-256, which changes in the same cases.
        """
        whole_file = [self.name, self.instances, self.init_config, self.logs]
        digest = hashlib.sha256(_canonical([whole_file, instance, self.init_config])).hexdigest()[:16]
        instance_name = instance.get('name') or instance.get('namespace')
        return f'{self.name}:{instance_name}:{digest}' if instance_name else f'{self.name}:{digest}'

    def integration_sources(self) -> list[dict[str, Any]]:
        """List the `logs:` entries that make the Agent open a log file for this check."""
        return [entry for entry in self.logs if entry.get('type') == 'integration']


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()


def find_check_configs(confd: Path) -> list[CheckConfig]:
    paths = sorted(confd.glob('*.d/conf.yaml'))
    return [CheckConfig.load(path.parent.name.removesuffix('.d'), path) for path in paths]
