"""Names of groups of items: the tags that set a group apart, and the items that stand for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import BoolVector, CountVector, DoubleVector, IndexVector, NumberVector
from deepcuts.data.interactions import Interactions
from deepcuts.data.tags import tag_shares

_N_ITEMS, _N_ITEMS_ALONE = 2, 3  # items in a name beside tags, and without one
_LEAST_OF_GROUP = 2  # items of a group that have a tag which names it
_LEAST_OF_ITEM = 0.05  # uses of a tag for an item, over those of its most used one, for the item to be known for it
_NEARLY_AS_APT = 0.5  # share of the best tag's worth that another one needs to be taken for the sake of difference
_AS_APT = 0.75  # share of the first tag's worth that a second one beside it needs
# Digits, or the hexadecimal digits of a MusicBrainz id and the like.
_NUMBER = re.compile(r"[\d\s.,:_-]+|(?=.*\d)[0-9a-fA-F-]{16,}")


@dataclass(frozen=True, eq=False)
class Namer:
    """Names groups of items of one catalogue, such as "ambient / drone · Stars of the Lid, Grouper".

    Only tags with support name anything: see `Labels.supported`.

    Parameters
    ----------
    plays
        Whose items these are, with labels where there are any.
    background
        float64, (n_tags,): share of every tag in all listening.
    """

    plays: Interactions
    background: DoubleVector

    @classmethod
    def of(cls, plays: Interactions, listeners: CountVector) -> Namer:
        """Weigh the tags of the catalogue by the listeners of its items, (n_items,)."""
        return cls(plays, tag_shares(plays, np.arange(plays.n_items), listeners))

    def names(self, groups: Sequence[IndexVector], weights: Sequence[NumberVector], kind: str = "persona") -> list[str]:
        """Name some groups of items, each differently: by their tags, if any, and the items that weigh most.

        An id that looks like a number is no name: where an item has no other, the next one stands for the group, and
        where none has, the group is called by its kind and its number, such as "persona 2".

        Parameters
        ----------
        groups
            Item indexes of each group.
        weights
            How strongly each item stands for its group, float, as long as the group; items at 0 or below do not.
        kind
            What these groups are called.
        """
        named: list[str] = []
        tags = self.tags(groups, weights)
        for number, (own, items, weight) in enumerate(zip(tags, groups, weights, strict=True)):
            strongest = self._items(items, weight, _N_ITEMS if own else _N_ITEMS_ALONE)
            unnamed = f"{kind} {number + 1}" if len(items) else "no items"
            name = " · ".join(filter(None, [" / ".join(own), ", ".join(strongest)])) or unnamed
            n_alike = sum(other == name or other.startswith(f"{name} (") for other in named)
            named.append(f"{name} ({n_alike + 1})" if n_alike else name)
        return named

    def tags(self, groups: Sequence[IndexVector], weights: Sequence[NumberVector]) -> list[list[str]]:
        """Find the tags that set each group apart: none, one, or two where the second is nearly as apt.

        A group's first tag is the one that adds most to the divergence of its tags from their background, which is half
        all listening and half that of these groups together: Σ_t p_t log(p_t / q_t). "rock" names no group where all
        are rock. A tag that a group before has taken comes again only if no other is nearly as apt. The second adds
        nearly as much as the first, is no first tag of any group, and has other words.

        Parameters
        ----------
        groups, weights
            As in `names`.
        """
        labels = self.plays.labels
        if labels is None or not groups:
            return [[] for _ in groups]
        shares = [tag_shares(self.plays, items, weight) for items, weight in zip(groups, weights, strict=True)]
        background = (self.background + np.mean(shares, axis=0)) / 2
        worths = [
            np.where(self._may_name(items, weight), _apartness(share, background), 0.0)
            for items, weight, share in zip(groups, weights, shares, strict=True)
        ]
        firsts: list[int] = []
        for worth in worths:
            firsts.append(_first(worth, firsts))
        taken = set(firsts)
        found = []
        for worth, first in zip(worths, firsts, strict=True):
            second = self._second(worth, first, taken)
            taken.add(second)
            found.append([labels.tag_names[tag].as_py() for tag in (first, second) if tag >= 0])
        return found

    def describing_tags(self, items: IndexVector, weights: NumberVector, n: int = 5) -> list[str]:
        """Return the tags with the largest shares in a group of items, the largest first; only those with support.

        Parameters
        ----------
        items
            int, (n_group,).
        weights
            float, (n_group,): how much each item counts.
        n
            The most tags.
        """
        labels = self.plays.labels
        if labels is None:
            return []
        return labels.tags_of(items, weights, n, among=self._may_name(items, weights))

    def _may_name(self, items: IndexVector, weights: NumberVector) -> BoolVector:
        """Which tags have support, and two items of the group that are known for them, bool, (n_tags,).

        What one person in hundreds has called an item is not what it is known for.
        """
        assert self.plays.labels is not None
        tags = self.plays.labels.tags[items[np.asarray(weights) > 0]]
        sizes = np.diff(tags.indptr)
        most = np.maximum.reduceat(tags.data, tags.indptr[:-1][sizes > 0]) if tags.nnz else tags.data
        is_known = tags.data >= _LEAST_OF_ITEM * np.repeat(most, sizes[sizes > 0])
        n_items = np.bincount(tags.indices[is_known], minlength=tags.shape[1])
        may: BoolVector = self.plays.labels.supported & (n_items >= _LEAST_OF_GROUP)
        return may

    def _second(self, worth: DoubleVector, first: int, taken: set[int]) -> int:
        """Return a tag that is nearly as apt as the first and says something else, or −1."""
        assert self.plays.labels is not None
        if first < 0:
            return -1
        names = self.plays.labels.tag_names
        own = _letters(names[first].as_py())
        for tag in map(int, np.argsort(-worth, kind="stable")[: len(taken) + 4]):
            other = _letters(names[tag].as_py())
            if worth[tag] >= _AS_APT * worth[first] and tag not in taken and own not in other and other not in own:
                return tag
        return -1

    def _items(self, items: IndexVector, weight: NumberVector, n: int) -> list[str]:
        """Return the names of the items with the largest weights above 0 whose name is no number."""
        order = np.lexsort((items, -np.asarray(weight)))
        strongest = items[order[np.asarray(weight)[order] > 0]]
        named: list[str] = []
        for item in strongest:
            name, item_id = (
                self.plays.item_names(np.array([item]))[0].as_py(),
                self.plays.item_ids.values[int(item)].as_py(),
            )
            if name != item_id or not _NUMBER.fullmatch(name):
                named.append(name)
            if len(named) == n:
                break
        return named


def _apartness(share: DoubleVector, background: DoubleVector) -> DoubleVector:
    """What each tag adds to the divergence of a group from the background, p_t log(p_t / q_t), float64, (n_tags,)."""
    # 0 where p is 0; where p is above 0, so is q, as half of it is the groups' own.
    quotient = np.divide(share, background, out=np.ones_like(share), where=share > 0)
    apart: DoubleVector = share * np.log(quotient)
    return apart


def _first(worth: DoubleVector, taken: Sequence[int]) -> int:
    """Return the tag of the largest worth, or of one nearly as large that is not taken; −1 where none has any."""
    # tiny: a tag that adds nothing to the divergence is no name.
    least = max(_NEARLY_AS_APT * float(worth.max(initial=0)), np.finfo(np.float64).tiny)
    # Of len(taken) + 1 candidates, one at least is not taken.
    order = [int(tag) for tag in np.argsort(-worth, kind="stable")[: len(taken) + 1] if worth[tag] >= least]
    return next((tag for tag in order if tag not in taken), order[0] if order else -1)


def _letters(tag: str) -> str:
    """Return the letters and digits of a tag: "hip-hop" and "hip hop" are one, "metal" is within "death metal"."""
    return "".join(character for character in tag.casefold() if character.isalnum())
