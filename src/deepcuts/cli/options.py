"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="A model that `deepcuts train` has written.")]
PlaysFile = Annotated[
    Path,
    typer.Argument(
        metavar="PLAYS",
        help="Plays that `deepcuts ingest` or `deepcuts split` has written, or a table with the columns user_id, "
        "item_id and plays.",
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
