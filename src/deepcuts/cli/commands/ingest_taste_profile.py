"""`deepcuts ingest taste-profile`: the Taste Profile of the Million Song Dataset, by artist or by song."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deepcuts.cli.command import Command, CommandParser, add_command
from deepcuts.cli.options import (
    Force,
    Json,
    Memory,
    MinItems,
    MinUsers,
    OnBadRows,
    Output,
    Quiet,
    TempDirectory,
    bad_rows_beside,
)
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.wording import counted


def ingest_taste_profile(
    triplets: Annotated[Path, typer.Option(metavar="FILE", help="train_triplets.txt: user, song, plays.")],
    output: Output,
    tracks: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="unique_tracks.txt or track_metadata.db, and besides taste_profile_song_to_tracks.txt (repeat "
            "--tracks); needed for artists.",
        ),
    ] = None,
    mismatches: Annotated[
        Path | None, typer.Option(metavar="FILE", help="sid_mismatches.txt: pairs of song and track to drop.")
    ] = None,
    by: Annotated[Literal["artist", "song"], typer.Option(help='What the items are: "artist" or "song".')] = "artist",
    on_bad_rows: OnBadRows = "error",
    memory: Memory = "4GB",
    temp_directory: TempDirectory = None,
    min_users: MinUsers = 1,
    min_items: MinItems = 1,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Read the Taste Profile: songs become artists, their plays are summed, known mismatches are dropped.

    A song belongs to the artist of most of its sound tracks; between artists with as many, to the one whose id comes
    first. A song of which every known track is a mismatch is dropped, and so is, by artist, one without a known track.
    """
    from deepcuts.cli.plays_files import check_interactions_output, write_interactions
    from deepcuts.cli.summaries import saved_plays
    from deepcuts.datasets.taste_profile import read_taste_profile
    from deepcuts.ingest import ReadOptions, prune
    from deepcuts.storage import check_outputs, together

    remarks = Remarks(quiet)
    bad_rows = bad_rows_beside(output, on_bad_rows)
    read = [triplets, *(tracks or []), mismatches]
    check_interactions_output(output, read, force=force)
    check_outputs([output, bad_rows], read, force=force)
    options = ReadOptions(
        on_bad_rows=on_bad_rows,
        bad_rows=bad_rows,
        memory_limit=memory,
        temp_directory=temp_directory,
        force=force,
    )
    with together():
        with remarks.working(f"Reading {triplets}"):
            everything, report = read_taste_profile(triplets, tracks or [], mismatches, by=by, options=options)
            plays = prune(everything, min_users, min_items)
        write_interactions(output, plays, force=force)
    for sentence in report.sentences():
        remarks.say(sentence)
    remarks.say(
        f"{counted(report.n_rows, 'row holds', 'rows hold')} {counted(plays.n_pairs, 'pair')} of "
        f"{counted(plays.n_users, 'user')} and {counted(plays.n_items, by)}."
    )
    remarks.say(f"Saved {output}.")
    if json:
        show_json({**saved_plays(output, plays), "n_rows": report.n_rows})


EXAMPLES = (
    "deepcuts ingest taste-profile --triplets train_triplets.txt \\\n"
    "    --tracks unique_tracks.txt --mismatches sid_mismatches.txt -o plays.safetensors",
    "deepcuts ingest taste-profile --triplets train_triplets.txt --by song \\\n    -o songs.safetensors",
)

COMMAND = Command("taste-profile", ingest_taste_profile, EXAMPLES, "Plays")


class IngestCommand(CommandParser):
    """`deepcuts ingest`, which hands over to `deepcuts ingest taste-profile` where that is asked for."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments, by the command that they are meant for."""
        if args[:1] == [COMMAND.name]:
            return _command().make_context(f"{info_name} {COMMAND.name}", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


def _command() -> CommandParser:
    program = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    add_command(program, COMMAND)
    command = typer.main.get_command(program)
    assert isinstance(command, CommandParser)  # a program with one command is that command
    return command
