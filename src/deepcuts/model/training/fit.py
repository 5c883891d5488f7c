"""Training: alternate users and items, split users into personas, solve for these with items fixed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector, FloatMatrix, FloatVector
from deepcuts.blas_threads import one_blas_thread
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.epochs import Epoch, Progress, Stage, UserProgress
from deepcuts.model.training.fold_in import ItemSide, UserPersonas, check_finite, solve_users
from deepcuts.model.training.objective import Scale, Term, frequency_ridge, weighted_square
from deepcuts.model.training.persona_split import initial_split
from deepcuts.model.training.rows import transpose
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, Penalty, gram, solve
from deepcuts.model.training.user_problem import UserProblem, base_problem, persona_problem
from deepcuts.model.training.weights import user_rows

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
    scale, settings
        Sizes of the data, and hyperparameters.
    """

    def __init__(
        self,
        stage: Stage,
        problem: UserProblem,
        factors: FloatMatrix,
        item_factors: FloatMatrix,
        scale: Scale,
        settings: PersonaSettings,
    ) -> None:
        self.stage, self.problem, self.scale, self.settings = stage, problem, scale, settings
        self.factors, self.item_factors, self.item_gram = factors, item_factors, gram(item_factors)
        # The pairs of the user side by item: the same in all epochs of a stage, so they are transposed once.
        self.item_rows = transpose(problem.rows.with_dislikes, len(item_factors))
        unobserved = problem.w0 * scale.n_users  # users, also where the rows are personas
        self.item_ridge = frequency_ridge(
            settings.item_regularization, self.item_rows.weights, unobserved, settings.frequency_exponent
        )
        self.n_epochs = 0

    @property
    def user_factor_sum(self) -> DoubleVector:
        """Sum of all rows of the user side, float64, (n_factors,)."""
        return np.asarray(self.factors.sum(axis=0, dtype=np.float64))  # in float32, many rows would lose digits

    def run_epoch(self) -> Epoch:
        """Move the user side, then the items, each by a half-step, and return the loss that this leaves."""
        start = perf_counter()
        self.problem.solve(self.item_factors, self.item_gram, self.factors, EPOCH_USERS)
        row_gram = gram(self.factors)
        misfit = self._move_items(row_gram)
        self.n_epochs += 1
        return self._epoch(misfit, row_gram, start)

    def _move_items(self, row_gram: DoubleMatrix) -> FloatVector:
        """Solve for all items with the user side fixed, in place, and return the misfit of their pairs."""
        term = Term(shared=self.problem.w0 * row_gram, ridge=self.item_ridge)  # S and ρ of equation (4)
        if self.problem.diversity is not None:
            term += self.problem.diversity.item_term(self.user_factor_sum)
        penalty = Penalty.of(term, self.settings.lowest_factor)
        misfit = solve(self.item_rows, self.factors, penalty, self.item_factors, EPOCH_ITEMS)
        self.item_gram = gram(self.item_factors)
        return misfit

    def _epoch(self, misfit: FloatVector, row_gram: DoubleMatrix, start: float) -> Epoch:
        """Sum up the loss (2); Gram matrices hold all that it needs of the pairs that were not observed."""
        problem, factors = self.problem, self.factors
        return Epoch(
            self.stage,
            self.n_epochs,
            accuracy=float(misfit.sum(dtype=np.float64)),  # maths.md (9) of the items, which moved last
            unobserved=problem.w0 * float(np.sum(row_gram * self.item_gram)),  # w0 Σ (x·v)² = w0 tr(XᵀX VᵀV)
            diversity=problem.diversity.loss(self.item_gram, self.user_factor_sum) if problem.diversity else 0.0,
            ridge=weighted_square(problem.ridge, factors) + weighted_square(self.item_ridge, self.item_factors),
            lean=problem.lean.loss(factors) if problem.lean else 0.0,
            distinction=problem.distinction.loss(factors) if problem.distinction else 0.0,
            seconds=perf_counter() - start,
        )


