"""Which of a user's own items speak for a recommendation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector, FloatVector
from deepcuts.model.training.fold_in import ItemSide, UserPersonas
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.user_problem import UserProblem, persona_problem, settled_problem


@dataclass(frozen=True, eq=False)
class Explanation:
    """A score, divided among the user's own items.

    Parameters
    ----------
    persona
        The persona that is explained.
    score
        Its score.
    contributions
        float64, (n_pairs,): what each of the user's items adds. The sum is the score, where the diversity and the
        distinction terms have no weight; else what is missing is what they bring.
    """

    persona: int
    score: float
    contributions: DoubleVector


def explain_score(
    rows: Rows, user: UserPersonas, items: ItemSide, item: int, leans: FloatVector, persona: int | None = None
) -> Explanation:
    """Divide the score that a persona gives an item among the items of one user.

    Over the factors F where a solution x is not held at the floor, it satisfies
    A_FF x_F = Σ_j c_j r_j v_jF + μ b_F  with  A = w0 G + (ρ + μ) I + Σ_j c_j v_j v_jᵀ,
    so that a score v·x is the sum of c_j r_j w·v_j with w_F = A_FF⁻¹ v_F, and of μ w·b. The base vector b satisfies
    an equation of the same form, which divides its part among all of the user's items. A list that leans adds up both:
    (1 − lean) times the score of the persona, and lean times that of the base vector.

    Parameters
    ----------
    rows
        The row of the user.
    user
        Personas of the user.
    items
        What the user was solved with.
    item
        Index of the item to explain.
    leans
        How far each persona leaned on the base vector in the list, 0 to 1, float32, (n_personas,).
    persona
        Number of the persona; None takes the one that scores the item highest.
    """
    direction = items.factors[item].astype(np.float64)
    scores = (1 - leans) * (user.persona_factors @ direction) + leans * (user.base_factors[0] @ direction)
    persona = int(np.argmax(scores)) if persona is None else persona  # maths.md (1)
    lean = float(leans[persona])
    base = settled_problem(rows, items.scale, items.settings)
    if items.settings.n_personas == 1:
        shares = _shares(base, items, user.base_factors[0], direction, 0)[0]
        return Explanation(persona, float(scores[persona]), shares)
    split = PersonaSplit(user.personas, user.persona_indptr)
    problem = persona_problem(rows, user.base_factors, split, items.scale, items.settings)
    own, response = _shares(problem, items, user.persona_factors[persona], (1 - lean) * direction, persona)
    pull = float(problem.lean.weights[persona]) if problem.lean else 0.0
    # μ w·b and the lean of the list, by the equation of b.
    total, _ = _shares(base, items, user.base_factors[0], lean * direction + pull * response, 0)
    total[user.personas == persona] += own  # `split_by_persona` keeps the order of pairs within a persona
    return Explanation(persona, float(scores[persona]), total)


def _shares(
    problem: UserProblem, items: ItemSide, solution: FloatVector, direction: DoubleVector, row: int
) -> tuple[DoubleVector, DoubleVector]:
    """Divide direction·x among the pairs of a row x; return c_j r_j w·v_j of each, and w, which is 0 outside F."""
    own = problem.rows.block(row, row + 1)
    known = own.with_dislikes  # what is disliked has r = 0: it adds nothing, and is in A
    vectors = items.factors[known.indices].astype(np.float64)
    lean = float(problem.lean.weights[row]) if problem.lean else 0.0
    # A = S + (ρ + μ) I + Σ_j c_j v_j v_jᵀ, as in docs/maths.md, Explanation.
    a = problem.w0 * items.grams.unobserved + (float(problem.ridge[row]) + lean) * np.eye(len(solution))
    a += vectors.T @ (known.confidence[:, None] * vectors)
    free = np.flatnonzero(solution > problem.settings.lowest_user_factor)
    response = np.zeros(len(solution))
    # w_F = A_FF⁻¹ v_F: factors of x at the floor do not respond to the pairs.
    response[free] = _solved(a[np.ix_(free, free)], direction[free])
    pull = own.confidence * own.target
    return pull * (items.factors[own.indices].astype(np.float64) @ response), response


def _solved(a: DoubleMatrix, direction: DoubleVector) -> DoubleVector:
    """A⁻¹ v, or the shortest vector nearest to it where items are so long that A has lost its ridge to rounding."""
    try:
        found: DoubleVector = np.linalg.solve(a, direction)
    except np.linalg.LinAlgError:
        found = np.linalg.lstsq(a, direction)[0]
    return found
