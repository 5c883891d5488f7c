"""Who is judged, on which held-out items."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from deepcuts.data.csr import UserItems
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """The users of a holdout that are in train, and their held-out items.

    Parameters
    ----------
    users
        int64, (n_judged,): their indexes in train, ascending.
    n_held
        int64, (n_judged,): their held-out items, those that train does not have included.
    pairs
        int64, ascending: `pair_keys` of the held-out pairs whose item train has.
    """

    users: np.ndarray
    n_held: np.ndarray
    pairs: np.ndarray

    @classmethod
    def of(cls, train: Interactions, holdout: Interactions) -> Held:
        """Match a holdout with its train.

        Raises
        ------
        DataError
            If the holdout is empty, has no user of train, or shares a pair with train.
        """
        if not holdout.n_pairs:
            raise DataError("The holdout has no pairs, so there is nothing to judge by. Hold out some of train first.")
        users = train.user_ids.indexes_of(holdout.user_ids.values)[holdout.user_of_pair()]
        items = train.item_ids.indexes_of(holdout.item_ids.values)[holdout.indices]
        n_held = np.bincount(users[users >= 0], minlength=train.n_users)
        judged = np.flatnonzero(n_held)
        if not len(judged):
            raise DataError(
                f"None of the users of the holdout is in train (the first is {holdout.user_ids.values[0].as_py()!r}). "
                "Holdout and train must be cut from the same plays and use the same user ids."
            )
        if len(judged) < np.count_nonzero(np.diff(holdout.indptr)):
            logger.info("%d users of the holdout are in train, and judged; the others are not.", len(judged))
        # Both sides keep their ids in ascending order, so what ascends in the holdout ascends here too.
        known = (users >= 0) & (items >= 0)
        held = cls(judged, n_held[judged], users[known] * train.n_items + items[known])
        held._refuse_overlap(train)
        return held

    def known_items(self, n_items: int) -> UserItems:
        """Held-out items of each judged user that train has."""
        indptr = np.append(np.searchsorted(self.pairs, self.users * n_items), len(self.pairs))
        return UserItems(indptr, (self.pairs % n_items).astype(np.int32))

    def _refuse_overlap(self, train: Interactions) -> None:
        both = np.flatnonzero(is_member(self.pairs, pair_keys(train, 0, train.n_users)))
        if len(both):
            user, item = names_of(self.pairs[both[0]], train)
            raise DataError(
                f"{len(both):,} pairs of the holdout are in train too; the first is user {user!r} with item {item!r}. "
                "A holdout holds pairs that train does not have."
            )


def pair_keys(train: Interactions, first_user: int, last_user: int) -> np.ndarray:
    """One int64 per pair of the users from `first_user` up to, not including, `last_user`: user · n_items + item."""
    indptr = train.indptr[first_user : last_user + 1]
    users = np.repeat(np.arange(first_user, last_user), np.diff(indptr))
    keys: np.ndarray = users * train.n_items + train.indices[indptr[0] : indptr[-1]]
    return keys


def names_of(key: int, train: Interactions) -> tuple[str, str]:
    """User id and item id of a pair key."""
    user, item = divmod(int(key), train.n_items)
    return train.user_ids.values[user].as_py(), train.item_ids.values[item].as_py()


def is_member(keys: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Tell which keys occur in an ascending array, bool."""
    if not len(ascending):
        return np.zeros(len(keys), bool)
    places = np.searchsorted(ascending, keys)
    found: np.ndarray = ascending[np.minimum(places, len(ascending) - 1)] == keys
    return found
