"""Alternation: half-steps of users and items in turn, for the base and for the personas it is split into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.early_stopping import EarlyStopping
from deepcuts.model.training.epochs import Epoch, Progress, Stage
from deepcuts.model.training.objective import Scale, weighted_square
from deepcuts.model.training.persona_split import initial_split
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.sides import ItemCosts, LocalSides, Sides
from deepcuts.model.training.solve import ItemGrams
from deepcuts.model.training.user_problem import base_problem, persona_problem
from deepcuts.model.training.user_sums import UserSums, observed_weight
from deepcuts.model.training.weights import ItemWeights, user_rows

Judge: TypeAlias = Callable[[Epoch], tuple[Epoch, bool]]  # gives an epoch what it measured, and says whether it is over

_INITIAL_LENGTH = 0.3  # of item vectors, as root mean square

AnySides = TypeVar("AnySides", bound=Sides)


class Alternation(Generic[AnySides]):
    """Half-steps of one stage, of the user side and of the items alternately; the factors can be read after any epoch.

    Parameters
    ----------
    stage
        Which stage this is.
    sides
        What is moved.
    item_factors
        The items to start from, float32, (n_items, n_factors); overwritten by every epoch.
    weights
        q of every item, float32, (n_items,).
    scale, settings
        Sizes of the data, and hyperparameters.
    losses
        Those of the epochs that have run already.
    """

    def __init__(
        self,
        stage: Stage,
        sides: AnySides,
        item_factors: FloatMatrix,
        weights: FloatVector,
        scale: Scale,
        settings: PersonaSettings,
        losses: Sequence[float] = (),
    ) -> None:
        self.stage, self.sides, self.item_factors, self.weights = stage, sides, item_factors, weights
        self.scale, self.settings, self.losses = scale, settings, list(losses)
        self.sums = UserSums.none(item_factors.shape[1])  # of the user side as the last half-step left it
        self.item_grams = self._weigh_items()

    @property
    def measured_scale(self) -> Scale:
        """Sizes of the data with s of docs/maths.md, Distinction: the mean of ‖B_u‖² of base vectors."""
        return replace(self.scale, taste_square=self.sums.mean_square)

    @property
    def is_settled(self) -> bool:
        """Whether the last epoch lowered the loss by less than the tolerance."""
        if len(self.losses) < 2:
            return False
        previous, loss = self.losses[-2:]
        return previous - loss < self.settings.tolerance * loss

    def move_users(self, item_factors: FloatMatrix) -> None:
        """Take items as they are given, and move the user side by a half-step."""
        if item_factors is not self.item_factors:
            self.item_factors = item_factors
            self.item_grams = self._weigh_items()
        self.sums = self.sides.move_users(self.item_factors, self.item_grams)

    def run_epoch(self) -> Epoch:
        """Move the user side, then the items, each by a half-step, and return the loss that this leaves."""
        start = perf_counter()
        self.move_users(self.item_factors)
        costs = self.sides.move_items(self.sums, self.item_factors)
        self.item_grams = self._weigh_items()
        epoch = self._epoch(costs, start)
        self.losses.append(epoch.loss)
        return epoch

    def _weigh_items(self) -> ItemGrams:
        """Gram matrices of the items as they are; the plain one only if diversity needs it."""
        return ItemGrams.of(self.item_factors, self.weights, plain=self.sides.diversity is not None)

    def _epoch(self, costs: ItemCosts, start: float) -> Epoch:
        """Sum up the loss (2); Gram matrices hold all that it needs of the pairs that were not observed."""
        sums, grams, diversity = self.sums, self.item_grams, self.sides.diversity
        return Epoch(
            self.stage,
            len(self.losses) + 1,
            accuracy=float(costs.misfit.sum()),  # maths.md (9) of the items, which moved last
            unobserved=self.sides.w0 * float(np.sum(sums.gram * grams.unobserved)),  # Σ q (x·v)² = tr(XᵀX Vᵀdiag(q)V)
            diversity=diversity.loss(grams.plain, sums.row_sum) if diversity else 0.0,
            ridge=sums.ridge + weighted_square(costs.ridge, self.item_factors),
            lean=sums.lean,
            distinction=sums.distinction,
            seconds=perf_counter() - start,
        )


def start_base(
    plays: Interactions,
    settings: PersonaSettings,
    seed: int,
    stopping: EarlyStopping | None = None,
    start: FloatMatrix | None = None,
) -> Alternation[LocalSides]:
    """Prepare the first stage: one row per user, those with the fewest pairs first, and items at random.

    Rows of like length are solved together: in this order, they are neighbours in memory. Settings that are "auto"
    become numbers here.
    """
    settings = resolved(settings, plays)
    users = user_rows(plays, settings)
    users = users.take(users.with_dislikes.by_length)
    scale = Scale.of(plays, observed_weight(users.weights), settings.weighting.unobserved_ratio)
    weights = ItemWeights.of(plays.item_listeners, settings.weighting.unobserved_exponent, settings.item_weighting)
    if settings.item_weighting:
        users, scale = weights.weighed(users), replace(scale, w0=weights.w0_factor * scale.w0)
    if stopping is not None:
        users = stopping.leave_out(users)
    factors = np.zeros((plays.n_users, settings.vector_length), np.float32)  # users move first: only items need a start
    items = initial_items(plays.n_items, settings, seed) if start is None else start.copy()
    sides = LocalSides(base_problem(users, scale, settings), factors, weights.unobserved, scale.n_users)
    return Alternation("base", sides, items, weights.unobserved, scale, settings)


def start_personas(base: Alternation[LocalSides], seed: int) -> Alternation[LocalSides]:
    """Prepare the second stage: users are split, their personas start as copies of the base vectors, items go on."""
    rows, base_factors = base.sides.problem.rows, base.sides.factors
    settings, scale = base.settings, base.measured_scale
    split = initial_split(rows, base.item_factors, base_factors, settings, seed)
    problem = persona_problem(rows, base_factors, split, scale, settings)
    factors = np.repeat(base_factors, np.diff(split.persona_indptr), axis=0)
    sides = LocalSides(problem, factors, base.weights, scale.n_users)
    return Alternation("personas", sides, base.item_factors.copy(), base.weights, scale, settings)


def alternate(stage: Alternation[Any], most_epochs: int, on_epoch: Progress, judge: Judge | None = None) -> None:
    """Run epochs until one lowers the loss by less than the tolerance, the judge ends it, or `most_epochs` have run.

    Epochs that the stage has run before count as well.
    """
    is_over = False
    while len(stage.losses) < most_epochs and not (stage.is_settled or is_over):
        epoch = stage.run_epoch()
        if judge is not None:
            epoch, is_over = judge(epoch)
        on_epoch(epoch)


def watching(stopping: EarlyStopping | None, base: Alternation[LocalSides], most_epochs: int) -> Judge | None:
    """Return what measures lists after the epochs of the base; None where early stopping is off."""
    if stopping is None:
        return None

    def judge(epoch: Epoch) -> tuple[Epoch, bool]:
        measured = stopping.measured(epoch, base.sides.factors, base.item_factors, most_epochs)
        return measured, stopping.is_over

    return judge


def settle(base: Alternation[LocalSides], rows: Rows, item_factors: FloatMatrix) -> None:
    """Take items and other pairs of the same users, and move the user side by a half-step; no epoch follows."""
    base.sides.problem = base_problem(rows, base.scale, base.settings)
    base.move_users(item_factors)


def initial_items(n_items: int, settings: PersonaSettings, seed: int) -> FloatMatrix:
    """Item factors to start from: |N(0, 1)|, scaled to vectors of a length of about a third."""
    length = settings.vector_length
    normal = np.random.default_rng(seed).standard_normal((n_items, length), np.float32)
    start = np.abs(normal) if settings.lowest_item_factor == 0 else normal  # E x² = 1 for both
    return np.asarray(start * np.float32(_INITIAL_LENGTH / np.sqrt(length)))  # so E ‖v‖² = _INITIAL_LENGTH²
