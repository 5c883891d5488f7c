"""`deepcuts extend`: new plays for a model."""

from __future__ import annotations

from deepcuts.cli.command import Command
from deepcuts.cli.options import Force, Json, ModelFile, Output, PlaysFile, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.wording import counted


def extend(
    model: ModelFile,
    plays: PlaysFile,
    output: Output,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Add new plays to a model, also of new users and of new items, without training again.

    Counts are added to those of the model. Users with new plays and new items are solved; all else stays as it is.
    """
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.model import load
    from deepcuts.storage import check_outputs, check_own_ending

    remarks = Remarks(quiet)
    check_own_ending(output)
    check_outputs([output], [plays], force=force)  # not the model, which may grow in place
    before = load(model)
    grown = before.extend(read_interactions(plays))
    grown.save(output, force=force)
    n_users, n_items = (len(getattr(grown, ids)) - len(getattr(before, ids)) for ids in ("user_ids", "item_ids"))
    remarks.say(f"{counted(n_users, 'user')} and {counted(n_items, 'item')} joined. Saved {output}.")
    if json:
        sizes = {"n_users": len(grown.user_ids), "n_items": len(grown.item_ids)}
        show_json({"output": str(output), **sizes, "users_joined": n_users, "items_joined": n_items})


EXAMPLES = ("deepcuts extend model.safetensors today.safetensors -o grown.safetensors",)

COMMAND = Command("extend", extend, EXAMPLES, "Model")
