"""Intervals of figures that no user has a value of, and the loop that counts what users drawn anew are recommended."""

from __future__ import annotations

import numpy as np
import pytest

from deepcuts.data.csr import indptr_of
from deepcuts.errors import DataError, SettingsError
from deepcuts.evaluation import catalogue_intervals, compare_catalogue, evaluate_ranked, rank_lists
from deepcuts.evaluation.catalogue_intervals import catalogue_draws
from deepcuts.evaluation.intervals import POISSON, random_words
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import HOLDOUT, LISTED, SEEN, add_exposure, inspect_lists
from reference.metrics import interactions, table

CUTOFFS = {
    "coverage": [3], "gini": [3], "exposure_lambda": [3], "entropy": [2], "tail_recall": [3], "popularity_lift": [3],
}  # fmt: skip


def world(seed, n_users=60, n_items=40):
    """Plays, held-out items and lists of some users, each user's items all different."""
    rng = np.random.default_rng(seed)
    chances = 1 / np.arange(1, n_items + 1)
    train, holdout, lists = {}, {}, {}
    for user in (f"user{number:02}" for number in range(n_users)):
        items = [f"item{item:02}" for item in rng.choice(n_items, 14, replace=False, p=chances / chances.sum())]
        train[user], holdout[user], lists[user] = set(items[:7]), set(items[7:10]), items[9:13]
    return interactions(train), interactions(holdout), lists


@pytest.fixture(scope="module")
def ranked():
    train, holdout, lists = world(0)
    known = set(train.item_ids.values.to_pylist())
    return rank_lists(table({user: [i for i in own if i in known] for user, own in lists.items()}), train, holdout)


def test_a_draw_is_the_figure_of_the_users_drawn(ranked):
    draws = catalogue_draws(ranked, CUTOFFS, n_resamples=5, seed=3)
    ((_, random),) = random_words(ranked.n_users, 5, 3)
    for draw, weights in enumerate(POISSON[random]):
        exposure = np.zeros(ranked.n_items)
        for row, weight in zip(ranked.items, weights, strict=True):
            exposure[row[:3][row[:3] >= 0]] += weight
        n, ascending = ranked.n_items, np.sort(exposure)
        assert draws["coverage@3"][draw] == pytest.approx(np.mean(exposure > 0))
        gini = sum((2 * j - n - 1) * x for j, x in enumerate(ascending, 1)) / (n * exposure.sum())
        assert draws["gini@3"][draw] == pytest.approx(gini)
        assert draws["exposure_lambda@3"][draw] == pytest.approx(2 / (n * (1 - gini) + 1))
        tail = np.maximum(ranked.item_listeners, 1) ** -0.5
        hits = sum(
            w * tail[row[:3][hit[:3]]].sum() for row, hit, w in zip(ranked.items, ranked.hits, weights, strict=True)
        )
        weighed = sum(
            w * (tail[ranked.holdout.items[a:b]].sum() + unknown)
            for w, a, b, unknown in zip(
                weights, ranked.holdout.indptr[:-1], ranked.holdout.indptr[1:], ranked.n_unknown, strict=True
            )
        )
        assert draws["tail_recall@3"][draw] == pytest.approx(hits / weighed)


def test_an_interval_lies_around_the_figure_itself(ranked):
    rows = catalogue_intervals(ranked, CUTOFFS, n_resamples=300).to_pylist()
    figures = evaluate_ranked(ranked, CUTOFFS).figures
    assert [row["metric"] for row in rows] == list(figures)
    for row in rows:
        assert row["mean"] == figures[row["metric"]]
        assert row["low"] < row["mean"] < row["high"]
    draws = catalogue_draws(ranked, {"coverage": [3]}, n_resamples=300)["coverage@3"]
    assert draws.mean() < figures["coverage@3"] - 0.03  # what the centring is for: draws list fewer items


def test_intervals_narrow_with_more_users():
    widths = []
    for n_users in (40, 640):
        train, holdout, lists = world(1, n_users)
        known = set(train.item_ids.values.to_pylist())
        given = table({user: [i for i in own if i in known] for user, own in lists.items()})
        (row,) = catalogue_intervals(rank_lists(given, train, holdout), {"gini": [4]}, n_resamples=300).to_pylist()
        widths.append(row["high"] - row["low"])
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.4)


def test_two_models_are_compared_on_the_same_draws(ranked):
    (row,) = compare_catalogue(ranked, ranked, {"gini": [3]}, n_resamples=50).to_pylist()
    assert (row["difference"], row["low"], row["high"]) == (0, 0, 0)


def test_lists_of_other_users_cannot_be_compared(ranked):
    train, holdout, lists = world(0, n_users=30)
    known = set(train.item_ids.values.to_pylist())
    others = rank_lists(table({user: [i for i in own if i in known] for user, own in lists.items()}), train, holdout)
    with pytest.raises(DataError, match="The lists are of different users"):
        compare_catalogue(ranked, others, {"gini": [3]})
    with pytest.raises(SettingsError, match="level is 1"):
        catalogue_intervals(ranked, level=1)


def test_exposure_agrees_with_the_matrix_product():
    rng = np.random.default_rng(0)
    listed = rng.random((9, 12)) < 0.3
    listed[4] = False
    weights = rng.poisson(1, (9, 130)).astype(np.float32)
    totals = np.ones((12, 130), np.float32)
    add_exposure(
        *map(read_only, (indptr_of(listed.sum(axis=1)), np.nonzero(listed)[1].astype(np.int32), weights)), totals
    )
    assert np.array_equal(totals, 1 + listed.T.astype(np.float32) @ weights)


def test_marks_agree_with_sets():
    rng = np.random.default_rng(1)
    seen, holdout, lists = ([rng.integers(0, 15, size=rng.integers(0, most)) for _ in range(100)] for most in (8, 4, 9))
    flat = [
        (indptr_of(np.array(list(map(len, rows)))), np.concatenate(rows).astype(np.int32))
        for rows in (seen, holdout, lists)
    ]
    marks = np.full(sum(map(len, lists)), 255, np.uint8)
    inspect_lists(*(read_only(array) for pair in flat for array in pair), 15, marks)
    expected = [
        SEEN * (item in own) + HOLDOUT * (item in kept) + LISTED * (item in row[:n])
        for own, kept, row in zip(seen, holdout, lists, strict=True)
        for n, item in enumerate(row)
    ]
    assert marks.tolist() == expected
