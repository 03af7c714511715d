# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Whether a JSON object is what Datadog's API takes, going by the typed models of `datadog-api-client`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import (
    ModelComposed,
    ModelNormal,
    OpenApiModel,
    UnparsedObject,
    validate_and_convert_types,
)


def faults(body: Mapping[str, Any], model: type[OpenApiModel]) -> list[str]:
    """What of `body` is not in `model`: wrong types, missing keys, values that are not in an enumeration, unknown keys.

    The models themselves are lenient: they keep unknown keys, and turn what they cannot parse into an
    `UnparsedObject`. What is missing or wrong at the root raises, and is returned as well.
    """
    # For the type checker these are untyped.
    try:
        configuration = Configuration()  # type: ignore[no-untyped-call]
        parsed = validate_and_convert_types(dict(body), (model,), ['body'], True, True, configuration)  # type: ignore[no-untyped-call]
    except (TypeError, ValueError) as error:
        return [str(error)]
    return list(_faults(parsed, model.__name__))


def _faults(value: object, where: str) -> Iterator[str]:
    match value:
        case UnparsedObject():
            yield f'{where}: not a value of the model'
        case ModelComposed():
            for instance in value._composed_instances:
                yield from _faults(instance, where)
        case ModelNormal():
            for key, item in value._data_store.items():
                if key not in value.attribute_map:
                    yield f'{where}.{key}: unknown key'
                yield from _faults(item, f'{where}.{key}')
            if value._unparsed:
                yield f'{where}: holds what is not a value of the model'
        case OpenApiModel() if value._unparsed:
            yield f'{where}: not a value of the model'
        case list():
            for index, item in enumerate(value):
                yield from _faults(item, f'{where}[{index}]')
        case dict():
            for key, item in value.items():
                yield from _faults(item, f'{where}.{key}')
