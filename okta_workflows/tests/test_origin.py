# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import pytest

from datadog_checks.okta_workflows.okta.origin import Origin, parse_origin

PATH = '/api/v1/logs'
ACME = Origin('https', 'acme.okta.com')


@pytest.mark.parametrize(
    'domain',
    [
        pytest.param('acme.okta.com', id='bare'),
        pytest.param('ACME.Okta.Com', id='capitals'),
        pytest.param('  acme.okta.com\n', id='blanks-around'),
        pytest.param('acme.okta.com.', id='dot-of-the-root'),
        pytest.param('acme.okta.com/', id='slash'),
        pytest.param('acme.okta.com:443', id='own-port'),
        pytest.param('acme.okta.com:', id='colon-without-port'),
        pytest.param('https://acme.okta.com', id='url'),
        pytest.param('HTTPS://acme.okta.com', id='scheme-in-capitals'),
        pytest.param('https://acme.okta.com:443/', id='url-with-own-port'),
        pytest.param('https://acme.okta.com/api/v1/logs', id='url-with-path'),
        pytest.param('https://acme.okta.com/app/UserHome?iss=x#/apps', id='url-from-the-address-bar'),
        pytest.param('acme.okta.com?x=1', id='query'),
        pytest.param('acme.okta.com#top', id='fragment'),
    ],
)
def test_every_way_to_write_a_domain_means_the_same_origin(domain: str) -> None:
    assert parse_origin(domain) == ACME


@pytest.mark.parametrize(
    'domain',
    [
        'acme.okta.com',
        'acme.oktapreview.com',
        'acme.okta-emea.com',
        'acme.okta-gov.com',
        'acme.okta.mil',
        'trial-1234567.okta.com',
        'login.example.com',
        'id.corp.example.co.uk',
        'xn--bcher-kva.example',
        'under_score.example.com',
        'login-admin.example.com',
        'yourorganics.okta.com',
        '7.okta.com',
    ],
)
def test_okta_domains_and_custom_domains_are_accepted_as_they_are(domain: str) -> None:
    origin = parse_origin(domain)
    assert origin.url == f'https://{domain}'
    assert str(origin) == origin.authority == domain


@pytest.mark.parametrize(
    ('domain', 'url'),
    [
        pytest.param('http://127.0.0.1:8080', 'http://127.0.0.1:8080', id='ipv4'),
        pytest.param('http://127.8.9.10/x', 'http://127.8.9.10', id='any-ipv4-loopback'),
        pytest.param('http://LOCALHOST:80', 'http://localhost', id='name'),
        pytest.param('http://[::1]', 'http://[::1]', id='ipv6'),
        pytest.param('http://[::1]:8080/', 'http://[::1]:8080', id='ipv6-with-port'),
        pytest.param('localhost:8443', 'https://localhost:8443', id='https-with-port'),
        pytest.param('http://localhost:443', 'http://localhost:443', id='the-port-of-the-other-scheme'),
    ],
)
def test_loopback_may_be_plain_http_and_have_a_port(domain: str, url: str) -> None:
    assert parse_origin(domain).url == url


@pytest.mark.parametrize(
    'domain', ['acme.okta.com', 'login.example.com', 'http://127.0.0.1:8080', 'http://[::1]:8080', 'localhost:8443']
)
def test_what_an_origin_prints_is_read_as_the_same_origin(domain: str) -> None:
    origin = parse_origin(domain)
    assert parse_origin(str(origin)) == parse_origin(origin.url) == origin


