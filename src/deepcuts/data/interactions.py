"""Play counts of users and items: the one type that models, splits and evaluation take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from deepcuts.checks import truth
from deepcuts.data import selection
from deepcuts.data.any_id import AnyId
from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.dislikes import set_dislikes_apart, with_dislikes
from deepcuts.data.forgetting import without_users
from deepcuts.data.ids import Ids
from deepcuts.data.interactions_file import read_plays_file, write_plays
from deepcuts.data.labels import Labels
from deepcuts.data.matrix_input import order_by_ids
from deepcuts.data.overview import overview
from deepcuts.data.play_counts import PlayCounts
from deepcuts.data.whole_ids import IdsAs, check_ids_as, with_whole_ids
from deepcuts.errors import DataError
from deepcuts.storage import StrPath
from deepcuts.wording import counted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Interactions(PlayCounts):
    """Play counts of users (rows) and items (columns), compressed by row; checked once, then frozen.

    Ids are in ascending order, so the same plays give equal objects in whatever order they were read,
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
        Items that users do not want, and how strongly: pairs of the same users and items, none of which has plays; None
        where there are none.
    """

    dislikes: Interactions | None = None

    @classmethod
    def from_csr(
        cls,
        matrix: sparse.csr_array,
        user_ids: Iterable[Any] | pa.Array,
        item_ids: Iterable[Any] | pa.Array,
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
            Ids of its rows and columns: a list, an array, a column, or the `Ids` of other plays, so that
            ``from_csr(plays.to_csr(), plays.user_ids, plays.item_ids)`` has the same plays again.
        dislikes
            Whether a count below 0 is meant: as a dislike, the stronger the lower.

        Raises
        ------
        DataError
            If ids are missing, double or too few, an index lies outside the matrix, or a play count, or the sum of
            several of one pair, is NaN, infinite or, unless it is meant, negative.
        """
        dislikes = truth("dislikes", dislikes)
        ordered, users, items = order_by_ids(matrix, user_ids, item_ids, negative=dislikes)
        counts = cls(ordered.indptr.astype(np.int64), ordered.indices.astype(np.int32), ordered.data, users, items)
        return counts.set_dislikes_apart() if dislikes else counts

    @classmethod
    def load(cls, path: StrPath) -> Interactions:
        """Read a file that `save` has written; the arrays of one above 64 MiB stay in it, mapped into memory.

        Every value is checked. The checksum is compared up to 64 MiB, and that of a larger file by
        ``deepcuts info --verify``.

        Raises
        ------
        FileFormatError
            If there is no such file, or it is truncated, damaged, foreign, inconsistent or of a newer version.
        """
        return read_plays_file(cls, path)

    def save(self, path: StrPath, *, force: bool = False) -> None:
        """Write one safetensors file, completely or not at all.

        Parameters
        ----------
        path
            The file to write.
        force
            Whether a file that exists already may be replaced.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or if it cannot be written.
        """
        write_plays(self, path, force=force)

    def to_arrow(self, *, ids: IdsAs = "text") -> pa.Table:
        """Return one row per pair: user_id, item_id, plays, and last_played where it is known; no dislikes.

        Parameters
        ----------
        ids
            "int" gives user_id and item_id as int64, to be merged with a frame that has them so.

        Raises
        ------
        DataError
            If ids are asked for as whole numbers, and one is none.
        """
        check_ids_as(ids)
        columns = {
            "user_id": self.user_ids.take_chunks(self.user_of_pair()),
            "item_id": self.item_ids.take_chunks(self.indices),
            "plays": pa.array(self.plays),
        }
        if self.last_played is not None:
            columns["last_played"] = pa.array(self.last_played)
        table = pa.table(columns)
        return with_whole_ids(table, ("user_id", "item_id")) if ids == "int" else table

    def with_labels(
        self,
        names: Mapping[Any, str] | ArrowTable | None = None,
        tags: ArrowTable | None = None,
        mbids: Mapping[Any, str] | ArrowTable | None = None,
    ) -> Interactions:
        """Return the same plays with labels of the items; what is not given stays without, whatever there was.

        Parameters
        ----------
        names
            Names: a mapping from item ids, or a table with the columns item_id and name. Of several of one item the
            first counts.
        tags
            A table with the columns item_id, tag and, if wanted, weight (numbers from 0 up) and tagger, who gave it.
        mbids
            Ids of MusicBrainz: a mapping from item ids, or a table with the columns item_id and mbid; what has not
            their form is none.

        Raises
        ------
        DataError
            If something else is given, a column is missing, or a weight is no number from 0 up.
        """
        return replace(self, labels=Labels.of(self.item_ids, names, tags, mbids))

    def keep_pairs(self, mask: ArrayLike) -> Interactions:
        """Keep the pairs where `mask` is true; users and items left without a pair drop out.

        Raises
        ------
        DataError
            If it is not one truth value a pair.
        """
        found = np.asarray(mask)
        if found.dtype != bool or found.shape != (self.n_pairs,):
            raise DataError(
                f"The mask is an array of {found.dtype} of the shape {found.shape}. Give "
                f"{counted(self.n_pairs, 'truth value')}."
            )
        return selection.keep_pairs(self, found)

    def without(self, users: AnyId | Iterable[AnyId]) -> Interactions:
        """Forget users: the same plays without theirs, and without the items that only they played or disliked.

        Parameters
        ----------
        users
            Id of one user, or several.

        Raises
        ------
        UnknownIdError
            If one of them is not there.
        DataError
            If no user would be left.
        """
        return without_users(self, users)

    def user(self, user_index: int) -> Interactions:
        """Return the plays of one user, over the same items.

        Raises
        ------
        SettingsError
            If the index is none of a user.
        """
        return selection.select_user(self, user_index)

    def align_items(self, item_ids: Ids) -> Interactions:
        """Return the same plays over another catalogue; pairs of items outside it are left out, with a warning.

        Users left without a pair stay, with none.
        """
        return selection.align_items(self, item_ids)

    def set_dislikes_apart(self) -> Interactions:
        """Take counts below 0 out of the plays, and keep them as dislikes; counts of 0 are neither."""
        return set_dislikes_apart(self)

    @cached_property
    def known_pairs(self) -> Interactions:
        """Pairs that have plays or are disliked; these plays themselves where nothing is disliked."""
        return with_dislikes(self)

    def _repr_html_(self) -> str:
        return overview(self)

    def __repr__(self) -> str:
        disliked = "" if self.dislikes is None else f", {counted(self.dislikes.n_pairs, 'dislike')}"
        return (
            f"Interactions({counted(self.n_users, 'user')} × {counted(self.n_items, 'item')}, "
            f"{counted(self.n_pairs, 'pair')}{disliked})"
        )
