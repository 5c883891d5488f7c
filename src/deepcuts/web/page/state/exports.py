"""The keep list as files that other programs read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

FORMATS = {"csv": "text/csv", "json": "application/json", "m3u": "audio/x-mpegurl"}


def export(kept: Mapping[str, str], form: str) -> bytes:
    """Write a keep list, in the order in which it was kept.

    Parameters
    ----------
    kept
        Names by item id.
    form
        "csv" and "json" hold id and name; "m3u" is an extended playlist with one comment and one search text for each
        artist, for players that look names up.

    Returns
    -------
    UTF-8 text.
    """
    if form == "json":
        rows = [{"item_id": item, "name": name} for item, name in kept.items()]
        return (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()
    if form == "m3u":
        names = [" ".join(name.split()) for name in kept.values()]  # a line break in a name would begin a new entry
        return "\n".join(["#EXTM3U", *(line for name in names for line in (f"#EXTINF:-1,{name}", name)), ""]).encode()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["item_id", "name"])
    writer.writerows(kept.items())
    return text.getvalue().encode()
