"""`deepcuts me`: recommendations from one's own listening history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcuts.cli import values
from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import refuse_idle, refuse_idle_time_rules
from deepcuts.cli.options import Force, Json, Quiet
from deepcuts.cli.own_lists import LONG, POSITIONS, SHORT, OwnList, own_lists, show_own_lists, show_own_personas
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import cell_text, print_table, ruled_table, show_json, show_table
from deepcuts.errors import DataError
from deepcuts.history.options import MIN_SCORE, HistoryOptions
from deepcuts.ingest import TimeRules
from deepcuts.recommendation.settings import ListSettings
from deepcuts.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.history import History, Matcher, Matches
    from deepcuts.model import PersonaModel
    from deepcuts.web.page.state.visitor_model import VisitorModel

_FUZZY_SHOWN, _UNFOUND_SHOWN = 15, 10
_LISTS = ("mix", "dial", "frequency", "base_weight", "base_lean")
_TEXT = ("dates", "decimal", "encoding", "artist_column", "plays_column")
_SAVED = ["artist", "plays", "n_listens", "last_played", "item_id", "name", "how", "score"]

Exports = Annotated[
    list[Path],
    typer.Argument(
        metavar="EXPORT",
        help="Exports as they were downloaded, the files in them, or a folder of either: of Spotify, ListenBrainz, "
        "Last.fm, Libre.fm, Maloja, Koito, Apple Music, YouTube Music, Deezer or iTunes, a .scrobbler.log, or a table "
        "or spreadsheet of artists and plays.",
    ),
]
CountsFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The .csv, .parquet or .jsonl file to keep the counts in."),
]
ListFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="File for the list: .txt (names), .csv, .lbradio (prompts of LB Radio), .lidarr (a custom list), or for "
        "models of songs .jspf or .xspf (playlists).",
    ),
]
MinScore = Annotated[float, typer.Option(metavar="X", help="Least score, of 100, for a name spelt much like another.")]


Rarity = Annotated[
    str | None,
    typer.Option(
        metavar="X",
        help="One list at this position of the dial: -1 is familiar, 0 as you are, 1 deep cuts; or by persona, such as "
        "0=0.3,2=-0.1.",
        show_default="three short lists: familiar, as you are, deep cuts",
    ),
]
Length = Annotated[
    int | None, typer.Option("-k", min=1, metavar="N", help="Rows of a list.", show_default="8 of each of three, or 20")
]
MinListeners = Annotated[
    int, typer.Option(min=0, metavar="N", help="List nobody with fewer listeners, of whom little is known.")
]


@options_from(ListSettings, panel="Lists", names=_LISTS)
@options_from(HistoryOptions, panel="Text files", names=_TEXT)
@options_from(HistoryOptions, panel="Plays over time", names=("min_seconds",))
@options_from(TimeRules, panel="Plays over time")
def me(
    context: typer.Context,
    exports: Exports,
    model: Annotated[Path, typer.Option(metavar="MODEL", help="A model that `deepcuts train` has written.")],
    rarity: Rarity = None,
    k: Length = None,
    min_listeners: MinListeners = 3,
    min_score: MinScore = MIN_SCORE,
    save: CountsFile = None,
    output: ListFile = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Read your own listening history, and show your personas and what to listen to next, and because of what.

    Nothing leaves this machine, and nothing is kept unless you ask for it with --save, for you alone to read. Of an
    export only artist, track, time and what tells a skip are read; addresses and devices never are.
    """
    from deepcuts.cli.list_output import check_list_output, write_list
    from deepcuts.cli.tables import check_table_output
    from deepcuts.history import read_history
    from deepcuts.model import load
    from deepcuts.storage import check_outputs
    from deepcuts.web.page.state.visitor_model import VisitorModel

    remarks = Remarks(quiet)
    refuse_idle(context, "--mix share", "base_weight", unless=settings["mix"] == "share")
    refuse_idle_time_rules(context, settings)
    titles = POSITIONS if rarity is None else {"For you": values.turn(rarity, "--rarity")}
    rows = k or (SHORT if rarity is None else LONG)
    how = ListSettings(k=rows, rarity=titles.get("For you", 0), **{name: settings.pop(name) for name in _LISTS})
    reading = {name: settings.pop(name) for name in ("min_seconds", *_TEXT)}
    times = TimeRules(**settings)
    if save is not None:
        check_table_output(save, [*exports, model], force=force)
    if output is not None:
        check_list_output(output, [*exports, model], force=force)
    check_outputs([save, output], [], force=force)
    fitted = load(model)
    matcher = _matcher(fitted, min_score)
    options = HistoryOptions(times=times, by=matcher.by, **reading)
    with remarks.working(f"Reading {exports[0]}" + (f" and {len(exports) - 1:,} more" if exports[1:] else "")):
        history = read_history(exports, options)
        matches = matcher.match(history.counts["artist"], history.counts["plays"])
    _say_what_was_read(history, matcher.by, remarks)
    if save is not None:
        _save(history, matches, save, force=force)
        remarks.say(f"Counts of {counted(history.n_artists, matcher.by)} saved in {save}.")
    plays = _found_plays(matches, fitted, matcher.by)
    with remarks.working("Finding your personas"):
        visitor = VisitorModel.solve(fitted, plays, (), None)
        lists = own_lists(visitor, how, titles, min_listeners)
    if output is not None:
        listed = _one_after_another(lists)
        write_list(output, listed, visitor.model, force=force)
        remarks.say(f"A list of {counted(listed.num_rows, matcher.by)} saved in {output}.")
    _show(history, matches, visitor, lists, as_json=json)


