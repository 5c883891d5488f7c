"""ListenBrainz and Maloja, whose listens may credit several artists: each of them was heard, and is counted."""

from __future__ import annotations

import json
from functools import partial

from deepcuts.history.formats.format import Format
from deepcuts.history.formats.json_records import load_array, load_lines, no_listen

_LISTEN = json.dumps(
    {
        "listened_at": "VARCHAR",
        "track_metadata": {
            "artist_name": "VARCHAR",
            "track_name": "VARCHAR",
            "mbid_mapping": {"artists": [{"artist_credit_name": "VARCHAR"}]},
        },
    }
)
_SCROBBLE = json.dumps({"time": "VARCHAR", "track": {"artists": ["VARCHAR"], "title": "VARCHAR"}})

_LISTEN_ROWS = f"""
    SELECT row, CASE WHEN len(credited) > 0 THEN credited ELSE [r.track_metadata.artist_name] END AS artists,
           r.track_metadata.track_name AS track, r.listened_at AS time, 1.0 AS plays,
           {no_listen("r.track_metadata.artist_name", "r.track_metadata.track_name")} AS bad,
           NULL AS dropped
    FROM (SELECT *, list_filter(
              list_transform(r.track_metadata.mbid_mapping.artists, lambda each: filled(each.artist_credit_name)),
              lambda name: name IS NOT NULL) AS credited FROM raw)"""

_SCROBBLE_ROWS = f"""
    SELECT row, r.track.artists AS artists, r.track.title AS track, r.time AS time, 1.0 AS plays,
           {no_listen("r.track.artists::VARCHAR", "r.track.title")} AS bad,
           NULL AS dropped
    FROM raw"""


def listenbrainz(*, lines: bool) -> Format:
    """`listens/YEAR/MONTH.jsonl` in a zip, or the array of listens of older exports.

    The artists that the listen was mapped to are counted; where it was not, the name that was submitted.
    """
    load = partial(load_lines if lines else load_array, template=_LISTEN)
    return Format("ListenBrainz", "line" if lines else "record", load, _LISTEN_ROWS)


def maloja() -> Format:
    """`maloja_export_N.json`: an object whose `scrobbles` are an array."""
    return Format("Maloja", "record", partial(load_array, template=_SCROBBLE, under="scrobbles"), _SCROBBLE_ROWS)
