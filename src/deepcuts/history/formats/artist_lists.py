"""JSON whose records have a list of artists, such as what Spotify's interface gives of the plays of last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deepcuts.history.column_words import ARTISTS, PLAYS, TIME, TRACK, plain_word
from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_fields import field_of, template_of
from deepcuts.history.formats.json_paths import ARRAY, Path, Shape
from deepcuts.history.formats.json_records import NOT_READ
from deepcuts.history.formats.listen_json import format_at, json_shape

NAMES = ("Spotify web interface, and objects with a list of artists (.json)",)

_ROWS = """
    SELECT row, list_transform(TRY_CAST({artists} AS JSON[]), lambda each:
               CASE WHEN json_type(each) = 'OBJECT' THEN each ->> '$.name' ELSE each ->> '$' END) AS artists,
           {track} AS track, {time} AS time, {plays} AS plays,
           CASE WHEN {not_read} IS NOT NULL THEN {not_read}
                WHEN {artists} IS NULL THEN 'it is not the object of a listen'
                WHEN {plays} IS NULL THEN 'its plays are no number above 0' END AS bad,
           CASE WHEN {plays} <= 0 THEN 'not played' END AS dropped, {single} AS single
    FROM raw"""


@dataclass(frozen=True)
class _Keys:
    """Keys of a record, those of objects within with dots: its artists, its track, and its time or its plays."""

    artists: str
    track: str | None
    time: str | None
    plays: str | None


def recognise(head: Head) -> Format | None:
    """Records with a list of artists, each of whom was heard, and a time or a number of plays.

    In Spotify's interface that is `items`, with `track.artists` and `played_at`; those of the album are not counted.
    """
    shape = json_shape(head)
    for path in sorted(shape.keys, key=len) if shape else ():
        keys = _keys(shape.keys[path], alone=not path) if shape and (ARRAY in path or not path) else None
        if shape and keys:
            return _format(shape, path, keys)
    return None


def _keys(keys: Iterable[str], *, alone: bool) -> _Keys | None:
    """The keys of records; a document that is one record, and may be the frame of a list of artists, needs a time."""
    by_depth = sorted(keys, key=lambda key: (key.count("."), key))
    lists = [key.removesuffix(".name") for key in by_depth if _last(key.removesuffix(".name")) in ARTISTS]
    outer = {key.partition(".")[0] for key in by_depth if "." in key}
    own = [key for key in by_depth if "." not in key and key not in outer]  # neither is an object
    time = next((key for key in own if _last(key) in TIME), None)
    plays = next((key for key in own if _last(key) in PLAYS), None)
    counted = any(_last(key) in PLAYS for key in by_depth if lists and key.startswith(f"{lists[0]}."))
    if not lists or counted or (time is None and (plays is None or alone)):
        return None
    beside = lists[0].rpartition(".")[0]
    track = next((key for key in by_depth if key.rpartition(".")[0] == beside and _last(key) in TRACK), None)
    return _Keys(lists[0], track, time, plays)


def _last(key: str) -> str:
    return plain_word(key.rpartition(".")[2])


def _format(shape: Shape, path: Path, keys: _Keys) -> Format:
    wanted = {key: kind for key, kind in ((keys.artists, "JSON"), (keys.track, "VARCHAR")) if key}
    wanted |= {key: "VARCHAR" for key in (keys.time, keys.plays) if key}
    plays = f"TRY_CAST({field_of(keys.plays)} AS DOUBLE)" if keys.plays else "1.0"
    rows = _ROWS.format(
        not_read=NOT_READ,
        artists=field_of(keys.artists),
        track=field_of(keys.track),
        time=field_of(keys.time),
        plays=plays,
        single="false" if keys.plays else "true",
    )
    return format_at(shape, path, "objects with a list of artists", template_of(wanted), rows, has_clock=False)
