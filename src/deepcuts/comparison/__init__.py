"""Several models over several seeds, under one protocol: one table, with intervals and tests."""

from __future__ import annotations

from deepcuts.comparison.contenders import Contender, FittedModel, Method, model
from deepcuts.comparison.formats import write_comparison
from deepcuts.comparison.named_baselines import BASELINES, baseline
from deepcuts.comparison.runs import Cut, Run, cuts_of, one_cut, run_all
from deepcuts.comparison.table import Comparison, Figure, tabulate
from deepcuts.lazy import public_names

__all__ = [
    "BASELINES",
    "Comparison",
    "Contender",
    "Cut",
    "Figure",
    "FittedModel",
    "Method",
    "Run",
    "baseline",
    "cuts_of",
    "model",
    "one_cut",
    "run_all",
    "tabulate",
    "write_comparison",
]

__dir__ = public_names(__name__)
