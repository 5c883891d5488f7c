"""Figures of personas: how lists serve them, how many there are, how pure, and how alike two assignments are."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deepcuts.errors import DataError, SettingsError
from deepcuts.evaluation import describe_personas, evaluate, item_features, persona_agreement, rank_lists
from deepcuts.evaluation.metrics.mutual_information import adjusted_mutual_information
from deepcuts.evaluation.personas import effective_personas, persona_shares
from deepcuts.synthetic import generate_world
from reference import metrics as reference
from reference.metrics import interactions, table

UNHURRIED = settings(deadline=None)  # kernels may have to be compiled first

TRAIN = {"ada": {"a", "b", "c", "d"}, "bob": {"e", "f"}, "cyd": {"g", "h", "i"}}
PERSONAS = {"ada": {"a": 0, "b": 0, "c": 0, "d": 1}, "bob": {"e": -1, "f": -1}, "cyd": {"g": 0, "h": 1, "i": 2}}
HOLDOUT = {"ada": {"e", "f", "g"}, "bob": {"a"}, "cyd": {"a"}}
LISTS = {"ada": ["e", "f", "i", "h"], "bob": ["a"]}
SERVED = {"ada": [0, 1, 0, 0], "bob": [1]}
LABELS = {"a": {"x": 1}, "b": {"y": 1}, "c": {"y": 1}, "d": {"x": 1}, "g": {"x": 1}, "h": {"y": 1}}
ALL_LABELLED = {item: {"x" if item in "adg" else "y": 1} for item in "abcdefg"}
METRICS = ("nondominant_recall", "persona_coverage", "persona_calibration_kl")


def judge(lists, served, train, holdout, personas, k):
    return evaluate(
        table(lists, served),
        interactions(train),
        interactions(holdout),
        {metric: [k] for metric in METRICS},
        personas=reference.assignment(personas, train),
    )


def test_every_figure_agrees_with_hand_worked_values():
    first = judge(LISTS, SERVED, TRAIN, HOLDOUT, PERSONAS, 1).per_user
    assert first["nondominant_recall@1"].to_pylist() == [0.0, 1.0, 0.0]
    assert first["persona_coverage@1"].to_pylist() == [0.75, None, None]
    per_user = judge(LISTS, SERVED, TRAIN, HOLDOUT, PERSONAS, 4).per_user
    assert per_user["nondominant_recall@4"].to_pylist() == [pytest.approx(1 / 3), 1.0, 0.0]
    assert per_user["persona_coverage@4"].to_pylist() == [1.0, None, None]
    assert per_user["persona_calibration_kl@4"].to_pylist() == [pytest.approx(0, abs=1e-12), None, None]
    ada = 0.75 * log(0.75 / (0.99 + 0.0075)) + 0.25 * log(0.25 / 0.0025)
    assert first["persona_calibration_kl@1"].to_pylist() == [pytest.approx(ada), None, None]


def test_descriptions_agree_with_hand_worked_values():
    train = interactions(TRAIN)
    described = describe_personas(train, reference.assignment(PERSONAS, TRAIN), reference.item_labels(LABELS, TRAIN))
    assert described["user_id"].to_pylist() == ["ada", "bob", "cyd"]
    assert described["n_personas"].to_pylist() == [2, 0, 3]
    assert described["dominant_share"].to_pylist() == [0.75, 0.0, pytest.approx(1 / 3)]
    ada = exp(-(0.75 * log(0.75) + 0.25 * log(0.25)))
    assert described["effective_personas"].to_pylist() == [pytest.approx(ada), None, pytest.approx(3)]
    # Ada's first persona holds x, y, y, the other one x; taken as one, x and y have two each. Cyd's i has no label.
    assert described["purity"].to_pylist() == [0.75, None, 1.0]
    assert described["purity_of_one"].to_pylist() == [0.5, None, 0.5]
    assert describe_personas(train, reference.assignment(PERSONAS, TRAIN)).column_names[-1] == "effective_personas"
    table = train.to_arrow().to_pandas()
    assert describe_personas(table, reference.assignment(PERSONAS, TRAIN), reference.item_labels(LABELS, TRAIN)).equals(
        described
    )
    agreed = [persona_agreement(plays, *[reference.assignment(PERSONAS, TRAIN)] * 2) for plays in (table, train)]
    assert agreed[0].equals(agreed[1])


def test_personas_of_lists_are_read_where_they_are_told():
    ranked = rank_lists(table(LISTS, SERVED), interactions(TRAIN), interactions(HOLDOUT))
    assert ranked.list_personas.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert ranked.items.tolist() == [[4, 5, 8, 7], [0, -1, -1, -1], [-1, -1, -1, -1]]
    assert ranked.list_personas.dtype == np.int8
    words = table(LISTS).append_column("persona", pa.array(["first"] * 5))
    assert not rank_lists(words, interactions(TRAIN), interactions(HOLDOUT)).tells_personas


def test_default_figures_are_those_that_can_be_computed():
    train, holdout, personas = interactions(TRAIN), interactions(HOLDOUT), reference.assignment(PERSONAS, TRAIN)
    plain = {*evaluate(table(LISTS), train, holdout).figures}
    told = {*evaluate(table(LISTS, SERVED), train, holdout).figures}
    known = {*evaluate(table(LISTS, SERVED), train, holdout, personas=personas).figures}
    assert told - plain == {"nondominant_recall@20"}
    assert known - told == {"persona_coverage@20", "persona_calibration_kl@20"}


def test_figures_of_personas_need_personas():
    with pytest.raises(SettingsError, match=r"'persona_coverage' needs the personas of train\. Pass personas=, one"):
        evaluate(table(LISTS, SERVED), interactions(TRAIN), interactions(HOLDOUT), {"persona_coverage": [5]})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            pa.array([0, 128, 0, 0, 0]),
            r"list of user 'ada' the item 'f' has the persona 128\. Personas are .* to 127; or",
        ),
        (pa.array([0, -1, 0, 0, 0]), r"the item 'f' has the persona -1\."),
        (pa.array([0, 0, 0, 0, None], pa.int8()), r"list of user 'bob' the item 'a' has the persona nan\."),
    ],
)
def test_personas_of_lists_out_of_range_are_refused(wrong, message):
    with pytest.raises(DataError, match=message):
        evaluate(table(LISTS).append_column("persona", wrong), interactions(TRAIN), interactions(HOLDOUT))


@pytest.mark.parametrize(
    ("personas", "message"),
    [
        (
            np.zeros(3, int),
            r"The personas are int64 of shape \(3,\), but train has 9 pairs\. Give one whole number for",
        ),
        (np.zeros(9), r"The personas are float64 of shape \(9,\)"),
        (
            np.array([0, 0, 200, 0, 0, 0, 0, 0, 0]),
            r"The persona of pair 2 is 200\. Personas are numbered from 0 to 127;",
        ),
        (np.full(9, -2), r"The persona of pair 0 is -2\."),
    ],
)
def test_assignments_that_do_not_fit_are_refused(personas, message):
    with pytest.raises(DataError, match=message):
        evaluate(table(LISTS), interactions(TRAIN), interactions(HOLDOUT), personas=personas)
    with pytest.raises(DataError, match=message):
        persona_agreement(interactions(TRAIN), personas, personas)


# Made once: hypothesis looks at a strategy that is new in every example for longer than it draws from it.
USERS = st.lists(st.sampled_from("uvw"), min_size=1, unique=True)
OWN = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6, unique=True)
HELD = st.lists(st.sampled_from("abcdefg"), unique=True)
ORDERS, LENGTHS = st.permutations("abcdefg"), st.integers(0, 7)
ASSIGNED_TO, SERVED_FOR = st.integers(-1, 2), st.integers(0, 3)


@st.composite
def persona_worlds(draw):
    """Up to three users with assigned histories, and lists that say for which persona an item is."""
    train, personas, holdout, lists, served = {}, {}, {}, {}, {}
    for user in draw(USERS):
        train[user] = set(draw(OWN))
        personas[user] = {item: draw(ASSIGNED_TO) for item in train[user]}
        others = sorted(set("abcdefg") - train[user])
        holdout[user] = set(draw(HELD)) & set(others) or {others[0]}
    catalogue = sorted(set().union(*train.values()))
    for user, own in train.items():
        lists[user] = [item for item in draw(ORDERS) if item in catalogue and item not in own][: draw(LENGTHS)]
        served[user] = [draw(SERVED_FOR) for _ in lists[user]]
    return lists, served, train, holdout, personas


@UNHURRIED
@given(persona_worlds(), st.integers(1, 8))
def test_figures_agree_with_the_readable_twins(world, k):
    expected = reference.persona_figures(*world[:4], k, world[4])
    figures = judge(*world, k).figures
    assert figures == pytest.approx({f"{name}@{k}": value for name, value in expected.items()}, abs=1e-12, nan_ok=True)


@UNHURRIED
@given(persona_worlds())
def test_purity_agrees_with_the_readable_twin_and_splitting_never_lowers_it(world):
    train, personas = world[2], world[4]
    features = reference.item_labels(ALL_LABELLED, train)
    described = describe_personas(interactions(train), reference.assignment(personas, train), features).to_pydict()
    for user, purity, of_one in zip(*(described[name] for name in ("user_id", "purity", "purity_of_one")), strict=True):
        expected = reference.purity(train[user], personas[user], ALL_LABELLED)
        assert purity == (None if np.isnan(expected) else pytest.approx(expected))
        assert purity is None or purity >= of_one - 1e-12


def test_effective_personas_are_as_many_as_are_alike_in_size():
    shares = np.array([[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3], [0, 0, 0]])
    expected = pytest.approx([1, 2, 3, np.nan], nan_ok=True)
    assert effective_personas(shares.ravel(), np.arange(5) * 3) == expected
    assert effective_personas(shares[shares > 0], np.array([0, 1, 3, 6, 6])) == expected


def test_effective_personas_of_single_precision_shares_are_computed_in_double():
    shares = np.array([0.7, 0.2, 0.1], np.float32)
    own = shares.astype(np.float64)
    expected = np.exp(-np.sum(own * np.log(own)))
    assert effective_personas(shares, np.array([0, 3]))[0] == pytest.approx(expected, rel=1e-14)


def test_users_worked_on_some_at_a_time_get_the_values_of_all_at_once(monkeypatch):
    world = generate_world(n_users=300, n_items=300, seed=1)
    planted = world.planted_personas()
    scenes = dict(zip(world.plays.item_ids.values.to_pylist(), map(str, world.item_scenes), strict=True))
    features = item_features(scenes, world.plays.item_ids)
    described = describe_personas(world.plays, planted, features)
    monkeypatch.setattr("deepcuts.evaluation.personas._BLOCK_PAIRS", 100)
    assert describe_personas(world.plays, planted, features).equals(described)
    # A planted persona plays one scene only.
    assert set(described["purity"].to_pylist()) == {1.0}
    assert np.mean(described["purity_of_one"].to_numpy()) < 0.9
    assert np.allclose(persona_shares(world.plays, planted).sum(axis=1), 1)


def test_agreement_of_planted_personas_with_themselves_and_with_chance():
    world = generate_world(n_users=200, n_items=300, seed=0)
    planted = world.planted_personas()
    renamed = np.where(planted >= 0, 3 - planted, -1)
    same = persona_agreement(world.plays, planted, renamed)["adjusted_mutual_information"].to_numpy()
    assert np.allclose(same, 1)
    shuffled = np.random.default_rng(0).integers(0, 3, len(planted))
    by_chance = persona_agreement(world.plays, planted, shuffled)["adjusted_mutual_information"].to_numpy()
    assert abs(np.mean(by_chance)) < 0.05
    none = persona_agreement(world.plays, planted, np.full(len(planted), -1))
    assert none["adjusted_mutual_information"].null_count == 200


def test_adjusted_mutual_information_worked_by_hand():
    # Two parts of two things each, on both sides: every cell holds 0, 1 or 2 things, with chances 1/6, 4/6, 1/6.
    # A cell of 2 gives 2/4 · ln 2, one of 1 gives 1/4 · ln 1 = 0; so the expectation is 4 · 1/6 · ln(2)/2 = ln(2)/3.
    first, crossed = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert adjusted_mutual_information(first, 1 - first) == pytest.approx(1)
    assert adjusted_mutual_information(first, crossed) == pytest.approx((0 - log(2) / 3) / (log(2) - log(2) / 3))
    assert adjusted_mutual_information(np.zeros(5), np.ones(5)) == 1
    assert adjusted_mutual_information(np.zeros(4), first) == pytest.approx(0)


@UNHURRIED
@given(arrays.arrays(np.int8, st.tuples(st.just(2), st.integers(1, 30)), elements=st.integers(0, 4)))
def test_adjusted_mutual_information_agrees_with_scikit_learn(parts):
    metrics = pytest.importorskip("sklearn.metrics")
    expected = metrics.adjusted_mutual_info_score(*parts)
    assert adjusted_mutual_information(*parts) == pytest.approx(expected, abs=1e-9)
    assert adjusted_mutual_information(*parts[::-1]) == pytest.approx(expected, abs=1e-9)
