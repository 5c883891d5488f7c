"""Apple Music's privacy export: four files that tell of the same plays, of which one is taken."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

from deepcuts.history.column_words import plain_word
from deepcuts.history.formats.delimited import Layout, load_delimited
from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.listen_json import is_json, json_format
from deepcuts.history.formats.tables import reading_of_head

NAMES = ("Apple Music's privacy export (.csv, .json)",)

_FAMILY = "Apple Music"
_HEADER_WITHIN = 5
_ARTIST = "nullif(trim(regexp_extract({text}, '^(.*?) - ', 1)), '')"  # "Artist - Title", at the first " - "

_DAILY = f"""
    SELECT row, [{_ARTIST.format(text="description")}] AS artists, description AS track, day AS time,
           TRY_CAST(plays AS DOUBLE) AS plays,
           CASE WHEN problem IS NULL AND filled(plays) IS NOT NULL AND TRY_CAST(plays AS DOUBLE) IS NULL
                THEN 'its plays are no number' ELSE problem END AS bad,
           CASE WHEN upper(trim(media)) = 'VIDEO' THEN 'a video'
                WHEN coalesce(TRY_CAST(plays AS DOUBLE), 0) <= 0 THEN 'not played'
                WHEN {_ARTIST.format(text="description")} IS NULL THEN 'no artist' END AS dropped,
           false AS single
    FROM raw"""

_HISTORY = f"""
    SELECT row, [{_ARTIST.format(text="name")}] AS artists, name AS track, moment AS time, 1.0 AS plays,
           problem AS bad,
           CASE WHEN {_ARTIST.format(text="name")} IS NULL THEN 'no artist' END AS dropped, true AS single
    FROM raw"""

_LIBRARY = """
    SELECT row, [r.Artist] AS artists, r.Title AS track, NULL AS time,
           TRY_CAST(r."Track Play Count" AS DOUBLE) AS plays,
           CASE WHEN r.Title IS NULL AND r.Artist IS NULL THEN 'it is not the object of a track' END AS bad,
           CASE WHEN coalesce(TRY_CAST(r."Track Play Count" AS DOUBLE), 0) <= 0 THEN 'not played' END AS dropped,
           false AS single
    FROM raw"""


def recognise_daily(head: Head) -> Format | None:
    """`Daily Tracks.csv`: plays of a track in a day."""
    wanted = {"description": "track description", "day": "date played", "plays": "play count"}
    return _csv_format(head, "Apple Music Daily Tracks", wanted, {"media": "media type"}, _DAILY, rank=4)


def recognise_activity(head: Head) -> Format | None:
    """`Play Activity.csv`: the end of every play, and much else."""
    wanted = {"ended": "event end timestamp", "duration": "play duration milliseconds"}
    others = {
        "artist": "artist name",
        "container": "container artist name",
        "track": "song name",
        "title": "content name",
        "event": "event type",
        "why": "end reason type",
        "media": "media type",
        "item": "item type",
        "began": "event start timestamp",
    }
    return _csv_format(head, "Apple Music Play Activity", wanted, others, _activity(head.options.min_seconds), rank=3)


def recognise_history(head: Head) -> Format | None:
    """`Track Play History.csv`: tracks and when they were played last."""
    wanted = {"name": "track name", "moment": "last played date"}
    return _csv_format(head, "Apple Music Track Play History", wanted, {}, _HISTORY, rank=2)


def recognise_library(head: Head) -> Format | None:
    """`Library Tracks.json`: tracks of the library, and how often each was played."""
    template = json.dumps({"Artist": "VARCHAR", "Title": "VARCHAR", "Track Play Count": "VARCHAR"})
    found = json_format(head, "Apple Music Library Tracks", [("Artist", "Track Play Count")], template, _LIBRARY)
    return replace(found, family=_FAMILY, rank=1) if found else None


def _activity(min_seconds: float) -> str:
    milliseconds = "TRY_CAST(duration AS DOUBLE)"
    return f"""
        SELECT row, [coalesce(filled(artist), filled(container))] AS artists, coalesce(filled(track), title) AS track,
               coalesce(filled(ended), began) AS time, 1.0 AS plays, problem AS bad,
               CASE WHEN upper(trim(event)) NOT IN ('', 'PLAY_END') THEN 'not the end of a play'
                    WHEN upper(trim(media)) = 'VIDEO' THEN 'a video'
                    WHEN upper(trim(item)) = 'STREAM' THEN 'a radio station'
                    WHEN coalesce(filled(artist), filled(container)) IS NULL THEN 'no artist'
                    WHEN {milliseconds} <= 0 THEN 'not heard at all'
                    WHEN {milliseconds} < {min_seconds * 1000}
                         AND upper(trim(coalesce(why, ''))) <> 'NATURAL_END_OF_TRACK'
                    THEN 'cut off before {min_seconds:g} s' END AS dropped, true AS single
        FROM raw"""


def _csv_format(
    head: Head, name: str, wanted: Mapping[str, str], others: Mapping[str, str], rows: str, *, rank: int
) -> Format | None:
    """A table in CSV with columns of these names; of others, a column that is not there is blank."""
    found = _columns(head, wanted.values())
    if found is None:
        return None
    number, names = found
    indexes = {column: names.index(word) for column, word in {**wanted, **others}.items() if word in names}
    layout = Layout(",", '"', (len(names),), indexes, header=number)
    absent = "".join(f", NULL::VARCHAR AS {column}" for column in others if column not in indexes)
    filled = rows.replace("FROM raw", f"FROM (SELECT *{absent} FROM raw)")
    return Format(name, "line", partial(load_delimited, layout=layout), filled, family=_FAMILY, rank=rank)


def _columns(head: Head, wanted: Collection[str]) -> tuple[int, list[str]] | None:
    """The number of the line that names columns, and these, where all that are wanted are there."""
    if is_json(head):
        return None
    for number, cells in reading_of_head(head, ",").records[:_HEADER_WITHIN]:
        names = list(map(plain_word, cells))
        if set(wanted) <= set(names):
            return number, names
    return None
