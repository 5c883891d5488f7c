"""Which figures there are: the one list of metrics, by the names they are reported under."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np

from deepcuts.errors import SettingsError
from deepcuts.evaluation.metrics.average_precision import average_precision
from deepcuts.evaluation.metrics.calibration import calibration_kl, persona_calibration_kl
from deepcuts.evaluation.metrics.coverage import coverage, coverage_of
from deepcuts.evaluation.metrics.entropy import entropy, entropy_of
from deepcuts.evaluation.metrics.gini import exposure_lambda, exposure_lambda_of, gini, gini_of
from deepcuts.evaluation.metrics.hit_rate import hit_rate
from deepcuts.evaluation.metrics.intra_list_distance import intra_list_distance
from deepcuts.evaluation.metrics.ips_recall import ips_recall, ips_sample_size
from deepcuts.evaluation.metrics.long_tail import long_tail
from deepcuts.evaluation.metrics.minority_recall import minority_recall
from deepcuts.evaluation.metrics.ndcg import ndcg
from deepcuts.evaluation.metrics.nondominant_recall import nondominant_recall
from deepcuts.evaluation.metrics.novelty import novelty
from deepcuts.evaluation.metrics.popularity import popularity, popularity_lift, popularity_lift_parts
from deepcuts.evaluation.metrics.precision import precision
from deepcuts.evaluation.metrics.recall import recall
from deepcuts.evaluation.metrics.reciprocal_rank import reciprocal_rank
from deepcuts.evaluation.metrics.relevant_novelty import efd, epc
from deepcuts.evaluation.metrics.tail_recall import tail_recall, tail_recall_parts
from deepcuts.evaluation.metrics.taste_coverage import persona_coverage, taste_coverage
from deepcuts.evaluation.metrics.unexpectedness import unexpectedness
from deepcuts.evaluation.ranked_lists import RankedLists

UserMetric = Callable[[RankedLists, int], np.ndarray]
CatalogueMetric = Callable[[RankedLists, int], float]

# One value per user, float64, NaN where it is undefined; the figure is the mean over the users where it is defined.
USER_METRICS: Mapping[str, UserMetric] = MappingProxyType(
    {
        "recall": recall,
        "precision": precision,
        "hit_rate": hit_rate,
        "ndcg": ndcg,
        "map": average_precision,
        "mrr": reciprocal_rank,
        "ips_recall": ips_recall,
        "ips_sample_size": ips_sample_size,
        "novelty": novelty,
        "epc": epc,
        "efd": efd,
        "popularity": popularity,
        "long_tail": long_tail,
        "unexpectedness": unexpectedness,
        "calibration_kl": calibration_kl,
        "ild": intra_list_distance,
        "taste_coverage": taste_coverage,
        "minority_recall": minority_recall,
        "nondominant_recall": nondominant_recall,
        "persona_coverage": persona_coverage,
        "persona_calibration_kl": persona_calibration_kl,
    }
)

# One value for all lists together.
CATALOGUE_METRICS: Mapping[str, CatalogueMetric] = MappingProxyType(
    {
        "tail_recall": tail_recall,
        "popularity_lift": popularity_lift,
        "coverage": coverage,
        "gini": gini,
        "exposure_lambda": exposure_lambda,
        "entropy": entropy,
    }
)

# How those of them depend on users: by how often each item is listed, or as a quotient of two sums over users.
OF_EXPOSURE: Mapping[str, Callable[[np.ndarray], float]] = MappingProxyType(
    {"coverage": coverage_of, "gini": gini_of, "exposure_lambda": exposure_lambda_of, "entropy": entropy_of}
)
QUOTIENTS: Mapping[str, Callable[[RankedLists, int], tuple[np.ndarray, np.ndarray]]] = MappingProxyType(
    {"tail_recall": tail_recall_parts, "popularity_lift": popularity_lift_parts}
)

# Users can be worked on some at a time, except where counting anew for each block would be slow.
ALL_USERS_AT_ONCE = frozenset({"unexpectedness"})

# Where less is better; of every other figure, more is.
LOWER_IS_BETTER = frozenset(
    {"popularity", "popularity_lift", "gini", "exposure_lambda", "calibration_kl", "persona_calibration_kl"}
)

CUTOFFS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "recall": (20, 50),
        "precision": (20,),
        "hit_rate": (20,),
        "ndcg": (100,),
        "map": (100,),
        "mrr": (100,),
        "tail_recall": (50,),
        "ips_recall": (50,),
        "ips_sample_size": (50,),
        "novelty": (20,),
        "epc": (20,),
        "efd": (20,),
        "popularity": (20,),
        "popularity_lift": (20,),
        "long_tail": (20,),
        "coverage": (20,),
        "gini": (20,),
        "exposure_lambda": (20,),
        "entropy": (20,),
        "unexpectedness": (20,),
        "calibration_kl": (20,),
        "ild": (20,),
        "taste_coverage": (20,),
        "minority_recall": (50,),
        "nondominant_recall": (20,),
        "persona_coverage": (20,),
        "persona_calibration_kl": (20,),
    }
)

# The figures that tell most, for a table that people look at.
MAIN: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "recall": (20, 50),
        "ndcg": (100,),
        "tail_recall": (50,),
        "novelty": (20,),
        "coverage": (20,),
        "gini": (20,),
        "exposure_lambda": (20,),
        "calibration_kl": (20,),
        "ild": (20,),
    }
)

# What a metric needs beyond lists, train and holdout, and how to give it.
_FEATURES = "labels of the items. Pass features=item_features(labels, train.item_ids)"
_COLUMN = "to know for which persona each item is listed. Give the lists a column 'persona' of whole numbers"
_PERSONAS = "the personas of train. Pass personas=, one whole number for each pair"
NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "calibration_kl": (_FEATURES,),
        "ild": (_FEATURES,),
        "taste_coverage": (_FEATURES,),
        "minority_recall": (_FEATURES,),
        "nondominant_recall": (_COLUMN,),
        "persona_coverage": (_COLUMN, _PERSONAS),
        "persona_calibration_kl": (_COLUMN, _PERSONAS),
    }
)


def possible_cutoffs(
    lists: RankedLists, cutoffs: Mapping[str, tuple[int, ...]] = CUTOFFS
) -> dict[str, tuple[int, ...]]:
    """Return those cut-offs whose metrics can be computed from what is given."""
    return {metric: lengths for metric, lengths in cutoffs.items() if not _missing(metric, lists)}


def check_needs(wanted: Iterable[tuple[str, int]], lists: RankedLists) -> None:
    """Refuse metrics that cannot be computed from what is given.

    Raises
    ------
    SettingsError
        If a metric needs features, personas or a column of personas, and there are none.
    """
    for metric, _ in wanted:
        if missing := _missing(metric, lists):
            raise SettingsError(f"The metric {metric!r} needs {missing[0]}.")


def _missing(metric: str, lists: RankedLists) -> list[str]:
    given = {
        _FEATURES: lists.features.n_labels > 0,
        _COLUMN: lists.tells_personas,
        _PERSONAS: lists.persona_shares.shape[1] > 0,
    }
    return [need for need in NEEDS.get(metric, ()) if not given[need]]


def parse_cutoffs(texts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Read names of metrics such as "recall", which stands for its default cut-offs, or "recall@10".

    Raises
    ------
    SettingsError
        If there is no such metric, or a cut-off is not a whole number from 1 up.
    """
    cutoffs: dict[str, tuple[int, ...]] = {}
    for text in texts:
        metric, at, length = text.strip().partition("@")
        if at and not length.isdecimal():
            raise SettingsError(f"The metric {text!r} has no cut-off after its @. Write it as recall@20.")
        wanted = (int(length),) if at else CUTOFFS.get(metric, ())
        cutoffs[metric] = tuple(dict.fromkeys((*cutoffs.get(metric, ()), *wanted)))
    check_cutoffs(cutoffs)
    return cutoffs


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
