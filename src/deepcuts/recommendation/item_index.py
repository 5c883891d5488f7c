"""The items as lists of factored scores want them: laid out once, kept as long as their factors live."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking.score_spread import moments, spread_of_products
from deepcuts.kernels.ranking.tiles import WIDTH, RarityTables, Tiles
from deepcuts.recommendation.rarity import commonness, item_frequency

_MOST_DIALS = 64  # positions of the dial that are kept: turning it for ever must not fill the memory
_PROBES = 16
_PROBE_DEPTH = 100
_MOST_VISITED = 0.4  # share of tiles from which a matrix product for many users at a time is quicker
_STAYS_NEAR = 2_000_000  # bytes of factors that the processor keeps near: then, looking at all tiles is quick too

_Known = weakref.ref[np.ndarray]  # an array that something was made of, and that may go away
_catalogues: dict[int, tuple[_Known, ItemIndex | None]] = {}


def catalogue_of(item_factors: np.ndarray) -> ItemIndex | None:
    """Return the catalogue of these very factors, (n_items, n_factors), or None where tiles would save nothing.

    It is made when the factors are first seen, and kept as long as they live.
    """
    place = id(item_factors)
    known = _catalogues.get(place)
    if known is not None and known[0]() is item_factors:
        return known[1]
    factors = read_only(item_factors.astype(np.float32, copy=False))
    tiles = lay_out(factors)
    pays = factors.nbytes <= _STAYS_NEAR or visited_share(tiles, factors) <= _MOST_VISITED
    made = ItemIndex(tiles, weakref.ref(item_factors)) if pays else None
    _catalogues[place] = weakref.ref(item_factors, lambda _: _catalogues.pop(place, None)), made
    return made


@dataclass(frozen=True, eq=False)
class ItemIndex:
    """Items in tiles, and what the dial makes of them.

    Parameters
    ----------
    tiles
        The items, those alike side by side.
    factors
        What they were made of, which must be alive where the catalogue is used.
    """

    tiles: Tiles
    factors: _Known
    _dials: dict[tuple[float, ...], tuple[_Known, RarityTables]] = field(default_factory=dict)

    @cached_property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        factors = self.factors()
        assert factors is not None
        total, products = moments(read_only(factors.astype(np.float32, copy=False)))
        return total, products

    def spreads(self, rows: np.ndarray, n_items: int) -> np.ndarray:
        """Standard deviation of the scores of some persona rows over all items, float32, (len(rows),)."""
        spreads = np.empty(len(rows), np.float32)
        spread_of_products(rows, *self._moments, n_items, spreads)
        return spreads

    def dial(self, counts: np.ndarray, total: float, powers: tuple[float, ...]) -> RarityTables:
        """Return multipliers of kind 0, all 1, and for each rarity r of `powers` frequency ** −r; and the commonness.

        Parameters
        ----------
        counts
            (n_items,): listeners, or plays, of each item.
        total
            Users, or plays in all.
        powers
            Turns of the dial "power".
        """
        known = self._dials.get((total, *powers))
        if known is not None and known[0]() is counts:
            return known[1]
        made = self._make_dial(item_frequency(counts, total), powers)
        if len(self._dials) >= _MOST_DIALS:
            self._dials.clear()
        self._dials[total, *powers] = weakref.ref(counts), made
        return made

    def _make_dial(self, frequency: np.ndarray, powers: tuple[float, ...]) -> RarityTables:
        multipliers = [np.ones(len(frequency)), *(frequency**-power for power in powers)]
        lines = np.stack([self._by_place(line, fill=1.0) for line in multipliers])
        common = self._by_place(commonness(frequency), fill=0.0)
        return RarityTables(read_only(lines), _extremes(lines), read_only(common), _extremes(common))

    def _by_place(self, values: np.ndarray, fill: float) -> np.ndarray:
        """Bring a value per item into the order of the tiles, float32."""
        placed = np.full(len(self.tiles.items), fill, np.float32)
        placed[: len(values)] = values[self.tiles.items[: len(values)]]
        return placed


def _extremes(by_place: np.ndarray) -> np.ndarray:
    """Largest and smallest value of every tile, float32, (…, 2, n_tiles)."""
    tiles = by_place.reshape(*by_place.shape[:-1], -1, WIDTH)
    return read_only(np.stack([tiles.max(axis=-1), tiles.min(axis=-1)], axis=-2))


def visited_share(tiles: Tiles, factors: np.ndarray) -> float:
    """Share of the tiles that long lists have to look at, where some of the items stand for personas."""
    n_items = len(factors)
    probes = factors[:: -(-n_items // _PROBES)]
    signs = np.concatenate([np.maximum(probes, 0), np.minimum(probes, 0)], axis=1)
    bounds = np.matmul(signs, tiles.bounds).transpose(1, 0, 2).reshape(len(probes), -1)[:, : len(tiles.lines)]
    place = max(0, n_items - _PROBE_DEPTH)
    least = np.partition(probes @ factors.T, place, axis=1)[:, place]
    return float(np.mean(bounds >= least[:, None]))


def lay_out(factors: np.ndarray) -> Tiles:
    """Put items with the same largest factor side by side, the longest first: their bounds are tight."""
    n_items, n_factors = factors.shape
    n_tiles = -(-n_items // WIDTH)
    n_groups = -(-n_tiles // WIDTH)
    strongest = np.argmax(np.abs(factors), axis=1)
    below = factors[np.arange(n_items), strongest] < 0
    order = np.lexsort((-np.einsum("if,if->i", factors, factors), below, strongest))
    items = np.zeros(n_tiles * WIDTH, np.int32)
    items[:n_items] = order
    lines = np.zeros((n_tiles * WIDTH, n_factors), np.float32)
    lines[:n_items] = factors[order]
    lines = lines.reshape(n_tiles, WIDTH, n_factors)
    bounds = np.zeros((n_groups * WIDTH, 2 * n_factors), np.float32)
    bounds[:n_tiles] = np.concatenate([lines.max(axis=1), lines.min(axis=1)], axis=1)
    bounds = bounds.reshape(n_groups, WIDTH, 2 * n_factors)
    return Tiles(read_only(lines.transpose(0, 2, 1)), read_only(bounds.transpose(0, 2, 1)), read_only(items))
