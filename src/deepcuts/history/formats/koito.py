"""Koito, whose tracks and artists have several names, one of them the primary one."""

from __future__ import annotations

import json

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import json_format

NAMES = ("Koito (.json)",)

_ALIASES = {"aliases": [{"alias": "VARCHAR", "is_primary": "BOOLEAN"}]}
_LISTEN = json.dumps({"listened_at": "VARCHAR", "track": _ALIASES, "artists": [_ALIASES]})


def _primary(aliases: str) -> str:
    """SQL of the primary one of some names, or of the first where none is."""
    return f"coalesce(list_filter({aliases}, lambda name: name.is_primary)[1].alias, {aliases}[1].alias)"


_ROWS = f"""
    SELECT row, list_transform(r.artists, lambda each: {_primary("each.aliases")}) AS artists,
           {_primary("r.track.aliases")} AS track, r.listened_at AS time, 1.0 AS plays,
           {no_listen("r.listened_at", "r.artists::VARCHAR")} AS bad, NULL AS dropped, true AS single
    FROM raw"""


def recognise(head: Head) -> Format | None:
    """A backup: listens with their track and all its artists, each of whom was heard."""
    return json_format(head, "Koito", [("listened_at", "track.aliases.alias")], _LISTEN, _ROWS)
