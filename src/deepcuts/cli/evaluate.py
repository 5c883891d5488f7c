"""`deepcuts evaluate`: how good lists are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcuts.cli.options import Json, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import print_table, printable, ruled_table, show_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deepcuts.evaluation import Evaluation

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
    train: Annotated[Path, typer.Option(metavar="FILE", help="The plays that the lists were made from.")],
    holdout: Annotated[Path, typer.Option(metavar="FILE", help="The plays that were held out.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge ranked lists by what was held out: accuracy, novelty, coverage."""
    from deepcuts import evaluation
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.cli.tables import check_ending, open_table

    check_ending(lists)
    with Remarks(quiet).working("Judging"), open_table(lists) as table:
        figures = evaluation.evaluate(table, read_interactions(train), read_interactions(holdout))
    if json:
        show_json(figures.to_dict())
    else:
        show_evaluations({lists.name: figures}, figures.figures)


def show_evaluations(evaluations: Mapping[str, Evaluation], metrics: Iterable[str]) -> None:
    """Print figures of several lists side by side."""
    first = next(iter(evaluations.values()))
    shown = ruled_table(f"{first.n_users:,} users judged")
    shown.add_column("")
    for name in evaluations:
        shown.add_column(printable(name), justify="right", overflow="fold")
    for metric in metrics:
        shown.add_row(metric, *(_readable(evaluation.figures[metric]) for evaluation in evaluations.values()))
    print_table(shown)


def _readable(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.4f}"
