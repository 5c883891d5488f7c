"""Facts as JSON values; fields whose names have changed keep the name that they were first published under."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_NAME = "published_as"


def published_as(name: str) -> Mapping[str, str]:
    """Metadata of a dataclass field that has this name in JSON."""
    return {_NAME: name}


def json_values(value: Any) -> Any:
    """Turn dataclasses, mappings and tuples into JSON values; what is not a finite number is None."""
    if is_dataclass(value):
        return {one.metadata.get(_NAME, one.name): json_values(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): json_values(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [json_values(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
