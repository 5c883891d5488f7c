"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="A model that `deepcuts train` has written.")]
PlaysFile = Annotated[
    Path,
    typer.Argument(
        metavar="PLAYS",
        help="Plays that `deepcuts ingest` or `deepcuts split` has written, or a table with the columns user_id, "
        "item_id and plays; without plays every row is one play.",
    ),
]
User = Annotated[str, typer.Argument(metavar="USER", help="Id of a user.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="Id of an item, or its name where items have names.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")]
Length = Annotated[int, typer.Option("-k", min=1, metavar="N", help="The most rows to show.")]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of all randomness: the same seed, the same result.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist already.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results, warnings and errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
OutputFolder = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where its files go; made if missing.")
]

# Of commands that read plays
UserColumn = Annotated[
    str, typer.Option(metavar="COLUMN", help="Column of user ids: its name, or its position from 1.")
]
ItemColumn = Annotated[str, typer.Option(metavar="COLUMN", help="Column of item ids.")]
PlaysColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column of play counts; without it every row is one play.")
]
Dislikes = Annotated[
    bool, typer.Option("--dislikes", help="Take play counts below 0 as dislikes; else they are refused.")
]
Trim = Annotated[bool, typer.Option("--trim", help="Cut off blanks around ids.")]
MinUsers = Annotated[int, typer.Option(min=1, metavar="N", help="Leave out items with fewer users.")]
MinItems = Annotated[int, typer.Option(min=1, metavar="N", help="Leave out users with fewer items.")]
OnBadRows = Annotated[
    Literal["error", "skip"],
    typer.Option(help='"error" refuses rows that cannot be used; "skip" leaves them out.'),
]
Memory = Annotated[
    str, typer.Option("--memory", metavar="SIZE", help="Memory to take before intermediate results go to disk.")
]
TempDirectory = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder of intermediate results.", show_default="the system's"),
]

# Of lists
Rarity = Annotated[
    str,
    typer.Option(metavar="X", help="-1 is familiar, 0 neutral, 1 deep cuts; or by persona, such as 0=0.3,2=-0.1."),
]
Strength = Annotated[
    str | None,
    typer.Option(metavar="X", help="Instead of --rarity: the strength of the dial's form itself; also by persona."),
]

# Of commands that judge lists
Resamples = Annotated[int, typer.Option(min=1, metavar="N", help="Draws of users, for intervals and tests.")]


def bad_rows_beside(output: Path, on_bad_rows: str) -> Path | None:
    """Return the file for rows that are skipped, where no other is named; None where such rows are refused."""
    return output.with_suffix(".bad-rows.csv") if on_bad_rows == "skip" else None
