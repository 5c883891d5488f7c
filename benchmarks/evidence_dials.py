"""Positions of the rarity dial that the evidence looks at, and figures at a level of novelty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from deepcuts.recommendation.settings import RarityForm

LEVELS = np.arange(4.5, 6.51, 0.25)  # bits of novelty@20
STRENGTHS = {  # so that every form covers the levels with every system
    "norm": np.arange(-0.2, 1.61, 0.2),
    "shift": np.arange(-0.25, 2.01, 0.25),
    "power": np.arange(-0.05, 0.41, 0.05),
}


def positions() -> Iterator[dict[str, Any]]:
    """Settings of lists: every form of the dial at some strengths."""
    for dial in get_args(RarityForm):
        for strength in STRENGTHS[dial]:
            yield {"dial": dial, "strength": float(strength)}


def at_levels(points: Sequence[dict[str, Any]], figure: str) -> np.ndarray:
    """Return a figure at the levels, between the positions on both sides of each, by straight lines; NaN beyond them.

    Parameters
    ----------
    points
        Figures at positions of one form of the dial, means over seeds.
    figure
        Which one.
    """
    ordered = sorted(points, key=lambda point: point["novelty@20"])
    novelty = [point["novelty@20"] for point in ordered]
    return np.interp(LEVELS, novelty, [point[figure] for point in ordered], left=np.nan, right=np.nan)
