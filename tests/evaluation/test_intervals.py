"""Intervals, tests and overlap: how sure a difference between two models is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.errors import DataError, SettingsError
from deepcuts.evaluation import Evaluation, compare_evaluations, evaluate, mean_intervals, overlap, rank_lists
from deepcuts.evaluation.intervals import bootstrap_interval, sign_flip_test
from reference.metrics import interactions, jaccard, table

UNHURRIED = settings(deadline=None)  # kernels may have to be compiled first

TRAIN = {"ada": {"a", "b"}, "bob": {"c"}, "cyd": {"d", "e"}}
HOLDOUT = {"ada": {"c", "d"}, "bob": {"a", "d"}, "cyd": {"a"}}
LISTS = {"ada": ["d", "c"], "bob": ["e", "d", "a"]}
OTHERS = {"ada": ["c", "e"], "bob": ["b"], "cyd": ["a"]}


def evaluation(**metrics):
    n_users = len(next(iter(metrics.values())))
    columns = {name: pa.array(np.asarray(values, float), from_pandas=True) for name, values in metrics.items()}
    return Evaluation({}, n_users, 0, pa.table({"user_id": [f"user{n}" for n in range(n_users)], **columns}))


def test_an_interval_is_as_wide_as_the_standard_error_says():
    values = np.random.default_rng(0).exponential(size=(4000, 2)) * [1, 5]
    low, high = bootstrap_interval(values, n_resamples=4000)
    error = values.std(axis=0) / np.sqrt(4000)
    assert low == pytest.approx(values.mean(axis=0) - 1.96 * error, abs=0.1 * error[0] * 5)
    assert (high - low) / error == pytest.approx([2 * 1.96] * 2, rel=0.05)
    narrow = bootstrap_interval(values, n_resamples=4000, level=0.5)
    assert (narrow[1] - narrow[0]) / error == pytest.approx([2 * 0.674] * 2, rel=0.05)


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    samples = rng.beta(1, 4, size=(200, 400))  # 400 samples of 200 users, whose mean is 1/5
    low, high = bootstrap_interval(samples)
    assert np.mean((low <= 0.2) & (high >= 0.2)) == pytest.approx(0.95, abs=0.03)


def test_intervals_are_those_of_drawing_users_with_replacement():
    values = np.random.default_rng(2).gamma(0.5, size=300)
    low, high = bootstrap_interval(values[:, None], n_resamples=20_000)
    drawn = np.random.default_rng(3).choice(values, (20_000, 300)).mean(axis=1)
    spread = drawn.std()
    assert [low[0], high[0]] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.06 * spread)


def test_users_without_a_value_are_left_out():
    one = evaluation(novelty=[1.0, np.nan, 3.0, np.nan], recall=[0.5] * 4, nothing=[np.nan] * 4)
    rows = mean_intervals(one).to_pylist()
    assert rows[0]["metric"] == "novelty"
    assert (rows[0]["mean"], rows[0]["low"], rows[0]["high"], rows[0]["n_users"]) == (2.0, 1.0, 3.0, 2)
    assert (rows[1]["mean"], rows[1]["low"], rows[1]["high"], rows[1]["n_users"]) == (0.5, 0.5, 0.5, 4)
    assert rows[2] == {"metric": "nothing", "mean": None, "low": None, "high": None, "n_users": 0}


def test_the_same_seed_gives_the_same_intervals():
    one = evaluation(recall=np.random.default_rng(0).random(50))
    assert mean_intervals(one, seed=7).equals(mean_intervals(one, seed=7))
    assert not mean_intervals(one, seed=7).equals(mean_intervals(one, seed=8))


def test_users_worked_on_some_at_a_time_get_intervals_alike(monkeypatch):
    values = np.random.default_rng(0).random((1000, 3))
    at_once, p_at_once = bootstrap_interval(values), sign_flip_test(values - 0.51)
    monkeypatch.setattr("deepcuts.evaluation.intervals._BLOCK_WEIGHTS", 64_000)
    parts, p_parts = bootstrap_interval(values), sign_flip_test(values - 0.51)
    assert np.allclose(parts, at_once, atol=0.003)
    assert np.allclose(p_parts, p_at_once, atol=0.06)


@pytest.mark.parametrize("differences", [[1, 2, 3], [1, -2, 3, 0.5], [2, 2, -1, 2, 2], [0, 0], [-1, 1]])
def test_p_values_are_shares_of_all_ways_to_choose_signs(differences):
    seen = abs(sum(differences))
    flips = [abs(np.dot(signs, differences)) >= seen - 1e-9 for signs in product([-1, 1], repeat=len(differences))]
    p_values = sign_flip_test(np.array(differences, float)[:, None], n_resamples=20_000)
    assert p_values[0] == pytest.approx(np.mean(flips), abs=0.012)


def test_p_values_are_uniform_where_there_is_no_difference():
    differences = np.random.default_rng(0).standard_normal((100, 500))
    p_values = sign_flip_test(differences)
    assert np.mean(p_values < 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.05)


def test_comparisons_are_paired():
    rng = np.random.default_rng(0)
    ability = rng.random(500)  # users differ far more than models do
    a = evaluation(recall=ability, novelty=rng.random(500), alone=ability)
    b = evaluation(novelty=rng.random(500), recall=ability + 0.01 + 0.02 * rng.standard_normal(500))
    compared = {row["metric"]: row for row in compare_evaluations(a, b).to_pylist()}
    assert set(compared) == {"recall", "novelty"}
    recall = compared["recall"]
    assert recall["difference"] == pytest.approx(recall["mean_b"] - recall["mean_a"])
    assert 0.005 < recall["low"] < recall["difference"] < recall["high"] < 0.015
    assert recall["p_value"] == pytest.approx(1 / 1001)
    assert compared["novelty"]["low"] < 0 < compared["novelty"]["high"]
    assert compared["novelty"]["p_value"] > 0.05
    assert recall["n_users"] == 500


def test_comparisons_take_users_that_have_a_value_in_both():
    a, b = evaluation(novelty=[1.0, np.nan, 3.0, 5.0]), evaluation(novelty=[2.0, 9.0, 4.0, np.nan])
    (row,) = compare_evaluations(a, b).to_pylist()
    assert (row["mean_a"], row["mean_b"], row["difference"], row["n_users"]) == (2.0, 3.0, 1.0, 2)


def test_an_evaluation_compared_with_itself_does_not_differ():
    one = evaluate(table(LISTS), interactions(TRAIN), interactions(HOLDOUT))
    for row in compare_evaluations(one, one).to_pylist():
        assert row["difference"] == row["low"] == row["high"] == 0
        assert row["p_value"] == 1


def test_evaluations_that_cannot_be_compared_are_refused():
    a, b = evaluation(recall=[1, 0]), evaluation(recall=[1, 0, 0])
    with pytest.raises(DataError, match=r"The evaluations are of 2 users and of 3 users that are not the same\."):
        compare_evaluations(a, b)
    with pytest.raises(DataError, match=r"The evaluations have no metric of users in common\. Give both the same cut"):
        compare_evaluations(a, evaluation(ndcg=[1, 0]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_resamples": 0}, r"n_resamples is 0\. Draw at least once; 1,000 draws are usual\."),
        ({"level": 95}, r"level is 95\. It lies between 0 and 1, such as 0\.95\."),
    ],
)
def test_settings_of_intervals_are_checked(settings, message):
    with pytest.raises(SettingsError, match=message):
        mean_intervals(evaluation(recall=[1, 0]), **settings)
    with pytest.raises(SettingsError, match=message):
        compare_evaluations(evaluation(recall=[1, 0]), evaluation(recall=[0, 0]), **settings)


def rank(lists, holdout=None):
    return rank_lists(table(lists), interactions(TRAIN), interactions(holdout or HOLDOUT))


def test_overlap_agrees_with_hand_worked_values():
    # Ada: c of c, d, e; Bob: nothing of e, d, a, b; Cyd has a list in one only.
    assert overlap(rank(LISTS), rank(OTHERS), 2).tolist() == [pytest.approx(1 / 3), 0, 0]
    assert overlap(rank(LISTS), rank(OTHERS), 1).tolist() == [0, 0, 0]
    assert overlap(rank(LISTS), rank(LISTS), 5) == pytest.approx([1, 1, np.nan], nan_ok=True)


permuted = st.permutations(["c", "d", "e"]).flatmap(lambda items: st.integers(0, 3).map(lambda n: items[:n]))


@UNHURRIED
@given(permuted, permuted, st.integers(1, 4))
def test_overlap_agrees_with_the_readable_twin_both_ways(first, second, k):
    one, other = rank({"ada": first}), rank({"ada": second})
    expected = jaccard(first[:k], second[:k])
    assert overlap(one, other, k)[0] == pytest.approx(expected, nan_ok=True)
    assert overlap(other, one, k)[0] == pytest.approx(expected, nan_ok=True)


def test_overlap_of_other_users_is_refused():
    with pytest.raises(
        DataError, match=r"The lists are of 3 users and of 1 user that differ, or of other items\. Rank both by"
    ):
        overlap(rank(LISTS), rank(LISTS, {"ada": {"c"}}), 5)
