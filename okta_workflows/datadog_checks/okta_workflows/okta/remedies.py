# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explains what each failed response means, and how the operator can fix it.

`docs/errors.md` contains the same tables: `python -m tools.error_table` generates them. Okta's errors are those of its
documentation: https://developer.okta.com/docs/reference/error-codes/ and, for OAuth 2.0, the list that is shown there
(okta-developer-docs, `data/oauth2-error-codes.json`).
"""

from __future__ import annotations

from dataclasses import dataclass

from datadog_checks.okta_workflows.constants import ISSUES_URL, SYSTEM_LOG_PATH, TOKEN_PATH


@dataclass(frozen=True, slots=True)
class Remedy:
    """The meaning of a response with one of `statuses`, and how to fix it.

    `codes`, if any, are the error codes to which it applies, or phrases of a page from somebody else than Okta. `path`,
    if any, is the only endpoint to which it applies. `meaning` and `next_step` are sentences without their full stops.
    """

    statuses: range
    meaning: str
    next_step: str
    codes: tuple[str, ...] = ()
    path: str = ''

    def matches(self, path: str, status: int, code: str) -> bool:
        return (
            status in self.statuses and (not self.codes or code in self.codes) and (not self.path or path == self.path)
        )


def _status(first: int, last: int | None = None) -> range:
    return range(first, (last or first) + 1)


REPORT = f'report this message at {ISSUES_URL}'
WAIT = 'No action needed: the next run retries. Investigate if this lasts longer than an hour'
GRANT_SCOPE = 'Grant the scope `okta.logs.read` to the client in the Okta Admin Console, under Okta API Scopes'
ENABLE_API_ACCESS = 'Ask Okta support to enable API access for the org'
CHECK_DOMAIN = 'Check `domain`: use the domain that users sign in to'
CHECK_INTERMEDIARY = 'Check whether a proxy or firewall between the Agent and Okta responds in place of Okta'
CHECK_CLIENT = (
    'Check `client_id` and `client_secret`, or `client_id`, the private key, and `private_key_id`. A client secret '
    'stops working when it is rotated, and works for API service integrations only. A private key works only while '
    'its public key is registered with the app'
)
LET_THROUGH = (
    'Check the proxy, gateway, load balancer, captive portal, or firewall on the way from this host to Okta: it must '
    'pass on the requests of the Agent'
)

# The first match counts. The status must match as well as the code, because Okta uses some codes with several statuses.
OKTA_REMEDIES = (
    Remedy(
        _status(400, 401),
        'Okta rejected the client authentication',
        CHECK_CLIENT,
        codes=('invalid_client',),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400),
        'Okta did not grant the client the scope `okta.logs.read`',
        GRANT_SCOPE,
        codes=('invalid_scope', 'consent_required'),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400),
        "Okta's token endpoint is overloaded or under maintenance",
        WAIT,
        codes=('temporarily_unavailable', 'slow_down'),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400),
        'Okta does not allow the client to request access tokens of its own',
        'Use a client with the grant type Client Credentials, such as an API service integration',
        codes=('unauthorized_client', 'unsupported_grant_type'),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400, 401),
        'Okta rejected the form of the token request',
        f'Check whether a proxy changes requests on their way to Okta. If none does, {REPORT}',
        codes=('invalid_request',),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(403),
        'Okta denied the client an access token, as a rule because the request comes from outside its network zones',
        'Add the IP address from which this host reaches Okta to the network zones that the client may connect from',
        codes=('access_denied',),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400, 401),
        'A policy of the org denied the client an access token',
        'Check the client and its policies in the Okta Admin Console',
        codes=('access_denied',),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(403),
        'The org does not have the feature that the token request needs',
        ENABLE_API_ACCESS,
        codes=('server_error',),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400),
        'Okta failed to create the access token',
        'No action needed: the next run retries. If this lasts longer than an hour, contact Okta support with the '
        'request id',
        codes=('server_error',),
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400, 401),
        'Okta rejected the proof of possession (DPoP), also after everything that Okta had asked for was added',
        "Check that the clock of this host is synchronized: a proof is valid for five minutes around Okta's time",
        codes=('invalid_dpop_proof', 'use_dpop_nonce'),
    ),
    Remedy(_status(401), 'API access is not enabled for the org', ENABLE_API_ACCESS, codes=('E0000015',)),
    Remedy(_status(401), 'Okta rejected the client', CHECK_CLIENT, path=TOKEN_PATH),
    Remedy(
        _status(400),
        'Okta rejected the token request',
        'Check the client in the Okta Admin Console: it must be active and have the grant type Client Credentials. If '
        f'it has, {REPORT}',
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(403),
        'Okta does not allow the client to request an access token',
        'Check in the Okta Admin Console that the client is active, and that its network zones and policies include '
        'this host',
        path=TOKEN_PATH,
    ),
    Remedy(
        _status(400),
        'Okta requires a proof of possession (DPoP) for the access token, also after a new token was fetched',
        f'Check whether a proxy removes `DPoP` headers. If none does, {REPORT}',
        codes=('invalid_request',),
        path=SYSTEM_LOG_PATH,
    ),
    Remedy(
        _status(400),
        'Okta rejected the filter',
        'Check `event_filter`: Okta does not understand it, or does not support an operator on one of its attributes',
        codes=('E0000031', 'E0000053'),
        path=SYSTEM_LOG_PATH,
    ),
    Remedy(
        _status(400),
        'Okta rejected the request for events',
        f'Check `event_filter`. If it is right, {REPORT}',
        path=SYSTEM_LOG_PATH,
    ),
    Remedy(
        _status(401),
        'Okta rejected the API token or access token',
        'Check the credential. An API token stops working when it is revoked, when its user is deactivated, or when it '
        'is not used for 30 days. A client stops working when it is deactivated or its secret is rotated',
        path=SYSTEM_LOG_PATH,
    ),
    Remedy(
        _status(403),
        'The access token lacks the scope `okta.logs.read`',
        GRANT_SCOPE,
        codes=('insufficient_scope',),
        path=SYSTEM_LOG_PATH,
    ),
    Remedy(
        _status(403),
        'Okta accepted the credential but does not let it read the System Log',
        'Assign the user of the API token, or the client, an administrator role that can read the System Log. Report '
        'Administrator is the least privileged role that works',
        path=SYSTEM_LOG_PATH,
    ),
    Remedy(_status(404, 405), 'Okta does not know the requested address', CHECK_DOMAIN),
    Remedy(
        _status(300, 399),
        'Okta returned a redirect, which the check does not follow, to protect the credential',
        'Check `domain`: it must be the host of the org itself',
    ),
    Remedy(
        _status(429),
        "The org's rate limit, or its limit of simultaneous requests, is exhausted",
        'No action needed: the next run after the reset continues. Investigate if this lasts longer than an hour',
    ),
    Remedy(_status(500, 599), 'Okta, or a proxy in front of it, is unavailable', WAIT),
    Remedy(_status(100, 999), 'Okta returned a response that it does not document', CHECK_INTERMEDIARY),
)

# For responses that are not from Okta. The phrases are from the pages of nginx: `ngx_http_special_response.c`.
INTERMEDIARY_REMEDIES = (
    Remedy(
        _status(400, 499),
        'A server between the Agent and Okta requires a client certificate that it accepts',
        'Set `tls_cert` and `tls_private_key` to a client certificate for that server and its key. If they are set, '
        'check whether the certificate has expired',
        codes=('SSL certificate', 'client certificate'),
    ),
    Remedy(_status(407), 'The proxy requires a user name and password', 'Check the user name and password in `proxy`'),
    Remedy(
        _status(404, 405),
        'The server at `domain` is not an Okta org, or a proxy or gateway responded in place of Okta',
        f'{CHECK_DOMAIN}. If it is right, check the proxy, gateway, or firewall on the way from this host to Okta',
    ),
    Remedy(
        _status(300, 399),
        'A proxy, gateway, or captive portal responded in place of Okta with a redirect, or `domain` is not an Okta '
        'org. The check does not follow redirects, to protect the credential',
        f'{LET_THROUGH}. If there is none, check `domain`: it must be the host of the org itself',
    ),
    Remedy(
        _status(429),
        'A proxy or gateway between the Agent and Okta limits the requests',
        'No action needed: the next run after the pause continues. Investigate if this lasts longer than an hour',
    ),
    Remedy(_status(500, 599), 'Okta, or a proxy or load balancer in front of it, is unavailable', WAIT),
    Remedy(
        _status(100, 999),
        'A proxy, gateway, or firewall between the Agent and Okta responded in place of Okta',
        LET_THROUGH,
    ),
)


def okta_remedy(path: str, status: int, code: str) -> Remedy:
    """Find the remedy for a response with `status` and `code` that Okta's endpoint at `path` sent."""
    return next(remedy for remedy in OKTA_REMEDIES if remedy.matches(path, status, code))


def intermediary_remedy(status: int, page: str) -> Remedy:
    """Find the remedy for a response with `status` and the text `page` that did not come from Okta."""
    phrases = (phrase for remedy in INTERMEDIARY_REMEDIES for phrase in remedy.codes)
    phrase = next((phrase for phrase in phrases if phrase.lower() in page.lower()), '')
    return next(remedy for remedy in INTERMEDIARY_REMEDIES if remedy.matches('', status, phrase))
