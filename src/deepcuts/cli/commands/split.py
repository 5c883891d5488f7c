"""`deepcuts split`: hold some of the plays out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.given import refuse_idle
from deepcuts.cli.options import Force, Json, PlaysFile, Quiet, Seed
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.errors import SettingsError
from deepcuts.wording import counted_plays

if TYPE_CHECKING:
    from deepcuts.data.interactions import Interactions

TrainFile = Annotated[Path, typer.Option(metavar="FILE", help="The file for plays to train on.")]
HoldoutFile = Annotated[Path, typer.Option(metavar="FILE", help="The file for plays to judge by.")]
FoldInFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The file for plays of held-out users to fold in.")
]
Method = Annotated[
    Literal["random", "last", "users"],
    typer.Option(
        help='"random" holds out a share of every user\'s items; "last" the items that every user played last; '
        '"users" whole users, and of their items a share to judge by, the others to fold in.',
    ),
]
Fraction = Annotated[
    float, typer.Option(metavar="X", help="Share of a user's items to hold out; for random and users.")
]
Last = Annotated[int, typer.Option(metavar="N", help="Items to hold out of each user; for last.")]
HeldOutUsers = Annotated[
    float, typer.Option(metavar="X", help="Users to hold out, a share if below 1, else a number; for users.")
]
MinItems = Annotated[int, typer.Option(metavar="N", help="Items that a held-out user needs; for users.")]


def split(
    context: typer.Context,
    plays: PlaysFile,
    train: TrainFile,
    holdout: HoldoutFile,
    fold_in: FoldInFile = None,
    method: Method = "random",
    fraction: Fraction = 0.2,
    last: Last = 1,
    users: HeldOutUsers = 0.1,
    min_items: MinItems = 5,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Hold plays out before training, to judge lists by.

    The files are replaced together or not at all. They may end in .safetensors, .parquet, .csv or .jsonl.
    """
    from deepcuts.cli.plays_files import read_interactions, write_interactions
    from deepcuts.cli.summaries import saved_plays
    from deepcuts.data.split import split_holdout, split_last, split_users
    from deepcuts.storage import together

    remarks = Remarks(quiet)
    if (fold_in is not None) != (method == "users"):
        raise SettingsError("--fold-in names the file for what --method users leaves of held-out users: give both.")
    refuse_idle(context, "--method last", "last", unless=method == "last")
    refuse_idle(context, "--method users", "users", "min_items", unless=method == "users")
    refuse_idle(context, "--method random or users", "fraction", unless=method != "last")
    outputs = [train, *([fold_in] if fold_in else []), holdout]
    _check_outputs(outputs, plays, force=force)
    interactions = read_interactions(plays)
    parts: tuple[Interactions, ...]
    if method == "random":
        parts = split_holdout(interactions, fraction, seed)
    elif method == "last":
        parts = split_last(interactions, last)
    else:
        parts = split_users(interactions, users, fraction, min_items, seed)
    with together():
        for output, part in zip(outputs, parts, strict=True):
            write_interactions(output, part, force=force)
    for output, part in zip(outputs, parts, strict=True):
        remarks.say(f"{counted_plays(part.n_pairs, part.n_users, part.n_items)} saved in {output}.")
    if json:
        names = ("train", "holdout") if fold_in is None else ("train", "fold_in", "holdout")
        saved = (saved_plays(output, part) for output, part in zip(outputs, parts, strict=True))
        show_json(dict(zip(names, saved, strict=True)))


def _check_outputs(outputs: list[Path], plays: Path, *, force: bool) -> None:
    from deepcuts.cli.plays_files import check_interactions_output

    if len({output.resolve() for output in outputs}) < len(outputs):  # resolved, as two paths may name one file
        raise SettingsError("One file is named for two things. Name a different one for each.")
    for output in outputs:
        check_interactions_output(output, [plays], force=force)


EXAMPLES = (
    "deepcuts split plays.safetensors --train train.csv --holdout holdout.csv",
    "deepcuts split plays.safetensors --method last --train a.csv --holdout b.csv",
)

COMMAND = Command("split", split, EXAMPLES, "Plays")
