"""Artists of a history and the items that they were matched with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.wording import counted as in_words

HOW = ("exact", "normalised", "fuzzy", "none")

_SUGGESTION = pa.struct([("item_id", pa.string()), ("name", pa.string()), ("score", pa.float32())])

SCHEMA = pa.schema(
    [
        ("artist", pa.string()),
        ("plays", pa.float32()),
        ("item_id", pa.string()),
        ("name", pa.string()),
        ("how", pa.string()),
        ("score", pa.float32()),
        ("suggestions", pa.list_(_SUGGESTION)),
    ]
)


@dataclass(frozen=True, eq=False)
class Matches:
    """Artists of a history and the items that they are.

    Parameters
    ----------
    table
        artist and plays, as they were given; item_id and name of the item, null where none was found; how it was found
        ("exact", "normalised", "fuzzy" or "none"); score (0 to 100); and suggestions, item_id, name and score of a few
        similar names, for the most played of those that were not found.
    """

    table: pa.Table

    def __repr__(self) -> str:
        counts = self.n_by_how()
        found = ", ".join(f"{number:,} {how}" for how, number in counts.items() if how != "none" and number)
        return f"Matches({in_words(len(self.table), 'artist')}: {found or 'none'} found)"

    def plays(self) -> dict[str, float]:
        """Plays of each item found, summed over all the names that are this item: what `fold_in` takes."""
        found = self.table.filter(pc.is_valid(self.table["item_id"]))
        totals: Counter[str] = Counter()
        for item_id, plays in zip(found["item_id"].to_pylist(), found["plays"].to_pylist(), strict=True):
            totals[item_id] += plays
        return dict(totals.most_common())

    def n_by_how(self) -> dict[str, int]:
        """Artists for each of "exact", "normalised", "fuzzy" and "none"."""
        counted = Counter(self.table["how"].to_pylist())
        return {how: counted[how] for how in HOW}

    def found(self, how: str) -> pa.Table:
        """Rows of artists that were found in one way, the most played first."""
        rows = self.table.filter(pc.equal(self.table["how"], how))
        return rows.sort_by([("plays", "descending"), ("artist", "ascending")])

    @property
    def share_of_plays(self) -> float:
        """Share of all plays that belong to artists that were found."""
        total = pc.sum(self.table["plays"]).as_py() or 0.0
        lost = pc.sum(self.found("none")["plays"]).as_py() or 0.0
        return (total - lost) / total if total else 0.0
