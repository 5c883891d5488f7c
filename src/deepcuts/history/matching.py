"""Artists of a history found in a catalogue: by name, by normalised name, or by a name spelt similarly."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from deepcuts.array_types import DoubleVector, IndexVector, NumberVector
from deepcuts.checks import instance, real_number, shown, whole_number
from deepcuts.data.ids import Ids, as_strings, check_ids
from deepcuts.data.song_names import are_songs
from deepcuts.errors import DataError
from deepcuts.history import fuzzy
from deepcuts.history.matches import HOW, SCHEMA, Matches
from deepcuts.history.names import compact_form, spaced_form
from deepcuts.history.options import MIN_SCORE, By
from deepcuts.history.search import SearchColumns, search_names
from deepcuts.wording import counted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

logger = logging.getLogger(__name__)

_EXACT, _NORMALISED, _FUZZY, _NONE = range(len(HOW))
_COMPARED = 20_000  # of the names that are not found, this many are compared with all, the most played ones
_SUGGEST_FOR = 50  # of the names that are not found, the most played get suggestions
_SUGGESTIONS, _SUGGEST_FROM = 3, 60.0  # how many, and their least score


@dataclass(frozen=True, eq=False)
class Matcher:
    """Names of a catalogue, prepared for matching.

    Where several items have the same name, or the same normalised form, the one with most listeners is meant; of
    equal ones, or where listeners are not known, the first.

    Parameters
    ----------
    item_ids
        The catalogue.
    names
        Arrow strings, (n_items,): names of the items.
    listeners
        int, (n_items,): users who play each item; None where this is not known.
    min_score
        The least score, out of 100, at which a name matches another that is spelt similarly.
    """

    item_ids: Ids
    names: pa.StringArray
    listeners: NumberVector | None = None
    min_score: float = MIN_SCORE

    def __repr__(self) -> str:
        return f"Matcher({counted(len(self.names), 'name')}, min_score={self.min_score:g})"

    def __post_init__(self) -> None:
        check_ids(self.item_ids)
        object.__setattr__(self, "names", as_strings(self.names))
        if len(self.names) != len(self.item_ids):
            raise DataError(
                f"There are {counted(len(self.item_ids), 'item')} and "
                f"{counted(len(self.names), 'name')}. Give each its own."
            )
        if self.listeners is not None and np.shape(self.listeners) != (len(self.names),):
            raise DataError(
                f"listeners is {shown(self.listeners)}. Give a number for each of {counted(len(self.names), 'item')}."
            )
        real_number("min_score", self.min_score, 0, 100, "Give a number above 0, up to 100.", above=True)

    @cached_property
    def by(self) -> By:
        """What the items are, and a history has to count: "artist" or "song"."""
        return "song" if are_songs(self.names.to_pylist()) else "artist"

    @cached_property
    def forms(self) -> list[str]:
        """Normalised names, each once."""
        return list(self._by_form)

    @cached_property
    def ranks(self) -> IndexVector:
        """Rank of every item by listeners, 0 for the one with most, int64, (n_items,)."""
        listeners = np.zeros(len(self.item_ids)) if self.listeners is None else np.asarray(self.listeners)
        ranks = np.empty(len(listeners), np.int64)
        # The inverse of the order by listeners.
        ranks[np.argsort(-listeners, kind="stable")] = np.arange(len(listeners))
        return ranks

    def match(self, artists: Sequence[str] | pa.Array, plays: ArrayLike | pa.Array | None = None) -> Matches:
        """Find each artist in the catalogue.

        A name is looked for as it is, then in normalised form (`deepcuts.history.names`), then among those that score
        at least `min_score` (`deepcuts.history.fuzzy`), for which rapidfuzz has to be installed; of what is left then,
        this is done for the 20,000 names most played.

        Parameters
        ----------
        artists
            Names, (n_artists,).
        plays
            float, (n_artists,): plays of each, above 0; None counts each as 1.
        """
        names = as_strings(artists).fill_null("")
        counts = np.ones(len(names)) if plays is None else _counts(plays, len(names))
        texts = names.to_pylist()
        forms = [compact_form(spaced_form(text)) for text in texts]
        exact, normalised = _look_up(texts, self._by_name), _look_up(forms, self._by_form)
        items = np.where(exact >= 0, exact, normalised)
        how = np.select([exact >= 0, normalised >= 0], [_EXACT, _NORMALISED], _NONE)
        scores = np.where(items >= 0, 100.0, 0.0)
        missing = _most_played(np.flatnonzero(items < 0), counts, _COMPARED)
        if len(missing) and fuzzy.is_installed():
            found = fuzzy.nearest([forms[index] for index in missing], self.forms, self.min_score)
            near = found.forms >= 0
            items[missing[near]] = self._items_of_forms[found.forms[near]]
            scores[missing], how[missing[near]] = found.scores, _FUZZY
        elif len(missing):
            logger.warning(fuzzy.MISSING)
        suggestions = self._suggestions(forms, counts, items)
        return Matches(self._table(names, counts, items, how, scores, suggestions))

    def has(self, name: str) -> bool:
        """Whether the catalogue has an artist of this name, as it is or in normalised form."""
        return name in self._by_name or compact_form(spaced_form(name)) in self._by_form

    def search(self, query: str, k: int = 10) -> pa.Table:
        """Find the items whose names begin with what was typed so far, or nearly so.

        Parameters
        ----------
        query
            Some characters.
        k
            The most rows.

        Returns
        -------
        item_index, item_id, name and score (0 to 100), best first: names that begin with the query, then those with a
        word that does, then those that hold it, then, where rapidfuzz is installed, those that do so but for a typo;
        among equals the one with most listeners first.
        """
        instance("query", query, str, "Give what was typed, as text.")
        k = whole_number("k", k, 0)
        items, scores = search_names(spaced_form(query), self._search_columns, self.ranks, k)
        return pa.table(
            {
                "item_index": pa.array(items, pa.int32()),
                "item_id": self.item_ids.take(items),
                "name": self.names.take(pa.array(items)),
                "score": pa.array(scores, pa.float32()),
            }
        )

    @cached_property
    def _search_columns(self) -> SearchColumns:
        return SearchColumns(pa.array(self._spaced, pa.string()), pa.array(self._compact, pa.string()))

    @cached_property
    def _spaced(self) -> list[str]:
        return [spaced_form(name or "") for name in self.names.to_pylist()]

    @cached_property
    def _compact(self) -> list[str]:
        return list(map(compact_form, self._spaced))

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return self._first_of(self.names.to_pylist())

    @cached_property
    def _by_form(self) -> dict[str, int]:
        return self._first_of(self._compact)

    @cached_property
    def _items_of_forms(self) -> IndexVector:
        return np.array(list(self._by_form.values()), np.int64)  # in the order of `forms`, as both are of one dict

    def _first_of(self, names: Sequence[str]) -> dict[str, int]:
        """For each name, the item with most listeners, which come first."""
        found: dict[str, int] = {}
        for item in np.argsort(self.ranks).tolist():  # most listeners first, and setdefault keeps the first
            if names[item]:
                found.setdefault(names[item], item)
        return found

    def _suggestions(
        self, forms: Sequence[str], plays: DoubleVector, items: IndexVector
    ) -> list[list[dict[str, object]] | None]:
        """A few items with names similar to the most played artists that were not found; None for all other artists."""
        suggestions: list[list[dict[str, object]] | None] = [None] * len(forms)
        if not fuzzy.is_installed():
            return suggestions
        for index in _most_played(np.flatnonzero(items < 0), plays, _SUGGEST_FOR).tolist():
            near = fuzzy.likest(forms[index], self.forms, _SUGGESTIONS, _SUGGEST_FROM)
            suggestions[index] = [self._suggestion(int(self._items_of_forms[form]), score) for form, score in near]
        return suggestions

    def _suggestion(self, item: int, score: float) -> dict[str, object]:
        return {"item_id": self.item_ids.values[item].as_py(), "name": self.names[item].as_py(), "score": score}

    def _table(
        self,
        artists: pa.StringArray,
        plays: DoubleVector,
        items: IndexVector,
        how: IndexVector,
        scores: DoubleVector,
        suggestions: Sequence[list[dict[str, object]] | None],
    ) -> pa.Table:
        found = pa.array(items, mask=items < 0)
        columns = [
            artists,
            pa.array(plays.astype(np.float32)),
            self.item_ids.values.take(found),
            self.names.take(found),
            pa.array([HOW[each] for each in how]),
            pa.array(scores.astype(np.float32)),
            pa.array(suggestions, SCHEMA.field("suggestions").type),
        ]
        return pa.Table.from_arrays(columns, schema=SCHEMA)


def _most_played(artists: IndexVector, plays: DoubleVector, most: int) -> IndexVector:
    return artists[np.argsort(-plays[artists], kind="stable")][:most]


def _counts(plays: Any, n_names: int) -> DoubleVector:
    try:
        counts = np.asarray(plays, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            f"The plays are {shown(plays)}. Give one number for each of the {counted(n_names, 'name')}."
        ) from None
    if counts.shape != (n_names,):
        raise DataError(
            f"The plays have the shape {counts.shape}. Give one number for each of the {counted(n_names, 'name')}."
        )
    return counts


def _look_up(texts: Sequence[str], known: Mapping[str, int]) -> IndexVector:
    """Items of some texts, -1 where there is none."""
    return np.array([known.get(text, -1) for text in texts], np.int64)
