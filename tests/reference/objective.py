"""The loss of docs/maths.md, summed term by term over dense matrices, in float64."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from deepcuts import Interactions, PersonaModel
from deepcuts.model.training.alternation import Alternation
from deepcuts.model.training.fold_in import solve_users
from deepcuts.model.training.sides import LocalSides
from deepcuts.model.training.weights import user_rows


def confidence(plays: Interactions, kind: str, scale: float) -> np.ndarray:
    """c of every pair, (n_users, n_items), 0 where there is none."""
    dense = plays.to_csr().toarray().astype(float)
    if kind == "binary":
        return (dense > 0).astype(float)
    weights = np.where(dense > 0, 1 + scale * np.log2(1 + dense), 0)
    means = [row[row > 0].mean() if row.any() else 1.0 for row in weights]
    return weights / np.array(means)[:, None]


def terms(stage: Alternation[LocalSides], plays: Interactions) -> dict[str, float]:
    """All terms, of the factors of a stage that is trained on these plays."""
    rows, problem, settings = stage.sides.problem.rows, stage.sides.problem, stage.settings
    u, v = stage.sides.factors.astype(float), stage.item_factors.astype(float)
    accuracy = 0.0
    for row in range(rows.n_rows):
        for pair in range(rows.indptr[row], rows.indptr[row + 1]):
            error = rows.target[pair] - u[row] @ v[rows.indices[pair]]
            accuracy += rows.confidence[pair] * error**2
    n_users = rows.n_rows if problem.lean is None else len(problem.lean.base)
    weights = unobserved_weights(plays, settings.unobserved_exponent - settings.item_weight_exponent)
    item_weights = np.zeros(len(v))
    np.add.at(item_weights, rows.indices, rows.confidence)
    ridge = sum(problem.ridge[row] * u[row] @ u[row] for row in range(len(u)))
    for item in range(len(v)):
        weight = item_weights[item] + problem.w0 * weights[item] * n_users
        ridge += settings.item_regularization * weight**settings.frequency_exponent * v[item] @ v[item]
    lean = 0.0
    if problem.lean is not None:
        for row in range(len(u)):
            away = u[row] - problem.lean.base[problem.lean.user_of_row[row]]
            lean += problem.lean.weights[row] * away @ away
    predicted = u @ v.T
    diversity = settings.diversity * problem.w0 / n_users * (predicted.sum(axis=0) ** 2).sum()
    distinction = 0.0
    if problem.distinction is not None:
        for user, weight in enumerate(problem.distinction.weights):
            own = u[problem.distinction.indptr[user] : problem.distinction.indptr[user + 1]]
            for p, q in combinations(own, 2):
                distinction += weight / ((p - q) @ (p - q) + problem.distinction.floor)
    return {
        "accuracy": accuracy,
        "unobserved": problem.w0 * (predicted**2 @ weights).sum(),
        "diversity": diversity,
        "ridge": ridge,
        "lean": lean,
        "distinction": distinction,
    }


def unobserved_weights(plays: Interactions, exponent: float) -> np.ndarray:
    """q of every item."""
    listeners = (plays.to_csr().toarray() > 0).sum(axis=0)
    powers = [max(1, int(n)) ** exponent for n in listeners]
    return np.array(powers) / np.mean(powers)


def base_vectors_in_training(model: PersonaModel) -> np.ndarray:
    """The base vectors under the weights that training has, which are not those that users settle with."""
    chosen = replace(model.settings, n_personas=1, settled_unobserved_scale=1, settled_regularization_scale=1)
    items = replace(model.item_side, settings=chosen)
    return solve_users(user_rows(model.seen, chosen), items).base_factors.astype(float)


def best_scores(model: PersonaModel) -> np.ndarray:
    """x̂ = max over personas, (n_users, n_items)."""
    scores = model.persona_factors.astype(float) @ model.item_factors.astype(float).T
    bounds = zip(model.persona_indptr[:-1], model.persona_indptr[1:], strict=True)
    return np.array([scores[first:last].max(axis=0) for first, last in bounds])
