"""Names beside ids, where the items have names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from deepcuts.errors import UnknownIdError

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.model import PersonaModel


def with_names(table: pa.Table, model: PersonaModel) -> pa.Table:
    """Add a column `name` after that of item ids; the same table where the items of the model have no names."""
    if model.seen.labels is None:
        return table
    names = model.item_names(model.item_ids.indexes_of(table["item_id"]))
    return table.add_column(table.column_names.index("item_id") + 1, "name", names)


def item_of(model: PersonaModel, text: str) -> str:
    """Find the item that is meant by its id, or else by its name, in whatever case.

    Of several items of one name, it is the one with most listeners.

    Raises
    ------
    UnknownIdError
        If there is no such item; the message names some that are spelt alike.
    """
    ids = model.item_ids
    if model.seen.labels is None or ids.indexes_of([text])[0] >= 0:
        return text
    names = [name.casefold() for name in model.seen.labels.names.to_pylist()]
    wanted = text.casefold()
    indexes = [index for index, name in enumerate(names) if name == wanted]
    if indexes:
        return str(ids.values[max(indexes, key=lambda index: int(model.item_listeners[index]))])
    near = get_close_matches(wanted, names, n=3, cutoff=0.75)
    shown = " or ".join(repr(model.seen.labels.names[names.index(name)].as_py()) for name in near)
    raise UnknownIdError(
        f"There is no item {text!r} among {len(ids):,} items, by id or by name."
        + (f" Did you mean {shown}?" if near else "")
    )
