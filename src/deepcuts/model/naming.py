"""Names for groups of items: the tag that sets a group apart, and the items that stand for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.data.tags import tag_shares

_N_NAMED = 2
_NEARLY_AS_APT = 0.5  # share of the best tag's worth that another one needs to be taken for the sake of difference


@dataclass(frozen=True, eq=False)
class Namer:
    """Names groups of items of one catalogue, such as "ambient · Stars of the Lid, Grouper".

    Parameters
    ----------
    plays
        Whose items these are, with labels where there are any.
    background
        float64, (n_tags,): share of every tag in all listening.
    """

    plays: Interactions
    background: np.ndarray

    @classmethod
    def of(cls, plays: Interactions, listeners: np.ndarray) -> Namer:
        """Weigh the tags of the catalogue by the listeners of its items, (n_items,)."""
        return cls(plays, tag_shares(plays, np.arange(plays.n_items), listeners))

    def names(self, groups: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> list[str]:
        """Name some groups of items, each differently.

        A group's tag is the one that adds most to the divergence of its tags from their background, which is half
        all listening and half that of these groups together: Σ_t p_t log(p_t / q_t). "rock" names no group where all
        are rock. A tag that a group before has taken comes again only if no other is nearly as apt.

        Parameters
        ----------
        groups
            Item indexes of each group.
        weights
            How strongly each item stands for its group, float, as long as the group; items at 0 or below do not.
        """
        shares = [tag_shares(self.plays, items, weight) for items, weight in zip(groups, weights, strict=True)]
        background = (self.background + np.mean(shares, axis=0)) / 2 if shares else self.background
        named: list[str] = []
        tags: list[str] = []
        for items, weight, share in zip(groups, weights, shares, strict=True):
            own = self._tag(share, background, tags)
            tags += own
            name = " · ".join([*own, *self._items(items, weight)]) or "no items"
            n_alike = sum(other == name or other.startswith(f"{name} (") for other in named)
            named.append(f"{name} ({n_alike + 1})" if n_alike else name)
        return named

    def _tag(self, share: np.ndarray, background: np.ndarray, taken: Sequence[str]) -> list[str]:
        """Return the tag that sets a group apart, or none."""
        apart = share * np.log(np.divide(share, background, out=np.ones_like(share), where=share > 0))
        least = max(_NEARLY_AS_APT * float(apart.max(initial=0)), np.finfo(np.float64).tiny)
        order = [int(tag) for tag in np.argsort(-apart, kind="stable")[: len(taken) + 1] if apart[tag] >= least]
        found = self.plays.labels.tag_names.take(pa.array(order, pa.int64())).to_pylist() if self.plays.labels else []
        return [tag for tag in found if tag not in taken][:1] or found[:1]

    def _items(self, items: np.ndarray, weight: np.ndarray) -> list[str]:
        order = np.lexsort((items, -np.asarray(weight)))[:_N_NAMED]
        strongest = items[order[np.asarray(weight)[order] > 0]]
        return [", ".join(self.plays.item_names(strongest).to_pylist())] if len(strongest) else []
