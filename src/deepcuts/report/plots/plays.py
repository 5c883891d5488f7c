"""The data: how popularity and the lengths of histories are spread."""

from __future__ import annotations

from deepcuts.report.facts import PlaysFacts
from deepcuts.report.plots.style import ACCENT, mark, new_figure, styled, to_svg
from deepcuts.wording import counted


@styled
def popularity_curve(plays: PlaysFacts) -> str:
    """Listeners of the items, the most popular first, both axes logarithmic."""
    figure, axes = new_figure(2.6)
    ranks, listeners = zip(*plays.popularity, strict=True)
    axes.loglog(ranks, listeners, color=ACCENT)
    mark(axes, plays.n_head, f"half of all pairs: {counted(plays.n_head, 'item')}")
    axes.set(xlabel="item, by popularity rank", ylabel="listeners in train")
    return to_svg(figure, "popularity", f"Listeners by popularity rank, from {listeners[0]:,} to {listeners[-1]:,}.")


@styled
def history_lengths(plays: PlaysFacts) -> str:
    """Users by their number of items."""
    figure, axes = new_figure(2.6)
    axes.stairs(plays.history_counts, plays.history_edges, fill=True, color=ACCENT, alpha=0.75)
    axes.set_ylim(top=1.15 * axes.get_ylim()[1])
    mark(axes, plays.history_median, f"median {plays.history_median:g}")
    axes.grid(visible=False, axis="x")
    more = f"; the last bar has all up to {plays.history_longest:,}" * (plays.history_longest > plays.history_edges[-1])
    axes.set(xlabel=f"items of a user in train{more}", ylabel="users")
    return to_svg(figure, "history", f"Users by history length; the median is {plays.history_median:g} items.")
