"""`deepcuts evaluate`: how good lists are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcuts.cli.options import Json, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json

EXAMPLES = (
    "deepcuts evaluate lists.parquet --train train.parquet --holdout held.parquet",
    "deepcuts evaluate lists.csv --train train.csv --holdout held.csv --json",
)


def evaluate(
    lists: Annotated[
        Path,
        typer.Argument(
            metavar="LISTS", help="Anybody's lists: .parquet, .csv or .jsonl with user_id, item_id and rank (1 = best)."
        ),
    ],
    train: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE", help="The plays that the lists were made from; repeatable, as for folded-in users."
        ),
    ],
    holdout: Annotated[Path, typer.Option(metavar="FILE", help="The plays that were held out.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge ranked lists by what was held out: accuracy, novelty, coverage."""
    from deepcuts import evaluation
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.cli.tables import check_ending, open_table

    check_ending(lists)
    with Remarks(quiet).working("Judging"):
        learnt, held = read_interactions(*train), read_interactions(holdout)
        with open_table(lists) as table:
            figures = evaluation.evaluate(table, learnt, held)
    if json:
        show_json(figures.to_dict())
    else:
        print(figures)
