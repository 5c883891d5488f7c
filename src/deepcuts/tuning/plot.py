"""A plot of the trials of a study and of its front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepcuts.array_types import DoubleMatrix
from deepcuts.checks import instance
from deepcuts.errors import MissingExtraError
from deepcuts.storage import StrPath, path_with_ending, replacing
from deepcuts.tuning.front import Pick
from deepcuts.tuning.result import Trial, Tuning
from deepcuts.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".svg", ".png", ".pdf")

_PICKS: tuple[Pick, ...] = ("accurate", "balanced", "novel")
_DEFAULT, _PICKED = "#E69F00", "#0072B2"  # of Okabe and Ito 2008, which differ for every kind of colour vision


def plot_front(tuning: Tuning, path: StrPath, *, force: bool = False) -> None:
    """Draw all complete trials, the front, the default and the picks.

    Parameters
    ----------
    tuning
        What to draw.
    path
        The .svg, .png or .pdf file to be.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    SettingsError
        If the ending is not known.
    OutputError
        If the file exists and `force` is false, or if it cannot be written.
    """
    instance("tuning", tuning, Tuning, "Give what tune returns.")
    path = path_with_ending(path, ENDINGS)
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "report") from error
    with rc_context({"font.size": 10, "svg.fonttype": "none"}):
        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        _draw(figure.add_subplot(), tuning)
        with replacing(path, force=force) as temporary:
            figure.savefig(temporary, dpi=200)


def _draw(axes: Axes, tuning: Tuning) -> None:
    _scatter(axes, list(tuning.complete), marker="o", s=22, color="#9a9a9a", label="a trial", zorder=2)
    axes.plot(*_points(tuning.front), color="black", linewidth=1.2, drawstyle="steps-pre", zorder=1)
    label = "on the front: none is better on both"
    _scatter(axes, tuning.front, marker="o", s=30, color="black", label=label, zorder=3)
    for trial, names in _named(tuning):
        _draw_named(axes, tuning, trial, ", ".join(names))
    first, second = (objective.name for objective in tuning.settings.parsed_objectives)
    axes.margins(x=0.12, y=0.1)
    axes.set(xlabel=f"{second} on the validation part", ylabel=f"{first} on the validation part")
    axes.set_title(_title(tuning), loc="left", fontsize=10)
    axes.grid(color="#e5e5e5", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9)


def _draw_named(axes: Axes, tuning: Tuning, trial: Trial, name: str) -> None:
    """Draw a trial as a diamond with its name: beside the front where it is on it, else below."""
    from matplotlib.patheffects import withStroke

    colour, is_on_front = _DEFAULT if trial is tuning.default else _PICKED, trial in tuning.front
    _scatter(axes, [trial], marker="D", s=52, color=colour, edgecolors="black", linewidths=0.8, zorder=4)
    (x,), (y,) = _points([trial])
    axes.annotate(
        name,
        (x, y),
        xytext=(7, 6) if is_on_front else (-7, -15),
        textcoords="offset points",
        ha="left" if is_on_front else "right",
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
        zorder=5,
    )


def _title(tuning: Tuning) -> str:
    n_stopped = len(tuning.trials) - len(tuning.complete)
    note = f", {n_stopped} of them stopped early and not shown" if n_stopped else ""
    return f"{counted(len(tuning.trials), 'trial')}{note}"


def _named(tuning: Tuning) -> list[tuple[Trial, list[str]]]:
    """The default and the picks, each trial once."""
    names: dict[int, tuple[Trial, list[str]]] = {}
    for name, trial in (("default", tuning.default), *((rule, tuning.pick(rule)) for rule in _PICKS)):
        names.setdefault(trial.number, (trial, []))[1].append(name)
    return list(names.values())


def _points(trials: list[Trial]) -> DoubleMatrix:
    return np.array([trial.values for trial in trials], np.float64).T[::-1]  # x is the second objective, y the first


def _scatter(axes: Axes, trials: list[Trial], **style: Any) -> None:
    axes.scatter(*_points(trials), **style)
