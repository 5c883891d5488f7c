"""Packed entries and tiles: bounds that hold to the last bit, and the best items without looking at all."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import bounded_lists, bounded_search, selection, tiles
from deepcuts.kernels.ranking.score_spread import moments, spread_of_products
from deepcuts.kernels.ranking.tiles import WIDTH, PersonaBatch, RarityTables, SearchBuffers, Tiles
from deepcuts.recommendation.item_index import ItemIndex, lay_out

FLOATS = st.floats(width=32, allow_nan=False)
law = settings(deadline=None, max_examples=50)


@given(st.lists(st.tuples(FLOATS, st.integers(0, 2**31 - 1)), min_size=1, max_size=60), st.data())
@law
def test_packed_entries_sort_like_what_they_hold(entries: list[tuple[float, int]], data: st.DataObject) -> None:
    packed = np.array([selection.pack(np.float32(score), item) for score, item in entries], np.uint64)
    assert [(selection.score_of(entry), selection.item_of(entry)) for entry in packed] == entries
    ordered = sorted(entries, key=lambda entry: (-entry[0], entry[1]))
    n_kept = data.draw(st.integers(1, len(entries)))
    least = np.uint64(selection.keep_best(packed, n_kept))
    assert (selection.score_of(least), selection.item_of(least)) == ordered[n_kept - 1]
    scores, items = np.empty(n_kept, np.float32), np.empty(n_kept, np.int32)
    selection.unpack(packed[:n_kept], scores, items)
    assert list(zip(scores.tolist(), items.tolist(), strict=True)) == ordered[:n_kept]


def test_zero_of_either_sign_is_one_score() -> None:
    assert selection.pack(np.float32(-0.0), 3) == selection.pack(np.float32(0.0), 3)


def sparse_factors(rng: np.random.Generator, shape: tuple[int, int], *, signed: bool) -> np.ndarray:
    """Half of them 0; sizes over many powers of ten, so that sums are rounded."""
    values = np.exp(rng.normal(0, 3, shape)) * (rng.uniform(size=shape) < 0.5)
    return (values * rng.choice([-1, 1], shape) if signed else values).astype(np.float32)


def neutral(items: Tiles) -> RarityTables:
    n_slots, n_tiles = len(items.items), len(items.lines)
    ones, nothing = np.ones((1, n_slots), np.float32), np.zeros(n_slots, np.float32)
    arrays = ones, ones, np.ones((1, 2, n_tiles), np.float32), nothing, np.zeros((2, n_tiles), np.float32)
    return RarityTables(*map(read_only, arrays))


def batch_of(factors: np.ndarray) -> PersonaBatch:
    n = len(factors)
    ones, nothing = np.ones(n, np.float32), np.zeros(n, np.float32)
    arrays = factors, np.array([0, n], np.int64), ones, ones, nothing, np.zeros(n, np.int32)
    return PersonaBatch(*map(read_only, arrays))


def scores_of(items: Tiles, factors: np.ndarray) -> np.ndarray:
    """Scores of every tile's items as the kernel adds them up, (n_rows, n_tiles · WIDTH)."""
    scores = np.empty((len(factors), len(items.items)), np.float32)
    for row, x in enumerate(factors):
        chosen = np.flatnonzero(x)
        for tile, lines in enumerate(items.lines):
            tiles.add_lines(lines, chosen, x[chosen], scores[row, tile * WIDTH : (tile + 1) * WIDTH])
    return scores


def bounded(items: Tiles, dial: RarityTables, batch: PersonaBatch) -> SearchBuffers:
    buffers = tiles.search_buffers(items, len(batch.factors), 1)
    tiles.choose_factors(batch, 0, len(batch.factors), buffers)
    bounded_search.bound_tiles(items, dial, batch, 0, len(batch.factors), buffers)
    return buffers


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("n_items", [1, 64, 65, 700])
def test_every_item_lies_in_one_column_with_its_factors(n_items: int, signed: bool) -> None:
    factors = sparse_factors(np.random.default_rng(n_items), (n_items, 6), signed=signed)
    items = lay_out(read_only(factors))
    assert sorted(items.items[:n_items].tolist()) == list(range(n_items))
    by_column = items.lines.transpose(0, 2, 1).reshape(-1, 6)
    np.testing.assert_array_equal(by_column[:n_items], factors[items.items[:n_items]])
    assert not np.any(by_column[n_items:])


