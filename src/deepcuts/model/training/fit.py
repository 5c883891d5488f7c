"""Training: alternate users and items, split users into personas, solve for these with items fixed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector, FloatMatrix, FloatVector
from deepcuts.blas_threads import one_blas_thread
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.early_stopping import EarlyStopping, early_stopping
from deepcuts.model.training.epochs import Epoch, OnInterrupt, Progress, Stage, UserProgress
from deepcuts.model.training.fold_in import ItemSide, UserPersonas, check_finite, solve_users
from deepcuts.model.training.item_problem import item_problem
from deepcuts.model.training.objective import Scale, weighted_square
from deepcuts.model.training.persona_split import initial_split
from deepcuts.model.training.rows import Rows, transpose
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, ItemGrams, gram
from deepcuts.model.training.user_problem import UserProblem, base_problem, persona_problem
from deepcuts.model.training.weights import unobserved_weights, user_rows

logger = logging.getLogger(__name__)

_INITIAL_LENGTH = 0.3  # of item vectors, as root mean square


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What training returns: items, users, the loss of each epoch, and whether it was interrupted."""

    item_side: ItemSide
    user_personas: UserPersonas
    epochs: tuple[Epoch, ...]
    interrupted: bool


class Alternation:
    """Half-steps of one stage, of the user side and of the items alternately; the factors can be read after any epoch.

    Parameters
    ----------
    stage
        Which stage this is.
    problem
        Rows of the user side and the terms of their loss.
    factors
        The user side to start from, float32, (n_rows, n_factors); overwritten by every epoch.
    item_factors
        The items to start from, float32, (n_items, n_factors); overwritten by every epoch.
    weights
        q of every item, float32, (n_items,).
    scale, settings
        Sizes of the data, and hyperparameters.
    """

    def __init__(
        self,
        stage: Stage,
        problem: UserProblem,
        factors: FloatMatrix,
        item_factors: FloatMatrix,
        weights: FloatVector,
        scale: Scale,
        settings: PersonaSettings,
    ) -> None:
        self.stage, self.problem, self.scale, self.settings = stage, problem, scale, settings
        self.factors, self.item_factors = factors, item_factors
        # The pairs of the user side by item: the same in all epochs of a stage, so they are transposed once.
        item_rows = transpose(problem.rows.with_dislikes, len(item_factors))
        self.items = item_problem(item_rows, weights, problem, scale.n_users, len(factors))
        self.item_grams = self._weigh_items()
        self.n_epochs = 0

    @property
    def user_factor_sum(self) -> DoubleVector:
        """Sum of all rows of the user side, float64, (n_factors,)."""
        return np.asarray(self.factors.sum(axis=0, dtype=np.float64))  # in float32, many rows would lose digits

    def settle(self, rows: Rows, item_factors: FloatMatrix) -> None:
        """Take items and other pairs of the same users, and move the user side by a half-step; no epoch follows."""
        self.item_factors, self.problem = item_factors, base_problem(rows, self.scale, self.settings)
        self.item_grams = self._weigh_items()
        self.problem.solve(item_factors, self.item_grams, self.factors, EPOCH_USERS)

    def run_epoch(self) -> Epoch:
        """Move the user side, then the items, each by a half-step, and return the loss that this leaves."""
        start = perf_counter()
        self.problem.solve(self.item_factors, self.item_grams, self.factors, EPOCH_USERS)
        row_gram = gram(self.factors)
        misfit = self.items.solve(self.factors, row_gram, self.user_factor_sum, self.item_factors, EPOCH_ITEMS)
        self.item_grams = self._weigh_items()
        self.n_epochs += 1
        return self._epoch(misfit, row_gram, start)

    def _weigh_items(self) -> ItemGrams:
        """Gram matrices of the items as they are; the plain one only if diversity needs it."""
        return ItemGrams.of(self.item_factors, self.items.weights, plain=self.problem.diversity is not None)

    def _epoch(self, misfit: float, row_gram: DoubleMatrix, start: float) -> Epoch:
        """Sum up the loss (2); Gram matrices hold all that it needs of the pairs that were not observed."""
        problem, factors, grams = self.problem, self.factors, self.item_grams
        return Epoch(
            self.stage,
            self.n_epochs,
            accuracy=misfit,  # maths.md (9) of the items, which moved last
            unobserved=problem.w0 * float(np.sum(row_gram * grams.unobserved)),  # Σ q (x·v)² = tr(XᵀX Vᵀdiag(q)V)
            diversity=problem.diversity.loss(grams.plain, self.user_factor_sum) if problem.diversity else 0.0,
            ridge=weighted_square(problem.ridge, factors) + weighted_square(self.items.ridge, self.item_factors),
            lean=problem.lean.loss(factors) if problem.lean else 0.0,
            distinction=problem.distinction.loss(factors) if problem.distinction else 0.0,
            seconds=perf_counter() - start,
        )


@dataclass(frozen=True, eq=False)
class TrainedItems:
    """What alternation leaves: the items, the losses on the way, and whether it was interrupted."""

    item_side: ItemSide
    epochs: tuple[Epoch, ...]
    interrupted: bool = False


