# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Who works in the simulated orgs, and where: invented people at addresses that are reserved for documentation."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from okta_simulator.log import Event

_CONTINENTS = {'EU': 'Europe', 'AS': 'Asia', 'NA': 'North America'}
_CHROME = (
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/142.0.0.0 Safari/537.36',
    'Mac OS 10.15.7 (Catalina)',
    'CHROME',
)
_FIREFOX = (
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
    'Windows 10',
    'FIREFOX',
)
_EDGE = (
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
    'Windows 10',
    'EDGE',
)


@dataclass(frozen=True)
class Place:
    """Where requests come from. `utc_offset_hours` is that of November."""

    address: str
    city: str
    state: str
    country: str
    country_code: str
    continent_code: str
    latitude: float
    longitude: float
    utc_offset_hours: int
    network: str

    def geo_ip(self) -> dict[str, Any]:
        """What Datadog's GeoIP parser makes of the address."""
        return {
            'city': {'name': self.city},
            'subdivision': {'name': self.state},
            'country': {'name': self.country, 'iso_code': self.country_code},
            'continent': {'name': _CONTINENTS[self.continent_code], 'code': self.continent_code},
            'location': {'latitude': self.latitude, 'longitude': self.longitude},
            'as': {'name': self.network, 'domain': self.network.lower().replace(' ', '-') + '.example'},
        }

    def geographical_context(self) -> dict[str, Any]:
        """What Okta makes of it."""
        return {
            'city': self.city,
            'state': self.state,
            'country': self.country,
            'postalCode': None,
            'geolocation': {'lat': self.latitude, 'lon': self.longitude},
        }


@dataclass(frozen=True)
class Person:
    okta_id: str
    name: str
    login: str
    home: Place
    browser: tuple[str, str, str]
    """The user agent, and what Okta calls its system and the browser."""

    @property
    def email(self) -> str:
        return f'{self.login}@example.com'

    def actor(self) -> Event:
        return {
            'id': self.okta_id,
            'type': 'User',
            'alternateId': self.email,
            'displayName': self.name,
            'detailEntry': None,
        }

    def client(self, place: Place) -> Event:
        agent, system, browser = self.browser
        return {
            'userAgent': {'rawUserAgent': agent, 'os': system, 'browser': browser},
            'zone': 'null',
            'device': 'Computer',
            'id': None,
            'ipAddress': place.address,
            'geographicalContext': place.geographical_context(),
        }


_GOTEBORG = Place(
    '203.0.113.24', 'Göteborg', 'Västra Götaland', 'Sweden', 'SE', 'EU', 57.7065, 11.967, 1, 'Example Office Nordic'
)
_LONDON = Place('203.0.113.71', 'London', 'England', 'United Kingdom', 'GB', 'EU', 51.5164, -0.093, 0, 'Example Office')
_GALWAY = Place('203.0.113.180', 'Galway', 'Connacht', 'Ireland', 'IE', 'EU', 53.2719, -9.0489, 0, 'Example Fibre')
_MALAGA = Place('198.51.100.9', 'Málaga', 'Andalucía', 'Spain', 'ES', 'EU', 36.7202, -4.4203, 1, 'Example Cable')
_LODZ = Place(
    '198.51.100.118', 'Łódź', 'Łódź Voivodeship', 'Poland', 'PL', 'EU', 51.7706, 19.4747, 1, 'Example Broadband'
)
_TOKYO = Place('2001:db8:44::9', '東京', '東京都', 'Japan', 'JP', 'AS', 35.6897, 139.6922, 9, 'Example Office Asia')
_ALMATY = Place('192.0.2.201', 'Алматы', 'Almaty', 'Kazakhstan', 'KZ', 'AS', 43.25, 76.95, 5, 'Example Telecom')
_SAN_JOSE = Place(
    '198.51.100.200',
    'San José',
    'California',
    'United States',
    'US',
    'NA',
    37.3394,
    -121.895,
    -8,
    'Example Office West',
)
_CHENNAI = Place(
    '192.0.2.130', 'Chennai', 'Tamil Nadu', 'India', 'IN', 'AS', 13.0827, 80.2707, 5, 'Example Office Asia'
)
_ZURICH = Place('203.0.113.99', 'Zürich', 'Zürich', 'Switzerland', 'CH', 'EU', 47.3769, 8.5417, 1, 'Globex Example')

