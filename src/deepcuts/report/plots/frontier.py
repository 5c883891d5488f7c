"""Accuracy against novelty, and against calibration, over the rarity dial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepcuts.report.facts import ContenderFacts, Estimate
from deepcuts.report.plots.style import Look, new_figure, styled, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WITHIN_REACH = 0.85  # of the best accuracy: what the close-up shows
_LEAST_LINES, _LEAST_OF_LINE = 2, 2  # that a close-up needs: lines, and points of each
_MARGIN = 0.06


@styled
def frontier(
    contenders: Sequence[ContenderFacts],
    looks: Mapping[str, Look],
    axis_names: tuple[str, str],
    *,
    close_up: bool = False,
    reverse: bool = False,
) -> str:
    """Draw a line for each contender, with a point and two intervals at each position of the dial.

    Parameters
    ----------
    contenders
        Those to draw.
    looks
        By name.
    axis_names
        Figures on the horizontal and the vertical axis.
    close_up
        Whether to leave out what is far below the best accuracy.
    reverse
        Whether less is better on the horizontal axis, which then runs backwards.
    """
    figure, axes = new_figure(3.3)
    for contender in reversed(contenders):  # the first one ends up on top
        _draw(axes, contender, looks[contender.name], axis_names)
    if close_up:
        _look_closer(axes, contenders, axis_names)
    if close_up or not has_outsiders(contenders, axis_names):
        _write_rarities(axes, contenders[0], axis_names)
    if reverse:
        axes.xaxis.set_inverted(True)
    axes.set(xlabel=_label(axis_names[0], reverse=reverse), ylabel=axis_names[1])
    word = "frontier-" + axis_names[0].partition("@")[0].replace("_", "-") + ("-close" if close_up else "")
    return to_svg(figure, word, f"{axis_names[1]} against {axis_names[0]} over the rarity dial, for each contender.")


def has_outsiders(contenders: Sequence[ContenderFacts], axis_names: tuple[str, str]) -> bool:
    """Tell whether some points are so far below the best accuracy that they squeeze others, of two lines at least."""
    reach = _WITHIN_REACH * _best(contenders, axis_names[1])
    within = [sum(point.mean >= reach for _, point in _points(one, axis_names)) for one in contenders]
    n_points = sum(len(one.dial) for one in contenders)
    return sum(n >= _LEAST_OF_LINE for n in within) >= _LEAST_LINES and sum(within) < n_points


def _draw(axes: Axes, contender: ContenderFacts, look: Look, axis_names: tuple[str, str]) -> None:
    points = _points(contender, axis_names)
    xs, ys = [x.mean for x, _ in points], [y.mean for _, y in points]
    axes.plot(xs, ys, markersize=3.8, zorder=3, **look.line())
    whiskers: dict[str, Any] = {"colors": look.colour, "linewidth": 0.9, "alpha": 0.5, "zorder": 2}
    axes.vlines(xs, [y.low for _, y in points], [y.high for _, y in points], **whiskers)
    axes.hlines(ys, [x.low for x, _ in points], [x.high for x, _ in points], **whiskers)
    neutral = [position.rarity for position in contender.dial].index(0.0)
    axes.plot(xs[neutral], ys[neutral], color=look.colour, marker=look.marker, markersize=9, zorder=4)


def _points(contender: ContenderFacts, axis_names: tuple[str, str]) -> list[tuple[Estimate, Estimate]]:
    return [(position.figures[axis_names[0]], position.figures[axis_names[1]]) for position in contender.dial]


def _best(contenders: Sequence[ContenderFacts], accuracy: str) -> float:
    return max(position.figures[accuracy].mean for contender in contenders for position in contender.dial)


def _look_closer(axes: Axes, contenders: Sequence[ContenderFacts], axis_names: tuple[str, str]) -> None:
    reach = _WITHIN_REACH * _best(contenders, axis_names[1])
    points = [pair for one in contenders for pair in _points(one, axis_names) if pair[1].mean >= reach]
    for set_limits, ends in (
        (axes.set_xlim, [end for x, _ in points for end in (x.low, x.high)]),
        (axes.set_ylim, [end for _, y in points for end in (y.low, y.high)]),
    ):
        margin = _MARGIN * (max(ends) - min(ends))
        set_limits(min(ends) - margin, max(ends) + margin)


def _write_rarities(axes: Axes, contender: ContenderFacts, axis_names: tuple[str, str]) -> None:
    """Write the rarity beside the first, the neutral and the last point of the first contender."""
    first, last = contender.dial[0], contender.dial[-1]
    chosen = (first, last, *(position for position in contender.dial if position.rarity in (0, 1)))
    for position in {position.rarity: position for position in chosen}.values():
        axes.annotate(
            f"{position.rarity:g}".replace("-", "−"),
            (position.figures[axis_names[0]].mean, position.figures[axis_names[1]].mean),
            xytext=(5, -12 if position is first else 6),
            textcoords="offset points",
            fontsize=8,
            annotation_clip=True,
        )


def _label(name: str, *, reverse: bool) -> str:
    metric = name.partition("@")[0]
    units = {"novelty": "bits; right is rarer", "calibration_kl": "nats, reversed; right is closer"}
    return f"{name} ({units[metric]})" if metric in units else name + (", axis reversed" if reverse else "")
