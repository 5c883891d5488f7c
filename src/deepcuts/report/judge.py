"""The plays, holdout, labels, metrics and seed that the lists of all contenders are evaluated with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import (
    Evaluation,
    ItemFeatures,
    RankedLists,
    compare_evaluations,
    evaluate,
    mean_intervals,
    rank_lists,
)
from deepcuts.evaluation.registry import METRICS
from deepcuts.report.bands import Bands
from deepcuts.report.facts import Difference, Duel, Estimate
from deepcuts.report.seeds import mean_over_seeds
from deepcuts.report.settings import ReportSettings

# Shown in the table of all figures, those that a mean over users stands behind with intervals.
_TABLE = ("recall", "ndcg", "tail_recall", "novelty", "long_tail", "coverage", "gini", "exposure_lambda")
_LABELLED = ("calibration_kl", "ild", "minority_recall")

CURVE = (1, 2, 5, 10, 20, 50, 100)  # lengths of lists at which recall is shown
_ALIKE = 1e-12  # difference of two figures that only rounding tells apart
_NAN = float("nan")
_OF_DIFFERENCE = ("difference", "low", "high", "p_value")


@dataclass(frozen=True)
class Judge:
    """What lists are evaluated with.

    Parameters
    ----------
    train, holdout
        What the lists were made from, and what was held out.
    item_labels
        Labels of the items; None leaves calibration out.
    settings
        Axes, rarities and the seed of the bootstrap.
    """

    train: Interactions
    holdout: Interactions
    item_labels: ItemFeatures | None
    settings: ReportSettings

    @property
    def axes(self) -> dict[str, list[int]]:
        """Metrics of the frontiers: accuracy, novelty and, with labels, calibration."""
        names = [self.settings.accuracy, "novelty", *(["calibration_kl"] if self.item_labels else [])]
        return {name: [self.settings.k] for name in names}

    def name(self, metric: str) -> str:
        """Name of a figure of the frontiers."""
        return f"{metric}@{self.settings.k}"

    @property
    def table(self) -> dict[str, list[int]]:
        """Metrics of the table at the neutral dial."""
        names = (*_TABLE, *(_LABELLED if self.item_labels else ()))
        wanted = {name: METRICS[name].cutoffs for name in names}
        return {name: sorted({*wanted.get(name, ()), *self.axes.get(name, ())}) for name in {**self.axes, **wanted}}

    @cached_property
    def bands(self) -> Bands:
        """Users and items by popularity and length of history."""
        return Bands.of(self.train)

    def evaluate(self, lists: pa.Table, cutoffs: Mapping[str, list[int]]) -> Evaluation:
        """Judge lists."""
        return evaluate(lists, self.train, self.holdout, cutoffs, features=self.item_labels)

    def estimates(self, evaluation: Evaluation) -> dict[str, Estimate]:
        """Figures, with intervals where they are means over users."""
        rows = mean_intervals(evaluation, seed=self.settings.seed).to_pylist()
        with_interval = {row["metric"]: _estimate(row) for row in rows}
        return {
            name: with_interval.get(name, Estimate(value, _NAN, _NAN, evaluation.n_users))
            for name, value in evaluation.figures.items()
        }

    def differences(self, reference: Evaluation, evaluation: Evaluation) -> dict[str, Difference]:
        """Differences of figures from those of a reference, paired by user."""
        rows = compare_evaluations(reference, evaluation, seed=self.settings.seed).to_pylist()
        return {row["metric"]: Difference(*(_number(row[name]) for name in _OF_DIFFERENCE)) for row in rows}

    def duel(self, reference: Evaluation, evaluation: Evaluation) -> Duel:
        """Count the users for whom lists are better, as good, or worse than those of a reference, by the accuracy."""
        name = self.name(self.settings.accuracy)
        theirs, own = (one.per_user[name].to_numpy(zero_copy_only=False) for one in (reference, evaluation))
        apart = own - theirs
        return Duel(*(int(np.count_nonzero(one)) for one in (apart > _ALIKE, np.abs(apart) <= _ALIKE, apart < -_ALIKE)))

    def recall_curve(self, of_seeds: Sequence[pa.Table]) -> tuple[tuple[int, Estimate], ...]:
        """Recall at some lengths of lists that are as long as the longest, the mean over seeds."""
        found = self.estimates(mean_over_seeds([self.evaluate(lists, {"recall": list(CURVE)}) for lists in of_seeds]))
        return tuple((k, found[f"recall@{k}"]) for k in CURVE)

    def rank(self, lists: pa.Table) -> RankedLists:
        """Lay out lists beside the holdout."""
        return rank_lists(lists, self.train, self.holdout)


def _estimate(row: Mapping[str, float | None]) -> Estimate:
    mean, low, high = (_number(row[name]) for name in ("mean", "low", "high"))
    return Estimate(mean, low, high, int(row["n_users"] or 0))


def _number(value: float | None) -> float:
    return _NAN if value is None else float(value)
