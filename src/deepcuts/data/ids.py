"""Outside ids (strings) and the inside indexes they stand for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import CountVector, IndexVector
from deepcuts.errors import DataError, UnknownIdError

_DICTIONARY_UP_TO = 200_000  # past this many ids, a dictionary of them takes much memory for a few look-ups
_SUGGEST_AMONG = 200_000  # past this many ids, looking for a close spelling takes long


@dataclass(frozen=True, eq=False)
class Ids:
    """The ids of all users, or of all items, in ascending order of their UTF-8 bytes.

    Parameters
    ----------
    values
        Arrow strings, distinct, ascending; the index of an id is its position.
    kind
        What the ids name, for messages: "user" or "item".
    """

    values: pa.StringArray
    kind: str

    @classmethod
    def of(cls, values: Sequence[str] | pa.Array, kind: str) -> Ids:
        """Check outside ids once and keep them.

        Raises
        ------
        DataError
            If an id is missing or empty, or if they are not distinct and ascending.
        """
        array = as_strings(values)
        if array.null_count or pc.any(pc.equal(pc.utf8_trim_whitespace(array), "")).as_py():
            raise DataError(f"One id of the {kind}s is empty. Give every {kind} an id, or leave those rows out.")
        if len(array) > 1 and not pc.all(pc.less(array[:-1], array[1:])).as_py():
            raise DataError(f"The {kind} ids are not distinct and in ascending order.")
        return cls(array, kind)

    def __len__(self) -> int:
        return len(self.values)

    def index_of(self, identifier: str) -> int:
        """Index of one id.

        Raises
        ------
        UnknownIdError
            If there is no such id; the message names one that is spelt alike.
        """
        wanted = str(identifier)  # Python compares text by code points, which is the order of its UTF-8 bytes
        index = bisect_left(range(len(self)), wanted, key=lambda index: self.values[index].as_py())
        if index == len(self) or self.values[index].as_py() != wanted:
            raise UnknownIdError(self.unknown_message(identifier))
        return index

    def indexes_of(self, identifiers: Sequence[str] | pa.Array) -> CountVector:
        """Indexes of many ids, int64; -1 where there is no such id."""
        if len(identifiers) <= len(self) // 4 and len(self) <= _DICTIONARY_UP_TO:
            texts = as_strings(identifiers).to_pylist()
            return np.fromiter((self._index_by_id.get(text, -1) for text in texts), np.int64, len(texts))
        found = pc.index_in(as_strings(identifiers), value_set=self.values)
        indexes: CountVector = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return indexes

    @cached_property
    def _index_by_id(self) -> dict[str, int]:
        """Index of each id; Arrow would hash all ids at every look-up."""
        return {identifier: index for index, identifier in enumerate(self.values.to_pylist())}

    def take(self, indexes: IndexVector) -> pa.StringArray:
        """Return the ids at `indexes`."""
        return self.values.take(pa.array(indexes))

    def unknown_message(self, identifier: str) -> str:
        """Say that an id is unknown, and which one may have been meant."""
        message = f"There is no {self.kind} {str(identifier)!r} among {len(self):,} {self.kind}s."
        if len(self) <= _SUGGEST_AMONG:
            near = get_close_matches(str(identifier), self.values.to_pylist(), n=1, cutoff=0.75)
            message += f" Did you mean {near[0]!r}?" if near else ""
        return message


def as_strings(values: Sequence[str] | pa.Array) -> pa.StringArray:
    """Any sequence of ids as one Arrow string array."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.Array):
        values = pa.array([None if value is None else str(value) for value in values], pa.string())
    if isinstance(values, pa.DictionaryArray):
        values = as_strings(values.dictionary).take(values.indices)
    return values if values.type == pa.string() else values.cast(pa.string())