@pytest.mark.parametrize("signed", [False, True])
def test_no_score_is_above_its_bound_to_the_last_bit(signed: bool) -> None:
    rng = np.random.default_rng(7)
    items = lay_out(read_only(sparse_factors(rng, (300, 13), signed=signed)))
    personas = sparse_factors(rng, (20, 13), signed=signed)
    scores = scores_of(items, personas).reshape(20, -1, WIDTH)
    for row in range(20):
        batch = batch_of(personas[row : row + 1])
        buffers = bounded(items, neutral(items), batch)
        assert np.all(scores[row].max(axis=1) <= buffers.bounds[: len(items.lines)])


@pytest.mark.parametrize("form", ["norm", "power"])
@pytest.mark.parametrize("amount", [-2.0, 0.7])
@pytest.mark.parametrize("signed", [False, True])
def test_no_score_is_above_its_bound_after_the_dial(signed: bool, amount: float, form: str) -> None:
    rng = np.random.default_rng(3)
    factors = read_only(sparse_factors(rng, (300, 5), signed=signed))
    catalogue = ItemIndex(lay_out(factors), weakref.ref(factors))
    _, dial = catalogue.turned(rng.integers(0, 50, 300), 50, form, (0.5,))
    batch = batch_of(sparse_factors(rng, (3, 5), signed=signed))
    with_rarity = batch._replace(
        amounts=read_only(np.full(3, amount, np.float32)), multiplier_rows=read_only(np.array([0, 1, 1], np.int32))
    )
    buffers = bounded(catalogue.tiles, dial, with_rarity)
    bounds = buffers.bounds.copy()
    for tile in range(len(catalogue.tiles.lines)):
        bounded_search.score_tile(catalogue.tiles, dial, with_rarity, 0, 3, tile, buffers)
        assert buffers.best.max() <= bounds[tile]


@pytest.mark.parametrize("strength", [-4.0, -0.3, 0.8, 4.0])
@pytest.mark.parametrize("form", ["norm", "power"])
def test_bounds_of_products_are_above_all_scores_and_below_products_of_bounds(form: str, strength: float) -> None:
    rng = np.random.default_rng(5)
    factors = read_only(sparse_factors(rng, (5000, 13), signed=False))  # two groups of tiles
    catalogue, listeners = ItemIndex(lay_out(factors), weakref.ref(factors)), rng.integers(0, 50, 5000)
    batch = batch_of(sparse_factors(rng, (20, 13), signed=False))._replace(
        multiplier_rows=read_only(np.ones(20, np.int32))
    )
    tight, loose = (catalogue.turned(listeners, 50, form, (strength,), together=one) for one in (True, False))
    assert catalogue.turned(listeners, 50, form, (strength,), together=True) is tight
    buffers = bounded(*tight, batch)
    bounds = buffers.bounds[: len(tight.tiles.lines)].copy()
    for tile in range(len(bounds)):
        bounded_search.score_tile(*tight, batch, 0, 20, tile, buffers)
        assert buffers.best.max() <= bounds[tile]
    of_one = bounded(*loose, batch).bounds[: len(bounds)]
    assert np.all(bounds <= of_one * np.float32(1.0001))
    assert np.median(bounds / of_one) < 0.99


def test_factors_of_either_sign_keep_bounds_of_their_own() -> None:
    factors = read_only(sparse_factors(np.random.default_rng(5), (300, 13), signed=True))
    catalogue = ItemIndex(lay_out(factors), weakref.ref(factors))
    assert catalogue.turned(np.arange(300), 300, "norm", (0.5,), together=True).tiles is catalogue.tiles


def test_the_longest_of_a_kind_come_first_and_then_those_with_the_same_second_factor() -> None:
    rng = np.random.default_rng(2)
    factors = np.zeros((500, 9), np.float32)
    factors[:, 4], factors[np.arange(500), rng.integers(0, 4, 500)] = 10, rng.uniform(1, 9, 500)
    items = lay_out(read_only(factors)).items[:500]
    lengths, second = np.linalg.norm(factors, axis=1)[items], factors[items, :4].argmax(axis=1)
    assert lengths[:WIDTH].min() >= lengths[WIDTH:].max()
    assert np.all(np.diff(second[WIDTH:]) >= 0)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("n_items", "depth"), [(1, 3), (64, 10), (700, 1), (700, 40), (700, 64), (700, 900)])
