# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The error bodies of Okta's APIs.

Source: Okta docs, data/error-codes.json and docs/reference/system-log-query; the shape is the `Error` schema of
okta-management-openapi-spec.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from .answer import Answer, json_answer

# code: (usual status, summary)
DOCUMENTED: dict[str, tuple[int, str]] = {
    'E0000001': (400, 'Api validation failed: {0}'),
    'E0000005': (403, 'Invalid session'),
    'E0000006': (403, 'You do not have permission to perform the requested action'),
    'E0000007': (404, 'Not found: {0}'),
    'E0000008': (404, 'The requested path was not found'),
    'E0000009': (500, 'Internal Server Error'),
    'E0000010': (503, 'Service is in read only mode'),
    'E0000011': (401, 'Invalid token provided'),
    'E0000015': (401, 'You do not have permission to access the feature you are requesting'),
    'E0000022': (405, 'The endpoint does not support the provided HTTP method'),
    'E0000030': (
        400,
        "Bad request. Invalid date. Dates must be of the form yyyy-MM-dd'T'HH:mm:ss.SSSZZ, "
        'e.g. 2013-01-01T12:00:00.000-07:00.',
    ),
    'E0000031': (400, 'Invalid search criteria.'),
    'E0000047': (429, 'API call exceeded rate limit due to too many requests.'),
    # The System Log also returns 500 with this code, so clients must read the status first (system-log-query).
    'E0000053': (400, 'Invalid SCIM filter.'),
    'E0000100': (503, 'Unable to perform the search.'),
    'E0000181': (503, 'The service is temporarily unavailable.'),
}

_ERROR_ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'


class OktaError(Exception):
    """A rejection with Okta's JSON body. The endpoints raise it, and the simulator sends it."""

    def __init__(
        self,
        code: str,
        subject: str = '',
        *,
        status: int | None = None,
        summary: str | None = None,
        causes: Sequence[str] = (),
    ) -> None:
        """Create the rejection with this `code`.

        `subject` fills the placeholder of the documented summary. `status` and `summary` replace the documented ones.
        """
        usual_status, usual_summary = DOCUMENTED[code]
        self.code = code
        self.status = usual_status if status is None else status
        self.summary = usual_summary.replace('{0}', subject) if summary is None else summary
        self.causes = tuple(causes)
        super().__init__(f'{self.status} {code} {self.summary}')

    def answer(self) -> Answer:
        return json_answer(
            self.status,
            {
                'errorCode': self.code,
                'errorSummary': self.summary,
                'errorLink': self.code,
                'errorId': 'oae' + ''.join(random.choices(_ERROR_ID_ALPHABET, k=22)),
                'errorCauses': [{'errorSummary': cause} for cause in self.causes],
            },
        )
