"""The same list for everyone: the items that most users have played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deepcuts.baselines.scored import ScoredModel
from deepcuts.ingest import PlaysLike, as_plays


@dataclass(frozen=True)
class Popularity:
    """Score of an item: the number of its listeners."""

    draws: ClassVar[bool] = False  # the seed changes nothing

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Count listeners; `seed` changes nothing."""
        plays = as_plays(plays)
        listeners = plays.item_listeners.astype(np.float32)
        return ScoredModel.of_users(plays, lambda rows: np.repeat(listeners[None, :], len(rows), axis=0))
