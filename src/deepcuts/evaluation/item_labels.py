"""Labels of items from outside the model, such as tags, genres or scenes, for diversity and calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.array_types import BoolVector, DoubleMatrix, DoubleVector, IndexVector
from deepcuts.checks import kind_of, whole_number
from deepcuts.data.arrow_columns import ArrowTable, encoded, take_text, what_came
from deepcuts.data.content import EqualByContent
from deepcuts.data.csr import UserItems, indptr_of, quotient, row_of_entry
from deepcuts.data.given_tables import table_of
from deepcuts.data.id_text import text_chunks, to_text
from deepcuts.data.ids import Ids, as_strings, check_ids, string_chunks
from deepcuts.data.labels import Labels
from deepcuts.data.tag_weights import take_weights
from deepcuts.errors import DataError
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import sum_rows
from deepcuts.wording import counted

COLUMNS = ("item_id", "label")


@dataclass(frozen=True, eq=False)
class ItemFeatures(EqualByContent):
    """A distribution over labels for every item that has any. `item_features` makes one from a table.

    Parameters
    ----------
    item_ids
        The items, as train has them.
    labels
        Names of the labels, the most used first.
    matrix
        float64, (n_items, n_labels), by row: weights of an item's labels, summing to 1; empty for an item without.
    """

    item_ids: Ids
    labels: tuple[str, ...]
    matrix: sparse.csr_array

    @classmethod
    def without_labels(cls, item_ids: Ids) -> ItemFeatures:
        """Items of which nothing is known."""
        return cls(item_ids, (), sparse.csr_array((len(item_ids), 0)))

    @property
    def n_labels(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    @cached_property
    def is_labelled(self) -> BoolVector:
        """Whether an item has labels, bool, (n_items,)."""
        labelled: BoolVector = np.diff(self.matrix.indptr) > 0
        return labelled

    @cached_property
    def main_labels(self) -> IndexVector:
        """Heaviest label of every item, of equals the most used, int64, (n_items,); -1 for an item without."""
        return main_columns(self.matrix)

    @cached_property
    def directions(self) -> sparse.csr_array:
        """The rows of `matrix`, each of length 1, float64, (n_items, n_labels): their products are cosines."""
        lengths = np.sqrt(np.asarray(self.matrix.power(2).sum(axis=1)))
        scale = quotient(1, lengths)[entry_rows(self.matrix)]  # NaN for items without labels, which have no entry
        return sparse.csr_array((self.matrix.data * scale, self.matrix.indices, self.matrix.indptr), self.matrix.shape)

    def profiles(self, items: UserItems) -> DoubleMatrix:
        """Mean distribution over each user's labelled items, float64, (n_users, n_labels); NaN for users without."""
        profiles = row_sums(items, self.matrix)
        profiles *= quotient(1, items.sums(self.is_labelled))[:, None]
        return profiles

    def main_shares(self, items: UserItems) -> DoubleMatrix:
        """Share of each user's labelled items that have a main label, float64, (n_users, n_labels); 0 without any."""
        shares = row_sums(items, self._main)
        shares /= np.maximum(items.sums(self.is_labelled), 1)[:, None]  # 0 / 1, not 0 / 0, without labelled items
        return shares

    @cached_property
    def _main(self) -> sparse.csr_array:
        """1 at the main label of every item, float64, (n_items, n_labels)."""
        main = self.main_labels[self.is_labelled]
        return sparse.csr_array((np.ones(len(main)), main, indptr_of(self.is_labelled)), self.matrix.shape)


def main_columns(matrix: sparse.csr_array) -> IndexVector:
    """Column with the largest value of every row, of equals the first, int64, (n_rows,); -1 for a row without values.

    Parameters
    ----------
    matrix
        Numbers, (n_rows, n_columns).
    """
    order = np.lexsort((matrix.indices, -matrix.data, entry_rows(matrix)))  # by row, falling value, column
    filled = np.diff(matrix.indptr) > 0
    main = np.full(len(filled), -1)
    main[filled] = matrix.indices[order][matrix.indptr[:-1][filled]]  # the first of each row in that order
    return main


def entry_rows(matrix: sparse.csr_array) -> IndexVector:
    """Row of each value of a sparse matrix, int64, (nnz,)."""
    return row_of_entry(matrix.indptr.astype(np.int64))


def row_sums(items: UserItems, matrix: sparse.csr_array) -> DoubleMatrix:
    """Sum of the rows of `matrix`, one for each item, over the items of each user, float64, (n_users, n_columns)."""
    totals = np.empty((items.n_users, matrix.shape[1]))
    rows = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data
    sum_rows(*map(read_only, (items.indptr, items.items, *rows)), totals)
    return totals


