"""Interactions as files: our own format, or a table with the columns user_id, item_id and, if it has it, plays."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from deepcuts.cli.tables import ENDINGS, check_table_output, write_table
from deepcuts.data.interactions import Interactions
from deepcuts.ingest import as_plays, read_own_table
from deepcuts.storage import StrPath, each_once

OWN_ENDING = ".safetensors"


def read_interactions(*paths: Path) -> Interactions:
    """Read interactions; those of several files are put together, each file once.

    Raises
    ------
    FileFormatError, DataError
        If there is no such file, or it cannot be used.
    """
    parts = [_read_one(path) for path in each_once(paths)]
    if len(parts) == 1:
        return parts[0]
    # As times of some pairs only would say that the others have none.
    timed = all(part.last_played is not None for part in parts)
    names = ["user_id", "item_id", "plays", *(["last_played"] if timed else [])]
    return as_plays(pa.concat_tables([part.to_arrow().select(names) for part in parts]))


def _read_one(path: Path) -> Interactions:
    if path.suffix == OWN_ENDING:
        return Interactions.load(path)
    return read_own_table(path, "`deepcuts ingest`")


def check_interactions_output(path: Path, read: Iterable[StrPath | None] = (), *, force: bool) -> None:
    """Refuse an output, before the work for it, whose ending does not say its format, that is read or exists already.

    Raises
    ------
    SettingsError
        If the ending is not known.
    OutputError
        If the file is one of those that are read, it exists and `force` is false, or nothing can be written there.
    """
    check_table_output(path, read, force=force, endings=(OWN_ENDING, *ENDINGS))


def write_interactions(path: Path, plays: Interactions, *, force: bool) -> None:
    """Write interactions in the format that the ending says.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, or if it cannot be written.
    """
    if path.suffix == OWN_ENDING:
        plays.save(path, force=force)
    else:
        write_table(path, [plays.to_arrow()], force=force)
