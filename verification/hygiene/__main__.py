# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .examination import examine

if __name__ == '__main__':
    with TemporaryDirectory() as folder:
        figures = examine(Path(folder))
    for hit in figures.hits:
        print(f'{hit.secret} ({hit.form}) in {hit.text}')
    print(figures)
    sys.exit(bool(figures.hits))
