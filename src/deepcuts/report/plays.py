"""The data of a report: its sizes, and how popularity and the lengths of histories are spread."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import CountVector
from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import ItemFeatures
from deepcuts.evaluation.holdout import match_holdout
from deepcuts.report.facts import PlaysFacts

_N_POPULARITY = 200
_N_BARS = 35
_USUAL = 0.99  # of the histories are no longer than what the bars are for


def plays_facts(
    train: Interactions, holdout: Interactions, item_labels: ItemFeatures | None, label_source: str
) -> PlaysFacts:
    """Describe the data.

    Parameters
    ----------
    train, holdout
        What models were trained on, and what was held out.
    item_labels
        Labels of the items.
    label_source
        Where the labels come from, in a few words.

    Raises
    ------
    DataError
        If holdout and train do not fit each other.
    """
    judged, lengths = match_holdout(train, holdout), np.diff(train.indptr)
    listeners = np.sort(train.item_listeners)[::-1]
    edges, counts = _histogram(lengths)
    return PlaysFacts(
        n_users=train.n_users,
        n_items=train.n_items,
        n_pairs=train.n_pairs,
        n_plays=float(train.plays.sum(dtype=np.float64)),
        n_holdout=int(judged.n_holdout.sum()),
        n_judged=len(judged.users),
        popularity=_thinned(listeners),
        n_head=int(np.searchsorted(np.cumsum(listeners), train.n_pairs / 2)) + 1,
        history_edges=edges,
        history_longest=int(lengths.max()),
        history_counts=counts,
        history_median=float(np.median(lengths)),
        label_source=label_source if item_labels else "",
        n_labels=item_labels.n_labels if item_labels else 0,
        n_labelled=int(item_labels.is_labelled.sum()) if item_labels else 0,
    )


def _thinned(listeners: CountVector) -> tuple[tuple[int, int], ...]:
    """Return some ranks, fewer towards the tail, and the listeners of the items there, given in falling order."""
    ranks = np.unique(np.geomspace(1, len(listeners), _N_POPULARITY).round().astype(int))
    return tuple(zip(ranks.tolist(), listeners[ranks - 1].tolist(), strict=True))


def _histogram(lengths: CountVector) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Bounds of bars that cover equally many whole numbers each, and the values between them.

    Where a few histories are far longer than all others, the last bar counts them too: the bars are for the others.
    """
    usual = int(np.quantile(lengths, _USUAL, method="inverted_cdf"))
    lengths = np.minimum(lengths, usual) if lengths.max() > 2 * usual else lengths
    # Rounded up; bounds lie at halves, so that every length is inside a bar.
    step = -(-(int(np.ptp(lengths)) + 1) // _N_BARS)
    counts, edges = np.histogram(lengths, np.arange(lengths.min(), lengths.max() + step + 1, step) - 0.5)
    return tuple(edges.tolist()), tuple(counts.tolist())
