"""A dial for people: equal steps change how rare a list is by about equal amounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Rarities that are tried. Most of the change lies at the rare end; beyond it, lists hold what next to nobody plays.
_RARITIES = np.array([-1.5, -1.0, -0.5, 0.0, 0.5, 0.9, 1.2, 1.4, 1.6, 1.75])
_NEUTRAL = int(np.flatnonzero(_RARITIES == 0)[0])


@dataclass(frozen=True, eq=False)
class DialCalibration:
    """What turns of the dial mean for one visitor: −1 familiar, 0 neutral, 1 deep cuts.

    Parameters
    ----------
    novelties
        float64, (n_rarities,): novelty of the visitor's list, in bits, at each of the rarities tried; never falling.
    """

    novelties: np.ndarray

    @classmethod
    def of(cls, novelty_at: Callable[[float], float]) -> DialCalibration:
        """Try some rarities.

        Parameters
        ----------
        novelty_at
            Novelty of the list of a rarity.
        """
        return cls(np.maximum.accumulate([novelty_at(float(rarity)) for rarity in _RARITIES]))

    def rarity(self, turn: float) -> float:
        """Return the rarity of a turn, from −1 to 1; 0 is exactly neutral."""
        turn = float(np.clip(turn, -1, 1))
        if turn == 0:
            return 0.0
        side = slice(_NEUTRAL, None) if turn > 0 else slice(None, _NEUTRAL + 1)
        novelties, rarities = self.novelties[side], _RARITIES[side]
        if novelties[-1] - novelties[0] < 1e-9:  # nothing rarer, or nothing more familiar, to be had
            return float(turn * np.abs(rarities).max())
        wanted = self.novelties[_NEUTRAL] + abs(turn) * (
            (novelties[-1] if turn > 0 else novelties[0]) - self.novelties[_NEUTRAL]
        )
        return float(np.interp(wanted, novelties, rarities))
