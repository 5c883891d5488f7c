"""What figures are called in words, with their code beside."""

from __future__ import annotations

import math
from collections.abc import Sequence

from deepcuts.evaluation.registry import metric_of
from deepcuts.report.facts import Report
from deepcuts.report.sections.html import text
from deepcuts.wording import counted

_WORDS = {
    "recall": "found of what was held out, in the first {k}",
    "ndcg": "found, and near the top, in the first {k}",
    "map": "precision down to every find, in the first {k}",
    "mrr": "nearness of the first find to the top, in the first {k}",
    "hit_rate": "users with a find in the first {k}",
    "tail_recall": "found of the rarer half, in the first {k}",
    "minority_recall": "found of the smaller tastes, in the first {k}",
    "novelty": "rarity of the first {k}, in bits",
    "long_tail": "share of rarer items in the first {k}",
    "coverage": "share of the catalogue in somebody\u2019s first {k}",
    "gini": "inequality of exposure in the first {k}",
    "exposure_lambda": "steepness of exposure in the first {k}",
    "calibration_kl": "distance of the first {k} from the user\u2019s mix of labels",
    "ild": "variety within the first {k}",
    "precision": "share of the first {k} that was held out",
}
_ARROWS = {"higher": "\u2191", "lower": "\u2193"}


def in_words(figure: str) -> str:
    """Return the name of a figure in words, an arrow to where it is better, and its code, as HTML."""
    better = metric_of(figure).better
    arrow = f'<span class="way" title="{better} is better">{_ARROWS[better]}</span>'
    name, _, k = figure.partition("@")
    words = _WORDS.get(name, "").format(k=k)
    return f"{words} {arrow} <code>{text(figure)}</code>".strip()


def best_of(figure: str, values: Sequence[float]) -> int:
    """Index of the best of some values of a figure, the first of equals; −1 where none is a number."""
    known = [index for index, value in enumerate(values) if math.isfinite(value)]
    sign = 1 if metric_of(figure).better == "higher" else -1
    return max(known, key=lambda index: (sign * values[index], -index), default=-1)


def of_seeds(report: Report) -> str:
    """Say what figures are means over, as HTML: "2 seeds", or "3 seeds (one: 1, other: 2)" where some have fewer."""
    n_seeds = report.n_seeds
    fewer = [f"{text(one.name)}: {len(one.seeds)}" for one in report.contenders if len(one.seeds) < n_seeds]
    return counted(n_seeds, "seed") + (f" ({', '.join(fewer)})" if n_seeds > 1 and fewer else "")
