"""Items by their ids, or else by their names, in whatever case."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import CountVector, NumberVector
from deepcuts.checks import MOST_SHOWN, shown
from deepcuts.data.id_text import one_text, to_text
from deepcuts.data.ids import SUGGEST_AMONG, Ids
from deepcuts.data.labels import Labels
from deepcuts.errors import UnknownIdError
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_MOST_OTHERS = 3


@dataclass(frozen=True, eq=False)
class NamedItems:
    """The items of a catalogue, to be found by what people call them.

    A text is an id where there is such an id. Else it is a name, in whatever case; of several items of one name, that
    of the same case is meant, and of these the one with most listeners, and a warning says so.

    Parameters
    ----------
    ids
        The catalogue.
    labels
        Names of its items; None where they have none.
    listeners
        (n_items,): how many users play each.
    """

    ids: Ids
    labels: Labels | None
    listeners: NumberVector

    def __len__(self) -> int:
        return len(self.ids)

    def indexes_of(self, texts: Iterable[Any] | pa.Array) -> CountVector:
        """Indexes of some items, int64; -1 where there is none of that id or name.

        Raises
        ------
        DataError
            If one is missing, or of a type that is no id.
        """
        given = to_text(texts, "item")
        found = self.ids.indexes_of(given)
        unknown = np.flatnonzero(found < 0)
        if self.labels is None or not len(unknown):
            return found
        wanted = given.take(pa.array(unknown)).to_pylist()
        by_name = self._by_name(wanted)
        found = found.copy()
        found[unknown] = [by_name.get(text, -1) for text in wanted]
        return found

    def index_of(self, text: Any) -> int:
        """Index of one item.

        Raises
        ------
        UnknownIdError
            If there is none of that id or name; the message names some that are spelt alike.
        DataError
            If it is missing, or of a type that is no id.
        """
        wanted = one_text(text, "item")
        index = int(self.indexes_of([wanted])[0])
        if index < 0:
            raise UnknownIdError(self.unknown_message(wanted))
        return index

    def unknown_message(self, text: str) -> str:
        """Say that an item is unknown, and which one may have been meant."""
        if self.labels is None:
            return self.ids.unknown_message(text)
        message = f"There is no item {shown(text)} among {counted(len(self), 'item')}, by id or by name."
        if len(self) > SUGGEST_AMONG:
            return message
        folded = self.labels.folded_names.to_pylist()
        near = get_close_matches(text[:MOST_SHOWN].casefold(), folded, n=3, cutoff=0.75)
        names = dict.fromkeys(self.labels.names[folded.index(name)].as_py() for name in near)
        return message + (f" Did you mean {' or '.join(map(shown, names))}?" if names else "")

    def _by_name(self, texts: list[str]) -> dict[str, int]:
        """Index of the item that each text names; texts that name none are left out."""
        labels = self.labels
        if labels is None:
            return {}
        folded = {text: text.strip().casefold() for text in texts}
        wanted = pa.array(sorted(set(folded.values())), pa.string())
        named = np.flatnonzero(pc.is_in(labels.folded_names, value_set=wanted).to_numpy(zero_copy_only=False))
        called: defaultdict[str, list[int]] = defaultdict(list)
        for index in named.tolist():
            called[labels.folded_names[index].as_py()].append(index)
        return {text: self._told(text, called[name]) for text, name in folded.items() if name in called}

    def meant(self, text: str, indexes: Collection[int]) -> int:
        """Choose among the items of one name, given in ascending order: of the same case, then of most listeners."""
        names = {} if self.labels is None else {index: self.labels.names[index].as_py() for index in indexes}
        return max(indexes, key=lambda index: (names.get(index) == text.strip(), self.listeners[index]))

    def _told(self, text: str, indexes: list[int]) -> int:
        """Choose among the items of one name, and say so."""
        best = self.meant(text, indexes)
        if len(indexes) > 1:
            others = [self.ids.values[index].as_py() for index in indexes if index != best]
            logger.warning(
                "%d items are called %s; that with the id %s is meant, which most people play. Give an id for another: "
                "%s.",
                len(indexes),
                shown(text),
                shown(self.ids.values[best].as_py()),
                ", ".join(map(shown, others[:_MOST_OTHERS])) + (" …" if len(others) > _MOST_OTHERS else ""),
            )
        return best
