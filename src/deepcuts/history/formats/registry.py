"""All formats, in the order in which they are looked for: the one place where a format is added."""

from __future__ import annotations

from deepcuts.history.formats import (
    apple_music,
    artist_lists,
    deezer,
    doubled_keys,
    itunes_library,
    json_rows,
    json_tables,
    koito,
    lastfm_json,
    listenbrainz,
    maloja,
    name_lists,
    player_log,
    spotify,
    strangers,
    tables,
    youtube_music,
)
from deepcuts.history.formats.format import Recogniser

# Those with fields of their own come before tables, which take anything with an artist and plays or a time.
RECOGNISERS: tuple[Recogniser, ...] = (
    itunes_library.recognise,
    strangers.recognise,
    doubled_keys.recognise,
    spotify.recognise_extended,
    spotify.recognise_account,
    listenbrainz.recognise,
    koito.recognise,
    maloja.recognise,
    lastfm_json.recognise_tracks,
    lastfm_json.recognise_tops,
    youtube_music.recognise,
    apple_music.recognise_library,
    artist_lists.recognise,
    json_tables.recognise,
    json_rows.recognise,
    player_log.recognise,
    apple_music.recognise_daily,
    apple_music.recognise_activity,
    apple_music.recognise_history,
    deezer.recognise,
    tables.recognise,
    name_lists.recognise,
)

_NAMED = (
    spotify,
    listenbrainz,
    youtube_music,
    apple_music,
    itunes_library,
    lastfm_json,
    maloja,
    koito,
    player_log,
    deezer,
    artist_lists,
    tables,
    json_rows,
    json_tables,
)

KNOWN = ", ".join(name for module in _NAMED for name in module.NAMES) + "; also in a .zip or .tar"
