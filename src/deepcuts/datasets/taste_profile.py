"""The Taste Profile of the Million Song Dataset: plays of songs, summed by artist or by song."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import duckdb

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.companions import TRIPLETS, expect
from deepcuts.datasets.folders import find_file, find_optional
from deepcuts.datasets.songs import read_mismatches, read_tracks, resolve_songs
from deepcuts.errors import DataError, SettingsError
from deepcuts.ingest import Columns, ReadOptions, count_text_rows, sum_mapped
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.storage import StrPath, check_outputs
from deepcuts.wording import counted

_COLUMNS = Columns(1, 2, 3)


@dataclass(frozen=True)
class TasteProfileReport:
    """Report of a reading of the Taste Profile.

    Parameters
    ----------
    n_rows, n_skipped
        Rows read; bad ones left out.
    n_songs
        Songs that were played.
    n_kept, n_mismatched, n_unknown
        Songs that were mapped; dropped because every known track is a mismatch; dropped because no artist is known.
    n_rows_mismatched, n_rows_unknown
        Rows of the songs that were dropped.
    n_several, n_disputed
        Of the songs kept: with several sound tracks; with tracks of several artists.
    n_items
        Artists, or songs, that the songs kept were merged into.
    n_users, n_users_dropped
        Users; those of whom no row is left.
    by
        What the items are: "artist" or "song".
    """

    n_rows: int
    n_skipped: int
    n_songs: int
    n_kept: int
    n_mismatched: int
    n_unknown: int
    n_rows_mismatched: int
    n_rows_unknown: int
    n_several: int
    n_disputed: int
    n_items: int
    n_users: int
    n_users_dropped: int
    by: str

    def sentences(self) -> tuple[str, ...]:
        """The report in sentences, the most important first."""
        sentences = [f"Of {counted(self.n_songs, 'song')}, {counted(self.n_kept, 'is', 'are')} kept" + self._merged()]
        if self.n_mismatched:
            sentences.append(
                f"Dropped, as every known track is a mismatch: {counted(self.n_mismatched, 'song')}, with "
                f"{counted(self.n_rows_mismatched, 'row')}."
            )
        if self.n_unknown:
            sentences.append(
                f"Dropped, as no artist is known: {counted(self.n_unknown, 'song')}, with "
                f"{counted(self.n_rows_unknown, 'row')}."
            )
        if self.n_several:
            sentences.append(
                f"{counted(self.n_several, 'song has', 'songs have')} several tracks, "
                f"{self.n_disputed:,} of them tracks of "
                "several artists, of whom the one with most counts."
            )
        if self.n_users_dropped:
            sentences.append(
                f"Of {counted(self.n_users, 'user')}, {counted(self.n_users_dropped, 'is', 'are')} "
                f"dropped: nothing is left."
            )
        return tuple(sentences)

    def _merged(self) -> str:
        return f", merged into {counted(self.n_items, 'artist')}." if self.by == "artist" else "."


def load_taste_profile(
    folder: StrPath, *, by: Literal["artist", "song"] = "artist", options: ReadOptions | None = None
) -> Interactions:
    """Read the Taste Profile from the folder that ``deepcuts download taste-profile`` fills.

    Parameters
    ----------
    folder
        It holds train_triplets.txt and, unless songs are wanted, unique_tracks.txt or track_metadata.db; it may hold
        taste_profile_song_to_tracks.txt and sid_mismatches.txt.
    by
        What the items are.
    options
        How to read; of text files only what they leave open.

    Raises
    ------
    DataError, FileFormatError
        If a file is missing or is not what it should be.
    SettingsError
        If `options` are no `ReadOptions`.
    """
    options = ReadOptions.of(options)
    return read_taste_profile(*taste_profile_files(folder), by=by, options=options)[0]


def taste_profile_files(folder: StrPath) -> tuple[Path, list[Path], Path | None]:
    """The triplets, the tracks and the mismatches in a folder."""
    triplets = find_file(folder, TRIPLETS.name)
    # Either of the first two names the artists; the database has their ids.
    found = [
        find_optional(folder, *names)
        for names in (("track_metadata.db", "unique_tracks.txt"), ("taste_profile_song_to_tracks.txt",))
    ]
    return triplets, [path for path in found if path is not None], find_optional(folder, "sid_mismatches.txt")


def read_taste_profile(
    triplets: StrPath,
    tracks: Sequence[StrPath] = (),
    mismatches: StrPath | None = None,
    *,
    by: Literal["artist", "song"] = "artist",
    options: ReadOptions | None = None,
) -> tuple[Interactions, TasteProfileReport]:
    """Read the Taste Profile, and report what was mapped, merged and dropped.

    Songs become artists by the rule of `deepcuts.datasets.songs`, while DuckDB sums their plays within
    `options.memory_limit`.

    Parameters
    ----------
    triplets
        train_triplets.txt: user, song and plays.
    tracks
        Any of unique_tracks.txt, track_metadata.db and taste_profile_song_to_tracks.txt, recognised by their contents.
        Where the last is given, it lists the tracks of each song, and the others give the artists of tracks.
    mismatches
        sid_mismatches.txt: songs and tracks that do not belong together; without `tracks`, these songs are dropped.
    by
        What the items are: "artist" or "song".
    options
        How to read; of text files only what they leave open.

    Returns
    -------
    Interactions, TasteProfileReport
        The items are named: artists by their most common spelling, songs by artist and title.

    Raises
    ------
    DataError, FileFormatError
        If a file is not what it should be, or nothing is left.
    SettingsError
        If `by` is neither.
    """
    if by not in {"artist", "song"}:
        raise SettingsError(f'by is {by!r}. Choose "artist" or "song".')
    options = replace(ReadOptions.of(options), header=False, delimiter="\t", quote="")
    if options.bad_rows is not None:
        check_outputs([options.bad_rows], [triplets, *tracks, mismatches], force=options.force)
    expect(triplets, "--triplets", TRIPLETS)
    with workspace(options) as connection, plain_errors(str(triplets), options):
        read_tracks(connection, tracks, by=by)
        read_mismatches(connection, mismatches)
        resolve_songs(connection)
        rows = count_text_rows(connection, [triplets], _COLUMNS, options)
        facts = _map_songs(connection, by)
        if not facts["n_kept"]:
            raise DataError(_nothing_left(facts, triplets, tracks))
        names = connection.sql(f"SELECT * FROM {'artist_names' if by == 'artist' else 'song_names'}").to_arrow_table()
        plays = sum_mapped(connection, "mapping").with_labels(names)
    n_dropped = facts["n_users"] - plays.n_users
    return plays, TasteProfileReport(
        rows.n_rows, rows.n_skipped, n_items=plays.n_items, n_users_dropped=n_dropped, by=by, **facts
    )


def _nothing_left(facts: Mapping[str, int], triplets: StrPath, tracks: Sequence[StrPath]) -> str:
    return (
        f"None of {counted(facts['n_songs'], 'song')} of {triplets} is left: "
        f"{counted(facts['n_mismatched'], 'is a mismatch', 'are mismatches')}, "
        f"{counted(facts['n_unknown'], 'has', 'have')} no artist in {', '.join(map(str, tracks))}. "
        f"Do the files belong together?"
    )


def _map_songs(connection: duckdb.DuckDBPyConnection, by: str) -> dict[str, int]:
    """Map the songs that were played, in the table `mapping` of raw and id; return what became of them."""
    mapped = "songs.artist" if by == "artist" else "id_counts.id"
    connection.execute(f"""
        CREATE TEMP TABLE outcomes AS
        SELECT id_counts.id AS raw, n_rows, CASE WHEN dropped.song_id IS NULL THEN {mapped} END AS id,
               dropped.song_id IS NOT NULL AS is_mismatch, coalesce(n_tracks, 0) AS n_tracks,
               coalesce(n_artists, 0) AS n_artists
        FROM id_counts LEFT JOIN songs ON songs.song_id = id_counts.id
             LEFT JOIN dropped ON dropped.song_id = id_counts.id
        WHERE id_counts.id IS NOT NULL AND NOT is_user""")
    connection.execute("CREATE TEMP TABLE mapping AS SELECT raw, id FROM outcomes WHERE id IS NOT NULL")
    connection.execute("CREATE TEMP VIEW song_names AS SELECT song_id AS item_id, title AS name FROM songs")
    facts = connection.sql("""
        SELECT count(*) AS n_songs, count(id) AS n_kept, count(*) FILTER (is_mismatch) AS n_mismatched,
               count(*) FILTER (id IS NULL AND NOT is_mismatch) AS n_unknown,
               coalesce(sum(n_rows) FILTER (is_mismatch), 0)::BIGINT AS n_rows_mismatched,
               coalesce(sum(n_rows) FILTER (id IS NULL AND NOT is_mismatch), 0)::BIGINT AS n_rows_unknown,
               count(*) FILTER (id IS NOT NULL AND n_tracks > 1) AS n_several,
               count(*) FILTER (id IS NOT NULL AND n_artists > 1) AS n_disputed,
               (SELECT count(*) FROM id_counts WHERE is_user AND id IS NOT NULL) AS n_users
        FROM outcomes""").to_arrow_table()
    return {name: int(value) for name, value in facts.to_pylist()[0].items()}