def fit(
    plays: Interactions,
    settings: PersonaSettings,
    seed: int,
    on_epoch: Progress,
    on_users: UserProgress,
    on_interrupt: OnInterrupt = "raise",
    start: FloatMatrix | None = None,
) -> TrainingResult:
    """Train items and users; the same factors for the same seed, whatever the number of threads.

    `start` has item factors to begin with, float32, (n_items, n_factors); None begins at random ones.

    With "keep", the first KeyboardInterrupt after a whole epoch ends the alternation, and users are solved for on the
    items of that epoch; one that comes later has them solved for again from the first.
    """
    with one_blas_thread():  # threads of BLAS within our own would slow both down
        trained = train_items(
            plays, settings, seed, on_epoch, on_interrupt, start
        )  # half of its memory is free again now
        check_finite(trained.item_side.factors, settings)
        rows = user_rows(plays, settings)  # in the order of the plays: those of the alternation are sorted by length
        try:
            users = solve_users(rows, trained.item_side, on_users)
        except KeyboardInterrupt:
            if on_interrupt == "raise" or trained.interrupted:
                raise
            trained = replace(trained, interrupted=True)
            users = solve_users(rows, trained.item_side, on_users)
    return TrainingResult(trained.item_side, users, trained.epochs, trained.interrupted)


def train_items(
    plays: Interactions,
    settings: PersonaSettings,
    seed: int,
    on_epoch: Progress,
    on_interrupt: OnInterrupt,
    start: FloatMatrix | None,
) -> TrainedItems:
    """Alternate until the loss settles, or until an interrupt where that is to keep what was learnt."""
    stopping = early_stopping(plays, settings, seed)
    base = stage = start_base(plays, settings, seed, stopping, start)
    epochs: list[Epoch] = []
    kept: tuple[Callable[[], ItemSide], tuple[Epoch, ...]] | None = None  # of the last whole epoch

    def item_side(factors: FloatMatrix) -> Callable[[], ItemSide]:
        weights, factor_sum, scale = stage.items.weights, stage.user_factor_sum, measured_scale(base)
        return partial(ItemSide.of, factors, weights, factor_sum, scale, base.settings, seed)

    def record(epoch: Epoch) -> None:
        nonlocal kept
        epochs.append(epoch)
        if on_interrupt == "keep":  # the next epoch writes over the factors
            kept = item_side(stage.item_factors.copy()), tuple(epochs)
        on_epoch(epoch)

    try:
        alternate(base, settings.base_epochs, record, stopping)
        if stopping is not None:
            base.settle(*stopping.best())
        if settings.persona_epochs and settings.n_personas > 1:
            stage = start_personas(base, seed)
            alternate(stage, settings.persona_epochs, record)
    except KeyboardInterrupt:
        if kept is None:
            raise
        make_items, whole = kept
        logger.warning("interrupted after %d epochs; the model of the last one is kept", len(whole))
        return TrainedItems(make_items(), whole, interrupted=True)
    return TrainedItems(item_side(stage.item_factors)(), tuple(epochs))


def start_base(
    plays: Interactions,
    settings: PersonaSettings,
    seed: int,
    stopping: EarlyStopping | None = None,
    start: FloatMatrix | None = None,
) -> Alternation:
    """Prepare the first stage: one row per user, those with the fewest pairs first, and items at random.

    Rows of like length are solved together: in this order, they are neighbours in memory. Settings that are "auto"
    become numbers here.
    """
    settings = resolved(settings, plays)
    users = user_rows(plays, settings)
    users = users.take(users.with_dislikes.by_length)
    scale = Scale.of(plays, float(users.weights.sum()), settings.weighting.unobserved_ratio)
    if stopping is not None:
        users = stopping.leave_out(users)
    factors = np.zeros((plays.n_users, settings.n_factors), np.float32)  # users move first: only items need a start
    items = initial_items(plays.n_items, settings, seed) if start is None else start.copy()
    weights = unobserved_weights(plays.item_listeners, settings.weighting.unobserved_exponent)
    return Alternation("base", base_problem(users, scale, settings), factors, items, weights, scale, settings)


def start_personas(base: Alternation, seed: int) -> Alternation:
    """Prepare the second stage: users are split, their personas start as copies of the base vectors, items go on."""
    rows, settings, scale = base.problem.rows, base.settings, measured_scale(base)
    split = initial_split(rows, base.item_factors, base.factors, settings, seed)
    problem = persona_problem(rows, base.factors, split, scale, settings)
    factors = np.repeat(base.factors, np.diff(split.persona_indptr), axis=0)
    items, weights = base.item_factors.copy(), base.items.weights
    return Alternation("personas", problem, factors, items, weights, scale, settings)


def measured_scale(base: Alternation) -> Scale:
    """Add the mean squared length of the base vectors to the sizes of the data."""
    # s of docs/maths.md, Distinction: the mean of ‖B_u‖².
    return replace(base.scale, taste_square=float(np.einsum("ij,ij->i", base.factors, base.factors).mean()))


def alternate(stage: Alternation, most_epochs: int, on_epoch: Progress, stopping: EarlyStopping | None = None) -> None:
    """Run epochs until one lowers the loss by less than the tolerance, lists get worse, or `most_epochs` have run."""
    previous = np.inf  # the first epoch has nothing to be compared with
    for _ in range(most_epochs):
        epoch = stage.run_epoch()
        if stopping is not None:
            epoch = stopping.measured(epoch, stage.factors, stage.item_factors, most_epochs)
        on_epoch(epoch)
        if previous - epoch.loss < stage.settings.tolerance * epoch.loss or (stopping and stopping.is_over):
            break
        previous = epoch.loss


def initial_items(n_items: int, settings: PersonaSettings, seed: int) -> FloatMatrix:
    """Item factors to start from: |N(0, 1)|, scaled to vectors of a length of about a third."""
    normal = np.random.default_rng(seed).standard_normal((n_items, settings.n_factors), np.float32)
    start = np.abs(normal) if settings.lowest_item_factor == 0 else normal  # E x² = 1 for both
    return np.asarray(start * np.float32(_INITIAL_LENGTH / np.sqrt(settings.n_factors)))  # so E ‖v‖² = _INITIAL_LENGTH²
