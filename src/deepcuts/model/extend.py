"""New plays join a trained model: new users, new items, and users whose plays have grown, without training again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from deepcuts.array_types import AnyArray, DoubleVector, FloatMatrix, IndexVector
from deepcuts.data.csr import entries_of_rows, indptr_of
from deepcuts.data.interactions import Interactions
from deepcuts.data.merge import merge_plays
from deepcuts.errors import DataError
from deepcuts.model.state import PersonaState, TrainingCounts
from deepcuts.model.training.fold_in import ItemSide, UserPersonas, solve_exactly, solve_users
from deepcuts.model.training.item_problem import item_problem
from deepcuts.model.training.rows import Rows, transpose
from deepcuts.model.training.solve import CONVERGED, ItemGrams, gram
from deepcuts.model.training.user_problem import UserProblem, base_problem
from deepcuts.model.training.weights import unobserved_weights, user_rows

_ROUNDS = 2  # of touched users' base vectors, then new items

Model = TypeVar("Model", bound=PersonaState)


@dataclass(frozen=True, eq=False)
class Growth:
    """What grows, in the order of the merged ids.

    Parameters
    ----------
    old, plays
        The old plays, and these with the new ones.
    touched
        Users with new plays, int64, ascending.
    old_user, old_item
        Indexes of the old users and items among the merged ones, int64.
    """

    old: Interactions
    plays: Interactions
    touched: IndexVector
    old_user: IndexVector
    old_item: IndexVector

    @classmethod
    def of(cls, old: Interactions, new: Interactions) -> Growth:
        """Merge plays."""
        plays = merge_plays(old, new)
        return cls(
            old,
            plays,
            np.sort(plays.user_ids.indexes_of(new.user_ids.values)),  # ascending, as `_merge_personas` numbers them
            plays.user_ids.indexes_of(old.user_ids.values),
            plays.item_ids.indexes_of(old.item_ids.values),
        )

    @property
    def n_new_users(self) -> int:
        """Users that were not there."""
        return self.plays.n_users - len(self.old_user)

    @property
    def new_items(self) -> IndexVector:
        """Items that were not there, int64, ascending."""
        return np.setdiff1d(np.arange(self.plays.n_items), self.old_item)

    def scatter_users(self, values: AnyArray) -> AnyArray:
        """Values of old users at their merged indexes, (n_users, ...); 0 for new ones."""
        return _scatter(values, self.old_user, self.plays.n_users)

    def scatter_items(self, values: AnyArray) -> AnyArray:
        """Values of old items at their merged indexes, (n_items, ...); 0 for new ones."""
        return _scatter(values, self.old_item, self.plays.n_items)


def extend(model: Model, plays: Interactions) -> Model:
    """Let new plays join; see `PersonaModel.extend`.

    Base vectors of users with new plays and vectors of new items are solved for alternately, a few times; then the
    personas of these users are found as for any others. All other users, and the old items, stay as they are.
    """
    if plays.n_pairs == 0:
        raise DataError("There are no plays to extend the model by.")
    growth = Growth.of(model.seen, plays)
    rows = user_rows(growth.plays, model.settings)
    touched = rows.take(growth.touched)
    items = _solve_new_items(model, growth, rows, touched)
    return replace(
        model,
        item_side=items,
        training_counts=_counts(model, growth),
        seen=growth.plays,
        user_personas=_merge_personas(model, growth, solve_users(touched, items)),
        item_map=None,
    )


def _solve_new_items(model: PersonaState, growth: Growth, rows: Rows, touched: Rows) -> ItemSide:
    """Solve for base vectors of touched users and for new items alternately; return all items and the data measured."""
    items = _with_zero_items(model, growth, rows)
    before = growth.scatter_users(_as_in_training(model))
    base = before.copy()
    for _ in range(_ROUNDS):
        problem = base_problem(touched, items.scale, items.settings)
        # Indexing with an array copies: the copy is solved in place, and put back.
        base[growth.touched] = solve_exactly(problem, items, base[growth.touched])
        items = replace(items, user_factor_sum=_factor_sum(model, growth, before, base))
        items = _with_new_items(items, growth, problem, rows.with_dislikes, base)
    return replace(items, scale=replace(items.scale, taste_square=_taste_square(model, growth, before, base)))


def _as_in_training(model: PersonaState) -> FloatMatrix:
    """Base vectors about as they were when items were found: as long as then, in the directions they have settled in.

    Then, users are held more, so they are shorter; new items that went by longer ones would be shorter than old items.
    """
    settled, then = model.base_factors, model.item_side.scale.taste_square
    now = float(np.einsum("ij,ij->", settled, settled, dtype=np.float64)) / max(1, len(settled))
    return np.asarray(settled * np.float32(np.sqrt(then / now) if then and now else 1.0))


def _with_zero_items(model: PersonaState, growth: Growth, rows: Rows) -> ItemSide:
    """Append new items, whose factors are 0, and measure the data again: w0 grows by what the new pairs weigh.

    The weights q of all items are those of their listeners now, new ones among them.
    """
    old, settings = model.item_side.scale, model.settings
    n_users = old.n_users + growth.n_new_users
    observed = float(rows.weights.sum() - user_rows(growth.old, settings).weights.sum())
    # w0 · users · items = ratio · Σ c, before and after (docs/maths.md, Growing, step 1).
    unobserved = old.w0 * old.n_users * old.n_items + settings.weighting.unobserved_ratio * observed
    n_items = growth.plays.n_items
    scale = replace(old, w0=unobserved / (n_users * n_items), n_users=n_users, n_items=n_items)
    factors = growth.scatter_items(model.item_factors)
    weights = unobserved_weights(_counts(model, growth).listeners, settings.weighting.unobserved_exponent)
    grams = ItemGrams.of(factors, weights)
    return replace(model.item_side, factors=factors, unobserved_weights=weights, grams=grams, scale=scale)


def _with_new_items(items: ItemSide, growth: Growth, problem: UserProblem, rows: Rows, base: FloatMatrix) -> ItemSide:
    """Solve for the new items, all users fixed: a half-step of those rows alone."""
    new, weights, n_users = growth.new_items, items.unobserved_weights, items.scale.n_users
    own = _rows_of_items(rows, new, len(items.factors))
    user_gram = gram(base) * (n_users / len(base))  # a model of visitors holds few of those it was trained on
    factors = items.factors.copy()
    own_factors = factors[new]  # a copy, 0 in the first round
    own_problem = item_problem(own, own.weights, weights[new], problem, n_users, len(base))
    own_problem.solve(base, user_gram, items.user_factor_sum, own_factors, CONVERGED)
    factors[new] = own_factors
    return replace(items, factors=factors, grams=ItemGrams.of(factors, weights))


def _rows_of_items(rows: Rows, items: IndexVector, n_items: int) -> Rows:
    """Rows of some items from those of all users."""
    row_of_item = np.full(n_items, -1, np.int32)
    row_of_item[items] = np.arange(len(items))
    kept = row_of_item[rows.indices] >= 0
    of_users = Rows(
        indptr_of(kept)[rows.indptr], row_of_item[rows.indices[kept]], rows.confidence[kept], rows.target[kept]
    )
    return transpose(of_users, len(items))


def _factor_sum(model: PersonaState, growth: Growth, before: FloatMatrix, base: FloatMatrix) -> DoubleVector:
    """Sum of all users' base vectors, by how far those of touched users have moved; new users come from 0."""
    moved = (base - before)[growth.touched]
    return np.asarray(model.item_side.user_factor_sum + moved.sum(axis=0, dtype=np.float64))