def _one_after_another(lists: Sequence[OwnList]) -> pa.Table:
    """Return the rows of all lists as those of one."""
    import pyarrow as pa

    rows = [row for each in lists for row in each.rows]
    return pa.table(
        {
            "rank": pa.array(range(1, len(rows) + 1), pa.int32()),
            "item_id": pa.array([row.item_id for row in rows], pa.string()),
            "persona": pa.array([row.persona for row in rows], pa.int8()),
        }
    )


def _matcher(model: PersonaModel, min_score: float) -> Matcher:
    import numpy as np

    from deepcuts.history import Matcher

    names = model.item_names(np.arange(len(model.item_ids)))
    return Matcher(model.item_ids, names, model.item_listeners, min_score)


def _found_plays(matches: Matches, model: PersonaModel, by: str) -> dict[str, float]:
    plays = matches.plays()
    if not plays:
        some = ", ".join(map(repr, model.item_ids.values[:3].to_pylist()))
        advice = (
            ""
            if model.seen.labels
            else f" Its items have no names but their ids, such as {some}; if these are no artists, give it names "
            "before training: Interactions.with_labels(names=...)."
        )
        raise DataError(f"No {by} of yours is in the catalogue of {counted(len(model.item_ids), 'item')}.{advice}")
    return plays


def _say_what_was_read(history: History, by: str, remarks: Remarks) -> None:
    """Say for each format how many rows there were, and what became of them."""
    rows: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    files: Counter[str] = Counter()
    left_out: dict[str, Counter[str]] = {}
    for source in history.sources:
        what = f"{source.format}, {source.unit}s"
        rows[what] += source.n_rows
        kept[what] += source.n_kept
        files[what] += 1
        left_out.setdefault(what, Counter()).update(source.dropped)
    for what, n_rows in rows.items():
        n_files = counted(files[what], "file")
        why = "".join(f"; {n:,} left out: {reason}" for reason, n in left_out[what].most_common())
        remarks.say(f"{what}: {n_rows:,} in {n_files}, {kept[what]:,} kept{why}.")
    if history.passed_over:
        n_files = counted(len(history.passed_over), "other file")
        remarks.say(f"Passed over {n_files}, without listens.")
    if history.n_duplicates:
        remarks.say(f"{counted(history.n_duplicates, 'listen')} listed twice, to count once.")
    if history.n_outside:
        n_listens = counted(history.n_outside, "listen")
        remarks.say(f"{n_listens} left out: outside the time asked for, above a cap, or without a time.")
    remarks.say(f"What is left counts as {counted(round(history.plays), 'play')} of {counted(history.n_artists, by)}.")


