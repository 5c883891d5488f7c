"""A sample of each contender's line, for the legend that all plots of a page share."""

from __future__ import annotations

from deepcuts.report.plots.style import Look, styled, to_svg


@styled
def legend_sample(name: str, look: Look) -> str:
    """Draw a short line with a marker.

    Parameters
    ----------
    name
        A word for its ids.
    look
        Of the contender.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(0.55, 0.2))
    axes = figure.add_axes((0.02, 0, 0.96, 1))
    axes.plot([0, 1, 2], [0, 0, 0], markevery=[1], markersize=6, clip_on=False, **look.line())
    axes.set_axis_off()
    return to_svg(figure, name, "")
