"""Solve for users with items fixed: the last step of training, and all of fold-in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector, Indptr, PersonaVector
from deepcuts.errors import SettingsError
from deepcuts.kernels.threads import threads_for
from deepcuts.model.training.epochs import UserProgress
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.persona_split import PersonaSplit, initial_split, most_personas, one_persona, reassign
from deepcuts.model.training.rows import Rows, persona_row_of_pair
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import CONVERGED, ItemGrams
from deepcuts.model.training.user_problem import UserProblem, persona_problem, settled_problem

_BLOCK_PAIRS = 2_000_000  # of users solved together; bounds the copies that a block makes, not what comes out
_MAJORISATIONS = 10  # solutions with the distinction term majorised at the last one, maths.md (13)
_REASSIGNMENTS = 3  # docs/maths.md, Training: "three times over"


@dataclass(frozen=True, eq=False)
class UserPersonas:
    """Solutions of users: their base vectors and their personas.

    Parameters
    ----------
    base_factors
        float32, (n_users, n_factors): the single-vector solution.
    persona_factors
        float32, (n_rows, n_factors).
    persona_indptr
        int64, (n_users + 1,): the personas of user u are the rows ``persona_indptr[u]:persona_indptr[u + 1]``.
    persona_shares
        float32, (n_rows,): share of the user's items that belong to each persona, falling within a user.
    personas
        int8, (n_pairs,): the persona that each pair of the plays belongs to.
    """

    base_factors: FloatMatrix
    persona_factors: FloatMatrix
    persona_indptr: Indptr
    persona_shares: FloatVector
    personas: PersonaVector


@dataclass(frozen=True, eq=False)
class ItemSide:
    """Everything that a user's solution depends on besides the user's own plays.

    Parameters
    ----------
    factors
        float32, (n_items, n_factors).
    unobserved_weights
        q, float32, (n_items,), with a mean of 1: weight of a pair that was not observed, in multiples of w0.
    grams
        Gram matrices of the factors.
    user_factor_sum
        float64, (n_factors,): sum of the rows of all users in training.
    scale
        Sizes of the training data.
    settings
        Hyperparameters.
    seed
        Seed of the split.
    """

    factors: FloatMatrix
    unobserved_weights: FloatVector
    grams: ItemGrams
    user_factor_sum: DoubleVector
    scale: Scale
    settings: PersonaSettings
    seed: int

    @classmethod
    def of(
        cls,
        factors: FloatMatrix,
        unobserved_weights: FloatVector,
        user_factor_sum: DoubleVector,
        scale: Scale,
        settings: PersonaSettings,
        seed: int,
    ) -> ItemSide:
        """Compute the Gram matrices; the other fields are as given."""
        grams = ItemGrams.of(factors, unobserved_weights)
        return cls(factors, unobserved_weights, grams, user_factor_sum, scale, settings, seed)


def solve_users(rows: Rows, items: ItemSide, on_users: UserProgress = lambda n_users: None) -> UserPersonas:
    """Find the base vector and the personas of every user, each on their own, with items fixed.

    Parameters
    ----------
    rows
        One row per user.
    items
        What the users' solutions depend on.
    on_users
        Called with the number of users done so far.
    """
    blocks = user_blocks(rows.indptr)
    with threads_for(len(rows.indices)):
        if len(blocks) == 1:  # small data and usual fold-in: no buffers, so no second copy
            users = _solve_block(rows, items)
            check_finite(users.persona_factors, items.settings)
            on_users(rows.n_rows)
            return users
        buffers = PersonaBuffers(rows, items)
        for first, last in blocks:
            buffers.add(first, last, _solve_block(rows.block(first, last), items))
            on_users(last)
    found = buffers.user_personas()
    check_finite(found.persona_factors, items.settings)
    return found


def check_finite(factors: FloatMatrix, settings: PersonaSettings) -> None:
    """Refuse factors of which some are NaN or infinite.

    Parameters
    ----------
    factors
        float32, (n_rows, n_factors).
    settings
        What they were found with, for the message.

    Raises
    ------
    SettingsError
        Naming the settings that make problems ill-conditioned.
    """
    if np.isfinite(factors.sum(dtype=np.float64)):  # one NaN or infinity makes the sum one
        return
    names = ("nonnegative", "user_regularization", "item_regularization", "unobserved_ratio", "lean", "distinction")
    given = ", ".join(f"{name}={getattr(settings, name)!r}" for name in names)
    raise SettingsError(
        f"Some factors are not finite, with {given} and the other settings as given. Pass nonnegative='both', raise "
        "the regularization, or bring the others nearer to their defaults."
    )


def _solve_block(rows: Rows, items: ItemSide) -> UserPersonas:
    # A row of the base has one minimum, so any start will do.
    zeros = np.zeros((rows.n_rows, items.factors.shape[1]), np.float32)
    base = solve_exactly(settled_problem(rows, items.scale, items.settings), items, zeros)
    return split_users(rows, base, items) if items.settings.n_personas > 1 else as_one_persona(rows, base)


def solve_exactly(problem: UserProblem, items: ItemSide, start: FloatMatrix) -> FloatMatrix:
    """Solve for rows to convergence, in place; where a term is majorised, again from there, a fixed number of times."""
    for _ in range(1 if problem.distinction is None else _MAJORISATIONS):
        # The sum over all users stands still: what one user adds to it does not count, in training as in fold-in.
        problem.solve(items.factors, items.grams, start, CONVERGED, items.user_factor_sum)
    return start


def as_one_persona(rows: Rows, base: FloatMatrix) -> UserPersonas:
    """Take every base vector as its user's only persona."""
    split = one_persona(rows)
    # Personas are the base array itself, not a copy; files store it once.
    return UserPersonas(base, base, split.persona_indptr, np.ones(rows.n_rows, np.float32), split.personas)


