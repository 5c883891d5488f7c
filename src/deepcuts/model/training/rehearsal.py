"""A rehearsal: bases that are thrown away tell how strongly, how long and with how many factors the base is trained.

Lists of the first one are measured by items that users give for it; it has the λ of the density rule. Others have less
of it, then more, for as long as that makes lists clearly better; one ends as soon as its lists are clearly worse than
those that are best so far. With more of λ lists are always worse in the first epochs, so that these do not end it. The
last one has twice as many factors, with the λ that was found.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from deepcuts.array_types import DoubleVector
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.alternation import alternate, start_base, watching
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.early_stopping import (
    IN_REHEARSAL,
    REHEARSED_EPOCHS,
    EarlyStopping,
    Validation,
    early_stopping,
    is_rehearsed,
)
from deepcuts.model.training.epochs import Progress
from deepcuts.model.training.settings import AUTO, PersonaSettings
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_STEPS = 0.7, 1.4  # of λ
_MOST_STEPS = 5  # in one direction
_MORE_TELLS_FROM = 6  # the epoch: with more of λ, lists are worse at first also where they are better in the end
_RIDGES = "user_regularization", "item_regularization"
_MORE_FACTORS = 2  # times


class Rehearsed(NamedTuple):
    """What training is to have: settings with numbers for "auto", epochs of the base, and the lists on the way.

    Parameters
    ----------
    settings
        The best that were tried.
    n_epochs
        How many epochs of the base there are at the most.
    ndcg
        ndcg@100 by the number of the epoch, of the rehearsal with these settings.
    """

    settings: PersonaSettings
    n_epochs: int
    ndcg: dict[int, float]


def settings_in_training(
    plays: Interactions, settings: PersonaSettings, seed: int, on_epoch: Progress
) -> PersonaSettings:
    """Return the settings that training has, with numbers for "auto", as `rehearse` finds them where it is asked.

    Parameters
    ----------
    plays, settings, seed, on_epoch
        As for `rehearse`.
    """
    stopping = early_stopping(plays, settings, seed)
    if stopping is None or not is_rehearsed(plays.n_users):
        return resolved(settings, plays)
    return rehearse(plays, settings, seed, stopping.validation, on_epoch).settings


def rehearse(
    plays: Interactions, settings: PersonaSettings, seed: int, validation: Validation, on_epoch: Progress
) -> Rehearsed:
    """Find λ and the number of factors, where they are "auto", and the number of epochs with which lists are best.

    Parameters
    ----------
    plays
        What is learnt from.
    settings
        As they were asked for.
    seed
        Of the items to start from, the same in all trials.
    validation
        What users give.
    on_epoch
        Called after every epoch.
    """
    free = [name for name in _RIDGES if getattr(settings, name) == AUTO]

    def lists_with(ridges: PersonaSettings, level: Mapping[int, DoubleVector] = MappingProxyType({})) -> EarlyStopping:
        lists = EarlyStopping(validation, IN_REHEARSAL, level)
        base, last = start_base(plays, ridges, seed, lists), min(REHEARSED_EPOCHS, settings.base_epochs)
        alternate(base, last, lambda epoch: on_epoch(replace(epoch, stage="rehearsal")), watching(lists, base, last))
        return lists

    by_rule = best = resolved(settings, plays)
    lists = lists_with(best)
    for step in _STEPS if free else ():
        first_told = 0 if step < 1 else _MORE_TELLS_FROM
        for _ in range(_MOST_STEPS):
            other = replace(best, **{name: step * getattr(best, name) for name in free})
            others = lists_with(other, {n: of_users for n, of_users in lists.found.items() if n >= first_told})
            if not others.is_clearly_above(lists):
                break
            best, lists = other, others
        if best is not by_rule:
            break
    if settings.n_factors == AUTO:
        wider = replace(best, n_factors=_MORE_FACTORS * best.vector_length)
        others = lists_with(wider, lists.found)
        if others.is_clearly_above(lists):
            best, lists = wider, others
    # Others were taken for their best lists, so training has the epochs that these took, also where the loss after them
    # is not clear.
    is_short = lists.is_over or (best is not by_rule and lists.best_epoch < max(lists.found))
    n_epochs = lists.best_epoch if is_short else settings.base_epochs
    ndcg = {number: float(of_users.mean()) for number, of_users in lists.found.items()}
    found = {name: getattr(best, name) for name in ("n_factors", *_RIDGES)}
    most = counted(n_epochs, "epoch")
    logger.info("rehearsal: ndcg@100 by epoch %s with %s; training has %s at most", ndcg, found, most)
    return Rehearsed(best, n_epochs, ndcg)
