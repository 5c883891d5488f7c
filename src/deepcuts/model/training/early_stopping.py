"""Early stopping: training of the base ends once the lists of users no longer get better, whatever the loss does.

Some users give items, whose pairs weigh nothing in the loss while the base is trained. After an epoch, ndcg@100 of
these items in their users' lists is measured: 1 / log2(1 + rank) for an item of the first 100, else 0. Training is over
once the mean over users was clearly below its best, by the standard error of the users' differences or more, at
several measurements in succession, or at the last one. A plateau is no reason to stop: where lists gain slowly for
long, noise must not end training.

Of many users, few give an item each: training itself is watched, the items of the best epoch are kept, and all users
are solved for on all their plays. Fewer have to give every tenth of their items, which training would miss. So a
rehearsal of some epochs tells how many the training should have. Lists that get worse begin to in these; those that do
not are trained as if there had been no rehearsal.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, IndexVector, Indptr
from deepcuts.data.csr import UserItems, indptr_of, sums_of_rows
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.rows import Rows, length_order
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.recommendation.item_ranks import ranks_of_items

LEAST_USERS = 500  # from which on "auto" is on; docs/maths.md, Early stopping
WATCHED_USERS = 100_000  # from which on training itself is watched, without a rehearsal
REHEARSED_EPOCHS = 12

_DEEPEST = 100  # ndcg@100
_PATIENCE = 2
_CLEAR_GAIN = 1.0  # standard errors; what is as good does no harm if taken
_MOST_REHEARSED, _MOST_OF_USER = 5_000, 50  # pairs
_STREAM = 1  # the random numbers of items to start from are those of the seed alone


class Rule(NamedTuple):
    """When lists are measured, and what counts as worse.

    Parameters
    ----------
    measured
        Numbers of epochs, the first being 1; the last one there may be is measured besides.
    clear
        How many standard errors a clear loss is above.
    """

    measured: Container[int]
    clear: float


_IN_TRAINING = Rule(frozenset({2, 3, *range(4, 10_000, 2)}), 1.0)
IN_REHEARSAL = Rule((3, 4, 6, 8, REHEARSED_EPOCHS), 1.5)


@dataclass(frozen=True, eq=False)
class Validation:
    """Items that some users give, which should be high in their lists.

    Parameters
    ----------
    rows
        int64, (n_users,): the row of each user in the user side, which has the shortest histories first.
    given
        Items of each user, at least one, which keep at least half of their listeners.
    offsets
        int64, (n_given,): which pair of its row each of these is.
    hidden
        What the list of each user leaves out: all that the user plays or dislikes.
    """

    rows: IndexVector
    given: UserItems
    offsets: IndexVector
    hidden: UserItems

    @classmethod
    def draw(cls, plays: Interactions, seed: int) -> Validation:
        """Draw users who have two items or more, and some of the items of each, by a seed."""
        rng = np.random.default_rng([seed, _STREAM])
        known, pairs = plays.known_pairs, _drawn(plays.indptr, rng)
        n_given = np.bincount(plays.indices[pairs], minlength=plays.n_items)
        pairs = pairs[(2 * n_given <= plays.item_listeners)[plays.indices[pairs]]]
        of_pair = np.searchsorted(plays.indptr, pairs, side="right") - 1
        users, sizes = np.unique(of_pair, return_counts=True)
        places = np.empty(plays.n_users, np.int64)
        places[length_order(np.diff(known.indptr))] = np.arange(plays.n_users)
        given = UserItems(indptr_of(sizes), plays.indices[pairs])
        hidden = UserItems(known.indptr, known.indices).take(users)
        return cls(places[users], given, pairs - plays.indptr[of_pair], hidden)

    def left_out_of(self, rows: Rows) -> Rows:
        """Return the rows of the user side with these pairs at a confidence of 0, so that they weigh nothing."""
        confidence = rows.confidence.copy()
        confidence[rows.indptr[self.rows[self.given.rows]] + self.offsets] = 0
        return replace(rows, confidence=confidence)

    def ndcg(self, users: FloatMatrix, items: FloatMatrix) -> DoubleVector:
        """Return the mean ndcg@100 of the items of each user, float64, by factors of the user side and of the items."""
        ranks = ranks_of_items(users[self.rows], items, self.given, self.hidden, _DEEPEST)
        found = np.where(ranks > 0, 1 / np.log2(1 + np.maximum(ranks, 1)), 0.0)
        means: DoubleVector = sums_of_rows(found, self.given.indptr) / self.given.sizes
        return means


class EarlyStopping:
    """What is measured and remembered while one base is trained.

    Parameters
    ----------
    validation
        The pairs that are left out, at least one.
    rule
        When they are measured, and what counts as worse.
    level
        What another training had after some epochs: one that was clearly below it until then is over.
    """

    def __init__(self, validation: Validation, rule: Rule, level: Mapping[int, DoubleVector] | None = None) -> None:
        self.validation, self.rule, self.level = validation, rule, level or {}
        self._whole_rows: Rows | None = None
        self._best_items: FloatMatrix | None = None
        self._n_below = 0  # measurements in succession that were clearly below the best
        self.found: dict[int, DoubleVector] = {}  # ndcg of the users by the number of the epoch
        self.best_epoch = 0
        self.is_over = False  # whether training should end
        self.is_behind = False  # whether it is over because another one was better

    def leave_out(self, rows: Rows) -> Rows:
        """Keep the rows of the user side, and return them without the pairs of the validation."""
        self._whole_rows = rows
        return self.validation.left_out_of(rows)

    def measured(self, epoch: Epoch, users: FloatMatrix, items: FloatMatrix, last: int) -> Epoch:
        """Measure lists after an epoch, if it is one after which this is done, and return it with what was found.

        Parameters
        ----------
        epoch
            What has just run.
        users, items
            The factors that it leaves.
        last
            Number of the last epoch that there may be.
        """
        if epoch.number not in self.rule.measured and epoch.number != last:
            return epoch
        start = perf_counter()
        found = self.validation.ndcg(users, items)
        self._compare(found, items, epoch.number, last)
        seconds = epoch.seconds + perf_counter() - start
        return replace(epoch, validation_ndcg=float(found.mean()), seconds=seconds)

    def best(self) -> tuple[Rows, FloatMatrix]:
        """Return the user side with all pairs, and the items of the best epoch, float32, (n_items, n_factors)."""
        assert self._whole_rows is not None  # left out before the first epoch,
        assert self._best_items is not None  # which is always measured
        return self._whole_rows, self._best_items

    def is_clearly_above(self, other: EarlyStopping, errors: float = _CLEAR_GAIN) -> bool:
        """Whether the lists of the best epoch are better than those of another training's; not if one has none.

        Training whose loss settles before the first measurement has none.

        Parameters
        ----------
        other
            What the other training had.
        errors
            How many standard errors of the users' differences a clear gain is above.
        """
        if not self.found or not other.found:
            return False
        differences = self.found[self.best_epoch] - other.found[other.best_epoch]
        return not self.is_behind and _errors_above_0(differences) > errors

    def _compare(self, found: DoubleVector, items: FloatMatrix, number: int, last: int) -> None:
        best = self.found.get(self.best_epoch, found)
        self.found[number] = found
        if best is found or found.mean() > best.mean():
            self._best_items, self._n_below, self.best_epoch, best = items.copy(), 0, number, found
        else:
            self._n_below = self._n_below + 1 if _errors_above_0(best - found) > self.rule.clear else 0
        self.is_behind = _errors_above_0(self.level.get(number, best) - best) > self.rule.clear
        self.is_over = self.is_behind or self._n_below >= (1 if number == last else _PATIENCE)


def _errors_above_0(differences: DoubleVector) -> float:
    """Mean of some differences, in its standard errors."""
    mean, error = differences.mean(), differences.std() / np.sqrt(len(differences))
    return float(mean / error) if error else 0.0


def is_rehearsed(n_users: int) -> bool:
    """Whether items are given in a rehearsal, and not in training itself."""
    return n_users < WATCHED_USERS


def _drawn(indptr: Indptr, rng: np.random.Generator) -> IndexVector:
    """Draw pairs: an item each of as many users as cost training little; in a rehearsal a tenth of theirs, and more."""
    n_items, n_users = np.diff(indptr), len(indptr) - 1
    n_given = np.minimum(-(-n_items // 10), _MOST_OF_USER) if is_rehearsed(n_users) else np.ones_like(n_items)
    most = _MOST_REHEARSED if is_rehearsed(n_users) else max(500, min(2_000, n_users // 100))
    users = rng.permutation(np.flatnonzero(n_items > 1))
    users = users[np.cumsum(n_given[users]) <= most]
    drawn = (indptr[user] + rng.permutation(n_items[user])[: n_given[user]] for user in users)
    return np.sort(np.concatenate([np.empty(0, np.int64), *drawn]))


def early_stopping(plays: Interactions, settings: PersonaSettings, seed: int) -> EarlyStopping | None:
    """Begin to watch a training, or return None where early stopping is off, or nobody has an item to give.

    Parameters
    ----------
    plays
        What is learnt from.
    settings
        Hyperparameters.
    seed
        Of the draw of users and items.
    """
    few_users, few_epochs = plays.n_users < LEAST_USERS, settings.base_epochs <= REHEARSED_EPOCHS
    is_off = few_users or (few_epochs and is_rehearsed(plays.n_users))
    if settings.early_stopping == "off" or (settings.early_stopping == "auto" and is_off):
        return None
    validation = Validation.draw(plays, seed)
    rule = IN_REHEARSAL if is_rehearsed(plays.n_users) else _IN_TRAINING
    return EarlyStopping(validation, rule) if len(validation.rows) else None
