"""Explanations of the rows of lists: their parts sum to the score of the row, by the persona that the row names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.errors import SettingsError, UnknownIdError
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.rarity import commonness, item_frequency
from deepcuts.recommendation.turned_personas import leans_of_user

_PERSONAS = range(4)


@pytest.fixture(scope="module", params=["both", "none"])
def model(request: pytest.FixtureRequest) -> dc.PersonaModel:
    plays = dc.generate_world(n_users=120, n_items=150, items_per_user=15, seed=3).plays
    return dc.PersonaNMF(n_factors=10, nonnegative=request.param == "both").fit(plays, seed=0)


def score_before_the_dial(model: dc.PersonaModel, user: int, item: int, persona: int, lean: float) -> float:
    vector = model.persona_factors[model.persona_indptr[user] + persona].astype(np.float64)
    return float(((1 - lean) * vector + lean * model.base_factors[user]) @ model.item_factors[item])


lists = st.fixed_dictionaries(
    {
        "mix": st.sampled_from(["share", "max"]),
        "dial": st.sampled_from(["shift", "power"]),
        "frequency": st.sampled_from(["listeners", "plays"]),
        "rarity": st.floats(-1, 1) | st.dictionaries(st.sampled_from(_PERSONAS), st.floats(-1, 1)),
        "base_weight": st.sampled_from([0.0, 0.5, 2.0]),
        "base_lean": st.sampled_from(["auto", 0.0, 0.3, 1.0]),
        "include_seen": st.booleans(),
        "pick": st.none() | st.lists(st.sampled_from(_PERSONAS), min_size=1),
        "weights": st.dictionaries(st.sampled_from(_PERSONAS), st.sampled_from([0.0, 0.5, 2.0])),
    }
)


@settings(max_examples=25)
@given(asked=lists, user=st.integers(0, 119), denied=st.sets(st.integers(0, 149), max_size=50))
def test_the_parts_of_every_row_sum_to_its_score_before_the_dial(model, asked, user, denied):
    user_id = model.user_ids.values[user].as_py()
    table = model.recommend(user_id, k=6, deny=model.item_ids.take(np.array(sorted(denied), int)).to_pylist(), **asked)
    for row in table.to_pylist():
        item = model.item_ids.index_of(row["item_id"])
        parts = model.explain(user_id, row["item_id"], k=999, persona=row["persona"], **asked)
        lean = leans_of_user(model, user, ListSettings(**asked))[row["persona"]]
        expected = score_before_the_dial(model, user, item, row["persona"], lean)
        assert np.sum(parts["contribution"].to_numpy()) == pytest.approx(expected, rel=5e-3, abs=2e-4)
        neutral = not (np.any(list(asked["rarity"].values())) if isinstance(asked["rarity"], dict) else asked["rarity"])
        weight = asked["weights"].get(row["persona"], 1) if asked["mix"] == "max" else 1
        if neutral:
            assert row["score"] == pytest.approx(expected * weight, rel=1e-4, abs=1e-5)


def test_the_score_of_a_row_is_that_of_its_persona_after_the_dial(model):
    frequency = item_frequency(model.item_listeners, model.n_listeners)
    for user in range(0, 40, 7):
        asked = {"strength": 0.5, "dial": "shift", "base_lean": 0.0}
        for row in model.recommend(model.user_ids.values[user].as_py(), k=10, **asked).to_pylist():
            item = model.item_ids.index_of(row["item_id"])
            scores = model.item_factors @ model.persona_factors[model.persona_indptr[user] + row["persona"]]
            after = scores[item] - 0.5 * scores.std() * commonness(frequency)[item]
            assert row["score"] == pytest.approx(after, rel=1e-3, abs=1e-4)


def test_what_the_base_brings_up_stands_under_the_persona_that_scores_it_highest(model):
    for user in range(0, 40, 3):
        user_id, rows = model.user_ids.values[user].as_py(), slice(*model.persona_indptr[user : user + 2])
        base = model.recommend(user_id, k=10, base_weight=100.0).to_pylist()  # nearly all of it is the base's
        scores = model.persona_factors[rows] @ model.item_factors.T
        indexes = model.item_ids.indexes_of([row["item_id"] for row in base])
        np.testing.assert_array_equal([row["persona"] for row in base[:3]], scores.argmax(axis=0)[indexes[:3]])
        own = model.base.recommend(user_id, k=10)["item_id"].to_pylist()
        assert [row["item_id"] for row in base[:3]] == own[:3]


def test_without_a_persona_the_best_one_is_explained(model):
    user, item = model.user_ids.values[5].as_py(), model.item_ids.values[9].as_py()
    rows = slice(model.persona_indptr[5], model.persona_indptr[6])
    best = int(np.argmax(model.persona_factors[rows] @ model.item_factors[9]))
    assert model.explain(user, item).equals(model.explain(user, item, persona=best))


@pytest.mark.parametrize(
    ("persona", "error", "message"),
    [
        (-1, SettingsError, "persona is -1"),
        (1.5, SettingsError, "persona is 1.5"),
        (99, UnknownIdError, r"There is no persona 99 of user '.*', who has \d, numbered from 0\. Pass the persona"),
    ],
)
def test_a_persona_that_a_user_does_not_have_is_refused(model, persona, error, message):
    user, item = model.user_ids.values[5].as_py(), model.item_ids.values[9].as_py()
    with pytest.raises(error, match=message):
        model.explain(user, item, persona=persona)
