"""How a visitor wants the list made: the main dial, the mix of personas, the length, the rarest artists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from deepcuts.errors import SettingsError
from deepcuts.recommendation.settings import Mix

LENGTHS = (10, 20, 30, 50)
LISTENERS = (1, 3, 10, 30)
_MIXES = ("share", "max")


@dataclass
class ListOptions:
    """Options of the list; the setters check what comes from a browser.

    Parameters
    ----------
    dial_position
        Of the main dial: −1 familiar, 0 neutral, 1 deep cuts.
    mix
        "share" takes from personas by their shares, "max" ranks by the best score.
    k
        Number of results, one of `LENGTHS`.
    least_listeners
        Artists with fewer listeners are not listed, one of `LISTENERS`: of one heard by a single person, nothing but
        that person's taste is known.
    """

    dial_position: float = 0.0
    mix: Mix = "share"
    k: int = 20
    least_listeners: int = 3

    def set_dial(self, position: float) -> None:
        """Move the main dial; positions beyond −1 and 1 become these.

        Raises
        ------
        SettingsError
            If the position is not finite.
        """
        self.dial_position = checked_dial_position(position)

    def set_mix(self, mix: str) -> None:
        """Choose how personas are mixed.

        Raises
        ------
        SettingsError
            If it is neither "share" nor "max".
        """
        if mix not in _MIXES:
            raise SettingsError(f"mix is {mix!r}. Give 'share' or 'max'.")
        self.mix = cast(Mix, mix)

    def set_length(self, k: int) -> None:
        """Choose the number of results.

        Raises
        ------
        SettingsError
            If it is not one of `LENGTHS`.
        """
        if k not in LENGTHS:
            raise SettingsError(f"k is {k!r}. Give one of {', '.join(map(str, LENGTHS))}.")
        self.k = k

    def set_least_listeners(self, n_listeners: int) -> None:
        """Choose how many listeners an artist needs to be listed.

        Raises
        ------
        SettingsError
            If it is not one of `LISTENERS`.
        """
        if n_listeners not in LISTENERS:
            raise SettingsError(f"Listeners are {n_listeners!r}. Give one of {', '.join(map(str, LISTENERS))}.")
        self.least_listeners = n_listeners


def checked_dial_position(position: float) -> float:
    """Clip a dial position to −1 … 1.

    Raises
    ------
    SettingsError
        If it is not finite.
    """
    if not math.isfinite(position):
        raise SettingsError(f"The position of the dial is {position!r}. Give a number from -1 to 1.")
    return max(-1.0, min(1.0, position))
