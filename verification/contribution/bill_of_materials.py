# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The software bill of materials (SBOM) and the licences of what the check imports.

In the form of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), without a time or a random number in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, distribution
from typing import Any

from packaging.utils import canonicalize_name

OWN = 'datadog-okta-workflows'
LICENSE_CLASSIFIER = 'License :: OSI Approved :: '
UNKNOWN = 'unknown'


def sbom(imported: Sequence[str], requirements: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """`imported`: the distributions the check imports. `requirements`: these and their own, with what each requires."""
    own = distribution(OWN)
    dependencies = [
        {'ref': _purl(distribution(name)), 'dependsOn': [_purl(distribution(each)) for each in required]}
        for name, required in requirements.items()
    ]
    return {
        '$schema': 'http://cyclonedx.org/schema/bom-1.6.schema.json',
        'bomFormat': 'CycloneDX',
        'specVersion': '1.6',
        'version': 1,
        'metadata': {'component': _component(own)},
        'components': [_component(distribution(name)) for name in requirements],
        'dependencies': [
            {'ref': _purl(own), 'dependsOn': [_purl(distribution(name)) for name in imported]},
            *dependencies,
        ],
    }


def licences(names: Sequence[str]) -> str:
    """A line for each: name, version, licence."""
    rows = [(name, distribution(name).version, licence(distribution(name))) for name in names]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return '\n'.join(f'{name:{widths[0]}}  {version:{widths[1]}}  {text}' for name, version, text in rows)


def licence(of: Distribution) -> str:
    """As its metadata tells: an SPDX expression, or else what there was before those."""
    metadata = of.metadata
    classifiers = [each for each in metadata.get_all('Classifier') or () if each.startswith(LICENSE_CLASSIFIER)]
    # Some put the whole text there.
    short = [each for each in metadata.get_all('License') or () if '\n' not in each]
    told = [*(metadata.get_all('License-Expression') or ()), *short]
    return told[0] if told else ', '.join(each.removeprefix(LICENSE_CLASSIFIER) for each in classifiers) or UNKNOWN


def _component(of: Distribution) -> dict[str, Any]:
    expression = of.metadata.get_all('License-Expression')
    return {
        'type': 'library',
        'bom-ref': _purl(of),
        'name': of.metadata['Name'],
        'version': of.version,
        'licenses': [{'expression': expression[0]} if expression else {'license': {'name': licence(of)}}],
        'purl': _purl(of),
    }


def _purl(of: Distribution) -> str:
    return f'pkg:pypi/{canonicalize_name(of.metadata["Name"])}@{of.version}'