@pytest.mark.parametrize(
    ('domain', 'says'),
    [
        pytest.param('', 'it is empty', id='empty'),
        pytest.param(' \t', 'it is empty', id='blank'),
        pytest.param('https://', 'is not a domain', id='scheme-alone'),
        pytest.param('<OKTA_DOMAIN>', 'is a placeholder', id='placeholder-of-the-example'),
        pytest.param('https://{yourOktaDomain}', 'is a placeholder', id='placeholder-of-okta-docs'),
        pytest.param('${OKTA_DOMAIN}', 'is a placeholder', id='placeholder-of-a-shell'),
        pytest.param('yourOktaDomain', 'is a placeholder', id='placeholder-without-braces'),
        pytest.param('your-domain.okta.com', 'is a placeholder', id='your-domain'),
        pytest.param('your-org.okta.com', 'is a placeholder', id='your-org'),
        pytest.param('yoursubdomain.okta.com', 'is a placeholder', id='your-subdomain'),
        pytest.param('http://acme.okta.com', 'use `acme.okta.com`, which is reached over https', id='plain-http'),
        pytest.param('http://localhost.example.com', 'in clear', id='plain-http-look-alike-name'),
        pytest.param('http://127.0.0.1.example.com', 'in clear', id='plain-http-look-alike-address'),
        pytest.param('mara:pa55@acme.okta.com', 'user name or password', id='userinfo'),
        pytest.param('https://acme.okta.com@evil.example', 'user name or password', id='userinfo-trick'),
        pytest.param('ftp://acme.okta.com', 'leave out what stands before', id='other-scheme'),
        pytest.param('https://https://acme.okta.com', 'leave out what stands before', id='scheme-twice'),
        pytest.param('acme.okta.com:8443', 'port 443 only: use `acme.okta.com` without `:8443`', id='port'),
        pytest.param('acme.okta.com:80', 'port 443 only', id='port-of-http'),
        pytest.param('acme.okta.com:0', 'port that does not exist', id='port-zero'),
        pytest.param('acme.okta.com:65536', 'port that does not exist', id='port-too-high'),
        pytest.param('acme.okta.com:https', 'is not a domain', id='port-by-name'),
        pytest.param('10.1.2.3', 'is an address', id='ipv4'),
        pytest.param('127.1', 'is an address', id='short-ipv4'),
        pytest.param('[2001:db8::1]', 'is not a domain', id='ipv6'),
        pytest.param('::1', 'is not a domain', id='ipv6-without-brackets'),
        pytest.param('acme', 'use `acme.okta.com`', id='single-label'),
        pytest.param('acme.okta.com.com', 'use `acme.okta.com`', id='com-twice'),
        pytest.param('okta.com', 'use the form `example.okta.com`', id='no-org'),
        pytest.param('okta.mil', 'use the form `example.okta.mil`', id='no-org-of-the-military'),
        pytest.param('bücher.example', 'write it in its `xn--` form', id='outside-ascii'),
        pytest.param('acme okta.com', 'is not a domain', id='blank-inside'),
        pytest.param('acme..okta.com', 'is not a domain', id='empty-label'),
        pytest.param('-acme.okta.com', 'is not a domain', id='leading-hyphen'),
        pytest.param('acme.okta.com\\evil.example', 'is not a domain', id='backslash'),
        pytest.param('acme.okta.com,beta.okta.com', 'is not a domain', id='two-domains'),
        pytest.param(f'{"a" * 64}.okta.com', 'is not a domain', id='label-too-long'),
    ],
)
def test_what_is_no_domain_of_an_org_is_refused_with_what_to_do(domain: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_origin(domain)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ('domain', 'org'),
    [
        ('acme-admin.okta.com', 'acme.okta.com'),
        ('acme-admin.oktapreview.com', 'acme.oktapreview.com'),
        ('acme-admin.okta-emea.com', 'acme.okta-emea.com'),
        ('acme-admin.okta-gov.com', 'acme.okta-gov.com'),
        ('acme-admin.okta.mil', 'acme.okta.mil'),
        ('https://ACME-Admin.okta.com/admin/dashboard', 'acme.okta.com'),
    ],
)
def test_the_admin_console_is_refused_with_the_domain_to_use(domain: str, org: str) -> None:
    with pytest.raises(ValueError, match=f'use `{org}` instead'):
        parse_origin(domain)


def test_a_refusal_does_not_show_a_password() -> None:
    with pytest.raises(ValueError) as refused:
        parse_origin('https://mara:pa55word@acme.okta.com')
    assert 'pa55word' not in str(refused.value)


@pytest.mark.parametrize(
    'url',
    [
        pytest.param('https://acme.okta.com/api/v1/logs', id='bare'),
        pytest.param('https://acme.okta.com/api/v1/logs?after=1_1&filter=a%20b', id='query'),
        pytest.param('https://ACME.okta.COM/api/v1/logs', id='host-in-capitals'),
        pytest.param('HTTPS://acme.okta.com/api/v1/logs', id='scheme-in-capitals'),
        pytest.param('https://acme.okta.com:443/api/v1/logs', id='own-port'),
        pytest.param('https://acme.okta.com/api/v1/logs?url=https://evil.example/@', id='foreign-host-in-the-query'),
    ],
)
def test_a_url_of_the_org_is_served(url: str) -> None:
    assert ACME.serves(url, PATH)


