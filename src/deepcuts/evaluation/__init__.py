"""Metrics on ranked lists, never on models: they judge anybody's lists."""

from __future__ import annotations

from deepcuts.evaluation.evaluate import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
