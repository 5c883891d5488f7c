"""Recall over the length of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepcuts.report.facts import ContenderFacts
from deepcuts.report.plots.style import Look, new_figure, styled, to_svg


@styled
def recall_curves(contenders: Sequence[ContenderFacts], looks: Mapping[str, Look]) -> str:
    """Draw the recall of every contender at each length of its lists, with intervals."""
    figure, axes = new_figure(3.0)
    for contender in reversed(contenders):  # the first one ends up on top
        look, lengths = looks[contender.name], [k for k, _ in contender.recall_curve]
        found = [one for _, one in contender.recall_curve]
        axes.plot(lengths, [one.mean for one in found], markersize=4.5, **look.line())
        axes.vlines(lengths, [one.low for one in found], [one.high for one in found], colors=look.colour, linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(lengths, [f"{k}" for k in lengths])
    axes.minorticks_off()
    axes.set(xlabel="length of the list, k", ylabel="recall@k")
    axes.set_ylim(bottom=0)
    return to_svg(figure, "recall", "Recall by the length of the list, for each contender.")
