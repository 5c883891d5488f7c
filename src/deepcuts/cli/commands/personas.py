"""`deepcuts personas`: the personas of a user, or the factors of the model that they are made of."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.options import Json, ModelFile
from deepcuts.cli.terminal import cell_text, print_table, ruled_table, show_json
from deepcuts.errors import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa


def personas(
    model: ModelFile,
    user: Annotated[str | None, typer.Argument(metavar="USER", help="Id of a user.", show_default=False)] = None,
    items: Annotated[
        int, typer.Option("-k", min=1, metavar="N", help="The most items of each persona or factor to show.")
    ] = 10,
    factors: Annotated[bool, typer.Option("--all-factors", help="Show the factors of the model instead.")] = False,
    json: Json = False,
) -> None:
    """Show the personas of a user, or the factors of the model: names, shares, and the items behind them."""
    from deepcuts.model import load

    if factors == (user is not None):
        raise SettingsError("Name a user to see their personas, or pass --all-factors to see those of the model.")
    fitted = load(model)
    table = fitted.personas(user, n_items=items) if user is not None else fitted.factors(items)
    if json:
        show_json(table.to_pylist())
    elif user is not None:
        show_personas(table, user)
    else:
        show_factors(table)


def show_personas(table: pa.Table, user: str) -> None:
    """Print one row per persona, its most played items in a line."""
    shown = ruled_table(f"Personas of {user}")
    shown.add_column("persona", justify="right")
    shown.add_column("share", justify="right")
    shown.add_column("name", overflow="fold", max_width=40)
    shown.add_column("most played (plays)", overflow="fold")
    for (persona, name, share), rows in groupby(table.to_pylist(), key=itemgetter("persona", "persona_name", "share")):
        played = ", ".join(f"{cell_text(row['name'])} ({row['plays']:,.0f})" for row in rows)
        shown.add_row(str(persona), f"{share:.0%}", cell_text(name), played)
    print_table(shown)


def show_factors(table: pa.Table) -> None:
    """Print one row per factor, the most used first."""
    shown = ruled_table("Factors")
    shown.add_column("factor", justify="right")
    shown.add_column("share", justify="right")
    shown.add_column("name", overflow="fold", max_width=40)
    shown.add_column("strongest items", overflow="fold")
    # `groupby` needs the rows of a factor together.
    rows = sorted(table.to_pylist(), key=lambda row: (-row["share"], row["factor"], row["rank"]))
    for (factor, name, share), own in groupby(rows, key=itemgetter("factor", "factor_name", "share")):
        strongest = ", ".join(cell_text(row["name"]) for row in own)
        shown.add_row(str(factor), f"{share:.1%}", cell_text(name), strongest)
    print_table(shown)


EXAMPLES = (
    "deepcuts personas model.safetensors ada",
    "deepcuts personas model.safetensors ada -k 50 --json",
    "deepcuts personas model.safetensors --all-factors",
)

COMMAND = Command("personas", personas, EXAMPLES, "Look inside")
