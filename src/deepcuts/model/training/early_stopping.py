"""Early stopping: training of the base ends once the lists of users no longer get better, whatever the loss does.

Some users give one item each, which weighs nothing in the loss while the base is trained. After an epoch, ndcg@100 of
these items in their users' lists is measured: 1 / log2(1 + rank) for an item of the first 100, else 0. Training ends
once it was below its best, by more than the standard error of the users' differences, at several measurements in
succession. A plateau is no reason to stop: where lists gain slowly for long, noise must not end training. The items of
the best epoch are kept, and all users are solved for on all their plays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, IndexVector, Indices
from deepcuts.data.csr import UserItems
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.rows import Rows, length_order
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.recommendation.item_ranks import ranks_of_items

LEAST_USERS = 50_000  # from which on "auto" is on; docs/maths.md, Early stopping

_DEEPEST = 100  # ndcg@100
_EVERY_EPOCH = 4  # up to this one, then every second one
_PATIENCE = 2
_STREAM = 1  # the random numbers of items to start from are those of the seed alone


@dataclass(frozen=True, eq=False)
class Validation:
    """One pair each of some users, whose item should be high in their list.

    Parameters
    ----------
    rows
        int64, (n,): the rows of these users in the user side, which has the shortest histories first.
    offsets
        int64, (n,): which of their pairs they give.
    items
        int32, (n,): the items of these pairs, which keep at least half of their listeners.
    hidden
        What the lists of these users leave out: all that they play or dislike.
    """

    rows: IndexVector
    offsets: IndexVector
    items: Indices
    hidden: UserItems

    @classmethod
    def draw(cls, plays: Interactions, seed: int) -> Validation:
        """Draw users who have two items or more, and one of the items of each, by a seed."""
        rng = np.random.default_rng([seed, _STREAM])
        n_items, known = np.diff(plays.indptr), plays.known_pairs
        eligible = np.flatnonzero(n_items > 1)
        users = np.sort(rng.permutation(eligible)[: n_validated(len(eligible))])
        offsets = rng.integers(n_items[users])
        items = plays.indices[plays.indptr[users] + offsets]
        n_given = np.bincount(items, minlength=plays.n_items)
        kept = np.flatnonzero((2 * n_given <= plays.item_listeners)[items])
        places = np.empty(plays.n_users, np.int64)
        places[length_order(np.diff(known.indptr))] = np.arange(plays.n_users)
        hidden = UserItems(known.indptr, known.indices).take(users[kept])
        return cls(places[users[kept]], offsets[kept], items[kept], hidden)

    def left_out_of(self, rows: Rows) -> Rows:
        """Return the rows of the user side with these pairs at a confidence of 0, so that they weigh nothing."""
        confidence = rows.confidence.copy()
        confidence[rows.indptr[self.rows] + self.offsets] = 0
        return replace(rows, confidence=confidence)

    def ndcg(self, users: FloatMatrix, items: FloatMatrix) -> DoubleVector:
        """Return ndcg@100 of each of these users, float64, (n,), by the factors of the user side and of the items."""
        ranks = ranks_of_items(users[self.rows], items, self.items, self.hidden, _DEEPEST)
        return np.where(ranks > 0, 1 / np.log2(1 + np.maximum(ranks, 1)), 0.0)


class EarlyStopping:
    """What is measured and remembered while one base is trained.

    Parameters
    ----------
    validation
        The pairs that are left out, at least one.
    """

    def __init__(self, validation: Validation) -> None:
        self.validation = validation
        self._whole_rows: Rows | None = None
        self._best_items: FloatMatrix | None = None
        self._best = np.full(len(validation.items), -1.0)  # ndcg of the users at the best epoch; it is 0 at least
        self._n_below = 0  # measurements in succession that were clearly below the best

    @property
    def is_over(self) -> bool:
        """Whether training should end."""
        return self._n_below >= _PATIENCE

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
            Number of the last epoch there may be.
        """
        if not is_measured(epoch.number, last):
            return epoch
        start = perf_counter()
        found = self.validation.ndcg(users, items)
        self._compare(found, items)
        seconds = epoch.seconds + perf_counter() - start
        return replace(epoch, validation_ndcg=float(found.mean()), seconds=seconds)

    def best(self) -> tuple[Rows, FloatMatrix]:
        """Return the user side with all pairs, and the items of the best epoch, float32, (n_items, n_factors)."""
        assert self._whole_rows is not None  # left out before the first epoch,
        assert self._best_items is not None  # which is always measured
        return self._whole_rows, self._best_items

    def _compare(self, found: DoubleVector, items: FloatMatrix) -> None:
        losses = self._best - found
        if losses.mean() < 0:
            self._best, self._best_items, self._n_below = found, items.copy(), 0
            return
        error = losses.std() / np.sqrt(len(losses))
        self._n_below = self._n_below + 1 if losses.mean() > error else 0


def n_validated(n_users: int) -> int:
    """Return how many of some users give an item: as many as cost no more than a twentieth of training."""
    return max(min(500, n_users // 10), min(2_000, n_users // 100))


def is_measured(number: int, last: int) -> bool:
    """Whether lists are measured after an epoch, the first being 1: 2 to 4, then every second one, and the last."""
    return 1 < number <= _EVERY_EPOCH or number % 2 == 0 or number == last


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
    is_small = plays.n_users < LEAST_USERS
    if settings.early_stopping == "off" or (settings.early_stopping == "auto" and is_small):
        return None
    validation = Validation.draw(plays, seed)
    return EarlyStopping(validation) if len(validation.items) else None
