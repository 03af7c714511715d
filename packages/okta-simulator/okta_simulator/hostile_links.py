# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Link lines, for `faults.LinkHeader`, that would lead a collector and its credential to another server.

URL parsers disagree on these: one parses as the user name what another parses as the host (RFC 3986 3.2 compared with
the URL Standard of WHATWG, which reads a backslash as a slash and drops tabs).
"""

from __future__ import annotations

FOREIGN_HOSTS = {
    'other host': '<{scheme}://evil.example{target}>; rel="next"',
    'no scheme': '<//evil.example{target}>; rel="next"',
    'own host as the start of a longer one': '<{scheme}://{host}.evil.example{target}>; rel="next"',
    'own host as the end of a longer one': '<{scheme}://evil-{host}{target}>; rel="next"',
    'own host as user': '<{scheme}://{host}@evil.example{target}>; rel="next"',
    'own host and port as user and password': '<{scheme}://{netloc}@evil.example{target}>; rel="next"',
    'two users': '<{scheme}://{host}@evil.example@{netloc}{target}>; rel="next"',
    'own host behind a backslash': '<{scheme}://evil.example\\@{netloc}{target}>; rel="next"',
    'backslashes for slashes': '<{scheme}:\\\\evil.example{target}>; rel="next"',
    'slash and backslash': '<{scheme}:/\\evil.example{target}>; rel="next"',
    'three slashes': '<{scheme}:///evil.example{target}>; rel="next"',
    'own host behind a fragment': '<{scheme}://evil.example#@{netloc}{target}>; rel="next"',
    'own host behind a query': '<{scheme}://evil.example?@{netloc}{target}>; rel="next"',
    'Cyrillic letter': '<{scheme}://ex\u0430mple.okta.com{target}>; rel="next"',
    'Punycode': '<{scheme}://xn--exmple-4nf.okta.com{target}>; rel="next"',
    'ideographic full stop': '<{scheme}://{host}\u3002evil.example{target}>; rel="next"',
    'fullwidth slash': '<{scheme}://evil.example\uff0f{netloc}{target}>; rel="next"',
    'fullwidth at sign': '<{scheme}://{host}\uff20evil.example{target}>; rel="next"',
    'percent-encoded host': '<{scheme}://%65vil.example{target}>; rel="next"',
    'percent-encoded slash in the host': '<{scheme}://{host}%2f.evil.example{target}>; rel="next"',
    'tab in the host': '<{scheme}://{host}\t.evil.example{target}>; rel="next"',
    'blank before the host': '<{scheme}:// evil.example{target}>; rel="next"',
    'zone in an IPv6 address': '<{scheme}://[::1%25lo]{target}>; rel="next"',
    'address of the cloud': '<http://169.254.169.254{target}>; rel="next"',
    'good link, then a foreign one': '<{scheme}://{netloc}{target}>; rel="next", <https://evil.example/>; rel="next"',
    'comma in the URL': '<{scheme}://evil.example/,<{scheme}://{netloc}{target}>; rel="next"',
}

OWN_HOST = {
    'user and password': '<{scheme}://user:secret@{netloc}{target}>; rel="next"',
    'empty user': '<{scheme}://@{netloc}{target}>; rel="next"',
    'other port': '<{scheme}://{host}:1{target}>; rel="next"',
    'port that is none': '<{scheme}://{host}:99999{target}>; rel="next"',
    'port in letters': '<{scheme}://{host}:x{target}>; rel="next"',
    'other scheme': '<ftp://{netloc}{target}>; rel="next"',
    'script': '<javascript:alert(1)>; rel="next"',
    'file': '<file:///etc/passwd>; rel="next"',
    'other path': '<{scheme}://{netloc}/api/v1/users>; rel="next"',
    'dot segments': '<{scheme}://{netloc}/api/v1/logs/../users>; rel="next"',
    'encoded dot segments': '<{scheme}://{netloc}/api/v1/logs/%2e%2e/users>; rel="next"',
    'doubled slash': '<{scheme}://{netloc}//api/v1/logs>; rel="next"',
}

MALFORMED = {
    'empty line': '',
    'no URL': '<>; rel="next"',
    'no brackets': '{scheme}://{netloc}{target}; rel="next"',
    'bracket never closed': '<{scheme}://{netloc}{target}; rel="next"',
    'unclosed IPv6 address': '<{scheme}://[::1{target}>; rel="next"',
    '60 kB of commas': '<{scheme}://{netloc}{target}>; rel="next"' + ',' * 60_000,
    '60 kB of brackets': '<' * 60_000,
    '60 kB of parameters': '<{scheme}://{netloc}{target}>' + ';a=b' * 15_000 + '; rel="next"',
}

TOO_LONG = '<{scheme}://{netloc}{target}&padding=' + 'x' * 65_536 + '>; rel="next"'
"""A line that is longer than Python's http.client allows, so that the client rejects the whole response."""