def fit(
    plays: Interactions, settings: PersonaSettings, seed: int, on_epoch: Progress, on_users: UserProgress
) -> TrainingResult:
    """Train items and users; the same factors for the same seed, whatever the number of threads.

    Ctrl-C ends an alternation after the half-step it is in; the users are then solved for on the items as they are.
    """
    epochs: list[Epoch] = []

    def record(epoch: Epoch) -> None:
        epochs.append(epoch)
        on_epoch(epoch)

    with one_blas_thread():  # threads of BLAS within our own would slow both down
        base = stage = start_base(plays, settings, seed)
        try:
            alternate(base, settings.base_epochs, record)
            if settings.persona_epochs and settings.n_personas > 1:
                stage = start_personas(base, seed)  # if this is interrupted, `stage` is still the base
                alternate(stage, settings.persona_epochs, record)
            interrupted = False
        except KeyboardInterrupt:
            logger.warning("interrupted after %d epochs; the model is that of the last one", len(epochs))
            interrupted = True
        items = ItemSide.of(stage.item_factors, stage.user_factor_sum, measured_scale(base), settings, seed)
        del base, stage  # their half of the memory is needed now
        # Rows in the order of the plays again: those of `base` are sorted by length.
        check_finite(items.factors, settings)
        users = solve_users(user_rows(plays, settings), items, on_users)
    return TrainingResult(items, users, tuple(epochs), interrupted)


def start_base(plays: Interactions, settings: PersonaSettings, seed: int) -> Alternation:
    """Prepare the first stage: one row per user, those with the fewest pairs first, and items at random.

    Rows of like length are solved together: in this order, they are neighbours in memory.
    """
    users = user_rows(plays, settings)
    users = users.take(users.with_dislikes.by_length)
    scale = Scale.of(plays, float(users.weights.sum()), settings.unobserved_ratio)
    factors = np.zeros((plays.n_users, settings.n_factors), np.float32)  # users move first: only items need a start
    items = initial_items(plays.n_items, settings, seed)
    return Alternation("base", base_problem(users, scale, settings), factors, items, scale, settings)


def start_personas(base: Alternation, seed: int) -> Alternation:
    """Prepare the second stage: users are split, their personas start as copies of the base vectors, items go on."""
    rows, settings, scale = base.problem.rows, base.settings, measured_scale(base)
    split = initial_split(rows, base.item_factors, base.factors, settings, seed)
    problem = persona_problem(rows, base.factors, split, scale, settings)
    factors = np.repeat(base.factors, np.diff(split.persona_indptr), axis=0)
    return Alternation("personas", problem, factors, base.item_factors.copy(), scale, settings)


def measured_scale(base: Alternation) -> Scale:
    """Add the mean squared length of the base vectors to the sizes of the data."""
    # s of docs/maths.md, Distinction: the mean of ‖B_u‖².
    return replace(base.scale, taste_square=float(np.einsum("ij,ij->i", base.factors, base.factors).mean()))


def alternate(stage: Alternation, most_epochs: int, on_epoch: Progress) -> None:
    """Run epochs until one lowers the loss by less than the tolerance, or until `most_epochs` have run."""
    previous = np.inf  # the first epoch has nothing to be compared with
    for _ in range(most_epochs):
        epoch = stage.run_epoch()
        on_epoch(epoch)
        if previous - epoch.loss < stage.settings.tolerance * epoch.loss:
            break
        previous = epoch.loss


def initial_items(n_items: int, settings: PersonaSettings, seed: int) -> FloatMatrix:
    """Item factors to start from: |N(0, 1)|, scaled to vectors of a length of about a third."""
    normal = np.random.default_rng(seed).standard_normal((n_items, settings.n_factors), np.float32)
    start = np.abs(normal) if settings.nonnegative else normal  # E x² = 1 for both
    return np.asarray(start * np.float32(_INITIAL_LENGTH / np.sqrt(settings.n_factors)))  # so E ‖v‖² = _INITIAL_LENGTH²
