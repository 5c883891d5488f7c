"""Names of items for messages."""

from __future__ import annotations

import numpy as np

from deepcuts.web.page.state.known_ids import index_of
from deepcuts.web.page.state.visit import Visit


def item_name(visit: Visit, item_id: str) -> str:
    """Name of an item, or its id where it has none.

    Raises
    ------
    UnknownIdError
        If the catalogue has no such item.
    """
    model = visit.model
    name: str = model.item_names(np.array([index_of(model.item_ids, item_id)]))[0].as_py()
    return name
