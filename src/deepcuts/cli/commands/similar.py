"""`deepcuts similar`: the neighbours of an item."""

from __future__ import annotations

from deepcuts.cli.command import Command
from deepcuts.cli.names import with_names
from deepcuts.cli.options import Item, Json, Length, ModelFile
from deepcuts.cli.terminal import show_table


def similar(model: ModelFile, item: Item, k: Length = 20, json: Json = False) -> None:
    """List the items that are most like one, by the cosine of their factors."""
    from deepcuts.model import load

    fitted = load(model)
    show_table(with_names(fitted.similar_items(item, k), fitted), f"Like {item}", as_json=json)


EXAMPLES = (
    "deepcuts similar model.safetensors Grouper",
    'deepcuts similar model.safetensors "J Dilla" -k 50 --json',
)

COMMAND = Command("similar", similar, EXAMPLES, "Look inside")
