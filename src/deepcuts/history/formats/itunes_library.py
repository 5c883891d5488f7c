"""The library of iTunes or Music as XML: `Library.xml`, a property list of tracks and how often each was played."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

import duckdb
import pyarrow as pa

from deepcuts.errors import FileFormatError
from deepcuts.history.documents import Document
from deepcuts.history.formats.format import Format, Head

NAMES = ("library of iTunes or Music (.xml, .txt)",)

_KINDS = ("Podcast", "Has Video", "Movie", "TV Show", "Music Video", "Audiobook")
_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("artist", pa.string()),
        ("track", pa.string()),
        ("time", pa.string()),
        ("plays", pa.float64()),
        ("kind", pa.string()),
        ("is_track", pa.bool_()),
    ]
)
_ROWS = """
    SELECT row, [artist] AS artists, track, time, plays,
           CASE WHEN NOT is_track THEN 'it is not a track' END AS bad,
           CASE WHEN kind IS NOT NULL THEN 'no music (' || kind || ')'
                WHEN coalesce(plays, 0) <= 0 THEN 'not played'
                WHEN filled(artist) IS NULL THEN 'no artist' END AS dropped,
           false AS single
    FROM raw"""


def recognise(head: Head) -> Format | None:
    """A property list with tracks; one without names of artists is some other."""
    if b"<plist" not in head.raw[:2000] or b"<key>Tracks</key>" not in head.raw:
        return None
    return Format("library of iTunes or Music", "record", _load, _ROWS)


def _load(connection: duckdb.DuckDBPyConnection, document: Document) -> Iterator[None]:
    content = document.content()
    try:
        library = plistlib.loads(content, fmt=plistlib.FMT_XML)
    except (
        ExpatError,
        plistlib.InvalidFileException,
        ValueError,
        OverflowError,
        LookupError,
        TypeError,
        AttributeError,
    ):
        raise FileFormatError(
            f"{document.name} is a damaged or truncated property list (XML). Export the library again."
        ) from None
    tracks = library.get("Tracks") if isinstance(library, dict) else None
    rows = [_row(number, track) for number, track in enumerate(tracks.values() if isinstance(tracks, dict) else (), 1)]
    connection.register("tracks", pa.Table.from_pylist(rows, _SCHEMA))
    connection.execute("CREATE OR REPLACE TEMP TABLE raw AS FROM tracks")
    connection.unregister("tracks")
    yield


def _row(number: int, track: Any) -> dict[str, Any]:
    if not isinstance(track, Mapping):
        return {"row": number, "is_track": False}
    artist, name, when = (track.get(key) for key in ("Artist", "Name", "Play Date UTC"))
    plays = track.get("Play Count")
    return {
        "row": number,
        "artist": str(artist) if artist is not None else None,
        "track": str(name) if name is not None else None,
        "time": str(int(when.replace(tzinfo=UTC).timestamp())) if isinstance(when, datetime) else None,
        "plays": float(plays) if isinstance(plays, int) and not isinstance(plays, bool) and plays < 1e9 else None,
        "kind": next((kind.lower() for kind in _KINDS if track.get(kind)), None),
        "is_track": True,
    }
