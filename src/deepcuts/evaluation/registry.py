"""Which metrics there are, in the order of their figures, and cut-offs to report them at.

A metric is registered at the foot of its own file, `METRICS`; here stands the list of the files. `register` adds those
of a caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from deepcuts.checks import is_several, shown, texts
from deepcuts.errors import SettingsError
from deepcuts.evaluation.metric import ExposureMetric, Metric, QuotientMetric, UserMetric, checked_cutoffs
from deepcuts.evaluation.metrics import (
    average_precision,
    calibration,
    coverage,
    entropy,
    gini,
    hit_rate,
    intra_list_distance,
    ips_recall,
    long_tail,
    minority_recall,
    ndcg,
    nondominant_recall,
    novelty,
    persona_mix,
    popularity,
    precision,
    recall,
    reciprocal_rank,
    relevant_novelty,
    tail_recall,
    taste_coverage,
    unexpectedness,
)
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.setting_names import check_known

_FILES = (
    recall, precision, hit_rate, ndcg, average_precision, reciprocal_rank, tail_recall, ips_recall,
    novelty, relevant_novelty, popularity, long_tail, coverage, gini, entropy, unexpectedness,
    calibration, intra_list_distance, taste_coverage, minority_recall, nondominant_recall, persona_mix,
)  # fmt: skip

_BY_NAME = {metric.name: metric for file in _FILES for metric in file.METRICS}
METRICS: Mapping[str, Metric] = MappingProxyType(_BY_NAME)  # a view: it has what is registered later

_KINDS = (UserMetric, ExposureMetric, QuotientMetric)

Cutoffs = Mapping[str, Iterable[int]]  # from names of metrics to list lengths


def register(metric: Metric) -> None:
    """Let a metric of your own be known by its name, in cut-offs, comparisons and reports of this process.

    Parameters
    ----------
    metric
        A `UserMetric`, an `ExposureMetric` or a `QuotientMetric`; the same one again changes nothing.

    Raises
    ------
    SettingsError
        If it is none of these, or its name is no word or that of another metric.
    """
    check_own([metric])
    _BY_NAME[metric.name] = metric


def check_own(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Take metrics of a caller, and refuse those that cannot be computed, or told from the others.

    Raises
    ------
    SettingsError
        At the first one.
    """
    if not is_several(metrics):
        raise SettingsError(f"metrics is {shown(metrics)}. Give a list of metrics, even of a single one.")
    own, names = tuple(metrics), set[str]()
    for metric in own:
        if not isinstance(metric, _KINDS):
            kinds = ", ".join(kind.__name__ for kind in _KINDS)
            raise SettingsError(
                f"{shown(metric)} is no metric. Pass one of {kinds}, such as UserMetric(name, function)."
            )
        if metric.name in names or METRICS.get(metric.name, metric) != metric:
            raise SettingsError(f"There is a metric {metric.name!r} already. Give yours another name.")
        names.add(metric.name)
    return own


def metric_of(figure: str) -> Metric:
    """Find the metric of a figure such as "recall@20", or by its name alone.

    Raises
    ------
    SettingsError
        If there is no such metric.
    """
    name = figure.partition("@")[0] if isinstance(figure, str) else figure
    check_known("metric", name, METRICS)
    return METRICS[name]


def with_arrow(figure: str) -> str:
    """Name of a figure, with an arrow down where less is better."""
    metric = METRICS.get(figure.partition("@")[0])
    return f"{figure} ↓" if metric is not None and metric.lower_is_better else figure


def default_cutoffs(
    lists: RankedLists, which: Literal["default", "main", "every"] = "default"
) -> dict[str, tuple[int, ...]]:
    """Return the default cut-offs of metrics that can be computed from what lists have.

    Parameters
    ----------
    lists
        What is judged.
    which
        "main" for those that tell most, "every" for those on request as well.
    """
    groups = {
        "default": [metric for metric in METRICS.values() if not metric.on_request],
        "main": [metric for metric in METRICS.values() if metric.is_main],
        "every": list(METRICS.values()),
    }
    return {metric.name: metric.cutoffs for metric in groups[which] if not metric.missing(lists)}


def parse_cutoffs(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Read names of metrics such as "recall", which stands for its default cut-offs, or "recall@10".

    Raises
    ------
    SettingsError
        If there is no such metric, or a cut-off is not a whole number from 1 up.
    """
    cutoffs: dict[str, tuple[int, ...]] = {}
    for text in texts("Figures", names):
        name, at, length = text.strip().partition("@")
        if at and not length.isdecimal():
            raise SettingsError(f"The metric {text!r} has no cut-off after its @. Write it as recall@20.")
        wanted = (int(length),) if at else metric_of(name).cutoffs
        cutoffs[name] = tuple(dict.fromkeys((*cutoffs.get(name, ()), *wanted)))
    metrics_at(cutoffs)
    return cutoffs


def checked(cutoffs: Cutoffs) -> dict[str, tuple[int, ...]]:
    """Take names of metrics, each with its cut-offs, whatever these come in.

    Raises
    ------
    SettingsError
        If there is no such metric, or if a cut-off is not a whole number from 1 up.
    """
    if not isinstance(cutoffs, Mapping):
        raise SettingsError(f"cutoffs is {shown(cutoffs)}. Give cut-offs by metric, such as {{'recall': [20, 50]}}.")
    for name in cutoffs:
        check_known("metric", name, METRICS)
    return {name: checked_cutoffs(name, lengths) for name, lengths in cutoffs.items()}


def metrics_at(cutoffs: Cutoffs) -> list[tuple[Metric, int]]:
    """Return the metrics asked for, each with its cut-off; see `checked`."""
    return [(METRICS[name], k) for name, lengths in checked(cutoffs).items() for k in lengths]


def check_needs(metrics: Iterable[Metric], lists: RankedLists) -> None:
    """Refuse metrics that cannot be computed from what lists have.

    Raises
    ------
    SettingsError
        If a metric needs features, personas or a column of personas, and there are none.
    """
    for metric in metrics:
        if missing := metric.missing(lists):
            raise SettingsError(f"The metric {metric.name!r} needs {missing[0].advice}.")
