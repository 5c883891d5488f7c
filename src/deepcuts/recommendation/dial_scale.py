"""The scale of the rarity dial: which strength of a form each position stands for, measured on the lists of a source.

A position r from −1, familiar, over 0, neutral, to 1, deep cuts, asks for lists of a novelty of, maths.md (20a),

    n(r) = n₀ + |r| · (n₂ − n₀) / 2        n₂ = n_deep if r > 0, else n_familiar

with n₀ the mean novelty of neutral lists, n_deep that of the whole catalogue, which is that of lists drawn blindly, and
n_familiar that of the most popular items. So 1 is half-way from neutral to blind and −1 half-way to the charts, for
every source and every form, and equal steps change novelty equally, beyond 1 and −1 too. The strength that brings n(r)
is read off a curve: mean novelties of the lists of some users at growing strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import get_args

import numpy as np

from deepcuts.array_types import BoolVector, DoubleVector, IndexVector
from deepcuts.data.popularity import item_novelties
from deepcuts.recommendation.factored import lists_from_factors
from deepcuts.recommendation.item_index import tiled_items_of
from deepcuts.recommendation.scored import lists_from_scores
from deepcuts.recommendation.settings import MOST_STRENGTH, BaseLean, Frequency, ListSettings, Mix, RarityForm
from deepcuts.recommendation.source import ScoreSource, has_factors
from deepcuts.recommendation.weak_cache import WeakCache

_STRENGTHS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.2, 1.5, 1.8, 2.2, 2.8, MOST_STRENGTH)
_DEPTH = 20  # length of the lists that are measured
_MOST_USERS = 128  # whose lists are measured
_MOST_SCORES = 8_000_000  # of them, where all items are scored; a user has a few rows

Way = tuple[RarityForm, Mix, Frequency]
WAYS: tuple[Way, ...] = tuple(product(get_args(RarityForm), get_args(Mix), get_args(Frequency)))
MOST_POINTS = len(_STRENGTHS)  # of a curve


@dataclass(frozen=True, eq=False)
class DialCurve:
    """Novelty of lists at growing strengths, on one side of neutral; on the familiar side, novelties are negative.

    Parameters
    ----------
    novelties
        Mean novelty in bits at the first of `_STRENGTHS`, up to the first that reaches `farthest`.
    farthest
        n₂, in bits; infinite where neutral lists are beyond it.
    """

    novelties: tuple[float, ...]
    farthest: float

    def strength(self, position: float) -> float:
        """Strength at a position without its sign: from 0 to 1, and beyond as far as lists still change."""
        rising = np.maximum.accumulate(self.novelties)  # np.interp needs novelties that do not fall
        neutral = rising[0]
        end = min((neutral + self.farthest) / 2, rising[-1])
        if end <= neutral:  # no strength changes the lists: positions are strengths
            return position
        return float(np.interp(neutral + position * (end - neutral), rising, _STRENGTHS[: len(rising)]))


@dataclass(frozen=True, eq=False)
class DialScale:
    """Curves of a source by the way its lists are made, each measured when it is first asked for.

    Parameters
    ----------
    sample
        Users whose lists are measured, where these are not of the source that asks.
    curves
        Those that were measured, by way and sign.
    allowed
        bool, (n_items,): the only items that the lists may have; None for all.
    base_weight, base_lean
        Those of the lists.
    """

    sample: ScoreSource | None = None
    curves: dict[tuple[Way, int], DialCurve] = field(default_factory=dict)
    allowed: BoolVector | None = None
    base_weight: float = ListSettings.base_weight
    base_lean: BaseLean = ListSettings.base_lean

    def strength(self, source: ScoreSource, settings: ListSettings, position: float) -> float:
        """Strength of a form at a position of the dial; 0 is exactly neutral.

        Parameters
        ----------
        source
            Whose lists are measured, unless there is a sample.
        settings
            How its lists are made.
        position
            From −1 to 1, and beyond.
        """
        if position == 0:
            return 0.0
        sign = 1 if position > 0 else -1
        curve = self.curve(source, (settings.dial, settings.mix, settings.frequency), sign)
        return sign * curve.strength(abs(position))

    def curve(self, source: ScoreSource, way: Way, sign: int) -> DialCurve:
        """Return the curve of a way to make lists, measured when it is first asked for."""
        if (way, sign) not in self.curves:
            dial, mix, frequency = way
            lists = ListSettings(k=_DEPTH, dial=dial, mix=mix, frequency=frequency)
            settings = replace(lists, base_weight=self.base_weight, base_lean=self.base_lean)
            measured = source if self.sample is None else self.sample
            allowed = np.ones(len(source.item_ids), np.bool_) if self.allowed is None else self.allowed
            self.curves[way, sign] = _measure(measured, settings, allowed, sign)
        return self.curves[way, sign]


_scales: WeakCache[DialScale] = WeakCache()


def scale_of(source: ScoreSource) -> DialScale:
    """Return the scale that a source brings along, or else its own, which is kept as long as it lives."""
    brought: DialScale | None = getattr(source, "dial_scale", None)
    return _scales.get(source, DialScale) if brought is None else brought


def in_strengths(source: ScoreSource, settings: ListSettings) -> ListSettings:
    """Give settings the strengths that their positions of the dial stand for."""
    if settings.strength is not None:
        return settings
    scale = scale_of(source)
    positions = settings.rarities()
    strengths = {persona: scale.strength(source, settings, position) for persona, position in positions.items()}
    return replace(settings, rarity=0.0, strength=strengths)


def measured_users(source: ScoreSource) -> IndexVector:
    """Indexes of the users whose lists are measured: at even distances, int64, ascending."""
    return measured_indexes(len(source.user_ids), len(source.item_ids))


def measured_indexes(n_users: int, n_items: int) -> IndexVector:
    """Indexes that `measured_users` takes of so many users, where there are so many items."""
    most = min(_MOST_USERS, max(1, _MOST_SCORES // max(1, n_items)))
    return np.unique(np.linspace(0, n_users - 1, min(n_users, most)).astype(np.int64))


def _measure(source: ScoreSource, settings: ListSettings, allowed: BoolVector, sign: int) -> DialCurve:
    """Make lists at growing strengths, until they are as rare, or as familiar, as n₂.

    Parameters
    ----------
    source
        Whose lists.
    settings
        How they are made.
    allowed
        bool, (n_items,): the items that they may have.
    sign
        1 towards rare, −1 towards familiar.
    """
    bits = sign * item_novelties(source.item_listeners, source.n_listeners)
    users, novelties, farthest = measured_users(source), list[float](), np.inf
    for strength in _STRENGTHS:
        novelties.append(_mean_of_listed(source, users, allowed, replace(settings, strength=sign * strength), bits))
        if strength == 0:
            farthest = _farthest(novelties[0], bits[allowed], sign)
        if novelties[-1] >= farthest:
            break
    return DialCurve(tuple(novelties), farthest)


def _farthest(neutral: float, bits: DoubleVector, sign: int) -> float:
    """n₂ with its sign: the mean of all items, or of as many of the most popular as lists are long."""
    if not len(bits):
        return np.inf
    mean = float(bits.mean() if sign > 0 else np.sort(bits)[-_DEPTH:].mean())
    return mean if mean > neutral else np.inf


def _mean_of_listed(
    source: ScoreSource, users: IndexVector, allowed: BoolVector, settings: ListSettings, bits: DoubleVector
) -> float:
    """Mean of a value of the items in the lists of some users; 0 where nothing is listed."""
    tiled_items = None
    if has_factors(source):
        tiled_items = tiled_items_of(source.item_factors)
    if has_factors(source) and tiled_items is not None:
        lists = lists_from_factors(source, tiled_items, users, allowed, settings)
    else:
        lists = lists_from_scores(source, users, allowed, settings)
    listed = lists.items[lists.items >= 0]
    return float(bits[listed].mean()) if len(listed) else 0.0
