"""`deepcuts personas`: the tastes of a user."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated

import typer

from deepcuts.cli.options import Json, ModelFile, User
from deepcuts.cli.terminal import print_table, printable, ruled_table, show_json

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = (
    "deepcuts personas model.safetensors ada",
    "deepcuts personas model.safetensors ada --items 50 --json",
)


def personas(
    model: ModelFile,
    user: User,
    items: Annotated[int, typer.Option(min=1, metavar="N", help="The most items of each persona to show.")] = 10,
    json: Json = False,
) -> None:
    """Show the personas of a user: their shares, and the items that made them."""
    from deepcuts.model import load

    table = load(model).personas(user, n_items=items)
    if json:
        show_json(table.to_pylist())
    else:
        show_personas(table, user)


def show_personas(table: pa.Table, user: str) -> None:
    """Print one row per persona, its most played items in a line."""
    shown = ruled_table(f"Personas of {user}")
    shown.add_column("persona", justify="right")
    shown.add_column("share", justify="right")
    shown.add_column("most played (plays)", overflow="fold")
    for (persona, share), rows in groupby(table.to_pylist(), key=itemgetter("persona", "share")):
        played = ", ".join(f"{printable(row['item_id'])} ({row['plays']:,.0f})" for row in rows)
        shown.add_row(str(persona), f"{share:.0%}", played)
    print_table(shown)
