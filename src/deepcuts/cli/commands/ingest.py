"""`deepcuts ingest`: files of any layout to plays."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.commands.ingest_taste_profile import IngestCommand
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import refuse_idle, refuse_idle_time_rules
from deepcuts.cli.options import (
    Dislikes,
    Force,
    ItemColumn,
    Json,
    Memory,
    MinItems,
    MinUsers,
    OnBadRows,
    Output,
    PlaysColumn,
    Quiet,
    TempDirectory,
    Trim,
    UserColumn,
    bad_rows_beside,
)
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.tag_files import TAGS_COLUMNS
from deepcuts.cli.terminal import show_json
from deepcuts.ingest import ReadOptions, TimeRules
from deepcuts.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.data.interactions import Interactions
    from deepcuts.ingest import IngestReport
    from deepcuts.storage import StrPath

_LABELS, _TEXT = "Names and tags", "Text files"  # panels of the help
_FORMS = ("normalize", "decimal", "dates", "encoding")  # fields of ReadOptions that become options as they are

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="FILES", help="CSV, TSV, JSON or Parquet files, text also as .gz or .zst; or quoted glob patterns."
    ),
]
TimeColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column of times: seconds since 1970, or ISO 8601.")
]
BadRows = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="CSV file for rows that are skipped.", show_default="beside the output"),
]
Names = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Table of names of items: CSV, TSV or Parquet.", rich_help_panel=_LABELS),
]
NamesColumns = Annotated[
    str, typer.Option(metavar="COLUMNS", help="Its columns of ids and of names.", rich_help_panel=_LABELS)
]
Tags = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Table of tags of items, a row each.", rich_help_panel=_LABELS)
]
TagsColumns = Annotated[
    str,
    typer.Option(
        metavar="COLUMNS",
        help="Its columns of ids, of tags and, where it has them, of weights.",
        rich_help_panel=_LABELS,
    ),
]
Mbids = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Ids of MusicBrainz of items: a table, unique_artists.txt of the Million Song Dataset, or listens of "
        "ListenBrainz (.jsonl, .listens).",
        rich_help_panel=_LABELS,
    ),
]
MbidsColumns = Annotated[
    str, typer.Option(metavar="COLUMNS", help="Of a table, the columns of ids and of MBIDs.", rich_help_panel=_LABELS)
]
Header = Annotated[
    bool | None, typer.Option(help="Whether the first line holds names; found out if not said.", rich_help_panel=_TEXT)
]
Delimiter = Annotated[
    str | None,
    typer.Option(metavar="C", help="Character between cells.", rich_help_panel=_TEXT, show_default="found out"),
]
Quote = Annotated[
    str | None,
    typer.Option(
        metavar="C", help="Character around cells, empty for none.", rich_help_panel=_TEXT, show_default="found out"
    ),
]


@options_from(ReadOptions, panel=_TEXT, names=_FORMS)
@options_from(TimeRules, panel="Plays over time")
def ingest(
    context: typer.Context,
    sources: Sources,
    user: UserColumn,
    item: ItemColumn,
    output: Output,
    plays: PlaysColumn = None,
    time: TimeColumn = None,
    min_users: MinUsers = 1,
    min_items: MinItems = 1,
    on_bad_rows: OnBadRows = "error",
    bad_rows: BadRows = None,
    dislikes: Dislikes = False,
    trim: Trim = False,
    names: Names = None,
    names_columns: NamesColumns = "item_id,name",
    tags: Tags = None,
    tags_columns: TagsColumns = TAGS_COLUMNS,
    mbids: Mbids = None,
    mbids_columns: MbidsColumns = "item_id,mbid",
    header: Header = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    memory_limit: Memory = "4GB",
    temp_directory: TempDirectory = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    **times: Any,
) -> None:
    """Read who played what how often; rows of the same user and item are summed.

    The Taste Profile of the Million Song Dataset has a command of its own: `deepcuts ingest taste-profile --help`.
    """
    from deepcuts import ingest as reading
    from deepcuts.cli.plays_files import write_interactions
    from deepcuts.cli.summaries import saved_plays
    from deepcuts.storage import check_outputs, together

    remarks = Remarks(quiet)
    refuse_idle(context, "--names", "names_columns", unless=names is not None)
    refuse_idle(context, "--tags", "tags_columns", unless=tags is not None)
    refuse_idle(context, "--mbids", "mbids_columns", unless=mbids is not None)
    refuse_idle(context, "--time", "dates", unless=time is not None)
    refuse_idle(context, "--plays", "decimal", "dislikes", unless=plays is not None)
    refuse_idle(context, "--on-bad-rows skip", "bad_rows", unless=on_bad_rows == "skip")
    refuse_idle_time_rules(context, times)
    bad_rows = bad_rows or bad_rows_beside(output, on_bad_rows)
    read = [*sources, names, tags, mbids]
    _check_output(output, read, labels=bool(names or tags or mbids), dislikes=dislikes, force=force)
    check_outputs([output, bad_rows], read, force=force)
    labels = _read_labels(names, names_columns, tags, tags_columns)
    labels |= _read_mbids(mbids, mbids_columns)
    forms = {name: times.pop(name) for name in _FORMS}
    options = reading.ReadOptions(
        on_bad_rows=on_bad_rows,
        bad_rows=bad_rows,
        dislikes=dislikes,
        trim=trim,
        header=header,
        delimiter=delimiter and delimiter.replace("\\t", "\t"),  # a shell passes \t as two characters
        quote=quote,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
        times=reading.TimeRules(**times),
        force=force,
        **forms,
    )
    source = sources[0] if len(sources) == 1 else sources
    with together():
        with remarks.working(f"Reading {sources[0]}" + (f" and {len(sources) - 1:,} more" if sources[1:] else "")):
            everything, report = reading.ingest(source, reading.Columns(user, item, plays, time), options)
            kept = reading.prune(everything, min_users, min_items)
        named = kept.with_labels(**labels) if labels else kept
        write_interactions(output, named, force=force)
    _say_report(report, everything, kept, remarks)
    _say_labels(named, remarks)
    remarks.say(f"Saved {output}.")
    if json:
        show_json({**saved_plays(output, kept), "n_rows": report.n_rows, "bad_rows": _path_text(report.bad_rows)})


def _path_text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _check_output(output: Path, read: Iterable[StrPath | None], *, labels: bool, dislikes: bool, force: bool) -> None:
    """Refuse an output that exists, or that would lose what a plain table has no columns for.

    Raises
    ------
    SettingsError
        If the ending is not known, or names and tags or dislikes are wanted and the output is a plain table.
    OutputError
        If the file exists and `force` is false.
    """
    from deepcuts.cli.plays_files import OWN_ENDING, check_interactions_output
    from deepcuts.errors import SettingsError

    check_interactions_output(output, read, force=force)
    for what, is_wanted in (("names and tags", labels), ("dislikes", dislikes)):
        if is_wanted and output.suffix != OWN_ENDING:
            raise SettingsError(f"{output} cannot hold {what}. Give it the ending {OWN_ENDING}.")


def _say_report(report: IngestReport, everything: Interactions, kept: Interactions, remarks: Remarks) -> None:
    from deepcuts.cli.summaries import say_plays

    if report.bad_rows:
        remarks.say(f"The rows left out are listed in {report.bad_rows}.")
    say_plays(remarks, report.n_rows, everything, kept)


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


def _read_mbids(mbids: Path | None, columns: str) -> dict[str, pa.Table | None]:
    if mbids is None:
        return {}
    from deepcuts.datasets.mbid_tables import read_mbids

    return {"mbids": read_mbids(mbids, columns.split(","))}


def _say_labels(plays: Interactions, remarks: Remarks) -> None:
    if plays.labels is None:
        return
    from pyarrow import compute

    n_named = compute.sum(compute.not_equal(plays.labels.names, plays.item_ids.values)).as_py() or 0
    remarks.say(f"Of {counted(plays.n_items, 'item')}, {counted(n_named, 'has a name', 'have names')}.")
    if plays.labels.mbids is not None:
        n_known = compute.sum(compute.not_equal(plays.labels.mbids, "")).as_py() or 0
        remarks.say(f"Of {counted(plays.n_items, 'item')}, {counted(n_known, 'has an id', 'have ids')} of MusicBrainz.")
    if plays.labels.n_tags:
        n_tagged = int((plays.labels.tags.sum(axis=1) > 0).sum())
        remarks.say(
            f"Of {counted(plays.n_items, 'item')}, {counted(n_tagged, 'has', 'have')} some of "
            f"{counted(plays.labels.n_tags, 'tag')}."
        )


EXAMPLES = (
    "deepcuts ingest plays.tsv --user 1 --item 2 --plays 3 -o plays.safetensors",
    "deepcuts ingest 'logs/*.csv.gz' --user user --item artist -o plays.safetensors",
    "deepcuts ingest a.csv --user 1 --item 2 --on-bad-rows skip -o a.safetensors",
    "deepcuts ingest a.csv --user 1 --item 2 --names artists.csv -o a.safetensors",
)

COMMAND = Command("ingest", ingest, EXAMPLES, "Plays", parser=IngestCommand)
