"""Maloja, whose scrobbles may have several artists: each of them was heard, and is counted."""

from __future__ import annotations

import json

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import json_format

NAMES = ("Maloja (.json)",)

_SCROBBLE = json.dumps({"time": "VARCHAR", "track": {"artists": ["VARCHAR"], "title": "VARCHAR"}})
_ROWS = f"""
    SELECT row, r.track.artists AS artists, r.track.title AS track, r.time AS time, 1.0 AS plays,
           {no_listen("r.track.artists::VARCHAR", "r.track.title")} AS bad, NULL AS dropped, true AS single
    FROM raw"""


def recognise(head: Head) -> Format | None:
    """`maloja_export_N.json`, an object whose `scrobbles` are an array, and the `list` that the API gives."""
    return json_format(head, "Maloja", [("time", "track.artists", "track.title")], _SCROBBLE, _ROWS)