def item_features(labels: ArrowTable | Mapping[str, str], item_ids: Ids, n_labels: int = 100) -> ItemFeatures:
    """Lay out labels of items beside the items of train.

    Parameters
    ----------
    labels
        A table with the columns item_id, label and, if it has one, weight (numbers from 0 up; 1 where there is no such
        column); weights of an item's rows with the same label add up. Or a mapping from item ids to one label each.
    item_ids
        Items of train; rows of other items say only how much a label is used.
    n_labels
        How many labels to keep, at least 1: those with the largest weight over all rows, of equals the first by name.

    Raises
    ------
    DataError
        If it is no such table, an id or label is missing, a weight is no number from 0 up, or no item is in train.
    SettingsError
        If `n_labels` is below 1.

    Examples
    --------
    >>> items = Ids.of(["Autechre", "Burial", "Can"], "item")
    >>> features = item_features({"Autechre": "idm", "Can": "krautrock", "Neu!": "krautrock"}, items)
    >>> features.labels, features.main_labels.tolist()
    (('krautrock', 'idm'), [1, -1, 0])
    """
    check_ids(item_ids)
    n_labels = whole_number("n_labels", n_labels, 1, advice="Keep at least 1 label.")
    rows = _label_rows(labels)
    ids = text_chunks(rows["item_id"], "item")
    names, label_of_row = encoded(string_chunks(rows["label"]))
    weights = _weights(rows, ids)
    kept = _most_used(label_of_row, weights, names)[:n_labels]
    column_of_label = np.full(len(names), -1)
    column_of_label[kept] = np.arange(len(kept))
    items, columns = item_ids.indexes_of(ids), column_of_label[label_of_row]
    _check_items(items, ids)
    known = (items >= 0) & (columns >= 0) & (weights > 0)  # of items in train, of labels that are kept
    shape = len(item_ids), len(kept)
    matrix = sparse.coo_array((weights[known], (items[known], columns[known])), shape).tocsr()
    matrix.sum_duplicates()
    matrix.data /= np.asarray(matrix.sum(axis=1))[entry_rows(matrix)]  # each item's weights sum to 1
    return ItemFeatures(item_ids, tuple(names.take(pa.array(kept)).to_pylist()), matrix)


def _most_used(label_of_row: IndexVector, weights: DoubleVector, names: pa.StringArray) -> IndexVector:
    """Indexes of labels, those with the largest weight over all rows first, equals by name."""
    used = np.bincount(label_of_row, weights, len(names))
    by_name = np.empty(len(used), np.int64)
    by_name[pc.sort_indices(names).to_numpy()] = np.arange(len(used))
    return np.lexsort((by_name, -used))


def _check_items(items: IndexVector, ids: pa.ChunkedArray) -> None:
    if not np.any(items >= 0):
        raise DataError(
            f"None of {counted(len(ids), 'label')} is of an item in train"
            + (f" (the first is of {ids[0].as_py()!r}). " if len(ids) else ". ")
            + "Labels and train must use the same item ids."
        )


def tag_features(labels: Labels, item_ids: Ids, n_labels: int = 100) -> ItemFeatures:
    """Lay out the tags that travel with plays; without any, nothing is known of the items.

    Parameters
    ----------
    labels
        Names and tags of the items of `item_ids`.
    item_ids
        Items of train.
    n_labels
        How many tags to keep, at least 1, as `item_features` does.

    Raises
    ------
    DataError
        If these are no labels, or not of these items.
    SettingsError
        If `n_labels` is below 1.
    """
    check_ids(item_ids)
    n_labels = whole_number("n_labels", n_labels, 1, advice="Keep at least 1 label.")
    if not isinstance(labels, Labels) or len(labels.names) != len(item_ids):
        kind = f"of {counted(len(labels.names), 'item')}" if isinstance(labels, Labels) else kind_of(labels)
        raise DataError(f"The labels are {kind}. Pass plays.labels and plays.item_ids, of the same {len(item_ids):,}.")
    if not labels.tags.nnz:
        return ItemFeatures.without_labels(item_ids)
    items, tags = labels.tags.nonzero()
    names = take_text(labels.tag_names, tags)
    rows = {"item_id": item_ids.take_chunks(items), "label": names, "weight": labels.tags.data.astype(np.float64)}
    return item_features(pa.table(rows), item_ids, n_labels)


def check_features(features: object, item_ids: Ids) -> None:
    """Refuse what are not the features of these items.

    Raises
    ------
    DataError
        With how to lay them out.
    """
    if not isinstance(features, ItemFeatures):
        raise DataError(
            f"The features are {kind_of(features)}. Lay them out with item_features(labels, train.item_ids)."
        )
    if features.item_ids is not item_ids and not features.item_ids.values.equals(item_ids.values):
        raise DataError(
            f"The features are of {counted(len(features.item_ids), 'item')}, which are not the "
            f"{len(item_ids):,} of train. "
            "Lay them out anew with item_features(labels, train.item_ids)."
        )


def _label_rows(labels: ArrowTable | Mapping[str, str]) -> pa.Table:
    if isinstance(labels, Mapping):
        return pa.table({"item_id": to_text(labels, "item"), "label": as_strings(list(labels.values()))})
    rows = table_of(labels)
    if rows is None:
        raise DataError(
            f"The labels are {what_came(labels)}, neither a table nor a mapping. "
            f"Pass a table with the columns {', '.join(COLUMNS)}, or a mapping from item ids to labels."
        )
    for name in COLUMNS:
        if rows.column_names.count(name) != 1:
            raise DataError(
                f"The labels have {counted(rows.column_names.count(name), 'column')} {name!r}. Their columns are "
                f"{', '.join(rows.column_names)}. Name two of them {', '.join(COLUMNS)}."
            )
        if rows[name].null_count:
            raise DataError(
                f"Column {name!r} of the labels has {counted(rows[name].null_count, 'missing value')}. Drop the rows."
            )
    return rows


def _weights(rows: pa.Table, ids: pa.ChunkedArray) -> DoubleVector:
    if "weight" not in rows.column_names:
        return np.ones(len(rows))
    return take_weights(rows["weight"], ids, "label")
