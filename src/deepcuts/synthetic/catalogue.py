"""The items of a world: which scene they belong to and how popular they are in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import CountVector, DoubleVector, Indices
from deepcuts.data.csr import indptr_of, row_of_entry
from deepcuts.data.ids import Ids
from deepcuts.kernels.worlds import Scenes
from deepcuts.synthetic.names import artist_names, scene_names
from deepcuts.synthetic.settings import LEAST_SCENE_SIZE

_SIZE_SPREAD = 0.6  # standard deviation of the logarithm of scene sizes
_POPULARITY_SPREAD = 0.5  # the same of scene popularity, on top of size


@dataclass(frozen=True, eq=False)
class InventedCatalogue:
    """Artists and the scenes they belong to.

    Parameters
    ----------
    item_ids
        Artist names, ascending.
    scene_names
        Name of each scene, (n_scenes,).
    item_scenes
        int32, (n_items,): scene of each item.
    item_ranks
        int32, (n_items,): popularity rank of each item in its scene, 1 = most popular.
    popularity
        float64, (n_scenes,): probability that a listener takes to a scene, summing to 1.
    """

    item_ids: Ids
    scene_names: tuple[str, ...]
    item_scenes: Indices
    item_ranks: Indices
    popularity: DoubleVector

    @property
    def scene_sizes(self) -> CountVector:
        """Number of items in each scene, int64, (n_scenes,)."""
        return np.bincount(self.item_scenes, minlength=len(self.popularity))

    def scenes(self) -> Scenes:
        """Items by scene, the most popular first, as the sampling kernel takes them."""
        indptr = indptr_of(self.scene_sizes)
        items = np.lexsort((self.item_ranks, self.item_scenes)).astype(np.int32)
        cumulative = np.cumsum(self.popularity)
        return Scenes(indptr, items, cumulative / cumulative[-1])


def invent_catalogue(rng: np.random.Generator, n_items: int, n_scenes: int) -> InventedCatalogue:
    """Invent artists and share them out among scenes, whose sizes and popularity are uneven."""
    weights = rng.lognormal(sigma=_SIZE_SPREAD, size=n_scenes)
    sizes = LEAST_SCENE_SIZE + _share_out(n_items - LEAST_SCENE_SIZE * n_scenes, weights)
    popularity = sizes * rng.lognormal(sigma=_POPULARITY_SPREAD, size=n_scenes)
    order = rng.permutation(n_items)  # no scene has its own part of the alphabet
    scenes, ranks = np.empty(n_items, np.int32), np.empty(n_items, np.int32)
    indptr = indptr_of(sizes)
    scenes[order] = scene_of_entry = row_of_entry(indptr)
    ranks[order] = 1 + np.arange(n_items) - indptr[scene_of_entry]
    return InventedCatalogue(
        Ids.of(artist_names(rng, n_items), "item"),
        tuple(scene_names(rng, n_scenes).to_pylist()),
        scenes,
        ranks,
        popularity / popularity.sum(),
    )


def _share_out(total: int, weights: DoubleVector) -> CountVector:
    """Whole numbers in proportion to `weights` that sum to `total`."""
    # Rounded after summing: each part is within 1 of its share, and the last edge is `total` itself.
    edges = np.rint(total * np.cumsum(weights) / weights.sum()).astype(np.int64)
    return np.diff(edges, prepend=0)
