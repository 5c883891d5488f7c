"""The dial from familiar to rare: one operation per item, no refitting."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import dense_lists as ranking


def item_frequency(counts: np.ndarray, total: float) -> np.ndarray:
    """Smoothed frequency of every item: (count + 1) / (total + 1), in (0, 1].

    Parameters
    ----------
    counts
        (n_items,): listeners, or plays, of each item.
    total
        Users, or plays in all.
    """
    return np.asarray((counts + 1.0) / (total + 1.0))


def commonness(frequency: np.ndarray) -> np.ndarray:
    """Log frequency with mean 0 and standard deviation 1 over the items, float32; all 0 where all are alike."""
    logs = np.log(frequency)
    spread = logs.std()
    centred: np.ndarray = (logs - logs.mean()) / (spread if spread > 0 else 1.0)
    return centred.astype(np.float32)


def apply_power(scores: np.ndarray, rarities: np.ndarray, frequency: np.ndarray) -> None:
    """Multiply every row of scores by frequency ** −rarity, in place; scores are at least 0 or −inf."""
    for rarity in np.unique(rarities[rarities != 0]):
        scores[rarities == rarity] *= (frequency**-rarity).astype(np.float32)


def apply_shift(scores: np.ndarray, rarities: np.ndarray, spreads: np.ndarray, frequency: np.ndarray) -> None:
    """Subtract rarity · spread · z from every row of scores, in place, with z of `commonness`."""
    if np.any(rarities):
        amounts = (rarities * spreads).astype(np.float32)
        ranking.shift(scores, read_only(amounts), read_only(commonness(frequency)))
