"""Training: alternate users and items, split users into personas, solve for these with items fixed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from deepcuts.array_types import FloatMatrix
from deepcuts.blas_threads import one_blas_thread
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.alternation import alternate, settle, start_base, start_personas, watching
from deepcuts.model.training.early_stopping import early_stopping, is_rehearsed
from deepcuts.model.training.epochs import Epoch, OnInterrupt, Progress, UserProgress
from deepcuts.model.training.fold_in import ItemSide, UserPersonas, check_finite, solve_users
from deepcuts.model.training.rehearsal import rehearse
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import ItemWeights, unobserved_weights, user_rows
from deepcuts.wording import counted

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What training returns: items, users, the loss of each epoch, and whether it was interrupted."""

    item_side: ItemSide
    user_personas: UserPersonas
    epochs: tuple[Epoch, ...]
    interrupted: bool


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
    stopping, n_epochs, ndcg = early_stopping(plays, settings, seed), settings.base_epochs, dict[int, float]()
    if stopping is not None and is_rehearsed(plays.n_users):
        if start is None:  # these items know all pairs
            settings, n_epochs, ndcg = rehearse(plays, settings, seed, stopping.validation, on_epoch)
        stopping = None
    base = stage = start_base(plays, settings, seed, stopping, start)
    epochs: list[Epoch] = []
    kept: tuple[Callable[[], ItemSide], tuple[Epoch, ...]] | None = None  # of the last whole epoch

    def item_side(factors: FloatMatrix) -> Callable[[], ItemSide]:
        # Users are solved for without the weights that items have in training.
        exponent, of_items = base.settings.weighting.unobserved_exponent, base.settings.item_weighting
        in_training = ItemWeights.of(plays.item_listeners, exponent, of_items)
        scale = replace(base.measured_scale, w0=base.scale.w0 / in_training.w0_factor)
        weights = unobserved_weights(plays.item_listeners, exponent)
        return partial(ItemSide.of, factors, weights, stage.sums.row_sum, scale, base.settings, seed)

    def record(epoch: Epoch) -> None:
        nonlocal kept
        if epoch.stage == "base" and epoch.number in ndcg:
            epoch = replace(epoch, validation_ndcg=ndcg[epoch.number])
        epochs.append(epoch)
        if on_interrupt == "keep":  # the next epoch writes over the factors
            kept = item_side(stage.item_factors.copy()), tuple(epochs)
        on_epoch(epoch)

    try:
        alternate(base, n_epochs, record, watching(stopping, base, n_epochs))
        if stopping is not None:
            settle(base, *stopping.best())
        if settings.persona_epochs and settings.n_personas > 1:
            stage = start_personas(base, seed)
            alternate(stage, settings.persona_epochs, record)
    except KeyboardInterrupt:
        if kept is None:
            raise
        make_items, whole = kept
        logger.warning("interrupted after %s; the model of the last one is kept", counted(len(whole), "epoch"))
        return TrainedItems(make_items(), whole, interrupted=True)
    return TrainedItems(item_side(stage.item_factors)(), tuple(epochs))
