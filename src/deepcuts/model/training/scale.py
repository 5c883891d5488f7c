"""What training measured of its data: by this, the weights of the loss are scaled, for new users as well."""

from __future__ import annotations

from dataclasses import dataclass

from deepcuts.data.interactions import Interactions


@dataclass(frozen=True)
class Scale:
    """Sizes of the training data.

    Parameters
    ----------
    w0
        Weight of a pair that was not observed, before the split.
    n_users, n_items
        Users and items.
    taste_square
        Mean squared length of base vectors; 0 before there are any.
    """

    w0: float
    n_users: int
    n_items: int
    taste_square: float = 0.0

    @classmethod
    def of(cls, plays: Interactions, observed: float, ratio: float) -> Scale:
        """w0 = ratio · Σ c / (users · items), so that all unobserved weight is `ratio` times all observed weight."""
        return cls(ratio * observed / (plays.n_users * plays.n_items), plays.n_users, plays.n_items)
