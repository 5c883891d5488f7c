"""Delimited text: scrobbles of Last.fm, Libre.fm and Maloja, logs of portable players, tables of artists and plays."""

from __future__ import annotations

from functools import partial

from deepcuts.history.formats.delimited import Layout, load_delimited
from deepcuts.history.formats.format import Format

_SCROBBLES = """
    SELECT row, [artist] AS artists, track, time, 1.0 AS plays, problem AS bad,
           CASE WHEN problem IS NULL AND filled(artist) IS NULL THEN 'no artist' END AS dropped
    FROM raw"""

_LOG = """
    SELECT row, [artist] AS artists, track, time, 1.0 AS plays,
           CASE WHEN problem IS NULL AND upper(trim(rating)) NOT IN ('L', 'S') THEN 'its rating is neither L nor S'
                ELSE problem END AS bad,
           CASE WHEN upper(trim(rating)) = 'S' THEN 'skipped' END AS dropped
    FROM raw"""

_COUNTS = """
    SELECT row, [artist] AS artists, NULL AS track, NULL AS time, TRY_CAST(trim(plays) AS DOUBLE) AS plays,
           CASE WHEN problem IS NULL AND NOT coalesce(TRY_CAST(trim(plays) AS DOUBLE) BETWEEN 1e-6 AND 1e9, false)
                THEN 'its plays are no number above 0' ELSE problem END AS bad,
           NULL AS dropped
    FROM raw"""

LOG_MARK = "#AUDIOSCROBBLER"


def scrobbles(name: str, layout: Layout) -> Format:
    """One line for each listen: Last.fm, Libre.fm, Maloja, in CSV or TSV."""
    return Format(name, "line", partial(load_delimited, layout=layout), _SCROBBLES)


def player_log() -> Format:
    """`.scrobbler.log`: lines of artist, album, title, track number, length, rating and time; L listened, S skipped."""
    # The eighth, an id of MusicBrainz, may be missing.
    layout = Layout("\t", "", (8, 7), {"artist": 0, "track": 2, "rating": 5, "time": 6})
    return Format("log of a portable player", "line", partial(load_delimited, layout=layout), _LOG)


def counts(layout: Layout) -> Format:
    """One line for each artist, and how often it was played."""
    return Format("table of artists and plays", "line", partial(load_delimited, layout=layout), _COUNTS)
