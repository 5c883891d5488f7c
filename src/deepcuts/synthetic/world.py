"""A listening world whose truth is known: scenes, artists, listeners and their planted personas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from deepcuts.array_types import FloatVector, IndexVector, Indices, Indptr, PersonaVector, ReadOnlyCopies
from deepcuts.data.content import EqualByContent
from deepcuts.data.csr import block_of_rows, row_of_entry
from deepcuts.data.interactions import Interactions
from deepcuts.kernels.worlds import N_CIRCLES
from deepcuts.storage import StrPath
from deepcuts.synthetic.files import ARTISTS, PERSONAS, PLAYS, write_tables
from deepcuts.wording import counted

_PAIRS_AT_A_TIME = 1_000_000


@dataclass(frozen=True, eq=False)
class World(ReadOnlyCopies, EqualByContent):
    """Plays, and the truth behind them.

    Parameters
    ----------
    plays
        The play counts; ids of items are artist names.
    scene_names
        Name of each scene, (n_scenes,).
    item_scenes
        int32, (n_items,): scene of each item.
    item_ranks
        int32, (n_items,): popularity rank of each item within its scene, 1 = most popular.
    persona_indptr
        int64, (n_users + 1,): the personas of user u are ``persona_indptr[u]:persona_indptr[u + 1]``.
    persona_scenes
        int32, (n_persona_rows,): scene of each persona, distinct within a user.
    persona_circles
        int32, (n_persona_rows,): circle of its scene that each persona keeps to.
    persona_shares
        float32, (n_persona_rows,): share of each persona, the largest first, summing to 1 within a user.
    """

    plays: Interactions
    scene_names: tuple[str, ...]
    item_scenes: Indices
    item_ranks: Indices
    persona_indptr: Indptr
    persona_scenes: Indices
    persona_circles: Indices
    persona_shares: FloatVector

    @property
    def item_circles(self) -> Indices:
        """Circle of each item within its scene, int32, (n_items,)."""
        return (self.item_ranks - 1) % N_CIRCLES

    @property
    def persona_users(self) -> Indices:
        """User of each persona, int32, (n_persona_rows,)."""
        return row_of_entry(self.persona_indptr, np.int32)

    @property
    def persona_numbers(self) -> PersonaVector:
        """Number of each persona within its user, 0 for the largest share, int8, (n_persona_rows,)."""
        numbers: IndexVector = np.arange(len(self.persona_scenes)) - self.persona_indptr[self.persona_users]
        return numbers.astype(np.int8)

    def planted_personas(self) -> PersonaVector:
        """Number of the persona that each pair was drawn for, int8, (n_pairs,); -1 for a stray play."""
        numbers = self.persona_numbers
        # Transposed, (n_personas, n_users): one row a step below.
        scenes_of_users = np.full((numbers.max() + 1, self.plays.n_users), -1, np.int32)
        scenes_of_users[numbers, self.persona_users] = self.persona_scenes
        users, scenes = self.plays.user_of_pair(), self.item_scenes[self.plays.indices]
        planted = np.full(self.plays.n_pairs, -1, np.int8)
        for number, scene_of_user in enumerate(scenes_of_users):
            planted[scene_of_user[users] == scenes] = number
        return planted

    def save(self, folder: StrPath, *, force: bool = False) -> None:
        """Write the plays, and the scenes, circles and personas that they were drawn from.

        ``plays.parquet`` has the columns user, artist and plays, as a table of plays from outside would;
        ``artists.parquet`` artist, scene, circle and rank; ``personas.parquet`` user, persona, scene, circle and share.

        Parameters
        ----------
        folder
            Where to write; it is made where it is missing.
        force
            Whether files that exist already may be replaced.

        Raises
        ------
        OutputError
            If a file exists and `force` is false, or where writing fails.
        """
        tables = {ARTISTS: _artists(self), PERSONAS: _personas(self), PLAYS: _plays(self.plays)}
        write_tables(folder, tables, force=force)  # the plays last: where they are, the truth is complete

    def __repr__(self) -> str:
        return (
            f"World({self.plays!r}, {counted(len(self.scene_names), 'scene')}, "
            f"{counted(len(self.persona_scenes), 'persona')})"
        )


def _artists(world: World) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pydict(
        {
            "artist": world.plays.item_ids.values,
            "scene": _named(world.item_scenes, world.scene_names),
            "circle": world.item_circles,
            "rank": world.item_ranks,
        }
    )


def _personas(world: World) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pydict(
        {
            "user": pa.DictionaryArray.from_arrays(world.persona_users, world.plays.user_ids.values),
            "persona": world.persona_numbers,
            "scene": _named(world.persona_scenes, world.scene_names),
            "circle": world.persona_circles,
            "share": world.persona_shares,
        }
    )


def _plays(plays: Interactions) -> Iterator[pa.RecordBatch]:
    """Pairs of whole users, about a million at a time; ids are dictionaries until Parquet packs them."""
    steps = np.arange(0, plays.n_pairs, _PAIRS_AT_A_TIME)
    # The first user at or after each step; unique, as one user may span several steps.
    bounds = np.unique(np.append(np.searchsorted(plays.indptr[:-1], steps), plays.n_users))
    for first, last in pairwise(bounds):
        indptr, pairs = block_of_rows(plays.indptr, first, last)
        users = row_of_entry(indptr, np.int32)
        yield pa.RecordBatch.from_pydict(
            {
                "user": pa.DictionaryArray.from_arrays(users, plays.user_ids.values[first:last]),
                "artist": pa.DictionaryArray.from_arrays(plays.indices[pairs], plays.item_ids.values),
                "plays": plays.plays[pairs].astype(np.int32),
            }
        )


def _named(indexes: Indices, names: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(indexes, pa.array(names, pa.string()))
