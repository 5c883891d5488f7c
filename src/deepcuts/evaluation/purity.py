"""How far groups of items, such as those that stand for a factor, keep to one kind of music by their tags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from deepcuts.data.interactions import Interactions
from deepcuts.data.tags import tag_shares
from deepcuts.errors import DataError


@dataclass(frozen=True, eq=False)
class Purity:
    """Figures of every group, NaN for one without a tag.

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

    main_tag: np.ndarray
    divergence: np.ndarray
    entropy: np.ndarray


def group_purity(plays: Interactions, groups: np.ndarray, background: np.ndarray) -> Purity:
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
    main = main_tags(plays.labels.tags)
    figures = np.full((3, len(groups)), np.nan)
    for place, group in enumerate(groups):
        own = main[group][main[group] >= 0]
        if len(own):
            shares = tag_shares(plays, group, np.ones(len(group)))
            shares, q = shares[shares > 0], everywhere[shares > 0]
            entropy = -float(shares @ np.log2(shares))
            divergence = -float(shares @ np.log2(q, out=np.full_like(q, -np.inf), where=q > 0)) - entropy
            figures[:, place] = np.bincount(own).max() / len(own), divergence, entropy
    return Purity(*figures)


def main_tags(tags: sparse.csr_array) -> np.ndarray:
    """Tag that each item was given most, of several the first, int64, (n_items,); -1 for an item without."""
    item_of_tag = np.repeat(np.arange(tags.shape[0]), np.diff(tags.indptr))
    order = np.lexsort((tags.indices, -tags.data, item_of_tag))
    main = np.full(tags.shape[0], -1)
    items, first = np.unique(item_of_tag[order], return_index=True)
    main[items] = tags.indices[order][first]
    return main
