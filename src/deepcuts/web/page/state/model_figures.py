"""Figures about a model: curves, sizes of personas, factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.data.csr import row_of_entry
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model import PersonaModel

Point = tuple[float, ...]

_CURVE_POINTS = 120
_N_BINS = 24
_MOST_EVALUATED = 2_000  # users whose lists are compared with a holdout
_RARITIES = (-0.5, 0.0, 0.5, 0.9, 1.2)
_LIST_LENGTH = 20
_N_FACTORS = 24
_N_FACTOR_ITEMS = 6


@dataclass(frozen=True)
class Line:
    """A line of a figure; points are x, y and, where they are marked, the rarity that they stand for."""

    name: str
    points: list[Point]


@dataclass(frozen=True)
class Factor:
    """A factor: its name, its share of all scores, the artists with the largest weights."""

    name: str
    share: float
    artists: list[str]


@dataclass(frozen=True)
class ModelFigures:
    """All figures about one model.

    Parameters
    ----------
    model
        The model.
    losses
        Loss by epoch, one line per stage of training.
    popularity
        Listeners of artists by rank.
    effective_personas
        Share of users by number of effective personas.
    persona_sizes
        Mean share of the largest persona, of the second, and so on.
    factors
        Those with the largest shares of all scores.
    accuracy
        Recall against novelty, a line each with personas and without; empty without a holdout.
    """

    model: PersonaModel
    losses: list[Line]
    popularity: list[Line]
    effective_personas: list[Line]
    persona_sizes: list[float]
    factors: list[Factor]
    accuracy: list[Line]


def compute_figures(model: PersonaModel, holdout: Interactions | None) -> ModelFigures:
    """Compute all figures.

    Raises
    ------
    DataError
        If the holdout has no user of the model.
    """
    return ModelFigures(
        model,
        loss_lines(model),
        popularity_lines(model),
        effective_persona_lines(model),
        mean_persona_sizes(model),
        largest_factors(model),
        accuracy_lines(model, holdout) if holdout is not None else [],
    )


def loss_lines(model: PersonaModel) -> list[Line]:
    """Loss by epoch, one line per stage; the stages are not comparable."""
    stages: dict[str, list[Point]] = {}
    for epoch in model.epochs:
        stages.setdefault(epoch.stage, []).append((float(epoch.number), epoch.loss))
    return [Line(stage, points) for stage, points in stages.items() if len(points) > 1]


def popularity_lines(model: PersonaModel) -> list[Line]:
    """Listeners of the artists by rank, at ranks that are spread evenly over a log scale."""
    listeners = np.sort(model.item_listeners)[::-1]
    # Rounding makes the first ranks equal.
    ranks = np.unique(np.geomspace(1, len(listeners), _CURVE_POINTS).round().astype(int))
    return [Line("listeners", [(float(rank), float(listeners[rank - 1])) for rank in ranks if listeners[rank - 1]])]


def effective_persona_lines(model: PersonaModel) -> list[Line]:
    """Share of users by number of effective personas, in equal bins; users without plays are left out."""
    n_effective = effective_personas(model.persona_shares, model.persona_indptr)
    n_effective = n_effective[np.isfinite(n_effective)]
    edges = np.linspace(1, max(float(n_effective.max()), 1.5), _N_BINS + 1)
    n_users, _ = np.histogram(n_effective, edges)
    shares = n_users / len(n_effective)
    return [Line("users", [(float(x), float(y)) for x, y in zip(edges[:-1], shares, strict=True)])]


def mean_persona_sizes(model: PersonaModel) -> list[float]:
    """Mean share of the largest persona of a user, of the second, and so on; users who lack it count as 0."""
    indptr = model.persona_indptr
    number = np.arange(indptr[-1]) - indptr[row_of_entry(indptr)]
    # Sums by number of the persona within its user.
    totals = np.bincount(number, model.persona_shares.astype(np.float64))
    return [float(total) for total in totals / (len(indptr) - 1)]


def largest_factors(model: PersonaModel) -> list[Factor]:
    """The factors with the largest shares of all scores, the largest first."""
    table = model.factors(n_items=_N_FACTOR_ITEMS).to_pylist()
    rows = [table[first : first + _N_FACTOR_ITEMS] for first in range(0, len(table), _N_FACTOR_ITEMS)]
    factors = [Factor(own[0]["factor_name"], own[0]["share"], [row["name"] for row in own]) for own in rows]
    return sorted(factors, key=lambda factor: -factor.share)[:_N_FACTORS]


def accuracy_lines(model: PersonaModel, holdout: Interactions) -> list[Line]:
    """Recall and novelty of lists of 20, at several rarities, with personas and without.

    Raises
    ------
    DataError
        If the holdout has no user of the model.
    """
    from deepcuts.evaluation import evaluate

    known = np.flatnonzero(model.user_ids.indexes_of(holdout.user_ids.values) >= 0)[:_MOST_EVALUATED]
    if not len(known):
        raise DataError("No user of the holdout is in the model. Give the holdout that was split from its plays.")
    users = holdout.user_ids.take(known).to_pylist()
    holdout = holdout.keep_pairs(np.isin(holdout.user_of_pair(), known))
    cutoffs = {"recall": [_LIST_LENGTH], "novelty": [_LIST_LENGTH]}
    lines = []
    for name, source in (("personas", model), ("one persona", model.base)):
        points: list[Point] = []
        for rarity in _RARITIES:
            lists = source.recommend(users, k=_LIST_LENGTH, rarity=rarity)
            values = evaluate(lists, model.seen, holdout, cutoffs).figures
            points.append((values["novelty@20"], values["recall@20"], rarity))
        lines.append(Line(name, points))
    return lines