@pytest.mark.parametrize(
    'url',
    [
        pytest.param('https://evil.example/api/v1/logs', id='foreign-host'),
        pytest.param('https://beta.okta.com/api/v1/logs', id='other-org'),
        pytest.param('https://acme.okta.com.evil.example/api/v1/logs', id='org-as-prefix'),
        pytest.param('https://evilacme.okta.com/api/v1/logs', id='org-as-suffix'),
        pytest.param('https://acme.okta.com./api/v1/logs', id='dot-of-the-root'),
        pytest.param('https://acme-admin.okta.com/api/v1/logs', id='admin-console'),
        pytest.param('https://acme.okta.com@evil.example/api/v1/logs', id='org-as-user'),
        pytest.param('https://acme.okta.com:443@evil.example/api/v1/logs', id='org-as-user-and-password'),
        pytest.param('https://mara@acme.okta.com/api/v1/logs', id='user'),
        pytest.param('https://@acme.okta.com/api/v1/logs', id='empty-user'),
        pytest.param('https://evil.example\\@acme.okta.com/api/v1/logs', id='backslash-before-at'),
        pytest.param('https://acme.okta.com\\.evil.example/api/v1/logs', id='backslash-in-host'),
        pytest.param('https:\\\\acme.okta.com/api/v1/logs', id='backslashes-for-slashes'),
        pytest.param('https://acme.okta.com/api/v1/logs?x=\\', id='backslash-in-query'),
        pytest.param('https://evil.example#@acme.okta.com/api/v1/logs', id='fragment-before-at'),
        pytest.param('https://acme.okta.com:8443/api/v1/logs', id='other-port'),
        pytest.param('https://acme.okta.com:/api/v1/logs', id='empty-port'),
        pytest.param('https://acme.okta.com:80/api/v1/logs', id='port-of-http'),
        pytest.param('http://acme.okta.com/api/v1/logs', id='plain-http'),
        pytest.param('http://acme.okta.com:443/api/v1/logs', id='plain-http-on-443'),
        pytest.param('//acme.okta.com/api/v1/logs', id='no-scheme'),
        pytest.param('/api/v1/logs', id='path-alone'),
        pytest.param('acme.okta.com/api/v1/logs', id='no-slashes'),
        pytest.param('', id='empty'),
        pytest.param('https://acme.okta.com/api/v1/logs/', id='slash-behind'),
        pytest.param('https://acme.okta.com/api/v1/logs/../users', id='parent-directory'),
        pytest.param('https://acme.okta.com/x/../api/v1/logs', id='detour'),
        pytest.param('https://acme.okta.com//api/v1/logs', id='double-slash'),
        pytest.param('https://acme.okta.com/api/v1/log%73', id='encoded-path'),
        pytest.param('https://acme.okta.com/API/v1/logs', id='path-in-capitals'),
        pytest.param('https://acme.okta.com/api/v1/logs;x=1', id='path-parameter'),
        pytest.param('https://acme.okta.com/api/v1/users', id='other-path'),
        pytest.param('https://acme.okta.com', id='no-path'),
        pytest.param('https://acme.okta.com/api/v1/logs\r\nX-Evil: 1', id='line-break'),
        pytest.param('https://acme.okta.com\t/api/v1/logs', id='tab'),
        pytest.param('https://acme.okta.com/api/v1/logs?a=\x00', id='null'),
        pytest.param(' https://acme.okta.com/api/v1/logs', id='blank-before'),
        pytest.param('https://acme.okta.com/api/v1/logs?filter=a b', id='blank-in-query'),
        pytest.param('https://acme.okta\uff0ecom/api/v1/logs', id='full-width-dot'),
        pytest.param('https://\u0430cme.okta.com/api/v1/logs', id='cyrillic-letter'),
        pytest.param('https://[acme.okta.com/api/v1/logs', id='malformed'),
    ],
)
def test_any_other_url_is_not_served(url: str) -> None:
    assert not ACME.serves(url, PATH)


def test_an_origin_with_a_port_serves_that_port_only() -> None:
    origin = parse_origin('http://127.0.0.1:8080')
    assert origin.serves('http://127.0.0.1:8080/api/v1/logs', PATH)
    assert not origin.serves('http://127.0.0.1/api/v1/logs', PATH)
    assert not origin.serves('http://127.0.0.1:8081/api/v1/logs', PATH)
    assert not origin.serves('http://127.0.0.1:8080:80/api/v1/logs', PATH)
    assert not origin.serves('https://127.0.0.1:8080/api/v1/logs', PATH)


def test_an_ipv6_origin_serves_its_own_urls() -> None:
    origin = parse_origin('http://[::1]:8080')
    assert origin.serves('http://[::1]:8080/api/v1/logs', PATH)
    assert not origin.serves('http://[::2]:8080/api/v1/logs', PATH)


def test_plain_http_has_its_own_default_port() -> None:
    origin = parse_origin('http://localhost')
    assert origin.serves('http://localhost:80/api/v1/logs', PATH)
    assert not origin.serves('http://localhost:443/api/v1/logs', PATH)
