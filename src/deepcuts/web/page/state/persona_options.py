"""How a visitor wants each persona treated; options follow a persona when personas are solved again."""

from __future__ import annotations

from dataclasses import dataclass

from deepcuts.errors import SettingsError
from deepcuts.web.page.state.list_options import checked_dial_position

MOST_NAME = 60  # characters of a persona's name
BOOST = 2.0  # factor on the share of a boosted persona
_ALIKE = 0.25  # Jaccard index of the items from which a persona counts as the one it was before


@dataclass
class PersonaOptions:
    """Options of one persona.

    Parameters
    ----------
    name
        A name that the visitor gave it; empty keeps the one derived from its items.
    muted
        Recommends nothing.
    boosted
        Its share of the list counts `BOOST` times.
    pinned
        Only pinned personas recommend.
    dial_position
        A dial of its own, −1 to 1; None follows the main dial.
    """

    name: str = ""
    muted: bool = False
    boosted: bool = False
    pinned: bool = False
    dial_position: float | None = None

    @property
    def weight(self) -> float:
        """Factor on the share of the list."""
        return 0.0 if self.muted else BOOST if self.boosted else 1.0

    def rename(self, name: str) -> None:
        """Set the name, with single spaces and at most `MOST_NAME` characters; an empty one removes it."""
        self.name = " ".join(name.split())[:MOST_NAME]

    def toggle(self, option: object) -> None:
        """Switch "muted", "boosted" or "pinned" on or off.

        Raises
        ------
        SettingsError
            If it is none of these.
        """
        if option == "muted":
            self.muted = not self.muted
        elif option == "boosted":
            self.boosted = not self.boosted
        elif option == "pinned":
            self.pinned = not self.pinned
        else:
            raise SettingsError(f"A persona cannot be {option!r}. It can be muted, boosted, pinned.")

    def set_dial(self, position: float | None) -> None:
        """Move the persona's own dial; None lets it follow the main one.

        Raises
        ------
        SettingsError
            If the position is not finite.
        """
        self.dial_position = None if position is None else checked_dial_position(position)


def carry_over(options: list[PersonaOptions], before: list[set[int]], after: list[set[int]]) -> list[PersonaOptions]:
    """Assign options to the personas most like those that had them, greedily; unmatched personas get fresh ones.

    Parameters
    ----------
    options
        One per persona before.
    before, after
        Item indexes of each persona, before and after it was solved again.

    Returns
    -------
    One per persona after; a pair is matched where the Jaccard index of the items is at least 0.25.
    """
    carried = [PersonaOptions() for _ in after]
    pairs = [(_jaccard(old, new), i, j) for i, old in enumerate(before) for j, new in enumerate(after)]
    taken_old, taken_new = set[int](), set[int]()
    # Stable: among equals, the largest personas first.
    for similarity, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if similarity >= _ALIKE and i not in taken_old and j not in taken_new:
            carried[j] = options[i]
            taken_old.add(i)
            taken_new.add(j)
    return carried


def _jaccard(one: set[int], other: set[int]) -> float:
    """Number of items in both sets over the number in either."""
    return len(one & other) / max(1, len(one | other))
