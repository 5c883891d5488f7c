"""The keep list as files that other programs read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from deepcuts.recommendation.list_files import harmless, one_line

FORMATS = {"csv": "text/csv", "json": "application/json", "txt": "text/plain"}


def export(kept: Mapping[str, str], form: str) -> bytes:
    """Write a keep list, in the order in which it was kept.

    Parameters
    ----------
    kept
        Names by item id.
    form
        "csv" and "json" hold id and name, in CSV with an apostrophe before what a spreadsheet would run as a formula;
        "txt" holds a name a line.

    Returns
    -------
    UTF-8 text.
    """
    if form == "json":
        rows = [{"item_id": item, "name": name} for item, name in kept.items()]
        return (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()
    if form == "txt":
        return "".join(f"{one_line(name)}\n" for name in kept.values()).encode()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["item_id", "name"])
    writer.writerows((harmless(item), harmless(name)) for item, name in kept.items())
    return text.getvalue().encode()
