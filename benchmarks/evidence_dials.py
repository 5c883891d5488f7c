"""Positions of the rarity dial that the evidence looks at, and figures at a level of novelty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from deepcuts.recommendation.settings import RarityForm

LEVELS = np.arange(4.5, 6.51, 0.25)  # bits of novelty@20
TURNS = np.arange(-0.25, 1.26, 0.25)  # rarities, which are the same turn for every form


def positions() -> Iterator[dict[str, Any]]:
    """Settings of lists: every form of the dial at every turn."""
    for dial in get_args(RarityForm):
        for turn in TURNS:
            yield {"dial": dial, "rarity": float(turn)}


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
