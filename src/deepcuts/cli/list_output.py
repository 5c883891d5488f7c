"""A list of a visitor as a file for the programs that people listen with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from deepcuts.cli.tables import check_table_output
from deepcuts.recommendation.list_files import WRITERS, ListedArtist, list_file
from deepcuts.storage import StrPath, replacing

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.model import PersonaModel

ENDINGS = tuple(WRITERS)


def check_list_output(path: Path, read: Iterable[StrPath | None] = (), *, force: bool) -> None:
    """Refuse an output, before the work for it, whose ending names no form, that is read or exists already.

    Raises
    ------
    SettingsError
        If the ending is none of those of `list_file`.
    OutputError
        If the file is one of those that are read, or exists and `force` is false.
    """
    check_table_output(path, read, force=force, endings=ENDINGS)


def write_list(path: Path, rows: pa.Table, model: PersonaModel, *, force: bool) -> None:
    """Write a list, whole or not at all, for its owner alone to read.

    Parameters
    ----------
    path
        The file.
    rows
        rank, item_id and persona, best first.
    model
        Knows how many play each item.
    force
        Whether a file that exists may be replaced.
    """
    import numpy as np

    from deepcuts.data.labels import known_mbids

    items = model.item_ids.indexes_of(rows["item_id"])
    names = model.item_names(items).to_pylist()
    listeners = model.item_listeners[items]
    novelty = -np.log2(np.maximum(listeners, 1) / max(model.n_listeners, 1))
    mbids = known_mbids(model.item_ids, model.seen.labels, items)
    known = zip(rows.to_pylist(), names, novelty.tolist(), listeners.tolist(), mbids, strict=True)
    artists = [
        ListedArtist(name, row["item_id"], row["rank"], row["persona"], bits, n_listeners, mbid)
        for row, name, bits, n_listeners, mbid in known
    ]
    content = list_file(artists, path.suffix)
    with replacing(path, force=force, private=True) as temporary:
        temporary.write_bytes(content)
