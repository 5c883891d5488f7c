"""How often the items are listed: one histogram per contender with the fitted exponential, and all in one curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.report.facts import ContenderFacts, ExposureFacts
from deepcuts.report.plots.style import INK, Look, new_figure, short, styled, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 2
_PANEL_HEIGHT, _LEAST_HEIGHT = (
    1.2,
    2.8,
)  # inches, of a row of panels, and of all: as much as the label beside them takes
_SHOWN = 0.995  # share of the recommendations that the horizontal axis covers


@styled
def exposure_histograms(contenders: Sequence[ContenderFacts], looks: Mapping[str, Look]) -> str:
    """Draw the share of recommendations per item over exposure rank; an exponential is straight on the log axis."""
    n_rows = math.ceil(len(contenders) / _COLUMNS)
    height, columns = max(_LEAST_HEIGHT, 0.4 + _PANEL_HEIGHT * n_rows), min(_COLUMNS, len(contenders))
    figure, panels = new_figure(height, nrows=n_rows, ncols=columns, sharex=True, sharey=True, squeeze=False)
    lowest, highest = _density_range(contenders)
    for axes, contender in zip(panels.flat, contenders, strict=False):
        _draw(axes, contender, looks[contender.name], lowest)
    for axes in panels.flat[len(contenders) :]:
        axes.set_visible(False)
    panels[0, 0].set(yscale="log", ylim=(lowest, highest), xlim=(0, max(_reach(one.exposure) for one in contenders)))
    figure.supxlabel("item, by exposure rank (1 = in the most lists)", fontsize=9)
    figure.supylabel("share of recommendations per item", fontsize=9)
    return to_svg(figure, "exposure", "Exposure histograms of all contenders, each with its fitted exponential.")


@styled
def concentration(contenders: Sequence[ContenderFacts], looks: Mapping[str, Look]) -> str:
    """Draw the share of recommendations that the most listed items have."""
    figure, axes = new_figure(3.0)
    for number, contender in enumerate(contenders):
        catalogue, recommendations = np.transpose(contender.exposure.concentration)
        look = looks[contender.name]
        axes.plot(catalogue, recommendations, markevery=(3 * number, 14), markersize=4.5, **look.line())
    alike = np.geomspace(min(one.exposure.concentration[0][0] for one in contenders), 1, 100)
    axes.plot(alike, alike, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.set(
        xlabel="share of the catalogue, most listed items first", ylabel="share of recommendations", ylim=(0, 1.02)
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    return to_svg(figure, "concentration", "Share of recommendations by share of the catalogue, for each contender.")


def _draw(axes: Axes, contender: ContenderFacts, look: Look, lowest: float) -> None:
    exposure = contender.exposure
    axes.stairs(_density(exposure), exposure.edges, baseline=lowest, fill=True, color=look.colour, alpha=0.45)
    ranks = np.linspace(0, exposure.edges[-1], 800)
    fitted = exposure.fitted_lambda * np.exp(-exposure.fitted_lambda * ranks)
    axes.plot(ranks, np.maximum(fitted, lowest / 1e3), color=INK, linewidth=1.1)  # a logarithmic axis has no 0
    title = f"{short(contender.name)}, λ = {exposure.fitted_lambda:#.2g}"  # above: within, it would lie on the bars
    axes.set_title(title, pad=3, parse_math=False, fontsize=8)


def _density(exposure: ExposureFacts) -> DoubleVector:
    return np.asarray(exposure.shares) / np.diff(exposure.edges)


def _density_range(contenders: Sequence[ContenderFacts]) -> tuple[float, float]:
    seen = np.concatenate([_density(one.exposure) for one in contenders])
    peak = max(one.exposure.fitted_lambda for one in contenders)
    return float(seen[seen > 0].min()) / 2, 2 * max(float(seen.max()), peak)


def _reach(exposure: ExposureFacts) -> float:
    beyond = int(np.searchsorted(np.cumsum(exposure.shares), _SHOWN))
    return exposure.edges[min(beyond + 1, len(exposure.edges) - 1)]