def _taste_square(model: PersonaState, growth: Growth, before: FloatMatrix, base: FloatMatrix) -> float:
    """Mean squared length of base vectors, with those of touched users as they are now."""
    scale = model.item_side.scale
    old, now = before[growth.touched], base[growth.touched]
    total = scale.taste_square * scale.n_users + float(np.sum(now**2) - np.sum(old**2))
    return max(total, 0.0) / (scale.n_users + growth.n_new_users)  # a difference of sums may round to below 0


def _counts(model: PersonaState, growth: Growth) -> TrainingCounts:
    """Add new pairs, plays and users to those that were counted in training."""
    # In a folded-in model, `counted` is of the users in training, and `old` of the visitors: their difference stays.
    old, counted = growth.old, model.training_counts
    return replace(
        counted,
        listeners=growth.plays.item_listeners + growth.scatter_items(counted.listeners - old.item_listeners),
        plays=growth.plays.item_plays + growth.scatter_items(counted.plays - old.item_plays),
        n_listeners=counted.n_listeners + growth.n_new_users,
    )


def _merge_personas(model: PersonaState, growth: Growth, solved: UserPersonas) -> UserPersonas:
    """Personas of all users in their merged order: those just solved for touched users, and what the others had."""
    both, n_pairs = _join(model.user_personas, solved), np.diff(growth.plays.indptr)[growth.touched]
    pair_indptr = indptr_of(np.concatenate([np.diff(growth.old.indptr), n_pairs]))
    source = np.empty(growth.plays.n_users, np.int64)  # of every user: their index in `both`
    source[growth.old_user] = np.arange(growth.old.n_users)
    # Touched users who were there before now point to their new solution; the old one is taken by nobody.
    source[growth.touched] = growth.old.n_users + np.arange(len(growth.touched))
    persona_indptr, rows = entries_of_rows(both.persona_indptr, source)
    _, pairs = entries_of_rows(pair_indptr, source)
    base = both.base_factors[source]
    factors = base if model.settings.n_personas == 1 else both.persona_factors[rows]
    return UserPersonas(base, factors, persona_indptr, both.persona_shares[rows], both.personas[pairs])


def _join(first: UserPersonas, second: UserPersonas) -> UserPersonas:
    """Append the users of one group to those of another."""
    return UserPersonas(
        np.concatenate([first.base_factors, second.base_factors]),
        np.concatenate([first.persona_factors, second.persona_factors]),
        np.concatenate([first.persona_indptr, first.persona_indptr[-1] + second.persona_indptr[1:]]),
        np.concatenate([first.persona_shares, second.persona_shares]),
        np.concatenate([first.personas, second.personas]),
    )


def _scatter(values: AnyArray, indexes: IndexVector, n: int) -> AnyArray:
    scattered = np.zeros((n, *values.shape[1:]), values.dtype)
    scattered[indexes] = values
    return scattered
