"""The items of factored scores in tiles that a search by bounds works on, kept as long as their factors live."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcuts.array_types import AnyArray, DoubleMatrix, DoubleVector, FloatMatrix, FloatVector, NumberVector
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking.score_spread import moments, spread_of_products
from deepcuts.kernels.ranking.tiles import WIDTH, RarityTables, Tiles
from deepcuts.recommendation.item_sizes import lengths_of
from deepcuts.recommendation.rarity import commonness, item_bases, item_frequency, item_multipliers
from deepcuts.recommendation.settings import RarityForm

_MOST_TABLES = 64  # positions of the dial that are kept: a dial that moves for hours must not fill the memory
_PROBES = 16  # items that stand for personas in `visited_share`
_PROBE_DEPTH = 100  # length of the lists they ask for
_MOST_VISITED = 0.4  # share of tiles from which a matrix product for many users at a time is quicker
_CACHED_BYTES = 2_000_000  # of factors that fit into the processor's cache: then, looking at all tiles is quick too

_WeakArray = weakref.ref[AnyArray]
# By id(), and weakly: an id is given again once its array is gone, so the array itself is compared.
_known: dict[int, tuple[_WeakArray, ItemIndex | None]] = {}


def tiled_items_of(item_factors: FloatMatrix) -> ItemIndex | None:
    """Return the items of this very array of factors, (n_items, n_factors), or None where tiles would save nothing.

    They are laid out when the array is first seen, and kept as long as it lives.
    """
    key = id(item_factors)
    known = _known.get(key)
    if known is not None and known[0]() is item_factors:
        return known[1]
    factors = read_only(item_factors.astype(np.float32, copy=False))
    tiles = lay_out(factors)
    pays = factors.nbytes <= _CACHED_BYTES or visited_share(tiles, factors) <= _MOST_VISITED
    made = ItemIndex(tiles, weakref.ref(item_factors)) if pays else None
    _known[key] = weakref.ref(item_factors, lambda _: _known.pop(key, None)), made
    return made


@dataclass(frozen=True, eq=False)
class ItemIndex:
    """Items in tiles, and their terms of the rarity dial.

    Parameters
    ----------
    tiles
        The items, those alike side by side.
    factors
        What they were made of, which must be alive where the index is used.
    """

    tiles: Tiles
    factors: _WeakArray
    _tables: dict[tuple[object, ...], tuple[_WeakArray, RarityTables]] = field(default_factory=dict)

    @cached_property
    def _moments(self) -> tuple[DoubleVector, DoubleMatrix]:
        factors = self.factors()
        assert factors is not None
        return _moments_of(factors)

    def spreads(self, rows: FloatMatrix, n_items: int) -> FloatVector:
        """Standard deviation of the scores of some persona rows over all items, float32, (len(rows),)."""
        spreads = np.empty(len(rows), np.float32)
        spread_of_products(rows, *self._moments, n_items, spreads)
        return spreads

    def rarity_tables(
        self, counts: NumberVector, total: float, form: RarityForm, strengths: tuple[float, ...]
    ) -> RarityTables:
        """Return the terms m and c of `deepcuts.recommendation.rarity` in the order of the tiles.

        Table 0 of the multipliers is all 1, table 1 + j holds m at ``strengths[j]``.

        Parameters
        ----------
        counts
            (n_items,): listeners, or plays, of each item.
        total
            Users, or plays in all.
        form
            Form of the dial.
        strengths
            Where rows take their multipliers, none of them 0.
        """
        key = total, form, strengths
        known = self._tables.get(key)
        if known is not None and known[0]() is counts:  # totals can be equal where counts are not
            return known[1]
        made = self._make_tables(item_frequency(counts, total), form, strengths)
        if len(self._tables) >= _MOST_TABLES:
            self._tables.clear()
        self._tables[key] = weakref.ref(counts), made
        return made

    def _make_tables(self, frequency: DoubleVector, form: RarityForm, strengths: tuple[float, ...]) -> RarityTables:
        base = item_bases(form, frequency, self._sizes) if strengths else np.ones(len(frequency))
        pairs = [item_multipliers(base, strength) for strength in (0.0, *strengths)]
        positive, negative = (
            np.stack([self._in_tile_order(values, fill=1.0) for values in which]) for which in zip(*pairs, strict=True)
        )
        extremes = np.stack([_extremes(positive)[..., 0, :], _extremes(negative)[..., 1, :]], axis=-2)
        common = self._in_tile_order(commonness(frequency), fill=0.0)
        return RarityTables(*map(read_only, (positive, negative, extremes, common, _extremes(common))))

    def _sizes(self) -> DoubleVector:
        factors = self.factors()
        assert factors is not None
        return lengths_of(factors)

    def _in_tile_order(self, values: FloatVector, fill: float) -> FloatVector:
        """Bring a value per item into the order of the tiles, (n_tiles · WIDTH,)."""
        # Items behind the last one have factors of 0: they score exactly 0 and are never listed, whatever `fill` is.
        tiled = np.full(len(self.tiles.items), fill, np.float32)
        tiled[: len(values)] = values[self.tiles.items[: len(values)]]
        return tiled


def spreads_of_rows(rows: FloatMatrix, item_factors: FloatMatrix) -> FloatVector:
    """Standard deviation of the products of some rows with all items, float32, (len(rows),)."""
    spreads = np.empty(len(rows), np.float32)
    spread_of_products(read_only(rows), *_moments_of(item_factors), len(item_factors), spreads)
    return spreads


def _moments_of(factors: FloatMatrix) -> tuple[DoubleVector, DoubleMatrix]:
    total, products = moments(read_only(factors.astype(np.float32, copy=False)))
    return total, products


def _extremes(tiled: AnyArray) -> AnyArray:
    """Largest and smallest value of every tile, float32, (…, 2, n_tiles)."""
    tiles = tiled.reshape(*tiled.shape[:-1], -1, WIDTH)
    return np.stack([tiles.max(axis=-1), tiles.min(axis=-1)], axis=-2)


def visited_share(tiles: Tiles, factors: FloatMatrix) -> float:
    """Share of the tiles that a search for long lists looks at, with some of the items as the personas."""
    n_items = len(factors)
    probes = factors[:: -(-n_items // _PROBES)]  # at even distances, at most _PROBES of them
    # maths.md (22): positive factors meet the largest values of a tile, negative ones the smallest.
    signs = np.concatenate([np.maximum(probes, 0), np.minimum(probes, 0)], axis=1)
    bounds = np.matmul(signs, tiles.bounds).transpose(1, 0, 2).reshape(len(probes), -1)[:, : len(tiles.lines)]
    last_rank = max(0, n_items - _PROBE_DEPTH)
    least = np.partition(probes @ factors.T, last_rank, axis=1)[:, last_rank]  # score of the last listed item
    return float(np.mean(bounds >= least[:, None]))


def lay_out(factors: FloatMatrix) -> Tiles:
    """Put items into tiles of `WIDTH`, in an order that makes the bounds of tiles tight."""
    n_items, n_factors = factors.shape
    n_tiles = -(-n_items // WIDTH)  # rounded up
    n_groups = -(-n_tiles // WIDTH)
    order = _alike_side_by_side(factors)
    items = np.zeros(n_tiles * WIDTH, np.int32)
    items[:n_items] = order
    lines = np.zeros((n_tiles * WIDTH, n_factors), np.float32)
    lines[:n_items] = factors[order]
    lines = lines.reshape(n_tiles, WIDTH, n_factors)
    bounds = np.zeros((n_groups * WIDTH, 2 * n_factors), np.float32)
    bounds[:n_tiles] = np.concatenate([lines.max(axis=1), lines.min(axis=1)], axis=1)
    bounds = bounds.reshape(n_groups, WIDTH, 2 * n_factors)
    positions = np.empty(n_items, np.int32)
    positions[order] = np.arange(n_items)
    # By factor: the kernel runs along the WIDTH items of a tile, or tiles of a group, one factor at a time.
    return Tiles(*map(read_only, (lines.transpose(0, 2, 1), bounds.transpose(0, 2, 1), items, positions)))


def _alike_side_by_side(factors: FloatMatrix) -> NumberVector:
    """Order items by their largest factor and its sign, and among those alike the longest vectors first."""
    strongest = np.argmax(np.abs(factors), axis=1)
    is_negative = factors[np.arange(len(factors)), strongest] < 0
    return np.lexsort((-np.einsum("if,if->i", factors, factors), is_negative, strongest))
