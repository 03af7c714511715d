# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The URL, user agent, GeoIP, and decoder processors, which parse one attribute."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import ua_parser

from .casts import to_text
from .definition import Entry, PipelineError
from .paths import Path, copy, read_first
from .record import Processor, Record
from .remappers import read_paths

GeoIP = Callable[[str], dict[str, Any]]

_DESKTOP_SYSTEMS = frozenset({'Windows', 'Mac OS X', 'Linux', 'Ubuntu', 'Fedora', 'Debian', 'Chrome OS', 'FreeBSD'})


def no_database(address: str) -> dict[str, Any]:
    """Return no location for any address, as the published pipeline tests do."""
    return {}


def geo_ip_parser(entry: Entry, geo_ip: GeoIP) -> Processor:
    """Build a GeoIP parser.

    Source: Datadog docs, logs/log_configuration/processors/geoip_parser.
    """
    sources, target = read_paths(entry), Path(entry.text('target'))
    entry.choice('ip_processing_behavior', ('do-nothing',), 'do-nothing')
    if entry.flag('encoded', False):
        raise PipelineError(entry.place, 'encoded addresses are not supported')

    def locate(record: Record) -> None:
        address = read_first(sources, record.attributes)
        if address is not None:
            target.set(record.attributes, _location(address, geo_ip))

    return locate


def _location(address: Any, geo_ip: GeoIP) -> dict[str, Any]:
    # The published test of DataDog/integrations-extras, appomni, shows that an array is read as one text.
    text = f'[{", ".join(map(to_text, address))}]' if isinstance(address, list) else to_text(address)
    try:
        ip_address(text)
    except ValueError:
        return {'invalidAddress': text}
    return geo_ip(text)


def user_agent_parser(entry: Entry) -> Processor:
    """Build a user agent parser.

    Source: Datadog docs, logs/log_configuration/processors/user_agent_parser.
    """
    sources, target = read_paths(entry), Path(entry.text('target'))
    encoded = entry.flag('encoded', False)
    if entry.flag('combineVersionDetails', False):
        raise PipelineError(entry.place, 'combineVersionDetails is not supported')

    def parse(record: Record) -> None:
        text = read_first(sources, record.attributes)
        if isinstance(text, str):
            target.set(record.attributes, copy(_user_agent(unquote(text) if encoded else text)))

    return parse


@lru_cache(maxsize=1024)
def _user_agent(text: str) -> dict[str, Any]:
    found = ua_parser.parse(text)
    browser = _details(found.user_agent, 'family', 'major', 'minor', 'patch', 'patch_minor')
    system = _details(found.os, 'family', 'major', 'minor', 'patch', 'patch_minor')
    device = _details(found.device, 'family', 'brand', 'model')
    device['category'] = _device_category(system['family'], device['family'], text)
    return {'browser': browser, 'os': system, 'device': device}


def _details(found: object, *names: str) -> dict[str, str]:
    details = {name: getattr(found, name, None) for name in names}
    return {'family': 'Other'} | {name: value for name, value in details.items() if value is not None}


def _device_category(system: str, device: str, text: str) -> str:
    # Datadog adds the category to the results of uap-core with an unpublished rule. Desktop, Bot, and Other follow the
    # published pipeline tests. Tablet and Mobile are inferred without evidence.
    if device == 'Spider':
        return 'Bot'
    if system in _DESKTOP_SYSTEMS:
        return 'Desktop'
    if device == 'iPad' or (system == 'Android' and 'Mobile' not in text):
        return 'Tablet'
    if system in ('iOS', 'Android'):
        return 'Mobile'
    return 'Other'


def url_parser(entry: Entry) -> Processor:
    """Build a URL parser.

    Source: Datadog docs, logs/log_configuration/processors/url_parser.
    """
    sources, target = read_paths(entry), Path(entry.text('target'))
    if entry.flag('normalizeEndingSlashes', False):
        raise PipelineError(entry.place, 'normalizeEndingSlashes is not supported')

    def parse(record: Record) -> None:
        text = read_first(sources, record.attributes)
        if isinstance(text, str) and (details := _url(text)) is not None:
            target.set(record.attributes, details)

    return parse


def _url(text: str) -> dict[str, Any] | None:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return None
    host = url.netloc.rpartition('@')[2]
    details = {
        # `urlsplit` returns the scheme in lower case, but Datadog keeps it as it is written.
        'scheme': text[: len(url.scheme)],
        'host': host if port is None else host.rpartition(':')[0],
        'port': port,
        'queryString': dict(parse_qsl(url.query, keep_blank_values=True)),
    }
    return {'path': url.path} | {name: value for name, value in details.items() if value}


def decoder(entry: Entry) -> Processor:
    """Decode base64 or base16 text. Text that is cut off is trimmed or padded, and invalid text is skipped.

    Source: Datadog docs, logs/log_configuration/processors/decoder_processor.
    """
    source, target = Path(entry.text('source')), Path(entry.text('target'))
    encoding = entry.choice('binaryToTextEncoding', ('base64', 'base16'))
    representation = entry.choice('inputRepresentation', ('utf_8', 'integer'))
    if (encoding, representation) == ('base64', 'integer'):
        raise PipelineError(entry.place, 'base64 is decoded to text only')

    def decode(record: Record) -> None:
        text = source.get(record.attributes)
        if not isinstance(text, str):
            return
        try:
            content = _from_base64(text) if encoding == 'base64' else bytes.fromhex(text[: len(text) // 2 * 2])
            decoded = content.decode() if representation == 'utf_8' else int.from_bytes(content)
        except ValueError:
            return
        target.set(record.attributes, decoded)

    return decode


def _from_base64(text: str) -> bytes:
    digits = text.rstrip('=')
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + '=' * (-len(digits) % 4), validate=True)
