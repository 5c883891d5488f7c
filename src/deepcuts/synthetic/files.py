"""A world as Parquet files: the raw plays, and the truth beside them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deepcuts.errors import OutputError
from deepcuts.storage import StrPath, check_output, replacing

if TYPE_CHECKING:
    from deepcuts.synthetic.world import World

PLAYS, ARTISTS, PERSONAS = "plays.parquet", "artists.parquet", "personas.parquet"
_PAIRS_AT_A_TIME = 1_000_000


def write_world(world: World, folder: StrPath, *, force: bool) -> None:
    """Write the three files, the plays last: where they are, the truth is complete."""
    folder = _make_folder(Path(folder))
    for name in (PLAYS, ARTISTS, PERSONAS):
        check_output(folder / name, force=force)
    for name, batches in ((ARTISTS, _artists(world)), (PERSONAS, _personas(world)), (PLAYS, _plays(world))):
        _write(folder / name, batches, force=force)


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made: {error.strerror}. Choose another one.") from error
    return folder


def _write(path: Path, batches: Iterator[pa.RecordBatch], *, force: bool) -> None:
    first = next(batches)
    # Without the Arrow schema inside, the columns are read as plain strings, not as dictionaries.
    with (
        replacing(path, force=force) as temporary,
        pq.ParquetWriter(temporary, first.schema, compression="zstd", store_schema=False) as writer,
    ):
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)


def _plays(world: World) -> Iterator[pa.RecordBatch]:
    """Whole users, about a million pairs at a time; their ids stay a dictionary until Parquet has packed them."""
    plays = world.plays
    steps = np.arange(0, plays.n_pairs, _PAIRS_AT_A_TIME)
    edges = np.unique(np.append(np.searchsorted(plays.indptr[:-1], steps), plays.n_users))
    for first, last in pairwise(edges):
        pairs = slice(plays.indptr[first], plays.indptr[last])
        users = np.repeat(np.arange(last - first, dtype=np.int32), np.diff(plays.indptr[first : last + 1]))
        yield pa.RecordBatch.from_pydict(
            {
                "user": pa.DictionaryArray.from_arrays(users, plays.user_ids.values[first:last]),
                "artist": pa.DictionaryArray.from_arrays(plays.indices[pairs], plays.item_ids.values),
                "plays": plays.plays[pairs].astype(np.int32),
            }
        )


def _artists(world: World) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pydict(
        {
            "artist": world.plays.item_ids.values,
            "scene": _take(world.scene_names, world.item_scenes),
            "circle": world.item_circles,
            "rank": world.item_ranks,
        }
    )


def _personas(world: World) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pydict(
        {
            "user": pa.DictionaryArray.from_arrays(world.persona_users, world.plays.user_ids.values),
            "persona": world.persona_places,
            "scene": _take(world.scene_names, world.persona_scenes),
            "circle": world.persona_circles,
            "share": world.persona_shares,
        }
    )


def _take(names: tuple[str, ...], indexes: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(indexes, pa.array(names, pa.string()))
