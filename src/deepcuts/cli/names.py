"""Names beside ids, where the items have names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.model import PersonaModel


def with_names(table: pa.Table, model: PersonaModel) -> pa.Table:
    """Add a column `name` after that of item ids; the same table where the items of the model have no names."""
    from deepcuts.recommendation.columns import with_item_names

    return table if model.seen.labels is None else with_item_names(table, model.seen)
