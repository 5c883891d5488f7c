"""Non-dominant recall: the part of recall that a user's smaller personas contribute.

::

    nondominant_recall@k = hits among the first k that are listed for a persona other than 0 / min(k, held-out items)

Persona 0 is the one with the largest share. The rest of recall@k is its, so that the ratio of the two tells what
the other personas are worth; our own figure.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import LIST_PERSONAS, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def nondominant_recall(lists: RankedLists, k: int) -> DoubleVector:
    """Recall by the items listed for personas other than the dominant one: at most recall."""
    hits = lists.hits[:, :k] & (lists.list_personas[:, :k] > 0)
    values: DoubleVector = np.count_nonzero(hits, axis=1) / np.minimum(k, lists.n_holdout)
    return values


METRICS = (UserMetric("nondominant_recall", nondominant_recall, needs=(LIST_PERSONAS,)),)
