"""Lists from factors: what scoring everything gives, for every setting, in any company and any number of threads."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numba
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepcuts.recommendation import ListSettings, item_index, lists, recommend, recommend_batches
from deepcuts.recommendation.factored import lists_from_factors
from deepcuts.recommendation.item_index import tiled_items_of, visited_share
from deepcuts.recommendation.scored import lists_from_scores
from deepcuts.recommendation.source import has_factors
from reference import lists as reference
from reference.lists import FactoredScores, factored_source, lists_of_table, names, random_source

N_ITEMS = 150
ITEMS = names("item", N_ITEMS)
PERSONAS = st.integers(0, 4)
STRENGTHS = st.sampled_from([-0.5, -0.1, 0.0, 0.25, 1.0])  # "shift" leans by 3/8 of it: whole numbers stay exact
ASKED = st.builds(
    ListSettings,
    k=st.sampled_from([1, 5, 20, 100, 200]),
    strength=STRENGTHS | st.dictionaries(PERSONAS, STRENGTHS),
    dial=st.sampled_from(["norm", "shift", "power"]),
    frequency=st.sampled_from(["listeners", "plays"]),
    mix=st.sampled_from(["share", "max"]),
    base_weight=st.sampled_from([0.0, 0.4, 3.0]),
    base_lean=st.sampled_from(["auto", 0.0, 0.25]),
    include_seen=st.booleans(),
    allow=st.none() | st.lists(st.sampled_from(ITEMS)),
    deny=st.lists(st.sampled_from(ITEMS)),
    pick=st.none() | st.lists(PERSONAS),
    weights=st.dictionaries(PERSONAS, st.sampled_from([0.0, 0.5, 1.0, 3.0])),
)

law = settings(deadline=None, max_examples=60)


SOURCES = st.builds(factored_source, st.integers(0, 10_000), ties=st.just(True))


@given(st.integers(0, 10_000), ASKED, st.booleans())
@law
def test_lists_are_those_of_the_twin(seed: int, asked: ListSettings, base: bool) -> None:
    # Whole numbers times roots of frequencies may be alike but for rounding, which the twin does elsewhere.
    source = factored_source(seed, ties=asked.dial == "shift", base=base)
    assert tiled_items_of(source.item_factors) is not None
    assert lists_of_table(recommend(source, None, asked)) == reference.lists(source, asked)


@given(SOURCES, ASKED)
@law
def test_lists_are_those_of_scoring_everything(source: FactoredScores, asked: ListSettings) -> None:
    assume(all(map(np.any, map(source.all_factors, range(7)))))  # else what is popular is listed
    found, expected = recommend(source, None, asked), recommend(source.without_factors(), None, asked)
    assert found.drop_columns("score").equals(expected.drop_columns("score"))
    np.testing.assert_allclose(found["score"], expected["score"], rtol=1e-6, atol=1e-6)


@given(st.integers(0, 10_000), ASKED)
@law
def test_lists_with_a_base_are_those_of_scoring_everything(seed: int, asked: ListSettings) -> None:
    source = factored_source(seed, ties=asked.dial == "shift", base=True)
    users, allowed = np.arange(7), lists.allowed_items(source.item_ids, asked)
    found = lists_from_factors(source, tiled_items_of(source.item_factors), users, allowed, asked)
    expected = lists_from_scores(source, users, allowed, asked)
    np.testing.assert_array_equal(found.items, expected.items)
    is_listed = found.items >= 0
    np.testing.assert_array_equal(found.personas[is_listed], expected.personas[is_listed])
    np.testing.assert_allclose(found.scores[is_listed], expected.scores[is_listed], rtol=1e-5, atol=1e-5)


@given(
    st.integers(0, 10_000),
    st.sampled_from([-0.3, 0.0, 0.5]),
    st.sampled_from(["share", "max"]),
    st.sampled_from(["norm", "shift", "power"]),
)
@law
def test_lists_of_factors_of_either_sign_too(seed: int, strength: float, mix: str, dial: str) -> None:
    source = factored_source(seed, ties=dial == "shift", signed=True, base=True)
    asked = ListSettings(k=20, strength=strength, mix=mix, dial=dial)
    assume(dial == "shift" or reference.rounding_orders_none(source, asked))  # those of "shift" are whole numbers
    assert lists_of_table(recommend(source, None, asked)) == reference.lists(source, asked)


def test_near_scores_are_found() -> None:
    asked = ListSettings(k=20, strength=-0.3, dial="norm")
    found = [
        reference.rounding_orders_none(factored_source(n, ties=False, signed=True, base=True), asked) for n in (0, 328)
    ]
    assert found == [True, False]


@given(st.integers(0, 10_000), ASKED)
@law
def test_a_batch_is_its_users_one_by_one_to_the_last_bit(seed: int, asked: ListSettings) -> None:
    source = factored_source(seed, ties=False, base=True)
    alone = [recommend(source, user, asked) for user in source.user_ids.values.to_pylist()]
    assert recommend(source, None, asked).equals(pa.concat_tables(alone))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_blocks_come_in_order_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch, n_threads: int) -> None:
    source, asked = factored_source(3, ties=False, n_users=60), ListSettings(k=4, rarity=0.2)
    whole = recommend(source, None, asked)
    monkeypatch.setattr(lists, "_BLOCK_ENTRIES", 12)
    before = numba.get_num_threads()
    numba.set_num_threads(min(n_threads, before))
    try:
        tables = list(recommend_batches(source, None, asked))
        some = recommend_batches(source, None, asked)
        first = next(some)
        some.close()  # whoever stops half-way leaves nothing running
    finally:
        numba.set_num_threads(before)
    assert len(tables) == 20
    assert first.equals(tables[0])
    assert pa.concat_tables(tables).equals(whole)


def test_nobody_asked_for_is_an_empty_table() -> None:
    for mix in ("share", "max"):
        assert recommend(factored_source(0, ties=True), [], ListSettings(mix=mix)).num_rows == 0


def test_a_dial_of_other_counts_is_another_dial() -> None:
    source, asked = factored_source(5, ties=False), ListSettings(k=30, strength=1.0)
    recommend(source, None, asked)
    other = replace(source, seen=random_source(99, n_items=N_ITEMS).seen)
    assert lists_of_table(recommend(other, None, asked)) == reference.lists(other, asked)


def test_a_catalogue_is_kept_as_long_as_its_factors() -> None:
    factors = np.ones((5, 2), np.float32)
    kept = weakref.ref(tiled_items_of(factors))
    assert tiled_items_of(factors) is kept()
    assert tiled_items_of(factors.copy()) is not kept()
    del factors
    gc.collect()
    assert kept() is None


def test_factors_whose_bounds_say_nothing_are_scored_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_index, "_CACHED_BYTES", 0)
    rng = np.random.default_rng(0)
    alike = factored_source(1, ties=False, signed=True)
    assert has_factors(alike)
    assert tiled_items_of(alike.item_factors) is None
    assert recommend(alike, None, ListSettings(k=9)).equals(recommend(alike.without_factors(), None, ListSettings(k=9)))
    scenes = np.eye(8, dtype=np.float32)[np.arange(6400) % 8] * rng.uniform(0.1, 1, (6400, 1)).astype(np.float32)
    assert visited_share(item_index.lay_out(scenes), scenes) < 0.1
    assert tiled_items_of(scenes) is not None
