"""The figures of a contender: at every turn of the dial a few, at the neutral one all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from deepcuts.comparison.contenders import Contender, FittedModel, describe
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
from deepcuts.report.bands import Bands
from deepcuts.report.exposure import exposure_facts
from deepcuts.report.facts import ContenderFacts, Difference, Estimate, Turn
from deepcuts.report.settings import ReportSettings

Step = Callable[[str], None]

_LONG = 100  # length of the lists that ndcg@100 and recall@50 are measured on

# Shown in the table of all figures, those that a mean over users stands behind with intervals.
_TABLE = {
    "recall": (20, 50),
    "ndcg": (100,),
    "tail_recall": (50,),
    "novelty": (20,),
    "long_tail": (20,),
    "coverage": (20,),
    "gini": (20,),
    "exposure_lambda": (20,),
}
_LABELLED = {"calibration_kl": (20,), "ild": (20,), "minority_recall": (50,)}


@dataclass(frozen=True)
class Judge:
    """All that lists are judged by.

    Parameters
    ----------
    train, holdout
        What the lists were made from, and what was held out.
    features
        Labels of the items; None leaves calibration out.
    settings
        Axes, turns of the dial and the seed of the bootstrap.
    """

    train: Interactions
    holdout: Interactions
    features: ItemFeatures | None
    settings: ReportSettings

    @property
    def axes(self) -> dict[str, list[int]]:
        """Metrics of the frontiers: accuracy, novelty and, with labels, calibration."""
        names = [self.settings.accuracy, "novelty", *(["calibration_kl"] if self.features else [])]
        return {name: [self.settings.k] for name in names}

    def name(self, metric: str) -> str:
        """Name of a figure of the frontiers."""
        return f"{metric}@{self.settings.k}"

    @property
    def table(self) -> dict[str, list[int]]:
        """Metrics of the table at the neutral dial."""
        wanted = {**_TABLE, **(_LABELLED if self.features else {})}
        return {name: sorted({*wanted.get(name, ()), *self.axes.get(name, ())}) for name in {**self.axes, **wanted}}

    @cached_property
    def bands(self) -> Bands:
        """Users and items by popularity and length of history."""
        return Bands.of(self.train)

    def evaluate(self, lists: pa.Table, cutoffs: Mapping[str, list[int]]) -> Evaluation:
        """Judge lists."""
        return evaluate(lists, self.train, self.holdout, cutoffs, features=self.features)

    def estimates(self, evaluation: Evaluation) -> dict[str, Estimate]:
        """Figures, with intervals where they are means over users."""
        rows = mean_intervals(evaluation, seed=self.settings.seed).to_pylist()
        sure = {row["metric"]: _estimate(row) for row in rows}
        nan = float("nan")
        return {
            name: sure.get(name, Estimate(value, nan, nan, evaluation.n_users))
            for name, value in evaluation.figures.items()
        }

    def rank(self, lists: pa.Table) -> RankedLists:
        """Lay out lists beside the holdout."""
        return rank_lists(lists, self.train, self.holdout)


def judge_contender(
    contender: Contender, judge: Judge, reference: Evaluation | None, on_step: Step
) -> tuple[ContenderFacts, Evaluation]:
    """Fit a contender and judge its lists at every turn of the dial.

    Parameters
    ----------
    contender
        Whom to judge.
    judge
        What by.
    reference
        Evaluation of the first contender at the neutral dial; None if this is the first.
    on_step
        Called after fitting and after every turn.

    Returns
    -------
    Its facts, and the evaluation of its lists at the neutral dial.
    """
    fitted = contender.method.fit(judge.train, seed=judge.settings.seed)
    on_step(contender.name)
    turns = []
    for rarity in judge.settings.turns:
        lists = _lists(fitted, contender, judge.settings.k, rarity)
        turns.append(Turn(rarity, judge.estimates(judge.evaluate(lists, judge.axes))))
        on_step(f"{contender.name}, rarity {rarity:g}")
    neutral = _lists(fitted, contender, max(_LONG, judge.settings.k), 0.0)
    evaluation, ranked = judge.evaluate(neutral, judge.table), judge.rank(neutral)
    facts = ContenderFacts(
        contender.name,
        describe(contender),
        judge.estimates(evaluation),
        {} if reference is None else _differences(reference, evaluation, judge.settings.seed),
        tuple(turns),
        exposure_facts(ranked, judge.settings.k),
        judge.bands.by_history(ranked, judge.settings),
        judge.bands.by_popularity(ranked, judge.settings),
    )
    return facts, evaluation


def _lists(fitted: FittedModel, contender: Contender, k: int, rarity: float) -> pa.Table:
    return fitted.recommend(k=k, rarity=rarity, **contender.lists)


def _differences(reference: Evaluation, evaluation: Evaluation, seed: int) -> dict[str, Difference]:
    rows = compare_evaluations(reference, evaluation, seed=seed).to_pylist()
    return {row["metric"]: Difference(*map(_number, _values(row))) for row in rows}


def _values(row: Mapping[str, float | None]) -> list[float | None]:
    return [row[name] for name in ("difference", "low", "high", "p_value")]


def _estimate(row: Mapping[str, float | None]) -> Estimate:
    mean, low, high = (_number(row[name]) for name in ("mean", "low", "high"))
    return Estimate(mean, low, high, int(row["n_users"] or 0))


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
