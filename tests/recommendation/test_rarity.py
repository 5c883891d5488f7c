"""The dial from familiar to rare: 0 is neutral, and no move towards rare makes lists more popular."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import deepcuts as dc
from deepcuts.data.interactions import Interactions
from deepcuts.recommendation import ListSettings, recommend
from deepcuts.recommendation.rarity import commonness, item_frequency
from deepcuts.recommendation.scored import list_frequency
from reference.lists import DenseScores, lists_of_table, random_source

DIALS = ["norm", "shift", "power"]


def test_a_frequency_is_a_smoothed_share() -> None:
    np.testing.assert_allclose(item_frequency(np.array([0, 1, 9]), 9), [0.1, 0.2, 1.0])


def test_commonness_has_mean_zero_and_spread_one() -> None:
    z = commonness(np.array([0.5, 0.25, 0.125]))
    np.testing.assert_allclose(z, [math.sqrt(1.5), 0, -math.sqrt(1.5)], atol=1e-6)
    assert z.dtype == np.float32


def test_commonness_of_items_that_are_alike_is_zero() -> None:
    np.testing.assert_array_equal(commonness(np.full(4, 0.25)), np.zeros(4))


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("dial", DIALS)
def test_rarity_zero_is_neutral(dial: str, mix: str) -> None:
    source = random_source(1)
    for rarity in (0, -0.0, {}, {0: 0.0, 2: 0.0}):
        table = recommend(source, None, ListSettings(dial=dial, mix=mix, rarity=rarity, include_seen=True))
        for row in table.to_pylist():
            persona = source.persona_indptr[source.user_ids.index_of(row["user_id"])] + row["persona"]
            assert row["score"] == source.table[persona, source.item_ids.index_of(row["item_id"])]


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("frequency", ["listeners", "plays"])
def test_the_dial_makes_no_difference_where_all_items_are_alike(frequency: str, mix: str) -> None:
    source = random_source(2)
    nothing = sparse.csr_array(source.seen.shape)
    source = replace(source, seen=Interactions.from_csr(nothing, source.user_ids.values, source.item_ids.values))
    neutral, *others = (
        recommend(source, None, ListSettings(dial=dial, rarity=rarity, frequency=frequency, mix=mix))
        for dial, rarity in [("shift", 0.0), *((dial, 0.7) for dial in DIALS)]
    )
    for table in others:
        assert lists_of_table(table) == lists_of_table(neutral)


def familiarity(source: DenseScores, asked: ListSettings) -> list[float]:
    """Mean log frequency of the list of every user: minus its novelty."""
    frequency = np.log(list_frequency(source, asked))
    lists = lists_of_table(recommend(source, None, asked)).values()
    return [fmean(frequency[source.item_ids.index_of(item)] for item, _ in own) for own in lists]


@given(
    seed=st.integers(0, 10_000),
    signed=st.booleans(),
    dial=st.sampled_from(DIALS),
    frequency=st.sampled_from(["listeners", "plays"]),
    mix=st.sampled_from(["share", "max"]),
    k=st.integers(1, 15),
    turned=st.sampled_from(["rarity", "strength"]),
)
@settings(deadline=None)
def test_novelty_of_one_persona_never_falls_with_rarity(
    seed: int, signed: bool, dial: str, frequency: str, mix: str, k: int, turned: str
) -> None:
    source = random_source(seed, n_users=3, most_personas=1)
    if signed:
        signs = np.random.default_rng(seed).choice(np.array([-1, 1], np.float32), source.table.shape)
        source = replace(source, table=source.table * signs)
    asked = ListSettings(k=k, dial=dial, frequency=frequency, mix=mix)
    by_turn = [familiarity(source, replace(asked, **{turned: turn})) for turn in np.linspace(-1.0, 1.0, 7)]
    # Of two items, the rarer one gains on the other: once ahead, it stays so. Equal sums are rounded.
    assert np.all(np.diff(by_turn, axis=0) <= 1e-12)


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    if numba.config.DISABLE_JIT:
        pytest.skip("training takes minutes without the JIT")
    world = dc.generate_world(n_users=300, n_items=200, items_per_user=20, seed=5)
    return dc.PersonaNMF(n_factors=16, n_personas=4).fit(world.plays, seed=0)


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("frequency", ["listeners", "plays"])
@pytest.mark.parametrize("dial", DIALS)
def test_lists_of_several_personas_grow_no_more_popular_with_rarity(
    model: dc.PersonaModel, dial: str, frequency: str, mix: str
) -> None:
    counts = model.item_plays if frequency == "plays" else model.item_listeners
    tables = [
        model.recommend(k=10, dial=dial, rarity=rarity, frequency=frequency, mix=mix)
        for rarity in np.linspace(-1, 1, 11)
    ]
    popularity = [counts[model.item_ids.indexes_of(table["item_id"])].mean() for table in tables]
    assert np.all(np.diff(popularity) <= 0)
    assert popularity[-1] < 0.8 * popularity[0]
