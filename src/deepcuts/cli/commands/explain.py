"""`deepcuts explain`: why an item is recommended."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deepcuts.cli import values
from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import is_given, refuse_idle
from deepcuts.cli.names import with_names
from deepcuts.cli.options import Item, Json, Length, ModelFile, Rarity, Strength, User
from deepcuts.cli.terminal import show_table
from deepcuts.recommendation.settings import ListSettings

Persona = Annotated[
    int | None,
    typer.Option(metavar="N", help="Persona that a row of a list names; the default scores the item highest."),
]


@options_from(ListSettings, panel="The list", names=("mix", "dial", "frequency", "base_lean"))
def explain(
    context: typer.Context,
    model: ModelFile,
    user: User,
    item: Item,
    k: Length = 10,
    persona: Persona = None,
    rarity: Rarity = "0",
    strength: Strength = None,
    json: Json = False,
    **settings: Any,
) -> None:
    """Tell which of a user's own items speak for an item, and for how much of its score.

    Personas of a list that is turned towards rare items lean on the whole of the listening, so turn this as the list.
    """
    from deepcuts.model import load

    is_turned = is_given("rarity", context) or strength is not None
    refuse_idle(context, "--rarity", "dial", "frequency", "mix", unless=is_turned)
    fitted = load(model)
    settings |= {"rarity": values.turn(rarity, "--rarity")}
    if strength is not None:
        settings |= {"strength": values.turn(strength, "--strength")}
    table = with_names(fitted.explain(user, item, k, persona=persona, **settings), fitted)
    show_table(table, f"What of {user} speaks for {item}", as_json=json)


EXAMPLES = (
    "deepcuts explain model.safetensors ada Grouper",
    "deepcuts explain model.safetensors ada Grouper --persona 1 --rarity 0.7",
    'deepcuts explain model.safetensors ada "J Dilla" -k 3 --json',
)

COMMAND = Command("explain", explain, EXAMPLES, "Look inside")
