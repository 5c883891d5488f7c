"""Plays at a glance, for a notebook."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import CountVector
from deepcuts.data.play_counts import PlayCounts
from deepcuts.html_table import html_page, html_table
from deepcuts.wording import counted

_N_ITEMS = 5


def overview(plays: PlayCounts) -> str:
    """Return HTML: sizes, how long histories are and how widely items are heard, and the best known items."""
    share = plays.n_pairs / max(1, plays.n_users * plays.n_items)
    text = (
        f"{counted(plays.n_users, 'user')} × {counted(plays.n_items, 'item')}, "
        f"{counted(plays.n_pairs, 'pair')} ({share:.2%} of all)"
    )
    if plays.dislikes is not None:
        text += f", {counted(plays.dislikes.n_pairs, 'dislike')}"
    if plays.last_played is not None and plays.n_pairs:
        days = [str(np.datetime64(int(end), "s").astype("datetime64[D]")) for end in _ends(plays.last_played)]
        text += f", last played from {days[0]} to {days[1]}"
    if not plays.n_pairs:
        return html_page("Interactions", text)
    spreads = {
        "items of a user": np.diff(plays.indptr),
        "listeners of an item": plays.item_listeners,
        "plays of a pair": plays.plays,
    }
    rows = [[name, *(f"{value:,.0f}" for value in np.quantile(of, [0, 0.5, 0.9, 1]))] for name, of in spreads.items()]
    known = np.argsort(-plays.item_listeners, kind="stable")[:_N_ITEMS]
    names, listeners = plays.item_names(known).to_pylist(), plays.item_listeners[known].tolist()
    most = [[name, f"{n:,}"] for name, n in zip(names, listeners, strict=True)]
    return html_page(
        "Interactions",
        text,
        html_table(["", "least", "median", "90 %", "most"], rows),
        html_table(["best known", "listeners"], most),
    )


def _ends(times: CountVector) -> tuple[int, int]:
    return int(times.min()), int(times.max())
