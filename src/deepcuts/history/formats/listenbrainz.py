"""ListenBrainz, whose listens may credit several artists: each of them was heard, and is counted."""

from __future__ import annotations

import json
from dataclasses import replace

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import json_format

NAMES = ("ListenBrainz (.jsonl, .json)",)

_LISTEN = json.dumps(
    {
        "listened_at": "VARCHAR",
        "timestamp": "VARCHAR",
        "user_name": "VARCHAR",
        "track_metadata": {
            "artist_name": "VARCHAR",
            "track_name": "VARCHAR",
            "mbid_mapping": {"artists": [{"artist_credit_name": "VARCHAR"}]},
            "additional_info": {"artist_names": "JSON"},
        },
    }
)
_ROWS = f"""
    SELECT row, CASE WHEN len(credited) > 0 THEN credited WHEN len(submitted) > 0 THEN submitted
                     ELSE [r.track_metadata.artist_name] END AS artists,
           r.track_metadata.track_name AS track, coalesce(r.listened_at, r.timestamp) AS time, 1.0 AS plays,
           {no_listen("r.track_metadata.artist_name", "r.track_metadata.track_name")} AS bad,
           CASE WHEN coalesce(filled(r.listened_at), filled(r.timestamp)) IS NULL
                THEN 'no time: it was playing when it was asked for, or was liked' END AS dropped, true AS single
    FROM (SELECT *, list_filter(
              list_transform(r.track_metadata.mbid_mapping.artists, lambda each: filled(each.artist_credit_name)),
              lambda name: name IS NOT NULL) AS credited,
              list_filter(list_transform(TRY_CAST(r.track_metadata.additional_info.artist_names AS VARCHAR[]),
                                         lambda each: filled(each)), lambda name: name IS NOT NULL) AS submitted
          FROM raw)"""


def recognise(head: Head) -> Format | None:
    """`listens/YEAR/MONTH.jsonl` in a zip, the array of older exports, and what the API gives and takes.

    The artists that the listen was mapped to are counted; where it was not, those that were submitted one by one, and
    else the name that was submitted. What is playing, and what was liked, has no time and is no listen.
    """
    groups = [("track_metadata.artist_name",), ("listened_at", "track_metadata")]
    found = json_format(head, "ListenBrainz", groups, _LISTEN, _ROWS)
    return found and replace(found, listener="r.user_name")
