"""`deepcuts evaluate`: how good lists are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.given import refuse_idle
from deepcuts.cli.metric_names import MetricsCommand
from deepcuts.cli.options import Force, Json, Quiet, Resamples
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.tag_files import TAGS_COLUMNS, TagsColumns, TagsFile, features_of, read_labels
from deepcuts.cli.terminal import print_table, ruled_table, show_json
from deepcuts.errors import SettingsError
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.evaluation import Evaluation, RankedLists

_OVERLAP = 20  # cut-off of the overlap of two lists

Lists = Annotated[
    Path,
    typer.Argument(
        metavar="LISTS", help="Anybody's lists: .parquet, .csv or .jsonl with user_id, item_id and rank (1 = best)."
    ),
]
Train = Annotated[
    list[Path],
    typer.Option(metavar="FILE", help="The plays that the lists were made from; repeatable, as for folded-in users."),
]
Holdout = Annotated[Path, typer.Option(metavar="FILE", help="The plays that were held out.")]
Metrics = Annotated[
    str | None,
    typer.Option(metavar="NAME,…", help="Figures to give, such as recall@20,novelty.", show_default="the main"),
]
Every = Annotated[bool, typer.Option("--all", help="Give all figures that can be computed.")]
Intervals = Annotated[bool, typer.Option("--intervals", help="Give 95 % intervals, by drawing the users anew.")]
Against = Annotated[Path | None, typer.Option(metavar="FILE", help="Other lists: what differs in them, user by user.")]
PerUser = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The .parquet, .csv, .jsonl or .arrow file for the figures of every user."),
]

_Rows = dict[str, dict[str, Any]]  # from figures to the cells of their rows


def evaluate(
    context: typer.Context,
    lists: Lists,
    train: Train,
    holdout: Holdout,
    metrics: Metrics = None,
    every: Every = False,
    tags: TagsFile = None,
    tags_columns: TagsColumns = TAGS_COLUMNS,
    intervals: Intervals = False,
    against: Against = None,
    resamples: Resamples = 1000,
    per_user: PerUser = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Judge ranked lists by what was held out: accuracy, novelty, coverage.

    The figures that tell most are given, and with --all every other one. Those of labels need tags.
    """
    from deepcuts.evaluation import evaluate_ranked

    if every and metrics is not None:
        raise SettingsError("--all gives every figure and --metrics names some. Give one of the two.")
    refuse_idle(context, "--tags", "tags_columns", unless=tags is not None)
    refuse_idle(context, "--intervals or --against", "resamples", unless=intervals or against is not None)
    _check_files(filter(None, (lists, against)), per_user, (*train, holdout, tags), force=force)
    remarks = Remarks(quiet)
    with remarks.working("Judging"):
        rank = _ranking(train, holdout, tags, tags_columns)
        ranked = rank(lists)
        cutoffs = _cutoffs(metrics, ranked, every=every)
        judged = evaluate_ranked(ranked, cutoffs)
        if against is not None:
            rows = _differences(ranked, judged, rank(against), cutoffs, resamples)
        else:
            rows = _intervals(ranked, judged, cutoffs, resamples) if intervals else _figures(judged)
    if per_user is not None:
        _write_per_user(per_user, judged, force=force)
    if json:
        plain = against is None and not intervals
        show_json(judged.to_dict() if plain else {**_users(judged), "figures": _without_nan(rows)})
        return
    _show(rows, judged)
    if against is not None:
        remarks.say(
            "difference: of the other lists from these, with its 95 % interval. p: of a difference as large by "
            "chance. overlap: Jaccard index of the two lists."
        )


def _check_files(lists: Iterable[Path], per_user: Path | None, others: Iterable[Path | None], *, force: bool) -> None:
    from deepcuts.cli.tables import ENDINGS
    from deepcuts.storage import check_outputs, path_with_ending

    lists = list(lists)
    for path in lists:
        path_with_ending(path, ENDINGS)
    if per_user is not None:
        path_with_ending(per_user, (*ENDINGS, ".arrow"))
        check_outputs([per_user], [*lists, *others], force=force)


def _ranking(
    train: Sequence[Path], holdout: Path, tags: Path | None, tags_columns: str
) -> Callable[[Path], RankedLists]:
    """Read plays and tags, and return what lays a file of lists beside them."""
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.cli.tables import open_table
    from deepcuts.evaluation import rank_lists

    learnt, kept_out = read_interactions(*train), read_interactions(holdout)
    item_labels = features_of(learnt, read_labels(tags, tags_columns))

    def rank(path: Path) -> RankedLists:
        with open_table(path) as table:
            return rank_lists(table, learnt, kept_out, item_labels)

    return rank


