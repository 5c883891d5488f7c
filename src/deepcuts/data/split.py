"""Holdouts: plays taken out of the data before training, to evaluate lists with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import BoolVector, CountVector, IndexVector
from deepcuts.checks import LARGEST, real_number, shown, whole_number
from deepcuts.data.csr import row_of_entry
from deepcuts.data.foreign import PlaysLike, taken
from deepcuts.data.interactions import Interactions
from deepcuts.data.moments import seconds_of
from deepcuts.errors import DataError, SettingsError
from deepcuts.wording import counted


class HoldoutSplit(NamedTuple):
    """Plays to train on, and held-out plays of the same users."""

    train: Interactions
    holdout: Interactions


class UserSplit(NamedTuple):
    """Users to train on; of other users, plays to fold in and held-out plays."""

    train: Interactions
    fold_in: Interactions
    holdout: Interactions


def split_holdout(plays: PlaysLike, fraction: float = 0.2, seed: int = 0) -> HoldoutSplit:
    """Hold out a random share of every user's items: ⌊fraction · n⌋ of n.

    Parameters
    ----------
    plays
        Plays of all users; also as a table with the columns user_id, item_id and plays.
    fraction
        Share of items to hold out, above 0 and below 1; no user loses all of them.
    seed
        Of the draw, ≥ 0.

    Raises
    ------
    SettingsError
        If the fraction or the seed is out of range.
    DataError
        If nothing would be held out.
    """
    plays = taken(plays)
    fraction = share_below_one("fraction", fraction)
    n_items = np.diff(plays.indptr)
    return _hold_out(plays, _generator(seed).permutation(plays.n_pairs), share_of_items(fraction, n_items))


def split_last(plays: PlaysLike, n: int = 1) -> HoldoutSplit:
    """Hold out the `n` items that every user played last, ties by the order of ids; everyone keeps at least one.

    Parameters
    ----------
    plays
        Plays of all users, with times.
    n
        Items to hold out of each user, at least 1.

    Raises
    ------
    SettingsError
        If `n` is below 1.
    DataError
        If times are not known, or nothing would be held out.
    """
    plays = taken(plays)
    n = _whole("n", n, 1)
    latest_first = np.argsort(-_times(plays), kind="stable")  # stable: ties in the order of ids
    return _hold_out(plays, latest_first, np.minimum(n, np.maximum(np.diff(plays.indptr) - 1, 0)))


def split_at(plays: PlaysLike, moment: str | date | int) -> HoldoutSplit:
    """Hold out what was last played at a moment or after it.

    Plays of one user and item are counted together, so a pair that was played before and after belongs to the holdout
    with all of its plays. To hold out new discoveries alone, read the listens twice, ``times=TimeRules(until=moment)``
    and ``times=TimeRules(since=moment)``, and leave out of the second what the first has: `drop_known`.

    Parameters
    ----------
    plays
        Plays of all users, with times.
    moment
        The first moment of the holdout: a year, month, date or timestamp (UTC where it names no zone), as text or as a
        date of Python, or seconds since 1970.

    Raises
    ------
    SettingsError
        If it is no such moment.
    DataError
        If times are not known, or one of the two parts would be empty.
    """
    plays = taken(plays)
    is_late = _times(plays) >= seconds_of("moment", moment)
    if is_late.all() or not is_late.any():
        first, last = (_as_date(time) for time in (_times(plays).min(), _times(plays).max()))
        side = "before it" if is_late.all() else "from it on"
        raise DataError(f"moment is {shown(moment)}, and nothing was played {side}: pairs date from {first} to {last}.")
    return HoldoutSplit(plays.keep_pairs(~is_late), plays.keep_pairs(is_late))


def split_folds(plays: PlaysLike, k: int = 5, seed: int = 0) -> Iterator[HoldoutSplit]:
    """Yield k splits, in which every pair of users with at least two items is held out exactly once.

    Each user's items are dealt out to the folds evenly, at random. Somebody with a single item keeps it in all of them,
    and somebody with fewer items than folds is in the holdout of as many as they have.

    Parameters
    ----------
    plays
        Plays of all users; also as a table with the columns user_id, item_id and plays.
    k
        Number of folds, at least 2.
    seed
        Of the draw, ≥ 0.

    Raises
    ------
    SettingsError
        If `k` or the seed is out of range.
    DataError
        If nobody has two items.
    """
    plays = taken(plays)
    k, generator = _whole("k", k, 2), _generator(seed)
    n_items = np.diff(plays.indptr)
    if n_items.max(initial=0) < 2:
        raise DataError("Nobody has two items, so nothing can be held out. Start from longer histories.")
    pairs, rank = _in_order(plays, generator.permutation(plays.n_pairs))
    folds = np.empty(plays.n_pairs, np.int64)
    # Users begin at folds of their own, so that all folds are of about one size.
    folds[pairs] = (rank + generator.integers(k, size=plays.n_users)[plays.user_of_pair()]) % k
    folds[n_items[plays.user_of_pair()] < 2] = -1
    return (HoldoutSplit(plays.keep_pairs(folds != fold), plays.keep_pairs(folds == fold)) for fold in range(k))


def drop_known(holdout: PlaysLike, train: PlaysLike) -> Interactions:
    """Leave out of a holdout what its users have in train, as `evaluate` asks for.

    Parameters
    ----------
    holdout
        Plays of a later time, say.
    train
        Earlier ones.

    Raises
    ------
    DataError
        If nothing is left.
    """
    holdout = taken(holdout)
    train = taken(train)
    users = train.user_ids.indexes_of(holdout.user_ids.values)[holdout.user_of_pair()]
    items = train.item_ids.indexes_of(holdout.item_ids.values)[holdout.indices]
    keys = train.user_of_pair().astype(np.int64) * train.n_items + train.indices
    is_known = np.isin(users * train.n_items + items, keys) & (users >= 0) & (items >= 0)
    if is_known.all():
        raise DataError(f"All of the holdout, {counted(holdout.n_pairs, 'pair')}, is in train. Hold out other plays.")
    return holdout.keep_pairs(~is_known) if is_known.any() else holdout


def split_users(
    plays: PlaysLike, users: float = 0.1, fraction: float = 0.2, min_items: int = 5, seed: int = 0
) -> UserSplit:
    """Hold out users, and of their items a random share, after Liang et al. 2018 (doi:10.1145/3178876.3186150).

    Items that no training user has are dropped from the held-out users; a user with fewer than `min_items` items left
    keeps all of them for fold-in, and has no holdout.

    Parameters
    ----------
    plays
        Plays of all users; also as a table with the columns user_id, item_id and plays.
    users
        Users to hold out: a share of them where it is below 1, else a number of them.
    fraction
        Share of a held-out user's items to hold out, above 0 and below 1.
    min_items
        Items that a user needs to have some of them held out, at least 2.
    seed
        Of both draws, ≥ 0.

    Raises
    ------
    SettingsError
        If an argument is out of its range, or no user would be left to train on.
    DataError
        If nothing would be held out.
    """
    plays = taken(plays)
    fraction = share_below_one("fraction", fraction)
    min_items = _whole("min_items", min_items, 2)
    n_holdout = _number_of_users(users, plays.n_users)
    generator = _generator(seed)
    is_holdout_user = np.zeros(plays.n_users, bool)
    is_holdout_user[generator.permutation(plays.n_users)[:n_holdout]] = True
    is_holdout_pair = is_holdout_user[plays.user_of_pair()]
    train = plays.keep_pairs(~is_holdout_pair)
    is_trained_item = train.item_ids.indexes_of(plays.item_ids.values) >= 0  # keep_pairs has dropped the others
    others = plays.keep_pairs(is_holdout_pair & is_trained_item[plays.indices])
    n_items = np.diff(others.indptr)
    counts = np.where(n_items >= min_items, share_of_items(fraction, n_items), 0)
    return UserSplit(train, *_hold_out(others, generator.permutation(others.n_pairs), counts))


def _hold_out(plays: Interactions, order: IndexVector, counts: CountVector) -> HoldoutSplit:
    """Hold out of every user u the `counts[u]` pairs that come first in `order`."""
    return divided(plays, first_of_users(plays, order, counts))


def first_of_users(plays: Interactions, order: IndexVector, counts: CountVector) -> BoolVector:
    """Mask of the `counts[u]` pairs of every user u that come first in `order`, (n_pairs,)."""
    pairs, rank = _in_order(plays, order)
    is_first = np.zeros(plays.n_pairs, bool)
    is_first[pairs] = rank < counts[row_of_entry(plays.indptr)]
    return is_first


def divided(plays: Interactions, is_holdout: BoolVector) -> HoldoutSplit:
    """Divide plays by a mask of what is held out, (n_pairs,).

    Raises
    ------
    DataError
        If that is nothing.
    """
    if not is_holdout.any():
        most = np.diff(plays.indptr).max(initial=0)
        raise DataError(
            f"Nothing is held out: the longest of {counted(plays.n_users, 'history', 'histories')} "
            f"has {counted(most, 'item')}. "
            "Hold out more, or start from longer histories."
        )
    return HoldoutSplit(plays.keep_pairs(~is_holdout), plays.keep_pairs(is_holdout))


def _in_order(plays: Interactions, order: IndexVector) -> tuple[IndexVector, IndexVector]:
    """Pairs user by user, and of each user in the given order; and the rank of each within its user, from 0."""
    # One integer a pair, its user above its rank in the order: no two are alike, so any sort gives the same result.
    keys = np.sort(plays.user_of_pair()[order].astype(np.int64) << 32 | np.arange(plays.n_pairs))
    return order[keys & 0xFFFFFFFF], np.arange(plays.n_pairs) - plays.indptr[row_of_entry(plays.indptr)]


def _times(plays: Interactions) -> CountVector:
    if plays.last_played is None:
        raise DataError(
            "These plays have no times, so nothing is the latest. Read them with time=... (deepcuts ingest --time), or "
            "split by share."
        )
    return plays.last_played


def _as_date(seconds: int) -> str:
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def share_of_items(fraction: float, n_items: CountVector) -> CountVector:
    """Whole number of items, of each user, that is at most this share of them."""
    return np.floor(fraction * n_items).astype(np.int64)


def _number_of_users(users: float, n_users: int) -> int:
    users = real_number("users", users, 0, np.inf, "Give a share below 1 or a whole number of users.")
    n_holdout = int(users * n_users) if 0 < users < 1 else users
    if not 1 <= n_holdout < n_users or n_holdout % 1:
        raise SettingsError(
            f"users={users} holds out {n_holdout:,} of {counted(n_users, 'user')}. Give a share "
            f"below 1 or a whole number, that "
            "holds out at least 1 user, and not all."
        )
    return int(n_holdout)


def share_below_one(name: str, value: float) -> float:
    """Check a share above 0 and below 1."""
    advice = "Give a share above 0 and below 1."
    share = real_number(name, value, 0, 1, advice, above=True)
    if share == 1:
        raise SettingsError(f"{name} is {share}. {advice}")
    return share


def _whole(name: str, number: int, least: int) -> int:
    return whole_number(name, number, least, LARGEST, f"Give a whole number of at least {least}.")


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(_whole("seed", seed, 0))
