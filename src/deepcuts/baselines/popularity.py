"""The same list for everyone: the items that most users have played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deepcuts.baselines.scored import SameScores, ScoredModel
from deepcuts.ingest import PlaysLike, as_plays


@dataclass(frozen=True)
class Popularity:
    """Score of an item: the number of its listeners."""

    draws: ClassVar[bool] = False  # the seed changes nothing

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Count listeners; `seed` changes nothing."""
        plays = as_plays(plays)
        return ScoredModel.of_users(plays, SameScores(plays.item_listeners.astype(np.float32)))
