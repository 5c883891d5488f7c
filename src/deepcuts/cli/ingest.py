"""`deepcuts ingest`: from anybody's files to plays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcuts.cli.options import Force, Output, Quiet
from deepcuts.cli.remarks import Remarks

if TYPE_CHECKING:
    from deepcuts.ingest import IngestReport
    from deepcuts.interactions import Interactions

EXAMPLES = (
    "deepcuts ingest plays.tsv --user 1 --item 2 --plays 3 -o plays.safetensors",
    "deepcuts ingest 'logs/*.csv.gz' --user user --item artist -o plays.safetensors",
    "deepcuts ingest a.csv --user 1 --item 2 --on-bad-rows skip -o a.safetensors",
)

_TEXT_PANEL = "Text files"


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
    trim: Annotated[bool, typer.Option("--trim", help="Cut off blanks around ids.")] = False,
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
) -> None:
    """Read who played what how often; rows of the same user and item are summed."""
    from deepcuts import ingest as reading
    from deepcuts.cli.plays_files import check_interactions_ending, write_interactions
    from deepcuts.storage import check_output

    remarks = Remarks(quiet)
    check_interactions_ending(output)
    check_output(output, force=force)
    columns = reading.Columns(user, item, plays, time)
    options = reading.ReadOptions(
        on_bad_rows=on_bad_rows,
        bad_rows=bad_rows or (output.with_suffix(".bad-rows.csv") if on_bad_rows == "skip" else None),
        trim=trim,
        header=header,
        delimiter=delimiter and delimiter.replace("\\t", "\t"),
        quote=quote,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
        force=force,
    )
    source = sources[0] if len(sources) == 1 else sources
    with remarks.working(f"Reading {sources[0]}" + (f" and {len(sources) - 1:,} more" if sources[1:] else "")):
        everything, report = reading.ingest(source, columns, options)
        kept = reading.prune(everything, min_users, min_items)
    write_interactions(output, kept, force=force)
    _say_report(report, everything, kept, remarks)
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
