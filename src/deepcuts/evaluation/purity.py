"""How far groups of items, such as those that stand for a factor, keep to one kind of music by their tags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import DoubleVector, IndexVector, NumberMatrix, NumberVector
from deepcuts.data.interactions import Interactions
from deepcuts.data.tags import tag_shares
from deepcuts.errors import DataError
from deepcuts.evaluation.item_labels import main_columns


@dataclass(frozen=True, eq=False)
class Purity:
    """Purity, divergence and entropy of every group, NaN for one without a tag.

    Parameters
    ----------
    main_tag
        float64, (n_groups,), from 0 to 1: share of the tagged items of a group that have its most common main tag, the
        one given to an item most (purity: Manning, Raghavan, Schütze 2008, "Introduction to information retrieval",
        section 16.3, doi:10.1017/CBO9780511809071).
    divergence
        float64, (n_groups,), in bits: Σ_t p_t log2(p_t / q_t) of the shares of tags in a group from those in all items
        (Kullback, Leibler 1951, doi:10.1214/aoms/1177729694). 0 for a group as mixed as the catalogue.
    entropy
        float64, (n_groups,), in bits: −Σ_t p_t log2 p_t (Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x).
    """

    main_tag: DoubleVector
    divergence: DoubleVector
    entropy: DoubleVector


def group_purity(plays: Interactions, groups: NumberMatrix, background: NumberVector) -> Purity:
    """Measure groups of items by their tags.

    Parameters
    ----------
    plays
        Whose items these are, with tags.
    groups
        Item indexes, (n_groups, n_items_of_each).
    background
        float, (n_items,): how much each item counts in the catalogue as a whole, such as its listeners.

    Raises
    ------
    DataError
        If the items have no tags.
    """
    if plays.labels is None or plays.labels.n_tags == 0:
        raise DataError("The items have no tags. Give some with Interactions.with_labels(tags=...).")
    everywhere = tag_shares(plays, np.arange(plays.n_items), background)
    main = main_columns(plays.labels.tags)
    found = np.full((3, len(groups)), np.nan)
    for number, group in enumerate(groups):
        own = main[group][main[group] >= 0]
        if len(own):
            shares = tag_shares(plays, group, np.ones(len(group)))
            found[:, number] = _main_share(own), *_divergence_and_entropy(shares, everywhere)
    return Purity(*found)


def _main_share(main: IndexVector) -> float:
    """Share of the items that have the most common of their main tags."""
    return float(np.bincount(main).max() / len(main))


def _divergence_and_entropy(shares: DoubleVector, everywhere: DoubleVector) -> tuple[float, float]:
    """Σ_t p_t log2(p_t / q_t) and −Σ_t p_t log2 p_t, for p the shares of a group and q those in all items."""
    p, q = shares[shares > 0], everywhere[shares > 0]
    entropy = -float(p @ np.log2(p))
    # Infinite where a group has a tag that the background lacks.
    return -float(p @ np.log2(q, out=np.full_like(q, -np.inf), where=q > 0)) - entropy, entropy
