"""Names beside ids, where the items have names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.model import PersonaModel


def with_names(table: pa.Table, model: PersonaModel) -> pa.Table:
    """Add a column `name` after that of item ids; the same table where the items of the model have no names."""
    if model.seen.labels is None:
        return table
    names = model.item_names(model.item_ids.indexes_of(table["item_id"]))
    return table.add_column(table.column_names.index("item_id") + 1, "name", names)
