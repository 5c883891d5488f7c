"""The road of training: base, split, personas."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from deepcuts.data.interactions import Interactions
from deepcuts.model.training.alternation import Alternation
from deepcuts.model.training.epochs import Epoch, Progress, UserProgress
from deepcuts.model.training.fold_in import ItemSide, UserPersonas, solve_users
from deepcuts.model.training.persona_split import PersonaSplit, initial_split
from deepcuts.model.training.scale import Scale
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.user_problem import base_problem, persona_problem
from deepcuts.model.training.weights import user_rows

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What training returns: items, users, the loss of each epoch, and whether it was interrupted."""

    item_side: ItemSide
    user_personas: UserPersonas
    epochs: tuple[Epoch, ...]
    interrupted: bool


def fit(
    plays: Interactions, settings: PersonaSettings, seed: int, on_epoch: Progress, on_users: UserProgress
) -> TrainingResult:
    """Train items and users; the same factors for the same seed, whatever the number of threads.

    Ctrl-C ends an alternation after the half-step it is in; the users are then settled on the items as they are.
    """
    epochs: list[Epoch] = []

    def note(epoch: Epoch) -> None:
        epochs.append(epoch)
        on_epoch(epoch)

    with threadpool_limits(limits=1, user_api="blas"):
        base = stage = start_base(plays, settings, seed)
        try:
            alternate(base, settings.base_epochs, note)
            if settings.persona_epochs and settings.n_personas > 1:
                stage = start_personas(base, seed)
                alternate(stage, settings.persona_epochs, note)
            interrupted = False
        except KeyboardInterrupt:
            logger.warning("interrupted after %d epochs; the model is that of the last one", len(epochs))
            interrupted = True
        items = ItemSide.of(stage.item_factors, stage.user_factor_sum, measured(base), settings, seed)
        del base, stage  # their half of the memory is needed now
        return TrainingResult(
            items, solve_users(user_rows(plays, settings), items, on_users), tuple(epochs), interrupted
        )


def start_base(plays: Interactions, settings: PersonaSettings, seed: int) -> Alternation:
    """One row per user, those with the fewest pairs first, and items at random.

    Rows of like length are solved together: in this order, they are neighbours in memory.
    """
    users = user_rows(plays, settings)
    users = users.take(users.with_dislikes.by_length)
    scale = Scale.of(plays, float(users.weights.sum()), settings.unobserved_ratio)
    nothing = np.zeros((plays.n_users, settings.n_factors), np.float32)
    items = initial_items(plays.n_items, settings, seed)
    return Alternation("base", base_problem(users, scale, settings), nothing, items, scale, settings)


def measured(base: Alternation) -> Scale:
    """Add the mean squared length of the base vectors to what is known of the data."""
    return replace(base.scale, taste_square=float(np.einsum("ij,ij->i", base.factors, base.factors).mean()))


def start_personas(base: Alternation, seed: int) -> Alternation:
    """Split users; their personas and the items go on from the base."""
    split = initial_split(base.side.rows, base.item_factors, base.factors, base.settings, seed)
    return with_personas(base, split, base.item_factors.copy())


def with_personas(base: Alternation, split: PersonaSplit, item_factors: np.ndarray) -> Alternation:
    """Alternate personas that start as copies of the base vectors, and items."""
    scale = measured(base)
    side = persona_problem(base.side.rows, base.factors, split, scale, base.settings)
    factors = np.repeat(base.factors, np.diff(split.persona_indptr), axis=0)
    return Alternation("personas", side, factors, item_factors, scale, base.settings)


def alternate(stage: Alternation, most_epochs: int, on_epoch: Progress) -> None:
    """Run epochs until one lowers the loss by less than the tolerance, or until they are spent."""
    previous = np.inf
    for _ in range(most_epochs):
        epoch = stage.run_epoch()
        on_epoch(epoch)
        if previous - epoch.loss < stage.settings.tolerance * epoch.loss:
            break
        previous = epoch.loss


def initial_items(n_items: int, settings: PersonaSettings, seed: int) -> np.ndarray:
    """Item factors to start from: |N(0, 1)|, scaled so that items have a length of about a third."""
    normal = np.random.default_rng(seed).standard_normal((n_items, settings.n_factors), np.float32)
    start = np.abs(normal) if settings.nonnegative else normal
    return np.asarray(start * np.float32(0.3 / np.sqrt(settings.n_factors)))
