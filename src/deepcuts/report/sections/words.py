"""What figures are called in words, with their code beside."""

from __future__ import annotations

import math
from collections.abc import Sequence

from deepcuts.evaluation.registry import metric_of
from deepcuts.report.sections.html import text

_WORDS = {
    "recall": "found of what was held out",
    "ndcg": "found, and near the top",
    "tail_recall": "found of the rarer half",
    "minority_recall": "found of the smaller tastes",
    "novelty": "rarity of the lists, in bits",
    "long_tail": "share of rarer items",
    "coverage": "share of the catalogue listed",
    "gini": "inequality of exposure",
    "exposure_lambda": "steepness of exposure",
    "calibration_kl": "distance from the user\u2019s mix of labels",
    "ild": "variety within a list",
    "precision": "share of the list that was held out",
}
_ARROWS = {"higher": "\u2191", "lower": "\u2193"}


def in_words(figure: str) -> str:
    """Return the name of a figure in words, an arrow to where it is better, and its code, as HTML."""
    better = metric_of(figure).better
    arrow = f'<span class="way" title="{better} is better">{_ARROWS[better]}</span>'
    words = _WORDS.get(figure.partition("@")[0], "")
    return f"{words} {arrow} <code>{text(figure)}</code>".strip()


def best_of(figure: str, values: Sequence[float]) -> int:
    """Index of the best of some values of a figure, the first of equals; −1 where none is a number."""
    known = [index for index, value in enumerate(values) if math.isfinite(value)]
    sign = 1 if metric_of(figure).better == "higher" else -1
    return max(known, key=lambda index: (sign * values[index], -index), default=-1)
