"""Figures from sums over parts of the users, so that lists may lie on many machines.

Sums have names: those of their figures, such as "recall@20", but that all figures of one cut-off that go by how often
items are listed share "exposure@20". Sums of one name are added up.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from deepcuts.array_types import NumberVector
from deepcuts.errors import DataError
from deepcuts.evaluation.evaluate import Evaluation
from deepcuts.evaluation.metric import ExposureMetric, Metric, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.evaluation.registry import METRICS, Cutoffs, check_needs, default_cutoffs, metrics_at

logger = logging.getLogger(__name__)

_USERS = "users"  # the judged ones, and those of them without a list


def sums_of_part(ranked: RankedLists | None, cutoffs: Cutoffs | None) -> dict[str, NumberVector]:
    """Sum up over some users what figures are computed from, by name; what takes all users at once is left out.

    Parameters
    ----------
    ranked
        Lists of these users; None where nobody is judged.
    cutoffs
        As for `deepcuts.evaluate`.

    Raises
    ------
    SettingsError
        If there is no such metric, or it needs what is not there.
    """
    if ranked is None:
        return {_USERS: np.zeros(2)}
    metrics = metrics_at(default_cutoffs(ranked) if cutoffs is None else cutoffs)
    check_needs((metric for metric, _ in metrics), ranked)
    sums = {_USERS: np.array([ranked.n_users, ranked.n_without_list])}
    for metric, k in metrics:
        if not (isinstance(metric, UserMetric) and metric.all_users_at_once):
            sums[_name(metric, k)] = metric.sums(ranked, k)
    return sums


def from_sums(sums: Mapping[str, NumberVector], cutoffs: Cutoffs | None) -> Evaluation:
    """Compute all figures of which there are sums, over all users; the others are named in a warning.

    Raises
    ------
    DataError
        If nobody was judged.
    """
    n_users, n_without_list = map(int, sums[_USERS])
    if not n_users:
        raise DataError("Nothing was held out, so there is nothing to judge lists by.")
    every = {metric.name: metric.cutoffs for metric in METRICS.values() if not metric.on_request}
    figures, left_out = dict[str, float](), list[str]()
    for metric, k in metrics_at(every if cutoffs is None else cutoffs):
        if (name := _name(metric, k)) in sums:
            figures[metric.at(k)] = metric.figure(sums[name])
        else:
            left_out.append(metric.at(k))
    if left_out:
        logger.warning("Left out, as they take all users at once, or labels or personas: %s.", ", ".join(left_out))
    nobody = pa.table({"user_id": pa.array([], pa.string())})
    return Evaluation(figures, n_users, n_without_list, nobody)


def _name(metric: Metric, k: int) -> str:
    return f"exposure@{k}" if isinstance(metric, ExposureMetric) else metric.at(k)