def test_the_best_items_are_those_of_scoring_everything(n_items: int, depth: int, signed: bool) -> None:
    rng = np.random.default_rng(n_items + depth)
    factors = sparse_factors(rng, (n_items, 8), signed=signed).round(1)
    items, personas = lay_out(read_only(factors)), sparse_factors(rng, (3, 8), signed=signed).round(1)
    listable = rng.uniform(size=n_items) < 0.8
    scores = np.empty((3, n_items), np.float32)
    scores[:, items.items[:n_items]] = scores_of(items, personas)[:, :n_items]
    best = np.where(listable & (scores != 0), scores, -np.inf).max(axis=0)
    expected = np.lexsort((np.arange(n_items), -best))[: min(depth, np.sum(best > -np.inf))]
    top_scores, top_items = np.empty(depth, np.float32), np.empty(depth, np.int32)
    buffers = tiles.search_buffers(items, 3, depth)
    n = bounded_search.top_of_personas(
        items, neutral(items), batch_of(personas), 0, 3, listable, buffers, top_scores, top_items
    )
    assert top_items[:n].tolist() == expected.tolist()
    np.testing.assert_array_equal(top_scores[:n], best[expected])
    owners = np.where(scores == 0, -np.inf, scores).argmax(axis=0)
    assert buffers.personas[top_items[:n]].tolist() == owners[expected].tolist()


def test_tiles_out_of_reach_are_not_looked_at() -> None:
    factors = np.zeros((640, 10), np.float32)
    factors[np.arange(640), np.arange(640) % 10] = np.arange(640, 0, -1)  # ten tiles, each of items of one factor
    items = lay_out(read_only(factors))
    buffers = bounded(items, neutral(items), batch_of(np.eye(10, dtype=np.float32)[3:4]))
    assert np.sum(buffers.bounds[:10] > 0) == 1


def test_best_first_starts_with_the_highest_bounds() -> None:
    bounds = np.random.default_rng(0).normal(size=500).astype(np.float32)
    order = np.empty(500, np.int64)
    bounded_search.best_first(bounds, order, np.empty(129, np.int64))
    assert sorted(order.tolist()) == list(range(500))
    bucket = (bounds.max() - bounds.min()) / 128
    assert np.all(np.diff(bounds[order]) <= bucket * 1.001)
    bounded_search.best_first(np.full(5, 0.5, np.float32), order[:5], np.empty(129, np.int64))
    assert sorted(order[:5].tolist()) == list(range(5))


def test_the_spread_of_products_is_that_of_the_scores() -> None:
    rng = np.random.default_rng(1)
    items, personas = sparse_factors(rng, (90, 7), signed=True), sparse_factors(rng, (6, 7), signed=False)
    personas[2] = 0
    spreads = np.empty(6, np.float32)
    spread_of_products(read_only(personas), *moments(read_only(items)), 90, spreads)
    expected = (personas.astype(np.float64) @ items.T.astype(np.float64)).std(axis=1)
    np.testing.assert_allclose(spreads, expected, rtol=1e-6, atol=1e-9)


def test_users_without_personas_to_hear_have_empty_lists() -> None:
    items = lay_out(read_only(np.ones((5, 2), np.float32)))
    batch = batch_of(np.ones((2, 2), np.float32))._replace(persona_weights=read_only(np.zeros(2, np.float32)))
    nobody = read_only(np.zeros(2, np.int64)), read_only(np.empty(0, np.int32))
    for kernel in (bounded_lists.lists_by_share, bounded_lists.lists_by_max):
        lists = np.zeros((1, 3), np.int32), np.zeros((1, 3), np.float32), np.zeros((1, 3), np.int8)
        kernel(items, neutral(items), batch, *nobody, read_only(np.ones(5, bool)), *lists)
        assert lists[0].tolist() == [[-1, -1, -1]]
