"""The loss, epoch by epoch and term by term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import pyarrow as pa

Stage = Literal["rehearsal", "base", "personas"]


@dataclass(frozen=True)
class Epoch:
    """The loss after an epoch.

    Parameters
    ----------
    stage
        "base" before the split, "personas" after it, "rehearsal" for bases that are thrown away, which no model keeps;
        the losses of these are not comparable.
    number
        1, 2, … within the stage; within one base of a rehearsal.
    accuracy, unobserved, diversity, ridge, lean, distinction
        The terms of the loss, equation (2) of docs/maths.md.
    seconds
        Time that the epoch took.
    validation_ndcg
        ndcg@100 of items that some users gave for early stopping; None where it was not measured.
    """

    stage: Stage
    number: int
    accuracy: float
    unobserved: float
    diversity: float
    ridge: float
    lean: float
    distinction: float
    seconds: float
    validation_ndcg: float | None = None

    @property
    def loss(self) -> float:
        """Sum of the terms."""
        return self.accuracy + self.unobserved + self.diversity + self.ridge + self.lean + self.distinction


OnInterrupt = Literal["raise", "keep"]
Progress = Callable[[Epoch], None]
UserProgress = Callable[[int], None]  # takes the number of users that are done


def to_arrow(epochs: tuple[Epoch, ...]) -> pa.Table:
    """Return the epochs as a table, one row each, with the loss as the last column."""
    table = pa.Table.from_pylist([{**asdict(epoch), "loss": epoch.loss} for epoch in epochs])
    if not epochs:
        return table
    column = table.column_names.index("validation_ndcg")
    # Where nothing was measured, Arrow takes a column for one of nulls only.
    return table.set_column(column, "validation_ndcg", table.column(column).cast(pa.float64()))
