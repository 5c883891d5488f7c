"""Logs of portable players, such as of Rockbox: `.scrobbler.log`."""

from __future__ import annotations

from functools import partial

from deepcuts.history.formats.delimited import Layout, load_delimited
from deepcuts.history.formats.format import Format, Head

NAMES = (".scrobbler.log",)

_MARK = b"#AUDIOSCROBBLER"
_ROWS = """
    SELECT row, [artist] AS artists, track, time, 1.0 AS plays,
           CASE WHEN problem IS NULL AND upper(trim(rating)) NOT IN ('L', 'S', '') THEN 'its rating is neither L nor S'
                ELSE problem END AS bad,
           CASE WHEN upper(trim(rating)) = 'S' THEN 'skipped'
                WHEN upper(trim(rating)) = '' THEN 'no rating: not known to have been heard' END AS dropped,
           true AS single
    FROM raw"""


def recognise(head: Head) -> Format | None:
    """Lines of artist, album, title, track number, length, rating and time; L listened, S skipped."""
    if not head.raw.lstrip().startswith(_MARK):
        return None
    # The eighth, an id of MusicBrainz, may be missing; some players write a ninth.
    layout = Layout("\t", "", (8, 7, 9), {"artist": 0, "track": 2, "rating": 5, "time": 6})
    return Format("log of a portable player", "line", partial(load_delimited, layout=layout), _ROWS)
