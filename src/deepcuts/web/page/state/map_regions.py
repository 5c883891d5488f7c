"""Regions of the map: groups of artists near one another, named by the tag that sets each apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import CountVector, DoubleMatrix, IndexVector
from deepcuts.model import PersonaModel
from deepcuts.model.item_map import ItemMap

_N_REGIONS = 16
_LEAST_ITEMS = 20  # of a region, in the mean: of fewer items there are fewer regions


@dataclass(frozen=True)
class MapRegions:
    """Regions of a map.

    Parameters
    ----------
    region_of_item
        int64, (n_mapped,): region of each artist of the map.
    names
        Of each region; empty where no tag has the support that a name needs.
    centres
        float64, (n_regions, 2): their middles.
    """

    region_of_item: CountVector
    names: list[str]
    centres: DoubleMatrix


def map_regions(model: PersonaModel, item_map: ItemMap) -> MapRegions:
    """Part a map into regions by place, and name them as personas are named; the same map has the same regions."""
    from scipy.cluster.vq import kmeans2  # slow to import, and only a map needs it

    places = np.asarray(item_map.positions, np.float64)
    n_regions = max(1, min(_N_REGIONS, len(places) // _LEAST_ITEMS))
    centres, region_of_item = kmeans2(places, n_regions, minit="++", seed=0, missing="warn", iter=20)
    groups = [item_map.items[region_of_item == region] for region in range(n_regions)]
    return MapRegions(region_of_item.astype(np.int64), _names(model, groups), centres)


def _names(model: PersonaModel, groups: list[IndexVector]) -> list[str]:
    """Tags of groups of items, weighted by their listeners; none where a name has no tag in it."""
    if model.seen.labels is None:
        return [""] * len(groups)
    names = model.namer.names(groups, [model.item_listeners[items].astype(np.float64) for items in groups])
    return [name.partition(" · ")[0] if " · " in name else "" for name in names]
