"""`deepcuts explain`: why an item is recommended."""

from __future__ import annotations

from typing import Annotated

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.names import with_names
from deepcuts.cli.options import Item, Json, Length, ModelFile, User
from deepcuts.cli.terminal import show_table

Persona = Annotated[
    int | None,
    typer.Option(metavar="N", help="Persona that a row of a list names; the default scores the item highest."),
]
Lean = Annotated[float, typer.Option(metavar="X", help="The lean that the list was made with, 0 to 1.")]


def explain(
    model: ModelFile,
    user: User,
    item: Item,
    k: Length = 10,
    persona: Persona = None,
    base_lean: Lean = 0.0,
    json: Json = False,
) -> None:
    """Tell which of a user's own items speak for an item, and for how much of its score."""
    from deepcuts.model import load

    fitted = load(model)
    table = with_names(fitted.explain(user, item, k, persona=persona, base_lean=base_lean), fitted)
    show_table(table, f"What of {user} speaks for {item}", as_json=json)


EXAMPLES = (
    "deepcuts explain model.safetensors ada Grouper",
    "deepcuts explain model.safetensors ada Grouper --persona 1",
    'deepcuts explain model.safetensors ada "J Dilla" -k 3 --json',
)

COMMAND = Command("explain", explain, EXAMPLES, "Look inside")
