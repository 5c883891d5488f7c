"""Metrics on ranked lists, never on models: they judge anybody's lists."""

from __future__ import annotations

from deepcuts.evaluation.catalogue_intervals import catalogue_intervals, compare_catalogue
from deepcuts.evaluation.evaluate import Evaluation, evaluate, evaluate_ranked
from deepcuts.evaluation.intervals import compare_evaluations, mean_intervals
from deepcuts.evaluation.item_labels import ItemFeatures, item_features, tag_features
from deepcuts.evaluation.list_layout import rank_lists
from deepcuts.evaluation.metric import ExposureMetric, Metric, Need, QuotientMetric, UserMetric
from deepcuts.evaluation.metrics.overlap import overlap
from deepcuts.evaluation.personas import describe_personas, persona_agreement
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.evaluation.registry import METRICS, register
from deepcuts.lazy import public_names

__all__ = [
    "METRICS",
    "Evaluation",
    "ExposureMetric",
    "ItemFeatures",
    "Metric",
    "Need",
    "QuotientMetric",
    "RankedLists",
    "UserMetric",
    "catalogue_intervals",
    "compare_catalogue",
    "compare_evaluations",
    "describe_personas",
    "evaluate",
    "evaluate_ranked",
    "item_features",
    "mean_intervals",
    "overlap",
    "persona_agreement",
    "rank_lists",
    "register",
    "tag_features",
]

__dir__ = public_names(__name__)
