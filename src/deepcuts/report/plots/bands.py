"""Accuracy by history length and by popularity, a group of points for each band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from deepcuts.report.facts import Band, ContenderFacts, Estimate
from deepcuts.report.plots.style import Look, new_figure, styled, to_svg
from deepcuts.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SPREAD = 0.7  # of the distance between two bands


@styled
def bands(
    contenders: Sequence[ContenderFacts],
    looks: Mapping[str, Look],
    of: Callable[[ContenderFacts], Sequence[Band]],
    labels: tuple[str, str],
    name: str,
) -> str:
    """Draw the accuracy of every contender in every band, with intervals.

    Parameters
    ----------
    contenders
        Those to draw.
    looks
        By name.
    of
        The bands of a contender.
    labels
        Of the horizontal and the vertical axis.
    name
        A word for the ids of the figure.
    """
    figure, axes = new_figure(3.0)
    for number, contender in enumerate(contenders):
        shift = _SPREAD * ((number + 0.5) / len(contenders) - 0.5)
        _draw(axes, [band.accuracy for band in of(contender)], shift, looks[contender.name])
    _name_bands(axes, [of(contender) for contender in contenders])
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.set_ylim(bottom=0)
    return to_svg(figure, name, f"{labels[1]} by {labels[0]}, for each contender.")


def _draw(axes: Axes, estimates: Sequence[Estimate], shift: float, look: Look) -> None:
    xs, means = [band + shift for band in range(len(estimates))], [one.mean for one in estimates]
    axes.plot(xs, means, color=look.colour, marker=look.marker, markersize=5, linestyle="", clip_on=False)
    lows, highs = [one.low for one in estimates], [one.high for one in estimates]
    axes.vlines(xs, lows, highs, colors=look.colour, linewidth=1.1)


def _name_bands(axes: Axes, by_contender: Sequence[Sequence[Band]]) -> None:
    """Write the name of each band below it, with the most users that a contender has there."""
    names = [band.name for band in by_contender[0]]
    for border in range(1, len(names)):
        axes.axvline(border - 0.5, color="#888888", linewidth=0.5, alpha=0.5)
    counts = [max(band.accuracy.n_users for band in same) for same in zip(*by_contender, strict=True)]
    axes.set_xticks(
        range(len(names)), [f"{name}\n{counted(count, 'user')}" for name, count in zip(names, counts, strict=True)]
    )
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
