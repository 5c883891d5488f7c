"""Outside ids (strings) and the inside indexes they stand for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import CountVector, IndexVector
from deepcuts.checks import MOST_SHOWN, is_several, kind_of, shown
from deepcuts.data.arrow_columns import as_arrow, take_text
from deepcuts.data.id_text import chunked, joined, one_text, text_chunks, to_text
from deepcuts.errors import DataError, UnknownIdError
from deepcuts.wording import counted

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_DICTIONARY_UP_TO = 200_000  # past this many ids, a dictionary of them takes much memory for a few look-ups
_IN_REPR = 3
SUGGEST_AMONG = 200_000  # past this many ids, looking for a close spelling takes long


@dataclass(frozen=True, eq=False, repr=False)
class Ids(Sequence[str]):
    """The ids of all users, or of all items, in ascending order of their UTF-8 bytes: a sequence of strings.

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
    def of(cls, values: Iterable[Any] | pa.Array, kind: str) -> Ids:
        """Check outside ids once and keep them, as text by the rule of `deepcuts.data.id_text`.

        Raises
        ------
        DataError
            If an id is missing, empty or of a type that is no id, or if they are not distinct and ascending.
        """
        array = to_text(values, kind, allow_missing=True)
        if array.null_count or pc.any(pc.equal(pc.utf8_trim_whitespace(array), "")).as_py():
            raise DataError(f"One id of the {kind}s is empty. Give every {kind} an id, or leave those rows out.")
        if len(array) > 1 and not pc.all(pc.less(array[:-1], array[1:])).as_py():
            raise DataError(f"The {kind} ids are not distinct and in ascending order.")
        return cls(array, kind)

    @classmethod
    def distinct(cls, values: pa.Array | pa.ChunkedArray, kind: str) -> Ids:
        """Keep the different ones of ids that were checked, each once, in order."""
        different = pc.unique(values)
        return cls(different.take(pc.sort_indices(different)), kind)

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice | NDArray[Any] | list[int] | list[bool]) -> list[str]: ...
    def __getitem__(self, index: int | slice | NDArray[Any] | list[int] | list[bool]) -> str | list[str]:
        if isinstance(index, list) or (isinstance(index, np.ndarray) and index.ndim):
            # As NumPy has it: indexes, below 0 as well, or a mask.
            several: list[str] = self.values.take(as_arrow(np.arange(len(self))[index].ravel())).to_pylist()
            return several
        if isinstance(index, str):
            raise TypeError(f"Ids are indexed by numbers. index_of({shown(index)}) is the number of an id.")
        if isinstance(index, slice):
            chosen: list[str] = self.values.take(pa.array(range(*index.indices(len(self))), pa.int64())).to_pylist()
            return chosen
        if not hasattr(index, "__index__"):
            raise TypeError(f"Ids are indexed by whole numbers, not by {kind_of(index)}.")
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no index {index} among {counted(len(self), f'{self.kind} id')}.")
        one: str = self.values[index % len(self)].as_py()
        return one

    def __eq__(self, other: object) -> bool:
        """Whether the other are the same ids, of the same kind."""
        return self is other or (
            isinstance(other, Ids) and self.kind == other.kind and bool(self.values.equals(other.values))
        )

    def __hash__(self) -> int:
        return hash((self.kind, len(self), *self[:_IN_REPR]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_pylist())

    def __contains__(self, identifier: object) -> bool:
        """Whether there is such an id, of any type that ids may have."""
        try:
            return bool(self.indexes_of([identifier])[0] >= 0)
        except DataError:
            return False

    def index(self, identifier: Any, start: int = 0, stop: int | None = None) -> int:
        """Index of one id, as lists have it; `index_of` without a range."""
        index = self.index_of(identifier)
        if index not in range(*slice(start, stop).indices(len(self))):
            raise UnknownIdError(f"The {self.kind} {shown(identifier)} has the index {index}, which lies outside.")
        return index

    def to_pylist(self) -> list[str]:
        """Return the ids as a list of strings."""
        texts: list[str] = self.values.to_pylist()
        return texts

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Strings as objects, (n,), as columns of pandas hold them; of another type where one is asked for."""
        array: NDArray[Any] = np.array(self.to_pylist(), object)
        return array if dtype is None else array.astype(dtype)

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.Array:  # noqa: A002  # the name is Arrow's
        return self.values if type is None else self.values.cast(type)

    def __repr__(self) -> str:
        first = ", ".join(map(shown, self[:_IN_REPR]))
        return f"Ids({counted(len(self), self.kind)}: {first}{', …' if len(self) > _IN_REPR else ''})"

    def index_of(self, identifier: Any) -> int:
        """Index of one id.

        Raises
        ------
        UnknownIdError
            If there is no such id; the message names one that is spelt alike.
        DataError
            If it is missing, or of a type that is no id.
        """
        wanted = one_text(
            identifier, self.kind
        )  # Python compares text by code points, which is the order of its UTF-8 bytes
        index = bisect_left(range(len(self)), wanted, key=lambda index: self.values[index].as_py())
        if index == len(self) or self.values[index].as_py() != wanted:
            raise UnknownIdError(self.unknown_message(wanted))
        return index

    def indexes_of(self, identifiers: Iterable[Any] | pa.Array) -> CountVector:
        """Indexes of many ids, int64; -1 where there is no such id.

        Raises
        ------
        DataError
            If one is missing, or of a type that is no id.
        """
        texts = text_chunks(identifiers, self.kind)
        if len(texts) <= len(self) // 4 and len(self) <= _DICTIONARY_UP_TO:
            indexes = (self._index_by_id.get(text, -1) for text in texts.to_pylist())
            return np.fromiter(indexes, np.int64, len(texts))
        found = pc.index_in(texts, value_set=self.values)
        filled: CountVector = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return filled

    @cached_property
    def _index_by_id(self) -> dict[str, int]:
        """Index of each id; Arrow would hash all ids at every look-up."""
        return {identifier: index for index, identifier in enumerate(self.values.to_pylist())}

    def take(self, indexes: IndexVector) -> pa.StringArray:
        """Return the ids at `indexes`."""
        return self.values.take(pa.array(indexes))

    def take_chunks(self, indexes: IndexVector) -> pa.ChunkedArray:
        """Return the ids at `indexes`, however often each: an Arrow array holds 2 GiB of text at most, so in chunks."""
        return take_text(self.values, indexes)

    def unknown_message(self, identifier: str) -> str:
        """Say that an id is unknown, and which one may have been meant."""
        message = f"There is no {self.kind} {shown(identifier)} among {counted(len(self), self.kind)}."
        if len(self) <= SUGGEST_AMONG:
            near = get_close_matches(identifier[:MOST_SHOWN], self.values.to_pylist(), n=1, cutoff=0.75)
            message += f" Did you mean {shown(near[0])}?" if near else ""
        return message


def check_ids(item_ids: Any) -> None:
    """Refuse what is not the `Ids` of a catalogue.

    Raises
    ------
    DataError
        With where they are.
    """
    if not isinstance(item_ids, Ids):
        raise DataError(f"The item ids are {kind_of(item_ids)}. Pass those of plays or of a model: .item_ids.")


def as_strings(values: Iterable[Any] | pa.Array) -> pa.StringArray:
    """Names or tags as one Arrow string array; see `string_chunks`.

    Raises
    ------
    DataError
        If they are of a type that has no text, or of more text than one array holds.
    """
    return joined(string_chunks(values), "name")


def _shown_text(value: Any) -> str:
    """Text that Python gives any object, in valid UTF-8."""
    try:
        return str(value).encode("utf-8", "replace").decode()
    except Exception:  # it is code of the object, which may do anything
        raise DataError(f"A name is of the type {type(value).__name__}, which has no text. Pass texts.") from None


def string_chunks(values: Iterable[Any] | pa.Array) -> pa.ChunkedArray:
    """Names or tags as Arrow strings, null where one is missing, in chunks below 2 GiB.

    What could be an id has the text that it would have as one; anything else has that which Python or Arrow gives it.

    Raises
    ------
    DataError
        If they are of a type that has no text.
    """
    if not is_several(values):
        raise DataError(f"The names are {shown(values)}. Pass a list of texts.")
    if not isinstance(values, pa.Array | pa.ChunkedArray | np.ndarray):
        values = list(values)
    try:
        return text_chunks(values, "name", allow_missing=True)
    except DataError:
        pass
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        texts = [None if value is None else _shown_text(value) for value in values]
        return chunked(pa.array(texts, pa.string()))
    if isinstance(values.type, pa.BaseExtensionType):  # a cast would show what they are stored as
        raise DataError(f"Names and tags of the type {values.type} cannot be read as text. Turn them into text first.")
    try:
        return chunked(values.cast(pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"Names and tags of the type {values.type} cannot be read as text: {error}") from error
