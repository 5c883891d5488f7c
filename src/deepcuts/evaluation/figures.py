"""Which figures there are: the one list of metrics, by the names they are reported under."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np

from deepcuts.errors import SettingsError
from deepcuts.evaluation.average_precision import average_precision
from deepcuts.evaluation.coverage import coverage
from deepcuts.evaluation.gini import exposure_lambda, gini
from deepcuts.evaluation.ndcg import ndcg
from deepcuts.evaluation.novelty import novelty
from deepcuts.evaluation.precision import precision
from deepcuts.evaluation.ranked import RankedLists
from deepcuts.evaluation.recall import recall
from deepcuts.evaluation.reciprocal_rank import reciprocal_rank

UserMetric = Callable[[RankedLists, int], np.ndarray]
CatalogueMetric = Callable[[RankedLists, int], float]

# One value per user, float64, NaN where it is undefined; the figure is the mean over the users where it is defined.
USER_METRICS: Mapping[str, UserMetric] = MappingProxyType(
    {
        "recall": recall,
        "precision": precision,
        "ndcg": ndcg,
        "map": average_precision,
        "mrr": reciprocal_rank,
        "novelty": novelty,
    }
)

# One value for all lists together.
CATALOGUE_METRICS: Mapping[str, CatalogueMetric] = MappingProxyType(
    {"coverage": coverage, "gini": gini, "exposure_lambda": exposure_lambda}
)

CUTOFFS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "recall": (20, 50),
        "precision": (20,),
        "ndcg": (100,),
        "map": (100,),
        "mrr": (100,),
        "novelty": (20,),
        "coverage": (20,),
        "gini": (20,),
        "exposure_lambda": (20,),
    }
)


def check_cutoffs(cutoffs: Mapping[str, Iterable[int]]) -> list[tuple[str, int]]:
    """Return the metrics asked for, each with its cut-off.

    Raises
    ------
    SettingsError
        If there is no such metric, or if a cut-off is not a whole number from 1 up.
    """
    known = [*USER_METRICS, *CATALOGUE_METRICS]
    for metric, lengths in cutoffs.items():
        if metric not in known:
            raise SettingsError(f"There is no metric {metric!r}. Choose from {', '.join(known)}.")
        if not isinstance(lengths, Iterable):
            raise SettingsError(f"The cut-offs of {metric} are {lengths!r}. Give a list of them, such as [20, 50].")
    wanted = [(metric, k) for metric, lengths in cutoffs.items() for k in lengths]
    for metric, k in wanted:
        if not isinstance(k, int | np.integer) or k < 1:
            raise SettingsError(f"A cut-off of {metric} is {k!r}. Cut-offs are whole numbers from 1 up.")
    return wanted
