"""What a visitor wants of a persona, kept while the personas themselves are found anew."""

from __future__ import annotations

from dataclasses import dataclass

_ALIKE = 0.25  # share of items in common from which a persona is taken for the one it was before
BOOST = 2.0


@dataclass
class Wish:
    """Wishes for one persona.

    Parameters
    ----------
    name
        A name that the visitor gave it; empty keeps the one it was found with.
    muted, boosted, pinned
        Not to be heard; to be heard twice as much; to be heard with no other than pinned ones.
    turn
        A turn of the dial of its own, −1 to 1; None follows the main dial.
    """

    name: str = ""
    muted: bool = False
    boosted: bool = False
    pinned: bool = False
    turn: float | None = None

    @property
    def weight(self) -> float:
        """Factor on its share."""
        return 0.0 if self.muted else BOOST if self.boosted else 1.0


def carry_over(wishes: list[Wish], before: list[set[int]], after: list[set[int]]) -> list[Wish]:
    """Give personas the wishes of those they were before, the most alike first; new ones get none.

    Parameters
    ----------
    wishes
        One per persona before.
    before, after
        The items that made each persona.
    """
    carried = [Wish() for _ in after]
    pairs = [(_alike(old, new), i, j) for i, old in enumerate(before) for j, new in enumerate(after)]
    taken_old, taken_new = set[int](), set[int]()
    for alike, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if alike >= _ALIKE and i not in taken_old and j not in taken_new:
            carried[j] = wishes[i]
            taken_old.add(i)
            taken_new.add(j)
    return carried


def _alike(one: set[int], other: set[int]) -> float:
    """Items in both over items in either."""
    return len(one & other) / max(1, len(one | other))
