"""Ids that a model has, looked up without proposing others: that would let strangers keep the server busy."""

from __future__ import annotations

from collections.abc import Iterable

from deepcuts.data.ids import Ids
from deepcuts.errors import UnknownIdError

_MOST_QUOTED = 60  # characters of an id in a message


def index_of(ids: Ids, identifier: str) -> int:
    """Index of an id.

    Raises
    ------
    UnknownIdError
        If the model does not have it.
    """
    index = int(ids.indexes_of([identifier])[0])
    if index < 0:
        raise UnknownIdError(f"This model has no {ids.kind} with the id {identifier[:_MOST_QUOTED]!r}.")
    return index


def unknown_ids(ids: Ids, identifiers: Iterable[str]) -> list[str]:
    """Those of some ids that the model does not have, in their order."""
    listed = list(identifiers)
    if not listed:
        return []
    return [item_id for item_id, index in zip(listed, ids.indexes_of(listed), strict=True) if index < 0]
