"""The files of the Taste Profile, between lines of ==: triplets, tracks, songs and tracks, mismatches."""

from __future__ import annotations

from pathlib import Path

from deepcuts.datasets.taste_profile import read_taste_profile
from deepcuts.ingest import ReadOptions

SKIP = ReadOptions(on_bad_rows="skip")


def feed(data: bytes, folder: Path) -> None:
    way, content = data[0] if data else 0, data[1:]
    parts = content.split(b"\n==\n", 3)
    names = ("train_triplets.txt", "tracks", "song_to_tracks.txt", "mismatches.txt")
    paths = [folder / name for name in names[: len(parts)]]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    tracks, mismatches = paths[1:3], paths[3] if len(paths) > 3 else None
    by = "song" if way & 1 else "artist"
    plays, report = read_taste_profile(
        paths[0], tracks[: 1 + (way >> 1 & 1)], mismatches, by=by, options=SKIP if way & 4 else None
    )
    assert report.n_items == plays.n_items
    assert report.n_rows > report.n_skipped
