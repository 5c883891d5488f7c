"""Fields of JSON records by keys, where dots lead into objects within."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def field_of(key: str | None) -> str:
    """SQL of a field of a record."""
    if key is None:
        return "NULL::VARCHAR"
    return "r." + ".".join('"' + part.replace('"', '""') + '"' for part in key.split("."))


def template_of(wanted: Mapping[str, str]) -> str:
    """The structure of a record with the fields that are wanted alone."""
    template: dict[str, Any] = {}
    for key, kind in wanted.items():
        *outer, last = key.split(".")
        inner = template
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = kind
    return json.dumps(template)
