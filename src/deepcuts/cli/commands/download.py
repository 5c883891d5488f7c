"""`deepcuts download`: a public data set, from its makers' server to plays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.given import refuse_idle
from deepcuts.cli.options import Force, Json, Memory, MinItems, MinUsers, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import printable, say_line, show_json, stderr
from deepcuts.wording import counted

if TYPE_CHECKING:
    from rich.progress import TaskID

    from deepcuts.datasets.catalogue import Dataset
    from deepcuts.datasets.fetching import Progress

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="lastfm-2k, lastfm-360k, lastfm-1k, taste-profile, audioscrobbler, mlhd, mlhd-part, "
        "listenbrainz, listenbrainz-part or lfm-2b.",
    ),
]
PlaysToWrite = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The file of plays to write; without it, only fetch."),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where the files are kept; those that are there are not fetched.",
        show_default="a cache, or $DEEPCUTS_CACHE",
    ),
]
Mirror = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="A mirror: address of a folder with the same files.", show_default="$DEEPCUTS_MIRROR"
    ),
]


def download(
    context: typer.Context,
    name: Name,
    output: PlaysToWrite = None,
    folder: Folder = None,
    url: Mirror = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept the terms of use without being asked.")] = False,
    by: Annotated[
        Literal["artist", "song"], typer.Option(help='Items of the Taste Profile: "artist" or "song".')
    ] = "artist",
    memory: Memory = "4GB",
    min_users: MinUsers = 1,
    min_items: MinItems = 1,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Fetch a public data set and read it as plays, with names and tags where it has them.

    Interrupted downloads are resumed, checksums are compared, and what has been fetched is kept.
    """
    from deepcuts.cli.plays_files import check_interactions_output, write_interactions
    from deepcuts.cli.summaries import saved_plays, say_plays
    from deepcuts.datasets.catalogue import find_dataset
    from deepcuts.datasets.fetching import cache_folder
    from deepcuts.ingest import ReadOptions, prune

    remarks = Remarks(quiet)
    dataset = find_dataset(name)
    refuse_idle(context, "taste-profile", "by", unless=name == "taste-profile")
    refuse_idle(context, "-o", "memory", "min_users", "min_items", unless=output is not None)
    options = ReadOptions(memory_limit=memory)
    if output is not None:
        check_interactions_output(output, force=force)
    kept_in = folder or cache_folder(dataset)
    _fetch(dataset, kept_in, url, yes, remarks)
    if output is None:
        at = f" --folder {folder}" if folder else ""
        remarks.say(f"For plays: deepcuts download {name}{at} -o plays.safetensors")
        if json:
            show_json({"folder": str(kept_in), "output": None})
        return
    read = partial(dataset.read, by=by) if name == "taste-profile" else dataset.read
    with remarks.working(f"Reading {kept_in}"):
        everything, report = read(kept_in, options)
        plays = prune(everything, min_users, min_items)
    write_interactions(output, plays, force=force)
    for remark in report.remarks:
        remarks.say(remark)
    say_plays(remarks, report.n_rows, everything, plays)
    remarks.say(f"Saved {output}.")
    if json:
        show_json({"folder": str(kept_in), **saved_plays(output, plays), "n_rows": report.n_rows})


def _fetch(dataset: Dataset, folder: Path, mirror: str | None, yes: bool, remarks: Remarks) -> None:
    """Show the terms of use and, once they are accepted, fetch what a folder lacks."""
    from deepcuts.datasets.fetching import fetch, missing_files

    if not (remarks.quiet and yes):
        _show_terms(dataset)
    if missing_files(dataset, folder):
        _accept_terms(yes=yes)
        with _progress(remarks) as progress:
            fetch(dataset, folder, mirror=mirror, progress=progress)
    remarks.say(f"The files of {dataset.name} are in {folder}.")


def _show_terms(dataset: Dataset) -> None:
    """Print what the data are, what they may be used for and whom to cite."""
    say_line(f"{dataset.title}.")
    say_line(f"Size: {dataset.size}.")
    say_line(f"Terms of use: {dataset.licence}")
    say_line(f"Cite: {dataset.citation}")
    say_line(f"More: {dataset.home}")


def _accept_terms(*, yes: bool) -> None:
    """Ask whether the terms are accepted.

    Raises
    ------
    SettingsError
        If nobody is there to be asked.
    typer.Abort
        If they are not.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        from deepcuts.errors import SettingsError

        raise SettingsError("Fetching needs the terms of use above to be accepted. Pass --yes to accept them.")
    typer.confirm("Fetch it, on these terms?", abort=True, err=True)


@contextmanager
def _progress(remarks: Remarks) -> Iterator[Progress | None]:
    """Show how far a file is: a bar on a terminal, a line for every tenth elsewhere."""
    if remarks.quiet:
        yield None
        return
    if not stderr().is_terminal:
        yield _plain_progress(remarks)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    title = TextColumn("{task.description}", markup=False)
    columns = (title, BarColumn(20), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr(), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(file: str, there: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(printable(file), total=total)
            bars.update(tasks[file], completed=there, total=total)

        yield show


def _plain_progress(remarks: Remarks) -> Progress:
    said: dict[str, int] = {}

    def show(file: str, there: int, total: int | None) -> None:
        tenth = there * 10 // total if total else there >> 26  # a line for every 64 MB of an unknown size
        if tenth > said.get(file, -1):
            said[file] = tenth
            remarks.say(f"{file}: {counted(there, 'byte')}" + (f" of {total:,}" if total else ""))

    return show


EXAMPLES = (
    "deepcuts download lastfm-2k -o plays.safetensors --min-users 3",
    "deepcuts download taste-profile --yes -o plays.safetensors",
    "deepcuts download lastfm-360k --url https://mirror.example.org/music",
)

COMMAND = Command("download", download, EXAMPLES, "Plays")
