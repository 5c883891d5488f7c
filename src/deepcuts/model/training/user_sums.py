"""What an epoch needs of all rows of the user side together: sums over blocks of rows, always added in the same order.

A block is `BLOCK_ROWS` rows, and a unit is as many blocks in succession as make at most 256 units of all rows. Blocks
are added up within their unit first, then the units. So the sums are the same to the bit wherever units are computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector, FloatMatrix, FloatVector
from deepcuts.kernels.threads import BLOCK_ROWS, over_blocks

_MOST_UNITS = 256

Summand = TypeVar("Summand", float, "UserSums")


@dataclass(frozen=True, eq=False)
class UserSums:
    """Sums over rows x of the user side.

    Parameters
    ----------
    n_rows
        Number of rows.
    gram
        Σ x xᵀ, float64, (n_factors, n_factors).
    row_sum
        Σ x, float64, (n_factors,).
    square
        Σ ‖x‖².
    ridge, lean, distinction
        Terms of the loss, maths.md (2), of these rows.
    """

    n_rows: int
    gram: DoubleMatrix
    row_sum: DoubleVector
    square: float
    ridge: float
    lean: float = 0.0
    distinction: float = 0.0

    @classmethod
    def none(cls, n_factors: int) -> UserSums:
        """Sums of no rows."""
        return cls(0, np.zeros((n_factors, n_factors)), np.zeros(n_factors), 0.0, 0.0)

    @classmethod
    def of_blocks(cls, factors: FloatMatrix, ridge: FloatVector) -> list[UserSums]:
        """Compute the sums of every block of rows, but for lean and distinction.

        Parameters
        ----------
        factors
            The rows, float32, (n_rows, n_factors).
        ridge
            ρ of every row, float32, (n_rows,).
        """

        def of_block(rows: slice) -> UserSums:
            block = factors[rows]
            squares = np.einsum("ij,ij->i", block, block)
            return cls(
                len(block),
                (block.T @ block).astype(np.float64),
                block.sum(axis=0, dtype=np.float64),  # in float32, many rows would lose digits
                float(squares.sum(dtype=np.float64)),
                float(ridge[rows].astype(np.float64) @ squares),
            )

        return over_blocks(of_block, len(factors))

    @property
    def mean_square(self) -> float:
        """Mean squared length of a row; 0 where there is none."""
        return self.square / max(1, self.n_rows)

    def __add__(self, other: UserSums) -> UserSums:
        return UserSums(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def add_in_order(blocks: Sequence[Summand]) -> Summand:
    """Add up the blocks of each unit, then the units, one after the other; there is at least one block."""
    step = blocks_of_unit(len(blocks))
    return reduce(add, [reduce(add, blocks[first : first + step]) for first in range(0, len(blocks), step)])


def blocks_of_unit(n_blocks: int) -> int:
    """Return how many blocks a unit has, where there are so many in all; the last one may have fewer."""
    return -(-n_blocks // _MOST_UNITS)


def rows_of_unit(n_rows: int) -> int:
    """Return how many rows a unit has, where there are so many in all; the last one may have fewer."""
    return BLOCK_ROWS * blocks_of_unit(-(-n_rows // BLOCK_ROWS))


def observed_weight(weights: DoubleVector) -> float:
    """Σ c of all rows, from that of every row, float64, (n_rows,)."""
    return add_in_order(over_blocks(lambda rows: float(weights[rows].sum()), len(weights)))
