"""Personal exports, of every format, as they are or in a zip archive; the first byte says which."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from deepcuts.history import HistoryOptions, read_upload
from deepcuts.ingest import TimeRules

NAMES = ("export", "endsong_0.json", "a/listens.jsonl", "plays.csv", "", "../x.log", "__MACOSX/a.txt")
RULES = HistoryOptions(min_seconds=5, times=TimeRules(since="2005", half_life=100, session_cap=2, day_cap=3))


def feed(data: bytes, folder: Path) -> None:
    way, content = data[:1] or b"\0", data[1:]
    options = RULES if way[0] & 64 else HistoryOptions()
    if way[0] & 128:
        content = packed(content, way[0] & 63)
    history = read_upload("an export", content, options)
    assert history.n_rows >= history.n_kept
    assert (history.counts["plays"].to_numpy() > 0).all()


def packed(content: bytes, names: int) -> bytes:
    """Parts of a content, between lines of ==, as files of an archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for n, part in enumerate(content.split(b"\n==\n")[:5]):
            file.writestr(zipfile.ZipInfo(NAMES[(names + n) % len(NAMES)]), part)
    return archive.getvalue()
