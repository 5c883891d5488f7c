"""Several trainings of one contender, which differ by their seeds, as one evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray
from deepcuts.data.csr import quotient
from deepcuts.evaluation import Evaluation


def mean_over_seeds(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Return the mean of some evaluations of the same users: of every figure, and of the values of every user.

    Intervals and tests over users then are of the mean over the seeds. A user's value is the mean of those that are
    defined.
    """
    first = evaluations[0]
    if len(evaluations) == 1:
        return first
    figures = {name: float(np.mean([one.figures[name] for one in evaluations])) for name in first.figures}
    columns = {"user_id": first.per_user["user_id"]}
    for name in first.per_user.column_names[1:]:
        means = mean_of_defined([one.per_user[name].to_numpy() for one in evaluations])
        columns[name] = pa.array(means, pa.float64(), from_pandas=True)
    return Evaluation(figures, first.n_users, first.n_without_list, pa.table(columns))


def mean_of_defined(of_seeds: Sequence[AnyArray]) -> AnyArray:
    """Return the mean over seeds of values of one shape, each of those that are defined; NaN where none is."""
    values = np.stack(of_seeds)
    return quotient(np.nansum(values, axis=0), np.count_nonzero(~np.isnan(values), axis=0))