def _save(history: History, matches: Matches, path: Path, *, force: bool) -> None:
    from deepcuts.cli.tables import write_table

    table = matches.table
    for name in ("n_listens", "last_played"):
        table = table.append_column(name, history.counts[name])
    write_table(path, [table.select(_SAVED)], force=force, private=True)


def _show(
    history: History, matches: Matches, visitor: VisitorModel, lists: Sequence[OwnList], *, as_json: bool
) -> None:
    from deepcuts.model.state import VISITOR

    if as_json:
        show_json(
            {
                "sources": [_source_as_json(source) for source in history.sources],
                "matches": matches.table.to_pylist(),
                "personas": visitor.model.personas(VISITOR).to_pylist(),
                "recommendations": [row for each in lists for row in each.as_json()],
            }
        )
        return
    _show_matches(matches)
    show_own_personas(visitor)
    show_own_lists(lists, visitor.model.n_listeners)


def _source_as_json(source: Any) -> dict[str, Any]:
    return {**vars(source), "dropped": dict(source.dropped), "bad": [vars(each) for each in source.bad]}


def _show_matches(matches: Matches) -> None:
    """Print how many artists were found how, those found by a name alike, and the most played that were not found."""
    import pyarrow.compute as pc

    total = pc.sum(matches.table["plays"]).as_py()
    shown = ruled_table("Your artists in the catalogue")
    for title in ("found", "artists", "plays"):
        shown.add_column(title, justify="left" if title == "found" else "right")
    for how, words in _HOW_IN_WORDS.items():
        rows = matches.found(how)
        if rows.num_rows:
            shown.add_row(words, f"{rows.num_rows:,}", f"{pc.sum(rows['plays']).as_py() / total:.1%}")
    print_table(shown)
    fuzzy, none = matches.found("fuzzy"), matches.found("none")
    if fuzzy.num_rows:
        title = _counted("Taken for a name spelt much alike", fuzzy.num_rows, _FUZZY_SHOWN)
        show_table(fuzzy.slice(0, _FUZZY_SHOWN).select(["artist", "plays", "name", "score"]), title, as_json=False)
    if none.num_rows:
        _show_unfound(none)


def _show_unfound(rows: pa.Table) -> None:
    shown = ruled_table(_counted("Not in the catalogue", rows.num_rows, _UNFOUND_SHOWN))
    shown.add_column("artist", overflow="fold")
    shown.add_column("plays", justify="right")
    shown.add_column("somewhat like it", overflow="fold")
    for row in rows.slice(0, _UNFOUND_SHOWN).to_pylist():
        likes = ", ".join(each["name"] for each in row["suggestions"] or ())
        shown.add_row(cell_text(row["artist"]), f"{row['plays']:,.0f}", cell_text(likes) or "–")
    print_table(shown)


def _counted(title: str, n_rows: int, most: int) -> str:
    return title + (f", {most} of {n_rows:,}" if n_rows > most else "")


_HOW_IN_WORDS = {
    "exact": "by the same name",
    "normalised": "but for case, accents, articles, punctuation",
    "fuzzy": "by a name spelt much alike",
    "none": "not found",
}


EXAMPLES = (
    "deepcuts me my_spotify_data.zip --model model.safetensors",
    "deepcuts me listenbrainz.zip scrobbles.csv --model model.safetensors",
    "deepcuts me my_exports/ --model model.safetensors --half-life 365 --rarity 0.3",
    "deepcuts me listens.zip --model m.safetensors --since 2023 --save counts.csv",
)

COMMAND = Command("me", me, EXAMPLES, "Start here")
