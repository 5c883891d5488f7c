"""Settings of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from deepcuts.checks import real_number, whole_number
from deepcuts.errors import SettingsError
from deepcuts.recommendation.settings import MOST_RARITY
from deepcuts.report.published import published_as
from deepcuts.setting_names import refusing_unknown

ACCURACIES = ("recall", "precision", "ndcg", "map", "mrr", "hit_rate")

RARITIES = (-0.5, -0.25, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """How much a report shows, and on which axes.

    Parameters
    ----------
    k
        Length of the lists on the frontiers, at least 1.
    accuracy
        Metric of accuracy: recall, precision, ndcg, map, mrr or hit_rate.
    rarities
        Positions of the dial for the frontiers, each between −4 and 4; 0, the neutral one, is always among them.
    n_factors
        The most factors of each model to show, at least 0.
    n_listeners
        How many listeners' lists to show, at least 0.
    listeners
        Their ids; empty chooses listeners with many, a middling number and few effective personas.
    seed
        Of the bootstrap, and of the training of baselines, at least 0.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    k: int = 20
    accuracy: str = "recall"
    rarities: Sequence[float] = field(default=RARITIES, metadata=published_as("turns"))
    n_factors: int = 12
    n_listeners: int = 3
    listeners: Sequence[str] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.accuracy not in ACCURACIES:
            raise SettingsError(f"accuracy is {self.accuracy!r}. Choose from {', '.join(ACCURACIES)}.")
        for name, least in (("k", 1), ("n_factors", 0), ("n_listeners", 0), ("seed", 0)):
            object.__setattr__(self, name, whole_number(name, getattr(self, name), least))
        object.__setattr__(self, "rarities", tuple(self.rarities))
        for rarity in self.rarities:
            real_number("A rarity", rarity, -MOST_RARITY, MOST_RARITY)
        # Frozen; 0 is added, ascending and each once.
        object.__setattr__(self, "rarities", tuple(sorted({0.0, *map(float, self.rarities)})))
