"""What a report tells of the data."""

from __future__ import annotations

from dataclasses import dataclass, field

from deepcuts.report.published import published_as


@dataclass(frozen=True)
class PlaysFacts:
    """The data: sizes, how popularity and history lengths are spread.

    Parameters
    ----------
    n_users, n_items, n_pairs, n_plays
        Of train.
    n_holdout, n_judged
        Held-out pairs of users in train, and these users.
    popularity
        (rank, listeners), the item with the most listeners first, thinned out towards the tail.
    n_head
        Items that have half of all pairs between them, the most listened to first.
    history_edges, history_counts
        Users by their number of items in train: bounds of the bars, and the users between them.
    history_longest
        The most items of one user; more than the last bound where a few histories are far longer than the others.
    history_median
        Median number of items of a user.
    label_source
        Where the labels that calibration is measured on come from; empty without labels.
    n_labels, n_labelled
        Labels, and items that have one.
    """

    n_users: int
    n_items: int
    n_pairs: int
    n_plays: float
    n_holdout: int = field(metadata=published_as("n_held"))
    n_judged: int
    popularity: tuple[tuple[int, int], ...]
    n_head: int
    history_edges: tuple[float, ...]
    history_counts: tuple[int, ...]
    history_longest: int
    history_median: float
    label_source: str
    n_labels: int
    n_labelled: int
