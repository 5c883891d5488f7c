"""Who played what how often: the one type that everything downstream takes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts import storage
from deepcuts.data.ids import Ids, as_strings
from deepcuts.data.labels import Labels
from deepcuts.errors import DataError, FileFormatError

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Interactions:
    """Play counts of users (rows) and items (columns), compressed by row; checked once, then frozen.

    Ids are in ascending order, so the same plays give the same object in whatever order they were read,
    and the order of indexes is the order of ids.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the pairs of user u are ``indptr[u]:indptr[u + 1]``.
    indices
        int32, (n_pairs,): item indexes, ascending within a user, no item twice.
    plays
        float32, (n_pairs,): play counts, finite, above 0.
    user_ids, item_ids
        The ids that rows and columns stand for.
    last_played
        int64, (n_pairs,): seconds since 1970 of the pair's latest play; None where times are not known.
    labels
        Names and tags of the items; None where none were given.
    dislikes
        What users do not want, and how strongly: pairs of the same users and items, none of which has plays; None
        where there are none.
    """

    indptr: np.ndarray
    indices: np.ndarray
    plays: np.ndarray
    user_ids: Ids
    item_ids: Ids
    last_played: np.ndarray | None = None
    labels: Labels | None = None
    dislikes: Interactions | None = None

    def __post_init__(self) -> None:
        for array in (self.indptr, self.indices, self.plays, self.last_played):
            if array is not None:
                array.flags.writeable = False

    @classmethod
    def from_csr(
        cls,
        matrix: sparse.csr_array,
        user_ids: Sequence[str] | pa.Array,
        item_ids: Sequence[str] | pa.Array,
        *,
        dislikes: bool = False,
    ) -> Interactions:
        """Take a SciPy matrix of play counts and the ids of its rows and columns.

        Rows and columns are put into ascending order of their ids; stored zeros are dropped, duplicates summed.

        Parameters
        ----------
        matrix
            Play counts, (n_users, n_items).
        user_ids, item_ids
            Ids of its rows and columns.
        dislikes
            Whether a count below 0 is meant: as a dislike, the stronger the lower.

        Raises
        ------
        DataError
            If ids are missing, double or too few, or a play count is NaN, infinite or, unless it is meant, negative.
        """
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused below
            matrix = sparse.csr_array(matrix, dtype=np.float32, copy=True)
        users, items = as_strings(user_ids), as_strings(item_ids)
        if matrix.shape != (len(users), len(items)):
            raise DataError(
                f"The matrix is {matrix.shape[0]:,} × {matrix.shape[1]:,}, but there are {len(users):,} user ids "
                f"and {len(items):,} item ids. Give one id for every row and every column."
            )
        bad = np.flatnonzero(~(np.isfinite(matrix.data) & ((matrix.data >= 0) | dislikes)))
        if len(bad):
            raise DataError(
                f"{len(bad):,} play counts are negative, NaN or infinite; the first is {matrix.data[bad[0]]}. "
                "Play counts are numbers above 0."
                + ("" if dislikes else " Pass dislikes=True if those below are meant.")
            )
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        user_order, item_order = (np.asarray(pc.sort_indices(ids)) for ids in (users, items))
        matrix = matrix[user_order][:, item_order]
        matrix.sort_indices()
        counts = cls(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float32),
            Ids.of(users.take(pa.array(user_order)), "user"),
            Ids.of(items.take(pa.array(item_order)), "item"),
        )
        return counts.set_dislikes_apart() if dislikes else counts

    @classmethod
    def load(cls, path: storage.StrPath) -> Interactions:
        """Read a file that `save` has written; its arrays stay in the file, mapped into memory.

        Sizes and indexes are checked, so that no loop runs out of its arrays. Values are left to the checksum, which is
        compared up to 64 MiB; larger files are verified by ``deepcuts info --verify``.

        Raises
        ------
        FileFormatError
            If there is no such file, or it is truncated, damaged, foreign, inconsistent or of a newer version.
        """
        stored = storage.read(path, "interactions")
        users, items = (Ids(stored.string_array(f"{kind}_ids"), kind) for kind in ("user", "item"))
        indices = stored.array("indices", np.int32, (None,))
        loaded = cls(
            stored.array("indptr", np.int64, (len(users) + 1,)),
            indices,
            stored.array("plays", np.float32, indices.shape),
            users,
            items,
            stored.array("last_played", np.int64, indices.shape) if "last_played" in stored.arrays else None,
            Labels.from_stored(stored, len(items)),
            stored_dislikes(stored, users, items),
        )
        loaded.check_structure(path)
        vars(loaded)["item_listeners"] = stored.array("item_listeners", np.int64, (len(items),))
        return loaded

    def save(self, path: storage.StrPath, *, force: bool = False) -> None:
        """Write one safetensors file, whole or not at all.

        Parameters
        ----------
        path
            The file to be.
        force
            Whether a file that exists already may be replaced.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or if it cannot be written.
        """
        arrays = {name: getattr(self, name) for name in ("indptr", "indices", "plays", "item_listeners")}
        if self.last_played is not None:
            arrays["last_played"] = self.last_played
        arrays |= self.dislike_arrays()
        strings = {"user_ids": self.user_ids.values, "item_ids": self.item_ids.values}
        if self.labels is not None:
            label_arrays, label_strings = self.labels.to_stored()
            arrays, strings = arrays | label_arrays, strings | label_strings
        sizes = {"n_users": self.n_users, "n_items": self.n_items, "n_pairs": self.n_pairs}
        storage.write(path, "interactions", arrays, strings, sizes, force=force)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_ids)

    @property
    def n_pairs(self) -> int:
        """Number of user–item pairs that have plays."""
        return len(self.indices)

    @property
    def shape(self) -> tuple[int, int]:
        """Users and items."""
        return self.n_users, self.n_items

    @cached_property
    def item_listeners(self) -> np.ndarray:
        """Users who have played each item, int64, (n_items,)."""
        return np.bincount(self.indices, minlength=self.n_items)

    @cached_property
    def known_pairs(self) -> Interactions:
        """What users have played or dislike; these plays themselves where nothing is disliked."""
        if self.dislikes is None:
            return self
        matrix = sparse.csr_array(self.to_csr() + self.dislikes.to_csr())
        matrix.sort_indices()
        return Interactions(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float32),
            self.user_ids,
            self.item_ids,
        )

    @cached_property
    def item_plays(self) -> np.ndarray:
        """Plays of each item by all users, float64, (n_items,)."""
        return np.bincount(self.indices, weights=self.plays, minlength=self.n_items)

    def with_labels(
        self, names: Mapping[str, str] | pa.Table | None = None, tags: pa.Table | None = None
    ) -> Interactions:
        """Return the same plays, with names and tags of the items; see `Labels.of`."""
        return replace(self, labels=Labels.of(self.item_ids, names, tags))

    def item_names(self, item_indexes: np.ndarray) -> pa.StringArray:
        """Names of some items; the ids of those that have none."""
        return self.item_ids.take(item_indexes) if self.labels is None else self.labels.take_names(item_indexes)

    def user_items(self, user_index: int) -> tuple[np.ndarray, np.ndarray]:
        """Item indexes and plays of one user."""
        pairs = slice(self.indptr[user_index], self.indptr[user_index + 1])
        return self.indices[pairs], self.plays[pairs]

    def user_of_pair(self) -> np.ndarray:
        """User index of every pair, int32, (n_pairs,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), np.diff(self.indptr))

    def to_csr(self) -> sparse.csr_array:
        """Return the play counts as a SciPy matrix, (n_users, n_items); it shares no memory with this object."""
        return sparse.csr_array((self.plays.copy(), self.indices.copy(), self.indptr.copy()), shape=self.shape)

    def to_arrow(self) -> pa.Table:
        """Return one row per pair: user_id, item_id, plays, and last_played where it is known; no dislikes."""
        columns = {
            "user_id": self.user_ids.take(self.user_of_pair()),
            "item_id": self.item_ids.take(self.indices),
            "plays": pa.array(self.plays),
        }
        if self.last_played is not None:
            columns["last_played"] = pa.array(self.last_played)
        return pa.table(columns)

    def keep_pairs(self, mask: ArrayLike) -> Interactions:
        """Keep the pairs where `mask` is true; users and items left without a pair drop out."""
        mask = np.asarray(mask, bool)
        n_items_kept = np.bincount(self.user_of_pair()[mask], minlength=self.n_users)
        users = np.flatnonzero(n_items_kept)
        item_is_kept = np.bincount(self.indices[mask], minlength=self.n_items) > 0
        items, new_index = np.flatnonzero(item_is_kept), np.cumsum(item_is_kept, dtype=np.int32) - 1
        return Interactions(
            np.concatenate([[0], np.cumsum(n_items_kept[users])]),
            new_index[self.indices[mask]].astype(np.int32),
            self.plays[mask],
            Ids(self.user_ids.take(users), "user"),
            Ids(self.item_ids.take(items), "item"),
            None if self.last_played is None else self.last_played[mask],
            None if self.labels is None else self.labels.take(items),
            self._kept_dislikes(users, items),
        )

    def user(self, user_index: int) -> Interactions:
        """Return the plays of one user, over the same items."""
        items, plays = self.user_items(user_index)
        indptr = np.array([0, len(items)])
        user_ids = Ids(self.user_ids.take(np.array([user_index])), "user")
        dislikes = None if self.dislikes is None else self.dislikes.user(user_index)
        return Interactions(indptr, items, plays, user_ids, self.item_ids, labels=self.labels, dislikes=dislikes)

    def align_items(self, item_ids: Ids) -> Interactions:
        """Return the same plays over another catalogue; pairs of items outside it are left out, with a warning.

        Users left without a pair stay, with none.
        """
        if item_ids is self.item_ids:
            return replace(self, labels=None)
        of_item = item_ids.indexes_of(self.item_ids.values)
        if not np.all(of_item[self.indices] >= 0):
            missing = self.item_ids.take(np.flatnonzero(of_item < 0)[:5]).to_pylist()
            logger.warning(
                "%d of %d items are not in the catalogue and left out: %s",
                np.sum(of_item < 0),
                self.n_items,
                ", ".join(map(repr, missing)) + (" …" if np.sum(of_item < 0) > 5 else ""),
            )
        dislikes = None if self.dislikes is None else self.dislikes._at(of_item, item_ids)
        return replace(self._at(of_item, item_ids), dislikes=dislikes)

    def set_dislikes_apart(self) -> Interactions:
        """Take counts below 0 out of the plays, and keep them as dislikes; counts of 0 are neither."""
        below = self._pairs(self.plays < 0)
        dislikes = replace(below, plays=-below.plays, last_played=None, labels=None) if below.n_pairs else None
        return replace(self._pairs(self.plays > 0), dislikes=dislikes)

    def dislike_arrays(self) -> dict[str, np.ndarray]:
        """Arrays that hold the dislikes in a file; `stored_dislikes` reads them."""
        if self.dislikes is None:
            return {}
        return {f"dislike_{name}": getattr(self.dislikes, name) for name in ("indptr", "indices", "plays")}

    def _kept_dislikes(self, users: np.ndarray, items: np.ndarray) -> Interactions | None:
        """Dislikes of some users and items, both ascending; None where none is left."""
        if self.dislikes is None:
            return None
        matrix = self.dislikes.to_csr()[users][:, items]
        user_ids, item_ids = self.user_ids.take(users), self.item_ids.take(items)
        return Interactions.from_csr(matrix, user_ids, item_ids) if matrix.nnz else None

    def _pairs(self, mask: np.ndarray) -> Interactions:
        """Keep the pairs where `mask` is true, and all users and items."""
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask)])[self.indptr]
        times = None if self.last_played is None else self.last_played[mask]
        return replace(self, indptr=indptr, indices=self.indices[mask], plays=self.plays[mask], last_played=times)

    def _at(self, of_item: np.ndarray, item_ids: Ids) -> Interactions:
        """Keep the pairs of items that have a place in another catalogue, `of_item`, below 0 for none."""
        known = self._pairs(of_item[self.indices] >= 0)
        indices = of_item[known.indices].astype(np.int32)  # both are in order of ids, so it stays ascending
        return replace(known, indices=indices, item_ids=item_ids, labels=None)

    def check_structure(self, path: storage.StrPath) -> None:
        """Refuse indexes that would lead a loop out of its arrays.

        Raises
        ------
        FileFormatError
            If users do not divide the pairs among them, or an item index is out of range.
        """
        indptr, indices = self.indptr, self.indices
        if indptr[0] != 0 or indptr[-1] != len(indices) or np.any(indptr[1:] < indptr[:-1]):
            raise FileFormatError(
                f"{path} is inconsistent: its indptr does not divide {len(indices):,} pairs among {self.n_users:,} "
                "users. Write it again."
            )
        if len(indices) and indices.view(np.uint32).max() >= self.n_items:  # read so, an index below 0 is a large one
            raise FileFormatError(
                f"{path} is inconsistent: it has an item index outside 0 to {self.n_items - 1:,}. Write it again."
            )

    def __repr__(self) -> str:
        disliked = "" if self.dislikes is None else f", {self.dislikes.n_pairs:,} dislikes"
        return f"Interactions({self.n_users:,} users × {self.n_items:,} items, {self.n_pairs:,} pairs{disliked})"


def stored_dislikes(stored: storage.Stored, users: Ids, items: Ids) -> Interactions | None:
    """Read the dislikes of a file; None where it has none.

    Raises
    ------
    FileFormatError
        If they do not fit its users and items.
    """
    if "dislike_indptr" not in stored.arrays:
        return None
    indices = stored.array("dislike_indices", np.int32, (None,))
    indptr = stored.array("dislike_indptr", np.int64, (len(users) + 1,))
    dislikes = Interactions(indptr, indices, stored.array("dislike_plays", np.float32, indices.shape), users, items)
    dislikes.check_structure(stored.path)
    return dislikes


def check_plays(plays: Interactions) -> None:
    """Refuse plays that hold no comparison.

    Raises
    ------
    DataError
        If there are fewer than two users or two items.
    """
    if plays.n_users < 2 or plays.n_items < 2:
        raise DataError(
            f"There are {plays.n_users:,} users and {plays.n_items:,} items. "
            "Learning tastes takes at least two of each: add more plays, or prune less."
        )