def _cutoffs(metrics: str | None, ranked: RankedLists, *, every: bool) -> Mapping[str, tuple[int, ...]]:
    from deepcuts.evaluation.registry import default_cutoffs, parse_cutoffs

    if metrics is not None:
        return parse_cutoffs(metrics.split(","))
    return default_cutoffs(ranked, "every" if every else "main")


def _figures(judged: Evaluation) -> _Rows:
    return {name: {"figure": value} for name, value in judged.figures.items()}


def _intervals(ranked: RankedLists, judged: Evaluation, cutoffs: Mapping[str, Any], n_resamples: int) -> _Rows:
    from deepcuts.evaluation import catalogue_intervals, mean_intervals

    found = {
        row["metric"]: row
        for table in (
            mean_intervals(judged, n_resamples=n_resamples),
            catalogue_intervals(ranked, cutoffs, n_resamples=n_resamples),
        )
        for row in table.to_pylist()
    }
    return {
        name: {"figure": value, "low": found[name]["low"], "high": found[name]["high"]}
        for name, value in judged.figures.items()
    }


def _differences(
    ranked: RankedLists, judged: Evaluation, others: RankedLists, cutoffs: Mapping[str, Any], n_resamples: int
) -> _Rows:
    from deepcuts.evaluation import compare_catalogue, compare_evaluations, evaluate_ranked

    tables = (
        compare_evaluations(judged, evaluate_ranked(others, cutoffs), n_resamples=n_resamples),
        compare_catalogue(ranked, others, cutoffs, n_resamples=n_resamples),
    )
    found = {row["metric"]: row for table in tables for row in table.to_pylist()}
    names = {"mean_a": "figure", "mean_b": "other", "difference": "difference", "low": "low", "high": "high"}
    rows = {
        name: {**{shown: found[name][column] for column, shown in names.items()}, "p": found[name].get("p_value")}
        for name in judged.figures
    }
    return rows | _overlap(ranked, others)


def _overlap(ranked: RankedLists, others: RankedLists) -> _Rows:
    import numpy as np

    from deepcuts.evaluation import overlap

    nothing = dict.fromkeys(("other", "difference", "low", "high", "p"))
    return {f"overlap@{_OVERLAP}": {"figure": float(np.nanmean(overlap(ranked, others, _OVERLAP))), **nothing}}


def _write_per_user(path: Path, judged: Evaluation, *, force: bool) -> None:
    from deepcuts.cli.tables import write_table
    from deepcuts.storage import replacing

    if path.suffix != ".arrow":
        write_table(path, [judged.per_user], force=force)
        return
    import pyarrow as pa

    with replacing(path, force=force) as temporary, pa.ipc.new_file(temporary, judged.per_user.schema) as writer:
        writer.write_table(judged.per_user)


def _users(judged: Evaluation) -> dict[str, int]:
    return {"n_users": judged.n_users, "n_without_list": judged.n_without_list}


def _without_nan(rows: _Rows) -> _Rows:
    return {name: {key: None if _undefined(cell) else cell for key, cell in row.items()} for name, row in rows.items()}


def _undefined(value: float | None) -> bool:
    return value is None or value != value  # noqa: PLR0124  # NaN alone differs from itself


def _show(rows: _Rows, judged: Evaluation) -> None:
    from deepcuts.evaluation.registry import metric_of

    shown = ruled_table(f"{counted(judged.n_users, 'user')}, {judged.n_without_list:,} of them without a list")
    columns = list(next(iter(rows.values()), {}))
    for name in ("", *columns):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    shown.add_column("")
    marked = {name for name in judged.figures if metric_of(name).lower_is_better}
    for name, row in rows.items():
        n_defined = judged.n_defined.get(name, judged.n_users)
        note = f"of {counted(n_defined, 'user')}" if n_defined < judged.n_users else ""
        cells = [_readable(row[column], column) for column in columns]
        shown.add_row(f"{name} ↓" if name in marked else name, *cells, note)
    print_table(shown)
    if marked:
        print("↓ less is better")


def _readable(value: float | None, column: str) -> str:
    if value is None or _undefined(value):
        return "–"
    sign = "+" if column == "difference" else ""
    if abs(value) >= 100:
        return f"{value:{sign},.1f}"
    return f"{value:{sign}.4f}" if value == 0 or abs(value) >= 0.0005 else f"{value:{sign}.1e}"


EXAMPLES = (
    "deepcuts evaluate lists.parquet --train train.csv --holdout holdout.csv",
    "deepcuts evaluate a.csv --train t.csv --holdout h.csv --intervals --json",
    "deepcuts evaluate a.csv --against b.csv --train t.csv --holdout h.csv",
    "deepcuts evaluate a.csv --train t.csv --holdout h.csv --metrics recall@10,epc",
)

COMMAND = Command("evaluate", evaluate, EXAMPLES, "Model", parser=MetricsCommand)
