"""The loss of a model, epoch by epoch and term by term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepcuts.report.plots.style import ACCENT, INK, new_figure, styled, to_svg
from deepcuts.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TERMS = ("accuracy", "unobserved", "ridge", "lean", "diversity", "distinction")

_LINES = {
    "accuracy": ("#0072B2", "-"),
    "unobserved": ("#D55E00", (0, (5, 1.5))),
    "ridge": ("#009E73", (0, (1.5, 1))),
    "lean": ("#CC79A7", (0, (6, 1.5, 1.5, 1.5))),
    "diversity": ("#E69F00", (0, (3, 1))),
    "distinction": ("#56B4E9", (0, (1, 2))),
}


@styled
def loss_by_term(epochs: Sequence[Mapping[str, Any]], name: str) -> str:
    """Draw every term that is not 0 throughout, and their sum; below them what early stopping measured, where it did.

    Parameters
    ----------
    epochs
        As in `ModelFacts`.
    name
        A word for the ids of the figure.
    """
    measured = [(number, epoch["validation_ndcg"]) for number, epoch in enumerate(epochs, start=1)]
    measured = [point for point in measured if point[1] is not None]
    if not measured:
        figure, axes = new_figure(2.8)
    else:
        figure, (axes, below) = new_figure(4.2, nrows=2, sharex=True, height_ratios=[2, 1])
        _draw_measured(below, measured)
    _draw_loss(axes, epochs)
    figure.axes[-1].set_xlabel("epoch")
    figure.legend(loc="outside upper left", ncols=4)
    return to_svg(figure, name, f"Loss and its terms over {counted(len(epochs), 'epoch')}{_in_words(measured)}.")


def _draw_loss(axes: Axes, epochs: Sequence[Mapping[str, Any]]) -> None:
    n_base = sum(epoch["stage"] == "base" for epoch in epochs)
    # A line of its own for each stage: their losses do not compare. The legend names each term once.
    stages = [(slice(0, n_base), True), (slice(n_base, None), n_base == 0)]
    for part, is_first in stages:
        numbers = range(1, len(epochs) + 1)[part]
        axes.plot(numbers, _of("loss", epochs[part]), color=INK, linewidth=2.2, label="loss" if is_first else None)
        for term in TERMS:
            if any(epoch[term] for epoch in epochs):
                colour, dash = _LINES[term]
                # NaN leaves a gap, as a logarithmic axis has no values ≤ 0.
                values = [value if value > 0 else float("nan") for value in _of(term, epochs[part])]
                axes.plot(numbers, values, color=colour, linestyle=dash, label=term if is_first else None)
    if 0 < n_base < len(epochs):
        axes.axvline(n_base + 0.5, color=INK, linewidth=0.8)
        axes.annotate(" personas", (n_base + 0.5, 1), xycoords=("data", "axes fraction"), va="top", fontsize=8)
    axes.set_yscale("log")
    axes.set_ylabel("terms of the loss")


def _draw_measured(axes: Axes, measured: Sequence[tuple[int, float]]) -> None:
    numbers, values = zip(*measured, strict=True)
    axes.plot(numbers, values, color=INK, marker="o", markersize=3)
    axes.plot(*_best(measured), color=ACCENT, marker="o", markersize=6)
    axes.set_ylabel("validation\nndcg@100")


def _in_words(measured: Sequence[tuple[int, float]]) -> str:
    if not measured:
        return ""
    number, value = _best(measured)
    return (
        f", and ndcg@100 of the items that were left out for early stopping, at most {value:.4f} after epoch {number}"
    )


def _best(measured: Sequence[tuple[int, float]]) -> tuple[int, float]:
    return max(measured, key=lambda point: (point[1], -point[0]))


def _of(name: str, epochs: Sequence[Mapping[str, Any]]) -> list[float]:
    return [epoch[name] for epoch in epochs]
