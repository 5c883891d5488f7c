"""What a report tells of whatever makes lists: models, variants of them and baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import stdev

from deepcuts.report.facts.estimates import Band, Difference, Estimate
from deepcuts.report.published import published_as


@dataclass(frozen=True)
class DialPosition:
    """Lists at one rarity: the figures of the frontiers, by name."""

    rarity: float
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class ExposureFacts:
    """How often the items are listed, by exposure rank: 1 is the item in the most lists.

    Parameters
    ----------
    edges
        Bounds of the bars, in exposure ranks.
    shares
        Share of all recommendations, each an item in a list, that fall into each bar.
    concentration
        (share of the catalogue, share of recommendations that its most listed items have), from 0 to 1.
    fitted_lambda
        1 / mean exposure rank of a recommendation: the rate of the fitted exponential.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    concentration: tuple[tuple[float, float], ...] = field(metadata=published_as("places"))
    fitted_lambda: float


@dataclass(frozen=True)
class Duel:
    """Users whose lists of a contender are better, as good, or worse than those of the first one, by the accuracy."""

    better: int
    alike: int
    worse: int


@dataclass(frozen=True)
class ContenderFacts:
    """Whatever makes lists: a model, a variant of it, or a baseline.

    Parameters
    ----------
    name
        As in the legend.
    about
        What it is, in a line.
    figures
        At the neutral dial, with intervals where they are means over users.
    seeds
        The same figures of every training, where any contender had several with different seeds; all else but the
        seconds is the mean over them, and its intervals are those of the mean. A model given with one seed has one.
    differences
        From the first contender, by figure; empty for the first.
    dial
        Its lists at each position of the dial, rarity ascending.
    exposure
        Of its lists at the neutral dial.
    duel
        Users for whom it is better than the first contender; None for the first.
    recall_curve
        (k, recall at k), k ascending.
    fit_seconds, list_seconds
        Seconds to train it, NaN where it was trained before, and to make the lists of all users at the neutral dial.
    by_history, by_popularity
        Accuracy by the length of the user's history, and by the popularity of the held-out items.
    """

    name: str
    about: str
    figures: Mapping[str, Estimate]
    seeds: tuple[Mapping[str, float], ...]
    differences: Mapping[str, Difference]
    dial: tuple[DialPosition, ...] = field(metadata=published_as("turns"))
    exposure: ExposureFacts
    duel: Duel | None
    recall_curve: tuple[tuple[int, Estimate], ...]
    fit_seconds: float
    list_seconds: float
    by_history: tuple[Band, ...]
    by_popularity: tuple[Band, ...]

    def spread(self, figure: str) -> float:
        """Standard deviation of a figure over the seeds; NaN with fewer than two."""
        values = [one[figure] for one in self.seeds]
        return stdev(values) if len(values) > 1 else math.nan
