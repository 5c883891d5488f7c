"""`deepcuts forget`: users leave plays or a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.options import Force, Json, Output, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.data.interactions import Interactions
    from deepcuts.model import PersonaModel

File = Annotated[Path, typer.Argument(metavar="FILE", help="A model, or plays, as a file of deepcuts or a table.")]
Users = Annotated[list[str], typer.Argument(metavar="USER...", help="Ids of the users to forget.")]


def forget(
    file: File, users: Users, output: Output, json: Json = False, force: Force = False, quiet: Quiet = False
) -> None:
    """Write plays or a model without some users: their plays, personas, counts and ids are gone.

    With --force, the output may be the file itself. Items that a model learned with them stay as they are: forget the
    users in the plays as well, and train again to remove that.
    """
    from deepcuts.cli.plays_files import check_interactions_output, write_interactions
    from deepcuts.model import PersonaModel
    from deepcuts.storage import check_output, check_own_ending

    remarks = Remarks(quiet)
    before = _read(file)
    if isinstance(before, PersonaModel):
        check_own_ending(output)
        check_output(output, force=force)
        model = before.without(users)
        model.save(output, force=force)
        n_left = len(model.user_ids)
        remarks.say(_said(before, n_left, output) + " Train again for items that never knew them.")
    else:
        check_interactions_output(output, force=force)
        plays = before.without(users)
        write_interactions(output, plays, force=force)
        n_left = plays.n_users
        remarks.say(_said(before, n_left, output))
    if json:
        n_forgotten = len(before.user_ids) - n_left
        show_json({"output": str(output), "users_forgotten": n_forgotten, "users_left": n_left})


def _read(file: Path) -> Interactions | PersonaModel:
    from deepcuts import storage
    from deepcuts.cli.plays_files import OWN_ENDING, read_interactions
    from deepcuts.model import load

    if file.suffix == OWN_ENDING and storage.describe(file).kind == "model":
        return load(file)
    return read_interactions(file)


def _said(before: Interactions | PersonaModel, n_left: int, output: Path) -> str:
    return f"{counted(len(before.user_ids) - n_left, 'user')} forgotten, {n_left:,} left. Saved {output}."


EXAMPLES = (
    'deepcuts forget model.safetensors "user 17" -o model.safetensors --force',
    "deepcuts forget plays.safetensors ada bob -o plays-left.safetensors",
)

COMMAND = Command("forget", forget, EXAMPLES, "Model")
