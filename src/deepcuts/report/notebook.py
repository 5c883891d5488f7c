"""Plots for notebooks: into axes of matplotlib, in the colours of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcuts.array_types import FloatMatrix
from deepcuts.checks import instance, is_several, shown, whole_number
from deepcuts.comparison.contenders import FittedModel, check_fitted, judging, lists_of
from deepcuts.data.any_id import AnyId
from deepcuts.errors import SettingsError
from deepcuts.evaluation import Evaluation, evaluate, mean_intervals
from deepcuts.evaluation.registry import METRICS, metrics_at, parse_cutoffs, with_arrow
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model import PersonaModel
from deepcuts.report.plots.fonts import drawable, families
from deepcuts.report.plots.style import INK, looks, require_matplotlib, short
from deepcuts.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RARITIES = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0)

_GREY = "#9a9a9a"
_BAR = 0.28  # inches
_LONGEST = 60  # characters of a name in a legend
_NAME = np.array([0.3, 0.05])  # width and height of a name on the map, which is 2 wide


def plot_evaluation(evaluation: Evaluation, *, ax: Axes | None = None) -> Axes:
    """Draw figures between 0 and 1 as bars; see `Evaluation.plot`."""
    names = [name for name in evaluation.figures if _is_share(name) and not np.isnan(evaluation[name])]
    if not names:
        raise SettingsError("None of the figures lies between 0 and 1. Evaluate recall or ndcg as well.")
    axes = _axes(ax, (5.5, 0.9 + _BAR * len(names)))
    rows = mean_intervals(evaluation).to_pylist() if evaluation.per_user.num_columns > 1 else []
    ends = {row["metric"]: (row["low"], row["high"]) for row in rows}
    heights = np.arange(len(names))[::-1]
    axes.barh(heights, [evaluation[name] for name in names], height=0.62, color=_colour(0), alpha=0.85)
    for height, name in zip(heights, names, strict=True):
        low, high = ends.get(name, (evaluation[name], evaluation[name]))
        axes.hlines(height, low, high, color="black", linewidth=1.2)
        axes.text(max(high, evaluation[name]) + 0.01, height, f"{evaluation[name]:.3f}", va="center", fontsize=8)
    axes.set(yticks=heights, yticklabels=[with_arrow(name) for name in names], xlim=(0, 1.08))
    axes.set_title(f"{counted(evaluation.n_users, 'user')}; lines are 95 % intervals", fontsize=9, loc="left")
    _plain(axes)
    return axes


def plot_map(model: PersonaModel, *, user: AnyId | None = None, n_names: int = 25, ax: Axes | None = None) -> Axes:
    """Draw the most played items in the plane; see `PersonaModel.plot_map`."""
    n_names = whole_number("n_names", n_names, 0)
    user_index = None if user is None else model.user_ids.index_of(user)
    axes = _axes(ax, (7, 7))
    drawn = model.with_map().item_map
    assert drawn is not None  # `with_map` draws it
    x, y = drawn.positions.T
    listeners = model.item_listeners[drawn.items]
    # By orders of magnitude: one item that everybody plays would make dots of all others.
    sizes = np.log2(1 + listeners) / np.log2(1 + listeners.max(initial=1))
    axes.scatter(x, y, s=2 + 40 * sizes**2, color=_GREY, alpha=0.45, linewidths=0)
    if user_index is not None:
        _draw_personas(axes, model, user_index)
    for index in _apart(drawn.positions, n_names):
        name = short(drawable(model.item_names(drawn.items[index : index + 1])[0].as_py()))
        at = drawn.positions[index]
        axes.annotate(name, at, family=families(), fontsize=7.5, ha="center", va="bottom", alpha=0.85)
    axes.set(xticks=[], yticks=[], aspect="equal")
    for side in axes.spines.values():
        side.set_visible(False)
    return axes


def plot_frontier(
    models: FittedModel | Mapping[str, FittedModel],
    train: PlaysLike,
    holdout: PlaysLike,
    *,
    rarities: Iterable[float] = RARITIES,
    x: str = "novelty@20",
    y: str = "recall@20",
    ax: Axes | None = None,
) -> Axes:
    """Draw accuracy against novelty, or any figure against another, over the rarity dial.

    Parameters
    ----------
    models
        A fitted model, or several by the names to show: of deepcuts, a baseline, or your own.
    train, holdout
        What they were trained on, and what was held out.
    rarities
        Positions of the dial.
    x, y
        Figures on the axes.
    ax
        Axes of matplotlib to draw into; None makes some.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    SettingsError
        If there is no such figure, no position, no model, or something that makes no lists in place of one.
    """
    cutoffs = parse_cutoffs([x, y])
    if not is_several(rarities):
        raise SettingsError(f"rarities is {shown(rarities)}. Give a list of them, such as [0, 0.5, 1].")
    turns = list(rarities)
    if not turns:
        raise SettingsError("There are no rarities to draw. Give some, such as [0, 0.5, 1].")
    named = models if isinstance(models, Mapping) else {"model": models}
    if not named:
        raise SettingsError("There are no models to draw. Give one, or several by the names to show.")
    for name, model in named.items():
        check_fitted(name, model)
    train, holdout, k = as_plays(train), as_plays(holdout), max(k for _, k in metrics_at(cutoffs))
    axes, look, lines = _axes(ax, (5.5, 4)), looks(list(named)), []
    for name, model in named.items():
        with judging(name):
            lists = (lists_of(name, model, k, {"rarity": each}) for each in turns)
            judged = [evaluate(one, train, holdout, cutoffs) for one in lists]
        points = [(figures[x], figures[y]) for figures in judged]
        line: dict[str, Any] = {**look[name].line(), "color": _colour(list(named).index(name))}
        lines += axes.plot(*zip(*points, strict=True), linewidth=1.6, markersize=4.5, **line)
        if name != next(iter(named)):
            continue
        for rarity, point in zip(turns, points, strict=True):
            text = f"{rarity:g}".replace("-", "−")
            axes.annotate(text, point, xytext=(4, 5), textcoords="offset points", fontsize=7.5)
    axes.set(xlabel=with_arrow(x), ylabel=with_arrow(y))
    axes.set_title("over the dial, from familiar to deep cuts", fontsize=9, loc="left")
    if len(named) > 1:
        _add_legend(axes, lines, named)
    _plain(axes)
    return axes


def _apart(positions: FloatMatrix, most: int) -> list[int]:
    """Indexes of the first positions whose names would not lie on one another."""
    chosen: list[int] = []
    for index, at in enumerate(positions):
        if len(chosen) == most:
            break
        if np.all(np.any(np.abs(positions[chosen] - at) > _NAME, axis=1)):
            chosen.append(index)
    return chosen


def _draw_personas(axes: Axes, model: PersonaModel, user_index: int) -> None:
    """Draw a user's items in the colours of their personas, and the personas as stars."""
    drawn = model.with_map().item_map
    assert drawn is not None
    rows = slice(model.persona_indptr[user_index], model.persona_indptr[user_index + 1])
    pairs = slice(model.seen.indptr[user_index], model.seen.indptr[user_index + 1])
    items, personas = model.seen.indices[pairs], model.user_personas.personas[pairs]
    places = drawn.locate(model.item_factors[items], model.item_factors)
    stars = drawn.locate(model.persona_factors[rows], model.item_factors)
    names = model.persona_names(model.user_ids[user_index])
    marks = []
    for number, star in enumerate(stars):
        own = places[personas == number]
        axes.scatter(own[:, 0], own[:, 1], s=26, color=_colour(number), alpha=0.8, linewidths=0, zorder=3)
        marks.append(
            axes.scatter(star[0], star[1], s=190, marker="*", color=_colour(number), edgecolors="black", zorder=4)
        )
    _add_legend(axes, marks, names, loc="upper left", bbox_to_anchor=(0, 0))


def _add_legend(axes: Axes, handles: Sequence[Any], names: Iterable[str], **where: Any) -> None:
    """Name what is drawn; names are passed apart, as matplotlib hides those of lines that begin with _."""
    shown_names = [short(drawable(name), _LONGEST) for name in names]
    axes.legend(handles, shown_names, frameon=False, prop={"family": families(), "size": 8}, **where)


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    require_matplotlib()
    from matplotlib import axes, pyplot

    if ax is not None:
        return instance("ax", ax, axes.Axes, "Give axes of matplotlib, such as the second of pyplot.subplots().")
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def _colour(number: int) -> str:
    colours = [look.colour for look in looks([str(each) for each in range(8)]).values() if look.colour != INK]
    return colours[number % len(colours)]


def _plain(axes: Axes) -> None:
    for side in {"top", "right"} & set(axes.spines):  # polar axes have neither
        axes.spines[side].set_visible(False)
    axes.grid(alpha=0.15, linewidth=0.5)
    axes.set_axisbelow(True)


def _is_share(name: str) -> bool:
    metric = METRICS.get(name.partition("@")[0])
    return metric is not None and (metric.least, metric.most, metric.unit) == (0, 1, "")
