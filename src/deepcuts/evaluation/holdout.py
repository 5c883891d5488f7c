"""Which users are judged, and what was held out from each."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import BoolVector, CountVector, IndexVector
from deepcuts.data.csr import UserItems, indptr_of, row_of_entry
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.wording import counted

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class JudgedUsers:
    """The users of a holdout that are in train, or some of them in a row.

    Parameters
    ----------
    users
        int64, (n_judged,): their indexes in train, ascending.
    seen
        Items of each in train.
    holdout
        Held-out items of each that train has.
    n_holdout
        int64, (n_judged,): how many items were held out from each, at least 1; those that train does not have count.
    """

    users: IndexVector
    seen: UserItems
    holdout: UserItems
    n_holdout: CountVector

    def part(self, rows: slice) -> JudgedUsers:
        """Users in a row, as a view."""
        return JudgedUsers(self.users[rows], self.seen.part(rows), self.holdout.part(rows), self.n_holdout[rows])


def match_holdout(train: Interactions, holdout: Interactions) -> JudgedUsers:
    """Find the users that are judged, and what was held out from them.

    Raises
    ------
    DataError
        If the holdout is empty, has no user of train, or shares a pair with train.
    """
    if not holdout.n_pairs:
        raise DataError("The holdout has no pairs, so there is nothing to judge by. Hold out some of train first.")
    users = train.user_ids.indexes_of(holdout.user_ids.values)[holdout.user_of_pair()]
    items = train.item_ids.indexes_of(holdout.item_ids.values)[holdout.indices]
    n_holdout = np.bincount(users[users >= 0], minlength=train.n_users)
    judged = np.flatnonzero(n_holdout)
    _check_judged(judged, holdout)
    # Ids ascend in train and in holdout, so that pairs in the order of the holdout are in the order of train too.
    known = (users >= 0) & (items >= 0)
    _refuse_overlap(users[known] * train.n_items + items[known], train)
    sizes = np.bincount(users[known], minlength=train.n_users)[judged]
    seen = UserItems(train.indptr, train.indices)
    return JudgedUsers(
        judged,
        seen if len(judged) == train.n_users else seen.take(judged),  # no copy where all are judged
        UserItems(indptr_of(sizes), items[known].astype(np.int32)),
        n_holdout[judged],
    )


def _check_judged(judged: IndexVector, holdout: Interactions) -> None:
    if not len(judged):
        raise DataError(
            f"None of the users of the holdout is in train (the first is {holdout.user_ids.values[0].as_py()!r}). "
            "Holdout and train must be cut from the same plays and use the same user ids."
        )
    if len(judged) < np.count_nonzero(np.diff(holdout.indptr)):
        logger.info("Judged: %s of the holdout. Others are not in train.", counted(len(judged), "user"))


def _refuse_overlap(keys: IndexVector, train: Interactions) -> None:
    """Refuse held-out pairs, each user · n_items + item, that train has."""
    both = np.flatnonzero(_is_member(keys, row_of_entry(train.indptr) * train.n_items + train.indices))
    if len(both):
        user, item = names_of(keys[both[0]], train)
        raise DataError(
            f"{counted(len(both), 'pair of the holdout is', 'pairs of the holdout are')} in train "
            f"too; the first is user {user!r} with item {item!r}. "
            "A holdout holds pairs that train does not have."
        )


def names_of(key: int, train: Interactions) -> tuple[str, str]:
    """User id and item id of a pair, given as user · n_items + item."""
    user, item = divmod(int(key), train.n_items)
    return train.user_ids.values[user].as_py(), train.item_ids.values[item].as_py()


def _is_member(keys: IndexVector, ascending: IndexVector) -> BoolVector:
    """Tell which keys occur in an ascending array."""
    if not len(ascending):
        return np.zeros(len(keys), bool)
    found = np.searchsorted(ascending, keys)
    # A key beyond the last one is compared with the last one, which is smaller.
    member: BoolVector = ascending[np.minimum(found, len(ascending) - 1)] == keys
    return member
