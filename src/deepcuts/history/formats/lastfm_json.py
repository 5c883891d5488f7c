"""Last.fm's JSON, as its interface gives it and many tools keep it."""

from __future__ import annotations

import json

from deepcuts.history.formats.format import Format, Head, Refusal
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import format_at, json_shape

NAMES = ("Last.fm (.json)",)

_TRACK = json.dumps({"artist": "JSON", "name": "VARCHAR", "date": "JSON", "@attr": {"nowplaying": "VARCHAR"}})
_TOP = json.dumps({"name": "VARCHAR", "playcount": "VARCHAR"})

_ADVICE = "Give your listening history: recenttracks, or topartists"
# An artist is an object with its name, under one key or another, or the name itself.
_NAME = """coalesce(r.artist ->> '$."#text"', r.artist ->> '$.name',
                             CASE WHEN json_type(r.artist) = 'VARCHAR' THEN r.artist ->> '$' END)"""

_ROWS = f"""
    SELECT row, [artist] AS artists, r.name AS track, time, 1.0 AS plays,
           {no_listen("r.name", "artist")} AS bad,
           CASE WHEN lower(r."@attr".nowplaying) = 'true' OR filled(time) IS NULL THEN 'playing when it was asked for'
                END AS dropped, true AS single
    FROM (SELECT *, {_NAME} AS artist,
                 coalesce(r.date ->> '$.uts', r.date ->> '$."#text"',
                          CASE WHEN json_type(r.date) NOT IN ('OBJECT', 'NULL') THEN r.date ->> '$' END) AS time
          FROM raw)"""

_TOP_ROWS = """
    SELECT row, [r.name] AS artists, NULL AS track, NULL AS time, TRY_CAST(r.playcount AS DOUBLE) AS plays,
           CASE WHEN TRY_CAST(r.playcount AS DOUBLE) IS NULL THEN 'its plays are no number above 0' END AS bad,
           CASE WHEN TRY_CAST(r.playcount AS DOUBLE) <= 0 THEN 'not played' END AS dropped, false AS single
    FROM raw"""


_OF_OTHERS = json.dumps({"name": "VARCHAR", "playcount": "VARCHAR", "artist": "JSON"})
_TOP_OF_ARTISTS = f"""
    SELECT row, [{_NAME}] AS artists, r.name AS track, NULL AS time, TRY_CAST(r.playcount AS DOUBLE) AS plays,
           CASE WHEN TRY_CAST(r.playcount AS DOUBLE) IS NULL THEN 'its plays are no number above 0' END AS bad,
           CASE WHEN TRY_CAST(r.playcount AS DOUBLE) <= 0 THEN 'not played' END AS dropped, false AS single
    FROM raw"""


def recognise_tracks(head: Head) -> Format | Refusal | None:
    """Tracks with artist, name and date, in pages, lists or one array; what is playing has no date, and is left out."""
    groups = [("artist.#text", "name"), ("artist.name", "name", "date"), ("artist.name", "name", "date.uts")]
    shape = json_shape(head)
    path = shape.find(*groups) if shape else None
    if shape is None or path is None:
        return None
    if set(path) & {"lovedtracks", "bannedtracks"}:
        return Refusal("are tracks that were loved or banned, which does not say how often they were heard. " + _ADVICE)
    if "playcount" in shape.keys[path]:  # the tracks or albums played most, which are counts
        return None
    return format_at(shape, path, "Last.fm", _TRACK, _ROWS)


def recognise_tops(head: Head) -> Format | Refusal | None:
    """Artists with their numbers of plays, and tracks and albums with theirs, which their artist was heard as often."""
    shape = json_shape(head)
    paths = [path for path, keys in (shape.keys.items() if shape else ()) if {"name", "playcount"} <= keys]
    artists = next((path for path in paths if "artist" in path or "artists" in path), None)
    others = next((path for path in paths if shape and {"artist.name", "artist.#text"} & shape.keys[path]), None)
    if shape is None or (artists is None and others is None):
        return None
    if "listeners" in shape.keys[artists if artists is not None else others or ()]:
        return Refusal("are the plays of all listeners of Last.fm, not of one. " + _ADVICE)
    if artists is not None:
        return format_at(shape, artists, "Last.fm artists", _TOP, _TOP_ROWS)
    return format_at(shape, others or (), "Last.fm tracks or albums", _OF_OTHERS, _TOP_OF_ARTISTS)
