"""The keep list as files that other programs read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from deepcuts.recommendation.list_files import ListedArtist, harmless, list_file, one_line

FORMATS = {"csv": "text/csv", "json": "application/json", "txt": "text/plain", "lbradio": "text/plain"}


def export(kept: Mapping[str, str], form: str, mbids: Mapping[str, str] | None = None) -> bytes:
    """Write a keep list, in the order in which it was kept.

    Parameters
    ----------
    kept
        Names by item id.
    form
        "csv" and "json" hold id and name, in CSV with an apostrophe before what a spreadsheet would run as a formula,
        and with ids of MusicBrainz; "txt" holds a name a line; "lbradio" is a prompt of LB Radio.
    mbids
        Ids of MusicBrainz by item id, as far as they are known.

    Returns
    -------
    UTF-8 text.
    """
    if form == "json":
        rows = [{"item_id": item, "name": name} for item, name in kept.items()]
        return (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()
    if form == "txt":
        return "".join(f"{one_line(name)}\n" for name in kept.values()).encode()
    known = mbids or {}
    if form == "lbradio":
        ranked = enumerate(kept.items(), start=1)
        return list_file(
            [ListedArtist(name, item, n, 0, 0.0, 0, known.get(item, "")) for n, (item, name) in ranked], ".lbradio"
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["item_id", "name", "mbid"])
    writer.writerows((harmless(item), harmless(name), known.get(item, "")) for item, name in kept.items())
    return text.getvalue().encode()
