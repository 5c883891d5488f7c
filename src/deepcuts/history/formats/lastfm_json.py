"""Last.fm's JSON, as its interface gives it and many tools keep it."""

from __future__ import annotations

import json

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import format_at, json_format, json_shape

NAMES = ("Last.fm (.json)",)

_TRACK = json.dumps({"artist": "JSON", "name": "VARCHAR", "date": "JSON", "@attr": {"nowplaying": "VARCHAR"}})
_TOP = json.dumps({"name": "VARCHAR", "playcount": "VARCHAR"})

_ROWS = f"""
    SELECT row, [artist] AS artists, r.name AS track, time, 1.0 AS plays,
           {no_listen("r.name", "artist")} AS bad,
           CASE WHEN lower(r."@attr".nowplaying) = 'true' OR filled(time) IS NULL THEN 'playing when it was asked for'
                END AS dropped, true AS single
    FROM (SELECT *, coalesce(r.artist ->> '$."#text"', r.artist ->> '$.name',
                             CASE WHEN json_type(r.artist) = 'VARCHAR' THEN r.artist ->> '$' END) AS artist,
                 coalesce(r.date ->> '$.uts', r.date ->> '$."#text"',
                          CASE WHEN json_type(r.date) NOT IN ('OBJECT', 'NULL') THEN r.date ->> '$' END) AS time
          FROM raw)"""

_TOP_ROWS = """
    SELECT row, [r.name] AS artists, NULL AS track, NULL AS time, TRY_CAST(r.playcount AS DOUBLE) AS plays,
           CASE WHEN TRY_CAST(r.playcount AS DOUBLE) IS NULL THEN 'its plays are no number above 0' END AS bad,
           CASE WHEN TRY_CAST(r.playcount AS DOUBLE) <= 0 THEN 'not played' END AS dropped, false AS single
    FROM raw"""


def recognise_tracks(head: Head) -> Format | None:
    """Tracks with artist, name and date, in pages, lists or one array; what is playing has no date, and is left out."""
    groups = [("artist.#text", "name"), ("artist.name", "name", "date"), ("artist.name", "name", "date.uts")]
    return json_format(head, "Last.fm", groups, _TRACK, _ROWS)


def recognise_artists(head: Head) -> Format | None:
    """Artists with their numbers of plays: `topartists`, or `artists` of a library."""
    shape = json_shape(head)
    paths = (path for path, keys in (shape.keys.items() if shape else ()) if {"name", "playcount"} <= keys)
    path = next((path for path in paths if "artist" in path or "artists" in path), None)
    return format_at(shape, path, "Last.fm artists", _TOP, _TOP_ROWS) if shape and path is not None else None
