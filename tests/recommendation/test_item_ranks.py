"""Ranks of single items: those of the twin, and those of the lists that they spare."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.data.csr import UserItems, indptr_of
from deepcuts.recommendation import item_ranks
from deepcuts.recommendation.item_ranks import ranks_of_items
from reference import ranking as reference

# Few different whole numbers, so that there are ties and zeros, and nothing is rounded.
FACTORS = st.sampled_from([-2.0, -1.0, 0.0, 1.0, 3.0])
ITEMS = st.integers(1, 20).flatmap(lambda n: st.lists(st.tuples(FACTORS, FACTORS), min_size=n, max_size=n))


def by_row(sets: list[list[int]]) -> UserItems:
    return UserItems(
        indptr_of(np.array([len(own) for own in sets], np.int64)),
        np.array([item for own in sets for item in own], np.int32),
    )


@given(st.lists(st.tuples(FACTORS, FACTORS), min_size=1, max_size=6), ITEMS, st.data(), st.integers(1, 25))
@settings(deadline=None, max_examples=150)
def test_ranks_are_those_of_sorting(users, items, data, deepest):
    of_items = st.integers(0, len(items) - 1)
    targets = [data.draw(st.lists(of_items, max_size=3)) for _ in users]
    hidden = [sorted(data.draw(st.sets(of_items, max_size=4))) for _ in users]
    rows, columns = np.array(users, np.float32), np.array(items, np.float32)
    found = ranks_of_items(rows, columns, by_row(targets), by_row(hidden), deepest)
    cases = zip(targets, (rows @ columns.T).tolist(), hidden, strict=True)
    expected = [reference.rank_of(item, row, own, deepest) for items, row, own in cases for item in items]
    assert found.tolist() == expected


def test_what_has_no_number_has_no_rank():
    rows, items = np.array([[np.nan], [1.0]], np.float32), np.array([[1.0], [2.0]], np.float32)
    with np.errstate(invalid="ignore"):
        assert ranks_of_items(rows, items, by_row([[0], [0]]), by_row([[], []]), 5).tolist() == [0, 2]


@pytest.mark.parametrize("nonnegative", ["both", "items", "none"])
def test_ranks_are_those_in_lists(nonnegative, monkeypatch):
    """Whatever the blocks, and on any number of threads, of a model whose users dislike some items."""
    world = dc.generate_world(n_users=150, n_items=400, items_per_user=12, seed=4)
    model = dc.PersonaNMF(n_factors=8, n_personas=1, nonnegative=nonnegative, base_epochs=4).fit(world.plays)
    lists = model.recommend(k=30)
    targets = np.random.default_rng(0).integers(400, size=150).astype(np.int32)
    hidden = UserItems(world.plays.indptr, world.plays.indices)
    names = model.item_ids.values.take(targets).to_pylist()
    expected = np.zeros(150, int)
    for user, item, rank in zip(*(lists[name].to_pylist() for name in ("user_id", "item_id", "rank")), strict=True):
        index = model.user_ids.index_of(user)
        if names[index] == item:
            expected[index] = rank
    is_seen = np.array([targets[u] in world.plays.indices[slice(*world.plays.indptr[u : u + 2])] for u in range(150)])
    sought = by_row([[target] for target in targets.tolist()])
    for rows, items in ((512, 1024), (7, 64)):
        monkeypatch.setattr(item_ranks, "_TARGETS", rows)
        monkeypatch.setattr(item_ranks, "_ITEMS", items)
        found = ranks_of_items(model.persona_factors, model.item_factors, sought, hidden, 30)
        np.testing.assert_array_equal(found[~is_seen], expected[~is_seen])
        numba.set_num_threads(1)
        alone = ranks_of_items(model.persona_factors, model.item_factors, sought, hidden, 30)
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
        np.testing.assert_array_equal(alone, found)
    assert np.count_nonzero(expected) > 5
