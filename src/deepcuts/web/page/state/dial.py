"""A calibrated dial: equal steps of its position change how rare a list is by about equal amounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import DoubleVector

# Rarities that are tried. Most of the change lies at the rare end; beyond it, items have hardly any listeners.
_RARITIES = np.array([-1.5, -1.0, -0.5, 0.0, 0.5, 0.9, 1.2, 1.4, 1.6, 1.75])
_NEUTRAL = int(np.flatnonzero(_RARITIES == 0)[0])


@dataclass(frozen=True, eq=False)
class DialCalibration:
    """Which rarity each position of the dial stands for: −1 familiar, 0 neutral, 1 deep cuts.

    Parameters
    ----------
    novelties
        float64, (n_rarities,): novelty of the visitor's list, in bits, at each of the rarities tried; never falling.
    """

    novelties: DoubleVector

    @classmethod
    def of(cls, novelty_at: Callable[[float], float]) -> DialCalibration:
        """Compute lists at all of `_RARITIES`.

        Parameters
        ----------
        novelty_at
            Novelty, in bits, of the list at a rarity.
        """
        # np.interp needs novelties that do not fall.
        return cls(np.maximum.accumulate([novelty_at(float(rarity)) for rarity in _RARITIES]))

    def rarity(self, position: float) -> float:
        """Rarity of a position, interpolated so that novelty is linear in it on each half; 0 is exactly neutral.

        Parameters
        ----------
        position
            Clipped to −1 … 1.
        """
        position = float(np.clip(position, -1, 1))
        if position == 0:
            return 0.0
        half = slice(_NEUTRAL, None) if position > 0 else slice(None, _NEUTRAL + 1)
        novelties, rarities = self.novelties[half], _RARITIES[half]
        if novelties[-1] - novelties[0] < 1e-9:  # no rarity changes the list: spread the rarities evenly instead
            return float(position * np.abs(rarities).max())
        # The wanted novelty lies between neutral and the end of this half; its rarity is read off the curve.
        neutral, extreme = self.novelties[_NEUTRAL], novelties[-1] if position > 0 else novelties[0]
        return float(np.interp(neutral + abs(position) * (extreme - neutral), novelties, rarities))
