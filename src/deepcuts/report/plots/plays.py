"""The data: how popularity and the lengths of histories are spread."""

from __future__ import annotations

from deepcuts.report.facts import PlaysFacts
from deepcuts.report.plots.style import ACCENT, INK, new_figure, styled, to_svg


@styled
def popularity_curve(plays: PlaysFacts) -> str:
    """Listeners of the items, the most popular first, both axes logarithmic."""
    figure, axes = new_figure(2.6)
    ranks, listeners = zip(*plays.popularity, strict=True)
    axes.loglog(ranks, listeners, color=ACCENT)
    axes.axvline(plays.n_head, color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.annotate(
        f"half of all pairs: {plays.n_head:,} items",
        (plays.n_head, 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if plays.n_head**2 > plays.n_items else 4, 0),
        textcoords="offset points",
        ha="right" if plays.n_head**2 > plays.n_items else "left",
        va="top",
        fontsize=8,
    )
    axes.set(xlabel="item, by popularity rank", ylabel="listeners in train")
    return to_svg(figure, "popularity", f"Listeners by popularity rank, from {listeners[0]:,} to {listeners[-1]:,}.")


@styled
def history_lengths(plays: PlaysFacts) -> str:
    """Users by their number of items."""
    figure, axes = new_figure(2.6)
    axes.stairs(plays.history_counts, plays.history_edges, fill=True, color=ACCENT, alpha=0.75)
    axes.axvline(plays.history_median, color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.annotate(
        f"median {plays.history_median:g}",
        (plays.history_median, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -2),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
    )
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="items of a user in train", ylabel="users")
    return to_svg(figure, "history", f"Users by history length; the median is {plays.history_median:g} items.")
