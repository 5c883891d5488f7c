"""The items of factored scores in tiles that a search by bounds works on, kept as long as their factors live."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import AnyArray, DoubleMatrix, DoubleVector, FloatMatrix, FloatVector, NumberVector
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking.score_spread import moments, spread_of_products
from deepcuts.kernels.ranking.tiles import WIDTH, RarityTables, Tiles
from deepcuts.recommendation.item_sizes import lengths_of
from deepcuts.recommendation.rarity import commonness, item_bases, item_frequency, item_multipliers
from deepcuts.recommendation.settings import RarityForm

_MOST_TURNS = 64  # positions of the dial that are kept: a dial that moves for hours must not fill the memory
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


class TurnedItems(NamedTuple):
    """Items under the dial: tiles whose bounds go with the terms."""

    tiles: Tiles
    tables: RarityTables


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
    _known_turns: dict[tuple[object, ...], tuple[_WeakArray, TurnedItems]] = field(default_factory=dict)

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

    def turned(
        self,
        counts: NumberVector,
        total: float,
        form: RarityForm,
        strengths: tuple[float, ...],
        *,
        together: bool = False,
    ) -> TurnedItems:
        """Return the items under the dial: tiles, and the terms m and c of `recommendation.rarity` in their order.

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
        together
            Whether all rows take table 1 and have no factor below 0: bounds are then tighter, maths.md (22a).
        """
        together = together and self._nonnegative
        key = total, form, strengths, together
        known = self._known_turns.get(key)
        if known is not None and known[0]() is counts:  # totals can be equal where counts are not
            return known[1]
        made = TurnedItems(self.tiles, self._make_tables(item_frequency(counts, total), form, strengths))
        if together:
            made = with_bounds_of_products(made)
        if len(self._known_turns) >= _MOST_TURNS:
            self._known_turns.clear()
        self._known_turns[key] = weakref.ref(counts), made
        return made

    @cached_property
    def _nonnegative(self) -> bool:
        return bool(self.tiles.bounds.min() >= 0)

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
    order = _alike_side_by_side(factors)
    items = np.zeros(n_tiles * WIDTH, np.int32)
    items[:n_items] = order
    lines = np.zeros((n_tiles * WIDTH, n_factors), np.float32)
    lines[:n_items] = factors[order]
    # By factor: the kernel runs along the WIDTH items of a tile, or tiles of a group, one factor at a time.
    lines = np.ascontiguousarray(lines.reshape(n_tiles, WIDTH, n_factors).transpose(0, 2, 1))
    positions = np.empty(n_items, np.int32)
    positions[order] = np.arange(n_items)
    return Tiles(*map(read_only, (lines, bounds_of_lines(lines), items, positions)))


def with_bounds_of_products(turned: TurnedItems) -> TurnedItems:
    """Bound the factors times the multiplier of the item, maths.md (22a), where each had a bound of its own.

    The only strength must be that of all rows, and no factor of an item or a row below 0. A bound adds up other
    products than a score does, so it is raised by more than both can be rounded by.
    """
    tiles, tables = turned
    multipliers = tables.multipliers[1].reshape(-1, 1, WIDTH)
    roundings = 2 * tiles.lines.shape[1] + 8
    multiplier_bounds = tables.multiplier_bounds.copy()
    multiplier_bounds[1] = 1 + roundings * np.finfo(np.float32).eps
    bounds = bounds_of_lines(tiles.lines, multipliers)
    return TurnedItems(
        tiles._replace(bounds=read_only(bounds)), tables._replace(multiplier_bounds=read_only(multiplier_bounds))
    )


def bounds_of_lines(lines: AnyArray, multipliers: AnyArray | None = None) -> AnyArray:
    """Largest and smallest value of every factor over a tile, laid out as in `Tiles`.

    Parameters
    ----------
    lines
        As in `Tiles`.
    multipliers
        float32, (n_tiles, 1, WIDTH), on the factors of the items; all 1 where None.
    """
    n_tiles, n_factors = lines.shape[:2]
    bounds = np.zeros((-(-n_tiles // WIDTH), 2 * n_factors, WIDTH), np.float32)
    for group, of_group in enumerate(bounds):  # products of all items at a time would be as large as the factors
        some = slice(group * WIDTH, (group + 1) * WIDTH)
        values = lines[some] if multipliers is None else lines[some] * multipliers[some]
        of_group[:, : len(values)] = np.concatenate([values.max(axis=2), values.min(axis=2)], axis=1).T
    return bounds


def _alike_side_by_side(factors: FloatMatrix) -> NumberVector:
    """Order items by their largest factor and its sign, and those alike by length, a tile of the longest vectors first.

    Behind these the second largest factor comes before the length: under a dial that levels lengths, it tells items
    apart.
    """
    sizes, rows = np.abs(factors), np.arange(len(factors))
    strongest = np.argmax(sizes, axis=1)
    of_sign = 2 * strongest + (factors[rows, strongest] < 0)
    sizes[rows, strongest] = -1
    second = np.argmax(sizes, axis=1)
    lengths = np.einsum("if,if->i", factors, factors)
    by_length = np.lexsort((-lengths, of_sign))
    is_longest = _index_within_runs(of_sign[by_length]) < WIDTH
    second[by_length[is_longest]] = -1
    return np.lexsort((-lengths, second, of_sign))


def _index_within_runs(values: NumberVector) -> NumberVector:
    """Index of each value of an ascending array among its equals, from 0."""
    _, starts, lengths = np.unique(values, return_index=True, return_counts=True)
    return np.arange(len(values)) - np.repeat(starts, lengths)
