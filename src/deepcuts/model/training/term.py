"""Terms of the loss that are quadratic in a row, and their sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Term:
    """What a term costs a row x: xᵀ S x + ρ ‖x‖² − 2 pull·x, up to a constant.

    Parameters
    ----------
    shared
        S, (n_factors, n_factors), symmetric, the same for all rows.
    ridge
        ρ, (n_rows,).
    pull
        (n_rows, n_factors), or (1, n_factors) for all rows alike.
    """

    shared: np.ndarray | float = 0.0
    ridge: np.ndarray | float = 0.0
    pull: np.ndarray | float = 0.0

    def __add__(self, other: Term) -> Term:
        return Term(*map(_sum, (self.shared, self.ridge, self.pull), (other.shared, other.ridge, other.pull)))


def _sum(first: np.ndarray | float, second: np.ndarray | float) -> np.ndarray | float:
    """Add two parts, of which one is often none: large ones are not copied for that."""
    if isinstance(first, float) and first == 0:
        return second
    return first if isinstance(second, float) and second == 0 else first + second
