"""`deepcuts ingest`: from anybody's files to plays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.commands.ingest_taste_profile import IngestCommand
from deepcuts.cli.derived import options_from
from deepcuts.cli.options import Force, Output, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.ingest.tabular.time_rules import TimeRules

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.data.interactions import Interactions
    from deepcuts.ingest import IngestReport

_TEXT_PANEL = "Text files"
_LABEL_PANEL = "Names and tags"


@options_from(TimeRules, panel="Plays over time")
def ingest(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES", help="CSV, TSV, JSON or Parquet files, text also as .gz or .zst; or quoted glob patterns."
        ),
    ],
    user: Annotated[str, typer.Option(metavar="COLUMN", help="Column of user ids: its name, or its position from 1.")],
    item: Annotated[str, typer.Option(metavar="COLUMN", help="Column of item ids.")],
    output: Output,
    plays: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of play counts; without it every row is one play.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of times: seconds since 1970, or ISO 8601.")
    ] = None,
    min_users: Annotated[int, typer.Option(min=1, metavar="N", help="Leave out items with fewer users.")] = 1,
    min_items: Annotated[int, typer.Option(min=1, metavar="N", help="Leave out users with fewer items.")] = 1,
    on_bad_rows: Annotated[
        Literal["error", "skip"],
        typer.Option(metavar="NAME", help='"error" refuses rows that cannot be used; "skip" leaves them out.'),
    ] = "error",
    bad_rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV file for rows that are skipped.", show_default="beside the output"),
    ] = None,
    dislikes: Annotated[
        bool, typer.Option("--dislikes", help="Take play counts below 0 as dislikes; else they are refused.")
    ] = False,
    trim: Annotated[bool, typer.Option("--trim", help="Cut off blanks around ids.")] = False,
    names: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Table of names of items: CSV, TSV or Parquet.", rich_help_panel=_LABEL_PANEL
        ),
    ] = None,
    names_columns: Annotated[
        str, typer.Option(metavar="COLUMNS", help="Its columns of ids and of names.", rich_help_panel=_LABEL_PANEL)
    ] = "item_id,name",
    tags: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Table of tags of items, a row each.", rich_help_panel=_LABEL_PANEL),
    ] = None,
    tags_columns: Annotated[
        str,
        typer.Option(
            metavar="COLUMNS",
            help="Its columns of ids, of tags and, where it has them, of weights.",
            rich_help_panel=_LABEL_PANEL,
        ),
    ] = "item_id,tag,weight",
    header: Annotated[
        bool | None,
        typer.Option(help="Whether the first line holds names; found out if not said.", rich_help_panel=_TEXT_PANEL),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option(
            metavar="C", help="Character between cells.", rich_help_panel=_TEXT_PANEL, show_default="found out"
        ),
    ] = None,
    quote: Annotated[
        str | None,
        typer.Option(
            metavar="C",
            help="Character around cells, empty for none.",
            rich_help_panel=_TEXT_PANEL,
            show_default="found out",
        ),
    ] = None,
    memory_limit: Annotated[
        str, typer.Option(metavar="SIZE", help="Memory to take before intermediate results go to disk.")
    ] = "4GB",
    temp_directory: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder for these.", show_default="the system's")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    **times: Any,
) -> None:
    """Read who played what how often; rows of the same user and item are summed.

    The Taste Profile of the Million Song Dataset has a command of its own: `deepcuts ingest taste-profile --help`.
    """
    from deepcuts import ingest as reading
    from deepcuts.cli.plays_files import check_interactions_ending, write_interactions
    from deepcuts.storage import check_output

    remarks = Remarks(quiet)
    check_interactions_ending(output)
    check_output(output, force=force)
    _check_can_hold(output, "names and tags", names or tags)
    _check_can_hold(output, "dislikes", dislikes)
    labels = _read_labels(names, names_columns, tags, tags_columns)
    columns = reading.Columns(user, item, plays, time)
    options = reading.ReadOptions(
        on_bad_rows=on_bad_rows,
        bad_rows=bad_rows or (output.with_suffix(".bad-rows.csv") if on_bad_rows == "skip" else None),
        dislikes=dislikes,
        trim=trim,
        header=header,
        delimiter=delimiter and delimiter.replace("\\t", "\t"),
        quote=quote,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
        times=reading.TimeRules(**times),
        force=force,
    )
    source = sources[0] if len(sources) == 1 else sources
    with remarks.working(f"Reading {sources[0]}" + (f" and {len(sources) - 1:,} more" if sources[1:] else "")):
        everything, report = reading.ingest(source, columns, options)
        kept = reading.prune(everything, min_users, min_items)
    named = kept.with_labels(**labels) if labels else kept
    write_interactions(output, named, force=force)
    _say_report(report, everything, kept, remarks)
    _say_labels(named, remarks)
    remarks.say(f"Saved {output}.")


def _say_report(report: IngestReport, everything: Interactions, kept: Interactions, remarks: Remarks) -> None:
    if report.bad_rows:
        remarks.say(f"The rows left out are listed in {report.bad_rows}.")
    if kept is not everything:
        n_users, n_items = everything.n_users - kept.n_users, everything.n_items - kept.n_items
        remarks.say(f"Pruning left out {n_users:,} users and {n_items:,} items.")
    remarks.say(
        f"{report.n_rows:,} rows hold {kept.n_pairs:,} pairs of {kept.n_users:,} users and {kept.n_items:,} items."
    )


def _check_can_hold(output: Path, what: str, wanted: Path | bool | None) -> None:
    """Refuse an output that would lose what a plain table has no place for.

    Raises
    ------
    SettingsError
        If it is wanted, and the output is a plain table.
    """
    from deepcuts.cli.plays_files import OWN_ENDING
    from deepcuts.errors import SettingsError

    if wanted and output.suffix != OWN_ENDING:
        raise SettingsError(f"{output} cannot hold {what}. Give it the ending {OWN_ENDING}.")


def _read_labels(
    names: Path | None, names_columns: str, tags: Path | None, tags_columns: str
) -> dict[str, pa.Table | None]:
    """Read names and tags, before the longer work; nothing where neither is given."""
    if names is None and tags is None:
        return {}
    from deepcuts.datasets.label_tables import read_names, read_tags

    return {
        "names": names and read_names(names, names_columns.split(",")),
        "tags": tags and read_tags(tags, tags_columns.split(",")),
    }


def _say_labels(plays: Interactions, remarks: Remarks) -> None:
    if plays.labels is None:
        return
    from pyarrow import compute

    n_named = compute.sum(compute.not_equal(plays.labels.names, plays.item_ids.values)).as_py() or 0
    remarks.say(f"{n_named:,} of {plays.n_items:,} items have names.")
    if plays.labels.n_tags:
        n_tagged = int((plays.labels.tags.sum(axis=1) > 0).sum())
        remarks.say(f"{n_tagged:,} of {plays.n_items:,} items have some of {plays.labels.n_tags:,} tags.")


EXAMPLES = (
    "deepcuts ingest plays.tsv --user 1 --item 2 --plays 3 -o plays.safetensors",
    "deepcuts ingest 'logs/*.csv.gz' --user user --item artist -o plays.safetensors",
    "deepcuts ingest a.csv --user 1 --item 2 --on-bad-rows skip -o a.safetensors",
    "deepcuts ingest a.csv --user 1 --item 2 --names artists.csv -o a.safetensors",
)

COMMAND = Command("ingest", ingest, EXAMPLES, "Plays", parser=IngestCommand)