def split_users(rows: Rows, base: FloatMatrix, items: ItemSide) -> UserPersonas:
    """Split users and solve for their personas; as often as pairs may change their persona, split and solve again."""
    settings = items.settings
    split = initial_split(rows, items.factors, base, settings, items.seed)
    factors = solve_personas(rows, base, split, items)
    if settings.reassignment != "kept" or settings.merge_cosine <= 1:  # no cosine is above 1
        for _ in range(_REASSIGNMENTS):
            split = reassign(rows, items.factors, factors, split, settings.reassignment, settings.merge_cosine)
            factors = solve_personas(rows, base, split, items)
    return with_shares(rows, base, factors, split)


def with_shares(rows: Rows, base: FloatMatrix, factors: FloatMatrix, split: PersonaSplit) -> UserPersonas:
    """Put the solution of a split together with the share of the user's pairs that each persona has."""
    row_of_pair = persona_row_of_pair(rows, split.personas, split.persona_indptr)
    n_pairs = np.bincount(row_of_pair, minlength=len(factors))
    n_items = np.repeat(np.diff(rows.indptr), np.diff(split.persona_indptr))
    shares = (n_pairs / np.maximum(n_items, 1)).astype(np.float32)
    return UserPersonas(base, factors, split.persona_indptr, shares, split.personas)


def solve_personas(rows: Rows, base: FloatMatrix, split: PersonaSplit, items: ItemSide) -> FloatMatrix:
    """Solve for the personas of a split, float32, (n_rows, n_factors)."""
    problem = persona_problem(rows, base, split, items.scale, items.settings)
    return solve_exactly(problem, items, np.repeat(base, np.diff(split.persona_indptr), axis=0))


def user_blocks(indptr: Indptr) -> list[tuple[int, int]]:
    """Cut users into blocks of about `_BLOCK_PAIRS` pairs: first user, and the one after the last."""
    n_users = len(indptr) - 1
    # A block ends with the user whose pairs reach the next multiple of _BLOCK_PAIRS; users are never cut.
    ends = np.searchsorted(indptr, np.arange(_BLOCK_PAIRS, indptr[-1] + _BLOCK_PAIRS, _BLOCK_PAIRS))
    bounds = np.unique([0, *np.minimum(ends, n_users), n_users])  # a user of several multiples ends several blocks
    return [(int(first), int(last)) for first, last in pairwise(bounds)]


class PersonaBuffers:
    """Arrays for the personas of all users, filled block by block, so that nothing is held twice.

    They are as long as if users had all the personas that they may have; what stays empty is memory never touched.
    """

    def __init__(self, rows: Rows, items: ItemSide) -> None:
        n_factors = items.factors.shape[1]
        self.has_personas = items.settings.n_personas > 1
        most = int(most_personas(rows.n_pairs, items.settings).sum()) if self.has_personas else rows.n_rows
        self.base_factors = np.empty((rows.n_rows, n_factors), np.float32)
        self.persona_factors = np.empty((most, n_factors), np.float32) if self.has_personas else self.base_factors
        self.persona_shares = np.empty(most, np.float32)
        self.persona_indptr = np.zeros(rows.n_rows + 1, np.int64)
        self.personas = np.empty(len(rows.indices), np.int8)
        self.pair_indptr = rows.indptr

    def add(self, first: int, last: int, users: UserPersonas) -> None:
        """Append users `first` to `last` − 1."""
        start = self.persona_indptr[first]  # written with the block before: blocks come in order
        self.persona_indptr[first : last + 1] = start + users.persona_indptr
        own = slice(start, self.persona_indptr[last])
        self.base_factors[first:last] = users.base_factors
        if self.has_personas:
            self.persona_factors[own] = users.persona_factors
        self.persona_shares[own] = users.persona_shares
        self.personas[self.pair_indptr[first] : self.pair_indptr[last]] = users.personas

    def user_personas(self) -> UserPersonas:
        """Views of what was added."""
        n_rows = self.persona_indptr[-1]
        return UserPersonas(
            self.base_factors,
            self.persona_factors[:n_rows],
            self.persona_indptr,
            self.persona_shares[:n_rows],
            self.personas,
        )
