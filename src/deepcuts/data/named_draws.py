"""Draws by names: what a user loses or whether a user is taken does not depend on who else is there.

So users may lie on many machines, or in a sample, and the draw is the same.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pyarrow as pa

from deepcuts.array_types import BoolVector, NumberVector
from deepcuts.checks import LARGEST, whole_number
from deepcuts.data.foreign import PlaysLike, taken
from deepcuts.data.interactions import Interactions
from deepcuts.data.split import HoldoutSplit, divided, first_of_users, share_below_one, share_of_items


def split_by_name(plays: PlaysLike, fraction: float = 0.2, seed: int = 0) -> HoldoutSplit:
    """Hold out a share of every user's items, ⌊fraction · n⌋ of n, drawn by a stream named after the user.

    Parameters
    ----------
    plays
        Plays of all users, or of some.
    fraction
        Share of items to hold out, above 0 and below 1; no user loses all of them.
    seed
        Of the draw, at least 0.

    Raises
    ------
    SettingsError
        If the fraction or the seed is out of range.
    DataError
        If nothing would be held out.
    """
    plays = taken(plays)
    return divided(plays, drawn_by_name(plays, fraction, seed))


def drawn_by_name(plays: Interactions, fraction: float, seed: int) -> BoolVector:
    """Mask of the pairs that `split_by_name` holds out, (n_pairs,), which may be none."""
    fraction = share_below_one("fraction", fraction)
    items, item_of_pair = np.unique(plays.indices, return_inverse=True)
    of_users = numbers_of_names(plays.user_ids.values, seed)[plays.user_of_pair()]
    of_items = numbers_of_names(plays.item_ids.take(items), seed)[item_of_pair]
    # Multiply-shift hashing (Dietzfelbinger et al. 1997, doi:10.1006/jagm.1997.0873): another order for each user.
    order = np.argsort((of_users | np.uint64(1)) * of_items, kind="stable")
    return first_of_users(plays, order, share_of_items(fraction, np.diff(plays.indptr)))


def numbers_of_names(ids: pa.StringArray, seed: int) -> NumberVector:
    """Even numbers of 64 bits, each of an id and a seed alone, uint64, (len(ids),)."""
    key = whole_number("seed", seed, 0, LARGEST, "Give a whole number of at least 0.").to_bytes(8, "little")
    digests = (blake2b(text.encode(), digest_size=8, key=key).digest() for text in ids.to_pylist())
    return np.frombuffer(b"".join(digests), np.uint64)
