"""The fitted form of baselines: what a scorer returns is looked at before kernels follow it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.baselines import DotProduct, ScoredModel, UserRows
from deepcuts.errors import SettingsError


@pytest.fixture(scope="module")
def plays():
    return dc.generate_world(n_users=30, n_items=60, items_per_user=8, seed=0).plays


def every_score(plays, dtype=np.float32):
    return np.random.default_rng(0).random((plays.n_users, plays.n_items)).astype(dtype)


def factors(*shapes):
    return DotProduct(*(np.ones(shape, np.float32) for shape in shapes))


def rows(indptr, n_shares, mix="max"):
    return UserRows(np.array(indptr), np.ones(n_shares, np.float32), mix)


def fails(rows):
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    ("scorer", "came"),
    [
        (fails, "raised ZeroDivisionError: division by zero."),
        (lambda rows: None, "returned None, where the shape is (30, 60)."),
        (lambda rows: [[0.0] * 60] * len(rows), "returned a list, where the shape is (30, 60)."),
        (lambda rows: np.zeros((len(rows), 3), np.float32), "returned an array of the shape (30, 3) and type float32"),
        (lambda rows: np.zeros(len(rows), np.float32), "returned an array of the shape (30,) and type float32"),
        (lambda rows: np.full((len(rows), 60), "a"), "returned an array of the shape (30, 60) and type <U1"),
        (lambda rows: np.full((len(rows), 60), np.nan, np.float32), "returned numbers that are not finite."),
        (lambda rows: np.full((len(rows), 60), np.inf, np.float32), "returned numbers that are not finite."),
    ],
)
@pytest.mark.parametrize("rarity", [0, 0.5])
def test_what_a_scorer_raises_or_returns_is_told(plays, scorer, came, rarity):
    with pytest.raises(SettingsError, match=re.escape(f"The scorer {came}")):
        ScoredModel.of_users(plays, scorer).recommend(k=5, rarity=rarity)


@pytest.mark.parametrize(
    "laid_out",
    [
        np.ascontiguousarray,
        np.asfortranarray,
        lambda scores: np.repeat(scores, 2, axis=1)[:, ::2],
        lambda scores: np.broadcast_to(scores, scores.shape),
    ],
)
def test_scores_are_taken_however_they_are_laid_out(plays, laid_out):
    scores = every_score(plays)
    expected = ScoredModel.of_users(plays, lambda rows: scores[rows].copy()).recommend(k=5)
    assert ScoredModel.of_users(plays, lambda rows: laid_out(scores[rows])).recommend(k=5).equals(expected)


def test_views_of_scores_that_a_caller_keeps_are_not_written_to(plays):
    scores = every_score(plays)
    before = scores.copy()
    ScoredModel.of_users(plays, lambda rows: scores[rows[0] : rows[-1] + 1]).recommend(k=5)
    assert np.array_equal(scores, before)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seen": "plays"}, "seen is 'plays'. Pass the plays that fit was given."),
        ({"scorer": 3}, "scorer is 3. It takes indexes of rows"),
        ({"scorer": factors((30, 3), (60, 4))}, "The factors are of the shapes (30, 3) and (60, 4)"),
        ({"scorer": factors((3, 3), (60, 3))}, "for 30 rows of users and 60 items."),
        ({"scorer": factors((30, 3), (5, 3))}, "The factors are of the shapes (30, 3) and (5, 3)"),
        ({"user_rows": rows([0, 1], 1)}, "The rows of users are an indptr of the shape (2,) and 1 share, for 30 users"),
        ({"user_rows": rows(range(31), 1)}, "and 1 share, for 30 users. Give each user at least one row"),
        ({"user_rows": rows(range(31), 30, "sum")}, "mix is 'sum'. Pass 'share' or 'max'."),
    ],
)
def test_what_does_not_fit_together_is_refused_before_lists_are_asked_for(plays, given, message):
    whole = {"seen": plays, "scorer": lambda rows: every_score(plays)[rows], "user_rows": UserRows.one_each(30)}
    with pytest.raises(SettingsError, match=re.escape(message)):
        ScoredModel(**{**whole, **given})
