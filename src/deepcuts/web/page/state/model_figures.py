"""Figures about a model, for those who want to look into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model import PersonaModel

Point = tuple[float, ...]

_CURVE_POINTS = 120
_MOST_JUDGED = 2_000  # users whose lists are judged by a holdout
_RARITIES = (-0.5, 0.0, 0.5, 0.9, 1.2)
_N_FACTORS_SHOWN = 24
_N_FACTOR_ITEMS = 6


@dataclass(frozen=True)
class Line:
    """A line of a figure; points are x, y and, where they are marked, the rarity that they stand for."""

    name: str
    points: list[Point]


@dataclass(frozen=True)
class Factor:
    """A factor: its name, its share of all scores, the artists that stand for it."""

    name: str
    share: float
    artists: list[str]


def losses(model: PersonaModel) -> list[Line]:
    """Loss by epoch, one line per stage; the stages are not comparable."""
    stages: dict[str, list[Point]] = {}
    for epoch in model.epochs:
        stages.setdefault(epoch.stage, []).append((float(epoch.number), epoch.loss))
    return [Line(stage, points) for stage, points in stages.items() if len(points) > 1]


def popularity(model: PersonaModel) -> list[Line]:
    """Listeners of the artists by rank, at ranks that are spread evenly over a log scale."""
    listeners = np.sort(model.item_listeners)[::-1]
    ranks = np.unique(np.geomspace(1, len(listeners), _CURVE_POINTS).round().astype(int))
    return [Line("listeners", [(float(rank), float(listeners[rank - 1])) for rank in ranks if listeners[rank - 1]])]


def persona_counts(model: PersonaModel) -> list[Line]:
    """Share of users by their effective number of personas, in 24 bins from 1 to the largest."""
    mixed = effective_personas(model.persona_shares, model.persona_indptr)
    edges = np.linspace(1, max(float(mixed.max()), 1.5), 25)
    counted, _ = np.histogram(mixed, edges)
    return [Line("users", [(float(x), float(y)) for x, y in zip(edges[:-1], counted / len(mixed), strict=True)])]


def persona_sizes(model: PersonaModel) -> list[float]:
    """Mean share of the largest persona of a user, of the second, and so on; users who lack it count as 0."""
    sizes = np.diff(model.persona_indptr)
    place = np.arange(len(model.persona_shares)) - np.repeat(model.persona_indptr[:-1], sizes)
    totals = np.bincount(place, model.persona_shares.astype(np.float64))
    return [float(total) for total in totals / len(sizes)]


def gallery(model: PersonaModel) -> list[Factor]:
    """The factors through which most of all scores come, the largest first."""
    table = model.factors(n_items=_N_FACTOR_ITEMS).to_pylist()
    rows = [table[first : first + _N_FACTOR_ITEMS] for first in range(0, len(table), _N_FACTOR_ITEMS)]
    factors = [Factor(own[0]["factor_name"], own[0]["share"], [row["name"] for row in own]) for own in rows]
    return sorted(factors, key=lambda factor: -factor.share)[:_N_FACTORS_SHOWN]


def frontier(model: PersonaModel, holdout: Interactions) -> list[Line]:
    """Recall and novelty of lists of 20, at several turns of the dial, with personas and without.

    Raises
    ------
    DataError
        If the holdout has no user of the model.
    """
    from deepcuts.evaluation import evaluate

    known = np.flatnonzero(model.user_ids.indexes_of(holdout.user_ids.values) >= 0)[:_MOST_JUDGED]
    if not len(known):
        raise DataError("No user of the holdout is in the model. Give the holdout that was split from its plays.")
    users = holdout.user_ids.take(known).to_pylist()
    held = holdout.keep_pairs(np.isin(holdout.user_of_pair(), known))
    wanted = {"recall": [20], "novelty": [20]}
    lines = []
    for name, source in (("personas", model), ("one persona", model.base)):
        points: list[Point] = []
        for rarity in _RARITIES:
            judged = evaluate(source.recommend(users, k=20, rarity=rarity), model.seen, held, wanted).figures
            points.append((judged["novelty@20"], judged["recall@20"], rarity))
        lines.append(Line(name, points))
    return lines
