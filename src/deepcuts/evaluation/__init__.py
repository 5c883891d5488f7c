"""Metrics on ranked lists, never on models: they judge anybody's lists."""

from __future__ import annotations

from deepcuts.evaluation.bootstrap import compare_evaluations, mean_intervals
from deepcuts.evaluation.evaluate import Evaluation, evaluate
from deepcuts.evaluation.features import ItemFeatures, item_features
from deepcuts.evaluation.overlap import overlap
from deepcuts.evaluation.personas import describe_personas, persona_agreement
from deepcuts.evaluation.ranked import RankedLists, rank_lists

__all__ = [
    "Evaluation",
    "ItemFeatures",
    "RankedLists",
    "compare_evaluations",
    "describe_personas",
    "evaluate",
    "item_features",
    "mean_intervals",
    "overlap",
    "persona_agreement",
    "rank_lists",
]