REYKJAVIK = Place(
    '192.0.2.250', 'Reykjavík', 'Höfuðborgarsvæði', 'Iceland', 'IS', 'EU', 64.1466, -21.9426, 0, 'Example Hosting'
)
"""Nobody lives there."""

OWNER = Person('00uErikHolm0000AcMe', 'Erik Holm', 'erik.holm', replace(_GOTEBORG, address='203.0.113.25'), _EDGE)
"""Looks after the Workflows platform of acme; builds no flows."""
AUDITOR = Person('00uInesCosta000AcMe', 'Inês Costa', 'ines.costa', replace(_LONDON, address='203.0.113.72'), _FIREFOX)
MARA = Person('00uMaraLindq000AcMe', 'Mara Lindqvist', 'mara.lindqvist', _GOTEBORG, _CHROME)
ZOE = Person('00uZoeBronte000AcMe', 'Zoë Brontë', 'zoe.bronte', _LONDON, _FIREFOX)
JOSE = Person('00uJoseMunoz000AcMe', 'José Muñoz', 'jose.munoz', _MALAGA, _CHROME)
LUKASZ = Person('00uLukaszZak000AcMe', 'Łukasz Żak', 'lukasz.zak', _LODZ, _EDGE)
HANAKO = Person('00uHanakoSato00AcMe', '佐藤 花子', 'hanako.sato', _TOKYO, _CHROME)
DARYA = Person('00uDaryaKim0000AcMe', 'Дарья Ким', 'darya.kim', _ALMATY, _FIREFOX)
AOIFE = Person('00uAoifeBhri000AcMe', 'Aoife Ní Bhriain', 'aoife.nibhriain', _GALWAY, _CHROME)
SAM = Person('00uSamCarter000AcMe', 'Sam Carter', 'sam.carter', _SAN_JOSE, _CHROME)
AUTHORS = (MARA, ZOE, JOSE, LUKASZ, HANAKO, DARYA, AOIFE, SAM)
NILS = Person('00uNilsBerg0000AcMe', 'Nils Berg', 'nils.berg', replace(_GOTEBORG, address='203.0.113.26'), _EDGE)
PRIYA = Person('00uPriyaRaman00AcMe', 'Priya Raman', 'priya.raman', _CHENNAI, _CHROME)
DANA = Person('00uDanaOrtiz000AcMe', 'Dana Ortiz', 'dana.ortiz', replace(_SAN_JOSE, address='198.51.100.201'), _EDGE)
SERVICE_DESK = (NILS, PRIYA, DANA)
"""Run delegated flows, day and night."""

LENA = Person('00uLenaVogt000GloBx', 'Lena Vogt', 'lena.vogt', _ZURICH, _FIREFOX)
TOM = Person('00uTomBaker000GloBx', 'Tom Baker', 'tom.baker', replace(_LONDON, address='203.0.113.73'), _CHROME)
KAI = Person('00uKaiFrei0000GloBx', 'Kai Frei', 'kai.frei', replace(_ZURICH, address='203.0.113.98'), _EDGE)

TRAVELS = {ZOE.okta_id: replace(_GALWAY, address='203.0.113.181')}
"""Where somebody works from on Wednesdays."""

_PLACES = (
    REYKJAVIK,
    *TRAVELS.values(),
    *(person.home for person in (OWNER, AUDITOR, *AUTHORS, *SERVICE_DESK, LENA, TOM, KAI)),
)
GEO_IP: Mapping[str, Mapping[str, Any]] = {place.address: place.geo_ip() for place in _PLACES}
"""By address, for all addresses of the history."""


def geo_ip(address: str) -> dict[str, Any]:
    """What Datadog's GeoIP parser says of an address: nothing, unless somebody of the history works there."""
    return deepcopy(dict(GEO_IP.get(address, {})))
