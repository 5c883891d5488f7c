"""Personas in lists: mixed by share or by the best score, muted, picked, boosted, each at its own rarity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from deepcuts.data.interactions import Interactions
from deepcuts.recommendation import ListSettings, recommend
from reference.lists import DenseScores, names, random_source

N_ITEMS = 24


@pytest.fixture
def source() -> DenseScores:
    """One user with three personas that have no item in common: 0 likes the first eight, and so on."""
    scores = np.zeros((3, N_ITEMS), np.float32)
    for persona in range(3):
        scores[persona, 8 * persona : 8 * persona + 8] = np.arange(8, 0, -1) / (persona + 1)
    plays = sparse.csr_array(np.zeros((1, N_ITEMS)))
    seen = Interactions.from_csr(plays, ["ada"], names("item", N_ITEMS))
    return DenseScores(seen, np.array([0, 3]), np.array([0.5, 0.25, 0.25], np.float32), scores)


def personas_by_rank(source: DenseScores, k: int = 8, **settings: object) -> list[int]:
    """Personas that items are listed for, by rank."""
    return recommend(source, "ada", ListSettings(k=k, **settings))["persona"].to_pylist()


def test_a_list_takes_from_each_persona_by_its_share(source: DenseScores) -> None:
    assert personas_by_rank(source) == [0, 1, 2, 0, 0, 1, 2, 0]


def test_each_persona_lists_its_best_items_first(source: DenseScores) -> None:
    items = recommend(source, "ada", ListSettings(k=5))["item_id"].to_pylist()
    assert items == ["item 000", "item 008", "item 016", "item 001", "item 002"]


def test_a_muted_persona_never_appears(source: DenseScores) -> None:
    assert personas_by_rank(source, weights={0: 0}) == [1, 2, 1, 2, 1, 2, 1, 2]
    assert set(personas_by_rank(source, k=N_ITEMS, weights={0: 0})) == {1, 2}
    assert set(personas_by_rank(source, k=N_ITEMS, weights={0: 0}, mix="max")) == {1, 2}


def test_a_boosted_persona_has_more_items(source: DenseScores) -> None:
    assert personas_by_rank(source, weights={1: 4.0}).count(1) == 5  # shares 2 : 4 : 1, over eight items
    assert personas_by_rank(source, k=3, weights={2: 6.0}, mix="max") == [2, 2, 2]


@pytest.mark.parametrize("mix", ["share", "max"])
def test_picking_personas_mutes_all_others(source: DenseScores, mix: str) -> None:
    muted = recommend(source, "ada", ListSettings(mix=mix, weights={1: 0.0}))
    assert recommend(source, "ada", ListSettings(mix=mix, pick=[0, 2])).equals(muted)
    assert set(personas_by_rank(source, mix=mix, pick=[2])) == {2}


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("pick", [[], [3], [7, 99]])
def test_a_persona_that_the_user_does_not_have_lists_nothing(
    source: DenseScores, mix: str, pick: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    assert personas_by_rank(source, mix=mix, pick=pick) == []
    assert caplog.messages == [
        f"Of 1 user, 1 gets no list, such as 'ada', for want of a persona of pick={pick}: personas here are "
        "numbered 0 to 2."
    ]


@pytest.mark.parametrize("name", ["weights", "rarity", "strength", "pick"])
def test_settings_of_a_persona_that_nobody_has_are_told(
    source: DenseScores, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    several = random_source(0)
    most = int(np.diff(several.persona_indptr).max())
    for number in (most - 1, most):
        value = [0, number] if name == "pick" else {number: 0.5}
        recommend(several, None, ListSettings(k=2, **{name: value}))
    assert caplog.messages == [
        f"{name} names persona {most}, which nobody has: personas here are numbered 0 to {most - 1}."
    ]
    caplog.clear()
    # Of one visitor, whom settings for many may be given to:
    personas_by_rank(source, **{name: [0, 7] if name == "pick" else {7: 0.5}})
    assert not caplog.messages


@pytest.mark.parametrize("seed", range(5))
def test_max_ranks_by_the_best_score_of_the_personas(seed: int) -> None:
    source = random_source(seed)
    table = recommend(source, None, ListSettings(k=25, mix="max", include_seen=True))
    for row in table.to_pylist():
        first, last = source.persona_indptr[source.user_ids.index_of(row["user_id"]) :][:2]
        scores = source.table[first:last, source.item_ids.index_of(row["item_id"])]
        assert row["score"] == scores.max()
        assert row["persona"] == scores.argmax()


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("dial", ["shift", "power"])
def test_the_dial_of_one_persona_leaves_the_others_alone(source: DenseScores, dial: str, mix: str) -> None:
    plays = sparse.csr_array(np.random.default_rng(0).integers(1, 9, (1, N_ITEMS)))
    source = replace(source, seen=Interactions.from_csr(plays, ["ada"], names("item", N_ITEMS)))
    asked = ListSettings(k=N_ITEMS, dial=dial, mix=mix, frequency="plays", include_seen=True)
    neutral, rarer = (recommend(source, "ada", replace(asked, rarity=rarity)) for rarity in (0.0, {1: 1.0}))
    before, after = (
        [[(row["item_id"], row["score"]) for row in table.to_pylist() if row["persona"] == p] for p in range(3)]
        for table in (neutral, rarer)
    )
    assert after[0] == before[0]
    assert after[2] == before[2]
    assert after[1] != before[1]
