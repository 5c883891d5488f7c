"""Spotify: the extended history, and the history in the account export."""

from __future__ import annotations

import json

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import json_format

NAMES = ("Spotify extended history (.json)", "Spotify account export (.json)")

_EXTENDED = json.dumps(
    {
        "ts": "VARCHAR",
        "ms_played": "BIGINT",
        "master_metadata_track_name": "VARCHAR",
        "master_metadata_album_artist_name": "VARCHAR",
        "skipped": "BOOLEAN",
        "reason_end": "VARCHAR",
        "incognito_mode": "BOOLEAN",
    }
)
_ACCOUNT = json.dumps({"endTime": "VARCHAR", "artistName": "VARCHAR", "trackName": "VARCHAR", "msPlayed": "BIGINT"})

# The one reason_end of a track that was heard to its end. Others, of presses of buttons, remote controls, logouts and
# crashes, and none, are those of tracks that stopped before; older records have `skipped` null, so both are asked.
_CUT_OFF = "coalesce(r.skipped, false) OR coalesce(r.reason_end, '') <> 'trackdone'"


def recognise_extended(head: Head) -> Format | None:
    """`endsong_N.json`, `Streaming_History_Audio_*.json`: an array of one object for each play.

    Plays in private sessions are left out, and those of less than `min_seconds` that were cut off. Podcasts and
    audiobooks have no artist.
    """
    options = head.options
    rows = f"""
        SELECT row, [r.master_metadata_album_artist_name] AS artists, r.master_metadata_track_name AS track,
               r.ts AS time, 1.0 AS plays,
               coalesce({no_listen("r.ts", "r.master_metadata_album_artist_name")},
                        CASE WHEN r.ms_played IS NULL THEN 'ms_played is not a whole number'
                             WHEN filled(r.ts) IS NULL THEN 'ts is missing' END) AS bad,
               CASE WHEN r.incognito_mode THEN 'private session'
                    WHEN filled(r.master_metadata_album_artist_name) IS NULL THEN 'no artist (podcast, audiobook)'
                    WHEN r.ms_played <= 0 THEN 'not heard at all'
                    WHEN r.ms_played < {options.min_seconds * 1000} AND ({_CUT_OFF})
                    THEN 'cut off before {options.min_seconds:g} s' END AS dropped,
               true AS single
        FROM raw"""
    keys = ("ts", "ms_played", "master_metadata_album_artist_name")
    return json_format(head, "Spotify extended history", [keys], _EXTENDED, rows)


def recognise_account(head: Head) -> Format | None:
    """`StreamingHistory_music_0.json`, `StreamingHistory0.json`: an array of one object for each play.

    It does not record what was cut off, so plays of less than `min_seconds` are left out. Times are whole minutes.
    """
    options = head.options
    rows = f"""
        SELECT row, [r.artistName] AS artists, r.trackName AS track, r.endTime AS time, 1.0 AS plays,
               coalesce({no_listen("r.endTime", "r.artistName")},
                        CASE WHEN r.msPlayed IS NULL THEN 'msPlayed is not a whole number'
                             WHEN filled(r.endTime) IS NULL THEN 'endTime is missing' END) AS bad,
               CASE WHEN r.msPlayed <= 0 THEN 'not heard at all'
                    WHEN r.msPlayed < {options.min_seconds * 1000}
                    THEN 'heard for less than {options.min_seconds:g} s' END AS dropped,
               true AS single
        FROM raw"""
    return json_format(head, "Spotify account export", [("endTime", "artistName", "msPlayed")], _ACCOUNT, rows)
