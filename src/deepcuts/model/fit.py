"""The training loop: base, split, personas."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from deepcuts.interactions import Interactions
from deepcuts.model.confidence import user_rows
from deepcuts.model.history import Epoch, Progress, Stage
from deepcuts.model.ridge import frequency_ridge, unobserved_weight, weighted_square
from deepcuts.model.rows import transpose
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.settle import FixedItems, Tastes, settle
from deepcuts.model.solve import ROUGH, Penalty, gram, solve
from deepcuts.model.start import cluster_start
from deepcuts.model.user_side import UserSide, base_side, persona_side

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What training returns: items, users, the loss on the way, and whether it was interrupted."""

    items: FixedItems
    tastes: Tastes
    epochs: tuple[Epoch, ...]
    interrupted: bool


class Training:
    """The state of a training run: it moves from epoch to epoch, and can be read off after any of them."""

    def __init__(self, plays: Interactions, settings: PersonaSettings, seed: int, on_epoch: Progress) -> None:
        self.settings, self.seed, self.on_epoch = settings, seed, on_epoch
        self.users = user_rows(plays, settings)
        self.n_items = plays.n_items
        self.w0 = unobserved_weight(settings.unobserved_ratio, float(self.users.weights.sum()), plays)
        self.item_factors = initial_items(self.n_items, settings, seed)
        self.epochs: list[Epoch] = []

    def run(self) -> bool:
        """Train until the loss settles, the epochs are spent or the keyboard interrupts; return whether it did."""
        try:
            base = self.train_base()
            if self.settings.persona_epochs and self.settings.n_personas > 1:
                self.train_personas(base)
        except KeyboardInterrupt:
            logger.warning("interrupted after %d epochs; going on with the items of the last one", len(self.epochs))
            return True
        return False

    def train_base(self) -> np.ndarray:
        """Alternate half-steps of users and items with one row per user; return the base vectors."""
        side = base_side(self.users, self.w0, self.n_items, self.settings)
        nothing = np.zeros((self.users.n_rows, self.settings.n_factors), np.float32)
        return self.alternate("base", side, nothing, self.settings.base_epochs)

    def train_personas(self, base: np.ndarray) -> None:
        """Split users by the cluster start, then alternate half-steps of personas and items."""
        split = cluster_start(self.users, self.item_factors, self.settings.n_personas, self.seed)
        side = persona_side(self.users, base, split, self.w0, self.n_items, self.settings)
        start = np.repeat(base, np.diff(split.persona_indptr), axis=0)
        self.alternate("personas", side, start, self.settings.persona_epochs)

    def alternate(self, stage: Stage, side: UserSide, factors: np.ndarray, most_epochs: int) -> np.ndarray:
        """Run epochs of one stage; return the last factors of its rows."""
        items = transpose(side.rows, self.n_items)
        item_ridge = frequency_ridge(
            self.settings.item_regularization,
            items.weights,
            side.w0 * self.users.n_rows,
            self.settings.frequency_exponent,
        )
        previous = np.inf
        for number in range(1, most_epochs + 1):
            start = perf_counter()
            factors, _ = side.solve(self.item_factors, gram(self.item_factors), factors, ROUGH)
            row_gram = gram(factors)
            penalty = Penalty(side.w0 * row_gram, item_ridge, None, self.settings.lowest_factor)
            self.item_factors, misfit = solve(items, factors, penalty, self.item_factors, ROUGH)
            epoch = Epoch(
                stage,
                number,
                accuracy=float(misfit.sum(dtype=np.float64)),
                unobserved=side.w0 * float(np.sum(row_gram * gram(self.item_factors))),
                ridge=weighted_square(side.ridge, factors) + weighted_square(item_ridge, self.item_factors),
                lean=0.0 if side.anchor is None else side.anchor.loss(factors),
                seconds=perf_counter() - start,
            )
            self.epochs.append(epoch)
            self.on_epoch(epoch)
            if previous - epoch.loss < self.settings.tolerance * epoch.loss:
                break
            previous = epoch.loss
        return factors


def fit(plays: Interactions, settings: PersonaSettings, seed: int, on_epoch: Progress) -> Fitted:
    """Train items and users; the same factors for the same seed, whatever the number of threads."""
    with threadpool_limits(limits=1, user_api="blas"):
        training = Training(plays, settings, seed, on_epoch)
        interrupted = training.run()
        items = FixedItems.of(training.item_factors, training.w0, settings, seed)
        return Fitted(items, settle(training.users, items), tuple(training.epochs), interrupted)


def initial_items(n_items: int, settings: PersonaSettings, seed: int) -> np.ndarray:
    """Item factors to start from: |N(0, 1)| scaled so that users of one unit score about a third."""
    normal = np.random.default_rng(seed).standard_normal((n_items, settings.n_factors), np.float32)
    start = np.abs(normal) if settings.nonnegative else normal
    scaled: np.ndarray = start * np.float32(0.3 / np.sqrt(settings.n_factors))
    return scaled
