"""Names of the items, where they have any beside their ids, tags with weights, and ids of MusicBrainz."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.array_types import AnyArray, BoolVector, CountVector, DoubleVector, FloatVector, IndexVector, NumberVector
from deepcuts.checks import shown
from deepcuts.data.arrow_columns import ArrowTable, encoded, what_came
from deepcuts.data.content import EqualByContent
from deepcuts.data.given_tables import table_of
from deepcuts.data.id_text import to_text
from deepcuts.data.ids import Ids, as_strings, string_chunks
from deepcuts.data.row_checks import check_rows
from deepcuts.data.tag_support import supported_tags
from deepcuts.data.tag_weights import take_weights
from deepcuts.errors import DataError
from deepcuts.storage import values
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts import storage


_MBID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


@dataclass(frozen=True, eq=False)
class Labels(EqualByContent):
    """Names, tags and ids of MusicBrainz of the items of one catalogue, in its order.

    Parameters
    ----------
    names
        Arrow strings, (n_items,): what to show for each item; its id where it has no name of its own.
    tag_names
        Arrow strings, (n_tags,), ascending; none where no tags are known.
    tags
        float32 CSR, (n_items, n_tags): weight of a tag of an item, above 0, such as the number of people who gave it.
    n_taggers
        int64, (n_tags,): how many different people gave each tag, to whatever item; None where nobody counted.
    mbids
        Arrow strings, (n_items,): the id of MusicBrainz of each item, "" where none is known; None where nobody said.
    """

    names: pa.StringArray
    tag_names: pa.StringArray
    tags: sparse.csr_array
    n_taggers: CountVector | None = None
    mbids: pa.StringArray | None = None

    @classmethod
    def of(
        cls,
        item_ids: Ids,
        names: Mapping[Any, str] | ArrowTable | None = None,
        tags: ArrowTable | None = None,
        mbids: Mapping[Any, str] | ArrowTable | None = None,
    ) -> Labels:
        """Take labels for the items of a catalogue; those of other items are left out.

        Parameters
        ----------
        item_ids
            The catalogue.
        names
            A mapping from item ids to names, or a table (of pandas, polars, pyarrow, DuckDB) with the columns item_id
            and name. Of several names of one item the first counts; empty ones are none.
        tags
            A table with the columns item_id, tag and, if wanted, weight (numbers from 0 up, a missing one is 0; 1
            without the column) and tagger: who gave it. Rows of the same item and tag are summed; a sum of 0 is no tag.
        mbids
            Ids of MusicBrainz, a mapping or a table like names, with the columns item_id and mbid; what has not their
            form is none.

        Raises
        ------
        DataError
            If it is no table, a column is missing, or a weight is no number from 0 up.
        """
        return cls(_names(item_ids, names), *_tags(item_ids, tags), mbids=_mbids(item_ids, mbids))

    @property
    def n_tags(self) -> int:
        """Number of different tags."""
        return len(self.tag_names)

    @cached_property
    def supported(self) -> BoolVector:
        """Which tags enough people gave to enough items to name a group of them, bool, (n_tags,)."""
        return supported_tags(self.tags, self.tag_names, self.names, self.n_taggers)

    @cached_property
    def folded_names(self) -> pa.StringArray:
        """The names without regard to case, (n_items,)."""
        return pa.array([name.strip().casefold() for name in self.names.to_pylist()], pa.string())

    def take(self, indexes: IndexVector) -> Labels:
        """Return the labels of the items at `indexes`, in that order."""
        rows = pa.array(indexes)
        mbids = None if self.mbids is None else self.mbids.take(rows)
        return replace(self, names=self.names.take(rows), tags=self.tags[indexes], mbids=mbids)

    def tags_of(
        self,
        item_indexes: IndexVector,
        weights: NumberVector | None = None,
        n: int = 5,
        among: BoolVector | None = None,
    ) -> list[str]:
        """Return the tags that describe a group of items, the strongest first.

        Parameters
        ----------
        item_indexes
            int, (n_group,).
        weights
            float, (n_group,): how much each item counts; None counts all alike.
        n
            The most tags.
        among
            bool, (n_tags,): which tags to take; None takes any.
        """
        strength = self.tag_weights(item_indexes, np.ones(len(item_indexes)) if weights is None else weights)
        if among is not None:
            strength = np.where(among, strength, 0.0)
        order = np.argsort(-strength, kind="stable")[:n]
        return [self.tag_names[int(tag)].as_py() for tag in order if strength[tag] > 0]

    def tag_weights(self, item_indexes: IndexVector, weights: NumberVector) -> DoubleVector:
        """Weight of every tag in a group of items, float64, (n_tags,).

        Each item divides its weight among its tags, so that an item with many tags does not outweigh the others:
        the weight of tag t is Σᵢ max(wᵢ, 0) · tags[i, t] / Σₛ tags[i, s].

        Parameters
        ----------
        item_indexes
            int, (n_group,).
        weights
            float, (n_group,); below 0 counts as 0.
        """
        group = self.tags[item_indexes]
        sums = np.asarray(group.sum(axis=1), np.float64).ravel()
        # Weight of an item per unit of its tags' weights; 0 for items without tags.
        per_unit = np.divide(np.maximum(weights, 0), sums, out=np.zeros(len(sums)), where=sums > 0)
        return np.asarray(per_unit @ group, np.float64).ravel()

    def to_stored(self) -> tuple[dict[str, AnyArray], dict[str, pa.StringArray]]:
        """Arrays and strings that hold these labels in a file."""
        arrays = {
            "tag_indptr": self.tags.indptr.astype(np.int64),
            "tag_indices": self.tags.indices.astype(np.int32),
            "tag_weights": self.tags.data.astype(np.float32),
        }
        counted = {} if self.n_taggers is None else {"tag_taggers": self.n_taggers.astype(np.int64)}
        known = {} if self.mbids is None else {"item_mbids": self.mbids}
        return arrays | counted, {"item_names": self.names, "tag_names": self.tag_names, **known}

    @classmethod
    def from_stored(cls, stored: storage.Stored, n_items: int) -> Labels | None:
        """Read the labels of a file of `n_items` items; None where it has none.

        Raises
        ------
        FileFormatError
            If they do not fit the items or each other, a weight is not finite and above 0, or a number of people is
            below 0.
        """
        if "tag_indptr" not in stored.arrays:
            return None
        names, tag_names = stored.string_array("item_names"), stored.string_array("tag_names")
        indptr = stored.array("tag_indptr", np.int64, (n_items + 1,))
        indices = stored.array("tag_indices", np.int32, (None,))
        weights = stored.array("tag_weights", np.float32, indices.shape)
        if len(names) != n_items:
            raise values.inconsistent(
                stored.path, f"it has {counted(len(names), 'name')} of {counted(n_items, 'item')}"
            )
        if len(tag_names) > 1 and not pc.all(pc.less(tag_names[:-1], tag_names[1:])).as_py():
            raise values.inconsistent(stored.path, "its strings 'tag_names' are not distinct and in ascending order")
        check_rows(stored.path, "tag_indices", indptr, indices, len(tag_names))
        values.check_between(stored.path, "tag_weights", weights, values.SMALLEST_FLOAT, values.LARGEST_FLOAT)
        mbids = stored.string_array("item_mbids") if "item_mbids" in stored.strings else None
        if mbids is not None and len(mbids) != n_items:
            raise values.inconsistent(
                stored.path, f"it has {counted(len(mbids), 'id')} of MusicBrainz for {counted(n_items, 'item')}"
            )
        _check_taggers(stored, len(tag_names))
        return cls.from_parts({**stored.arrays, **stored.strings}, n_items)

    @classmethod
    def from_parts(cls, parts: Mapping[str, Any], n_items: int) -> Labels:
        """Put the arrays and strings of `to_stored` together again, for `n_items` items."""
        names, tag_names = parts["item_names"], parts["tag_names"]
        of_tags = parts["tag_weights"], parts["tag_indices"], parts["tag_indptr"]
        tags = sparse.csr_array(of_tags, shape=(n_items, len(tag_names)))
        return cls(names, tag_names, tags, parts.get("tag_taggers"), parts.get("item_mbids"))


def known_mbids(item_ids: Ids, labels: Labels | None, indexes: IndexVector) -> list[str]:
    """Ids of MusicBrainz of some items: their labels, else their ids where these have that form, else ""."""
    ids = [text.lower() for text in item_ids.values.take(pa.array(indexes)).to_pylist()]
    own = [text if re.match(_MBID, text) else "" for text in ids]
    if labels is None or labels.mbids is None:
        return own
    return [given or text for given, text in zip(labels.mbids.take(pa.array(indexes)).to_pylist(), own, strict=True)]


def _check_taggers(stored: storage.Stored, n_tags: int) -> None:
    """Check how many people gave each tag; files that do not say so, as those of 0.1 do not, are good as well."""
    if "tag_taggers" in stored.arrays:
        n_taggers = stored.array("tag_taggers", np.int64, (n_tags,))
        values.check_between(stored.path, "tag_taggers", n_taggers, 0, np.iinfo(np.int64).max)


def _mbids(item_ids: Ids, mbids: Mapping[Any, str] | ArrowTable | None) -> pa.StringArray | None:
    """Ids of MusicBrainz of the items, in small letters; what has not their form is none."""
    if mbids is None:
        return None
    table = _given(mbids, "mbids", "mbid")
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(as_strings(table["mbid"])))
    formed = pc.fill_null(pc.match_substring_regex(texts, _MBID), False)
    ids, texts = to_text(table["item_id"], "item").filter(formed), texts.filter(formed)
    return pc.fill_null(texts.take(pc.index_in(item_ids.values, value_set=ids)), "")


def _given(labels: Mapping[Any, str] | ArrowTable, what: str, column: str) -> pa.Table:
    """A mapping from item ids, or a table, as a table of item_id and another column."""
    if isinstance(labels, Mapping):
        return pa.table({"item_id": to_text(labels, "item"), column: as_strings(list(labels.values()))})
    return _table_of(labels, what, ("item_id", column))


def _names(item_ids: Ids, names: Mapping[Any, str] | ArrowTable | None) -> pa.StringArray:
    if names is None:
        return item_ids.values
    table = _given(names, "names", "name")
    texts = pc.utf8_trim_whitespace(as_strings(table["name"]))
    given = pc.fill_null(pc.greater(pc.utf8_length(texts), 0), False)
    ids, texts = to_text(table["item_id"], "item").filter(given), texts.filter(given)
    rows = pc.index_in(item_ids.values, value_set=ids)  # the first row that names each item
    return pc.coalesce(texts.take(rows), item_ids.values)


def _tags(item_ids: Ids, tags: ArrowTable | None) -> tuple[pa.StringArray, sparse.csr_array, CountVector | None]:
    if tags is None:
        return pa.array([], pa.string()), sparse.csr_array((len(item_ids), 0), dtype=np.float32), None
    tags = _table_of(tags, "tags", ("item_id", "tag"))
    items, weights, used = _usable_tags(item_ids, tags)
    texts = pc.utf8_trim_whitespace(string_chunks(used["tag"]))
    tag_names = texts.unique()
    tag_names = tag_names.take(pc.sort_indices(tag_names))
    columns = pc.index_in(texts, value_set=tag_names).to_numpy(zero_copy_only=False).astype(np.int64)
    shape = (len(item_ids), len(tag_names))
    matrix = sparse.coo_array((weights, (items, columns)), shape=shape).tocsr()
    matrix.sum_duplicates()
    matrix.data = np.minimum(matrix.data, values.LARGEST_FLOAT)  # a sum of finite weights may be infinite
    matrix.eliminate_zeros()  # a sum of 0 is no tag
    n_taggers = _count_taggers(columns, used["tagger"], len(tag_names)) if "tagger" in used.column_names else None
    return tag_names, sparse.csr_array(matrix), n_taggers


def _usable_tags(item_ids: Ids, tags: pa.Table) -> tuple[CountVector, FloatVector, pa.Table]:
    """Item indexes, weights and rows of the table: those of known items that have a tag."""
    texts = pc.utf8_trim_whitespace(string_chunks(tags["tag"]))
    items = item_ids.indexes_of(tags["item_id"])
    weights = np.ones(len(items))
    if "weight" in tags.column_names:
        weights = take_weights(tags["weight"], tags["item_id"], "tag", missing=0)
    has_text = pc.fill_null(pc.greater(pc.utf8_length(texts), 0), False).to_numpy(zero_copy_only=False)
    usable = (items >= 0) & has_text
    held = np.minimum(weights[usable], values.LARGEST_FLOAT).astype(np.float32)
    return items[usable], held, tags.filter(pa.array(usable))


def _count_taggers(columns: CountVector, taggers: pa.ChunkedArray, n_tags: int) -> CountVector:
    """How many different people gave each tag, int64; rows that name nobody do not count."""
    if pa.types.is_nested(taggers.type):
        raise DataError(
            f"The taggers are of the type {shown(str(taggers.type))[1:-1]}. Name people by text or numbers."
        )
    is_extension = isinstance(taggers.type, pa.BaseExtensionType)  # such as UUIDs
    people, numbers = encoded(string_chunks(taggers) if is_extension else taggers)
    known = pc.is_valid(people).to_numpy(zero_copy_only=False)[numbers]
    pairs = np.unique(np.column_stack([columns, numbers])[known], axis=0)
    return np.bincount(pairs[:, 0], minlength=n_tags).astype(np.int64)


def _table_of(given: Any, what: str, wanted: tuple[str, ...]) -> pa.Table:
    """Take any table as one of Arrow, which has some columns.

    Raises
    ------
    DataError
        If it is no table, or one of the columns is missing.
    """
    table = table_of(given)
    if table is None:
        raise DataError(
            f"The {what} are {what_came(given)}. Pass a table with the columns {' and '.join(wanted)}."
            + (" A mapping from ids to names does as well." if what == "names" else "")
        )
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise DataError(
            f"The table of {what} has no column {missing[0]!r}; its columns are {', '.join(table.column_names)}. "
            f"It needs {' and '.join(wanted)}."
        )
    return table
