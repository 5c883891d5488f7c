"""The dumps of ListenBrainz: all listens of all its users, with times, one JSON object a line in an archive."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.listings import Dated
from deepcuts.datasets.report import DatasetReport
from deepcuts.errors import DataError
from deepcuts.ingest import Columns, ReadOptions, ingest
from deepcuts.storage import StrPath

_COLUMNS = Columns("user_id", "track_metadata.artist_name", time="timestamp")


def dumps_of(kind: str) -> Dated:
    """What the dumps of a kind, "full" or "incremental", are called."""
    number = r"\d+-\d{8}-\d{6}"
    return Dated(rf"listenbrainz-dump-{number}-{kind}", rf"listenbrainz-listens-dump-{number}-{kind}\.tar\.(zst|xz)")


def load_listenbrainz(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read a dump of ListenBrainz by artist, named as the listens were submitted.

    Parameters
    ----------
    folder
        It holds listenbrainz-listens-dump-….tar.zst; of several, the last one is read.
    options
        How to read; listens without an artist or a time are left out, and names that look alike are one.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file, or it cannot be used.
    SettingsError
        If `options` are no `ReadOptions`.
    """
    return read_listenbrainz(folder, options)[0]


def read_listenbrainz(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read a dump of ListenBrainz, and report what was left out; see `load_listenbrainz`."""
    options = replace(ReadOptions.of(options), on_bad_rows="skip", normalize=True)
    names = "|".join(dumps_of(kind).file for kind in ("full", "incremental"))
    found = [path for path in Path(folder).glob("*.tar.*") if re.fullmatch(names, path.name)]
    if not found:
        raise DataError(f"There is no listenbrainz-listens-dump-….tar.zst in {folder}. Fetch it, or name its folder.")
    last = max(found, key=lambda path: int(re.findall(r"\d+", path.name)[0]))
    plays, report = ingest(last, _COLUMNS, options)
    return plays, DatasetReport(report.n_rows, report.n_skipped, (f"{last.name} was read.",))
