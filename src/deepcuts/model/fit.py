"""The road of training: base, split, personas."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from deepcuts.interactions import Interactions
from deepcuts.model.alternation import Alternation
from deepcuts.model.confidence import user_rows
from deepcuts.model.history import Epoch, Progress
from deepcuts.model.ridge import unobserved_weight
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.settle import FixedItems, Tastes, settle
from deepcuts.model.start import cluster_start
from deepcuts.model.user_side import base_side, persona_side

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What training returns: items, users, the loss on the way, and whether it was interrupted."""

    items: FixedItems
    tastes: Tastes
    epochs: tuple[Epoch, ...]
    interrupted: bool


def fit(plays: Interactions, settings: PersonaSettings, seed: int, on_epoch: Progress) -> Fitted:
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
        items = FixedItems.of(stage.item_factors, base.side.w0, settings, seed)
        return Fitted(items, settle(base.side.rows, items), tuple(epochs), interrupted)


def start_base(plays: Interactions, settings: PersonaSettings, seed: int) -> Alternation:
    """One row per user, items at random."""
    users = user_rows(plays, settings)
    w0 = unobserved_weight(settings.unobserved_ratio, float(users.weights.sum()), plays)
    side = base_side(users, w0, plays.n_items, settings)
    nothing = np.zeros((plays.n_users, settings.n_factors), np.float32)
    return Alternation("base", side, nothing, initial_items(plays.n_items, settings, seed), settings)


def start_personas(base: Alternation, seed: int) -> Alternation:
    """Split users by the cluster start; their personas and the items go on from the base."""
    side, settings, n_items = base.side, base.settings, len(base.item_factors)
    split = cluster_start(side.rows, base.item_factors, settings.n_personas, seed)
    personas = persona_side(side.rows, base.factors, split, side.w0, n_items, settings)
    factors = np.repeat(base.factors, np.diff(split.persona_indptr), axis=0)
    return Alternation("personas", personas, factors, base.item_factors, settings)


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
