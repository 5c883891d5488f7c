"""Items that few people listen to, found once for each model."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from deepcuts.model import PersonaModel

_FOUND: WeakKeyDictionary[PersonaModel, dict[int, list[str]]] = WeakKeyDictionary()  # gone with the model


def rarer_than(model: PersonaModel, n_listeners: int) -> list[str]:
    """Ids of the items of a model that fewer people listen to."""
    found = _FOUND.setdefault(model, {})
    if n_listeners not in found:
        found[n_listeners] = model.item_ids.take(np.flatnonzero(model.item_listeners < n_listeners)).to_pylist()
    return found[n_listeners]
