"""A rehearsal: bases that are thrown away tell how strongly, how long and with how many factors the base is trained.

Lists of the first one are measured by items that users give for it; it has the weights of the density rule. Others have
less or more of λ, for as long as that makes lists clearly better. Others again begin with half of the ratio of
unobserved weight and the λ that goes with it, and are taken if they come out clearly better. Then one has twice as many
factors, and where these are taken, others have less or more of λ with them; where lists have gained a lot, factors are
doubled once more. That is done for λ alone as well, where half of the ratio was better, and the better of the two is
taken. In the last one, widely played items weigh less. One ends as soon as its lists are clearly worse than those that
are best so far. With more of λ, and where widely played items weigh less, lists are worse in the first epochs, so that
these do not end it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from deepcuts.array_types import DoubleVector
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.alternation import alternate, start_base, watching
from deepcuts.model.training.density_rule import ITEM_WEIGHTING, MOST_FACTORS, RIDGE_BY_RATIO, resolved
from deepcuts.model.training.early_stopping import (
    IN_REHEARSAL,
    REHEARSED_EPOCHS,
    EarlyStopping,
    Validation,
    early_stopping,
    is_rehearsed,
)
from deepcuts.model.training.epochs import Epoch, Progress
from deepcuts.model.training.settings import AUTO, ByRidge, PersonaSettings
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_A_LOT = 4.0  # standard errors of a gain by twice as many factors, from which on more of them are tried; decision 33
_TELLS_FROM = 6  # the epoch, of what learns slowly: its lists are worse at first also where they are better in the end
_RIDGES = "user_regularization", "item_regularization"


class _Line(NamedTuple):
    """Steps from settings that are tried one after the other, the next where the one before has not helped.

    Parameters
    ----------
    move
        Takes a step.
    steps
        By what a setting is multiplied.
    most
        How often a step that helps is taken again.
    """

    move: Callable[[PersonaSettings, float], PersonaSettings]
    steps: tuple[float, ...]
    most: int = 5


class _Lines(NamedTuple):
    """Lines along λ, along the ratio of unobserved weight, along the number of factors and along γ."""

    ridge: _Line
    ratio: _Line
    factors: _Line
    items: _Line


class _Trial(NamedTuple):
    """What was tried, and its lists."""

    settings: PersonaSettings
    lists: EarlyStopping


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
    """Find what is "auto" of the ratio, λ, the number of factors and γ, and how many epochs lists are best with.

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
    following = {name: getattr(settings, name) for name in ByRidge._fields}  # λ of training, which is not known yet
    by_rule = replace(resolved(settings, plays), **following)
    best, lists = _Trials(plays, seed, validation, on_epoch).best_of(by_rule, _lines(settings))
    # Others were taken for their best lists, so training has the epochs that these took, also where the loss after them
    # is not clear.
    is_short = lists.is_over or (best is not by_rule and lists.best_epoch < max(lists.found))
    n_epochs = lists.best_epoch if is_short else settings.base_epochs
    ndcg = {number: float(of_users.mean()) for number, of_users in lists.found.items()}
    found = {name: getattr(best, name) for name in ("n_factors", "unobserved_ratio", "item_weight_exponent", *_RIDGES)}
    most = counted(n_epochs, "epoch")
    logger.info("rehearsal: ndcg@100 by epoch %s with %s; training has %s at most", ndcg, found, most)
    return Rehearsed(resolved(best, plays), n_epochs, ndcg)


@dataclass(frozen=True, eq=False)
class _Trials:
    """Bases that are trained to be compared by their lists; the fields are as for `rehearse`."""

    plays: Interactions
    seed: int
    validation: Validation
    on_epoch: Progress

    def best_of(self, by_rule: PersonaSettings, lines: _Lines) -> _Trial:
        """Go along all lines, one after the other, and return the best trial."""
        first = _Trial(by_rule, self.lists_with(by_rule))
        by_ridge, by_ratio = self.walk(first, lines.ridge), self.walk(first, lines.ratio)
        if by_ratio is not first:
            by_ratio = self.walk(by_ratio, lines.ridge)
        ways = [by_ridge, by_ratio] if by_ratio.lists.is_clearly_above(by_ridge.lists) else [by_ridge]
        # Half of the ratio makes up for factors that are too few: with more of them it has to be clearly better once
        # more.
        best, *others = (self.with_factors(way, lines) for way in ways)
        for other in others:
            best = other if other.lists.is_clearly_above(best.lists) else best
        return self.walk(best, lines.items)

    def with_factors(self, begun: _Trial, lines: _Lines) -> _Trial:
        """Try more factors, which may want another λ, and more again where lists gain a lot."""
        more = self.walk(begun, lines.factors)
        if more is begun:
            return begun
        more = self.walk(more, lines.ridge)
        is_over = more.settings.vector_length >= MOST_FACTORS or not more.lists.is_clearly_above(begun.lists, _A_LOT)
        return more if is_over else self.with_factors(more, lines)

    def walk(self, begun: _Trial, line: _Line) -> _Trial:
        """Go along a line as long as lists get clearly better, and return the best; what was begun with if none is."""
        best = begun
        for step in line.steps:
            for _ in range(line.most):
                other = line.move(best.settings, step)
                tells_from = _TELLS_FROM if _learns_slowly(other, best.settings) else 0
                told = {n: found for n, found in best.lists.found.items() if n >= tells_from}
                trial = _Trial(other, self.lists_with(other, told))
                if not trial.lists.is_clearly_above(best.lists):
                    break
                best = trial
            if best is not begun:
                break
        return best

    def lists_with(
        self, settings: PersonaSettings, level: Mapping[int, DoubleVector] = MappingProxyType({})
    ) -> EarlyStopping:
        """Train a base, and return what its lists were on the way; `level` is as for `EarlyStopping`."""
        lists = EarlyStopping(self.validation, IN_REHEARSAL, level)
        base, last = start_base(self.plays, settings, self.seed, lists), min(REHEARSED_EPOCHS, settings.base_epochs)

        def on_epoch(epoch: Epoch) -> None:
            self.on_epoch(replace(epoch, stage="rehearsal"))

        alternate(base, last, on_epoch, watching(lists, base, last))
        return lists


def _learns_slowly(settings: PersonaSettings, other: PersonaSettings) -> bool:
    """Whether there is more of λ, or widely played items, which are learnt first, weigh less."""
    more = settings.weighting.user_regularization > other.weighting.user_regularization
    return more or settings.item_weighting > other.item_weighting


def _lines(settings: PersonaSettings) -> _Lines:
    """Lines without steps where a setting is given."""
    free = [name for name in _RIDGES if getattr(settings, name) == AUTO]

    def ridge(own: PersonaSettings, step: float) -> PersonaSettings:
        return replace(own, **{name: step * getattr(own, name) for name in free})

    def ratio(own: PersonaSettings, step: float) -> PersonaSettings:
        return replace(ridge(own, step**RIDGE_BY_RATIO), unobserved_ratio=step * own.weighting.unobserved_ratio)

    def factors(own: PersonaSettings, step: float) -> PersonaSettings:
        return replace(own, n_factors=round(step * own.vector_length))

    def items(own: PersonaSettings, step: float) -> PersonaSettings:
        return replace(own, item_weight_exponent=step)

    return _Lines(
        _Line(ridge, (0.7, 1.4) if free else ()),
        _Line(ratio, (0.5,) if settings.unobserved_ratio == AUTO else ()),
        _Line(factors, (2.0,) if settings.n_factors == AUTO else (), 1),
        _Line(items, (ITEM_WEIGHTING,) if settings.item_weight_exponent == AUTO else (), 1),
    )
