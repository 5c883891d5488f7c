"""Holdouts: every pair is in one part, the numbers are right, and the seed alone decides."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import deepcuts as dc
from deepcuts.data.interactions import Interactions
from deepcuts.data.split import drop_known, split_at, split_folds, split_holdout, split_last, split_users
from deepcuts.errors import DataError, SettingsError
from deepcuts.ingest import prune, read_plays
from reference.plays import Pairs, n_holdout, pairs

# Made once: hypothesis looks at a strategy that is new in every example for longer than it draws from it.
ROWS = st.lists(st.lists(st.integers(0, 3), min_size=8, max_size=8), max_size=8)


@functools.cache
def times_of(n_pairs: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 5), min_size=n_pairs, max_size=n_pairs)


@st.composite
def plays_of_some(draw, timed: bool = False) -> Interactions:
    """Plays of up to nine users, most of whom have several items; the first has six."""
    rows = draw(ROWS)
    matrix = np.array([[1, 2, 3, 0, 1, 2, 0, 3], *rows])
    plays = Interactions.from_csr(
        sparse.csr_array(matrix), [f"u{k}" for k in range(len(matrix))], [f"i{k}" for k in range(8)]
    )
    plays = plays.keep_pairs(np.ones(plays.n_pairs, bool))
    if not timed:
        return plays
    times = draw(times_of(plays.n_pairs))
    return Interactions(
        plays.indptr, plays.indices, plays.plays, plays.user_ids, plays.item_ids, np.array(times, np.int64)
    )


def per_user(plays: Pairs) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for user, item in plays:
        found.setdefault(user, set()).add(item)
    return found


def assert_halves(plays: Interactions, *parts: Interactions) -> None:
    """The parts have every pair of the plays once, and their ids in order."""
    together: Pairs = {}
    for part in parts:
        assert not together.keys() & pairs(part).keys()
        together |= pairs(part)
        for ids in (part.user_ids.values.to_pylist(), part.item_ids.values.to_pylist()):
            assert ids == sorted(ids)
    assert together == pairs(plays)


@given(plays_of_some(), st.floats(0.17, 0.99), st.integers(0, 99))
def test_a_random_share_of_every_user_is_held_out(plays, fraction, seed):
    train, holdout = split_holdout(plays, fraction, seed)
    assert_halves(plays, train, holdout)
    of_holdout = per_user(pairs(holdout))
    for user, items in per_user(pairs(plays)).items():
        assert len(of_holdout.get(user, ())) == n_holdout(len(items), fraction)
        assert user in per_user(pairs(train))


@given(plays_of_some(timed=True), st.integers(1, 4))
def test_the_latest_items_of_every_user_are_held_out(plays, n):
    try:
        train, holdout = split_last(plays, n)
    except DataError:
        assert np.diff(plays.indptr).max() == 1
        return
    assert_halves(plays, train, holdout)
    for user_index, user in enumerate(plays.user_ids.values.to_pylist()):
        items = plays.user_items(user_index)[0]
        times = plays.last_played[plays.indptr[user_index] : plays.indptr[user_index + 1]]
        latest = [item for _, item in sorted(zip(-times, items, strict=True))][: min(n, len(items) - 1)]
        of_holdout = per_user(pairs(holdout)).get(user, set())
        assert of_holdout == set(plays.item_ids.take(np.array(latest, np.int64)).to_pylist())


@given(plays_of_some(), st.integers(0, 99))
def test_whole_users_are_held_out(plays, seed):
    if plays.n_users < 3:
        return
    try:
        train, fold_in, holdout = split_users(plays, users=2, fraction=0.4, min_items=3, seed=seed)
    except DataError:
        return  # none of the two has three items that somebody else has
    everything, known = per_user(pairs(plays)), set(train.item_ids.values.to_pylist())
    of_train, of_fold_in, of_holdout = (per_user(pairs(part)) for part in (train, fold_in, holdout))
    assert len(of_train) == plays.n_users - 2
    assert not of_train.keys() & (of_fold_in.keys() | of_holdout.keys())
    assert all(of_train[user] == everything[user] for user in of_train)
    for user in of_fold_in:
        items = everything[user] & known
        assert of_fold_in[user] | of_holdout.get(user, set()) == items
        assert not of_fold_in[user] & of_holdout.get(user, set())
        assert len(of_holdout.get(user, ())) == (n_holdout(len(items), 0.4) if len(items) >= 3 else 0)
    assert of_holdout.keys() <= of_fold_in.keys()


@settings(max_examples=10, deadline=None)
@given(plays_of_some(), st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_seed_decides_and_the_order_of_the_source_does_not(plays, seed, shuffler):
    rows = plays.to_arrow().to_pylist()
    shuffler.shuffle(rows)
    shuffled = read_plays(pa.Table.from_pylist(rows), user="user_id", item="item_id", plays="plays")
    for one, other in zip(split_holdout(plays, 0.5, seed), split_holdout(shuffled, 0.5, seed), strict=True):
        assert one.to_arrow().equals(other.to_arrow())


def dense(n_users: int, n_items: int) -> Interactions:
    everything = sparse.csr_array(np.ones((n_users, n_items)))
    return Interactions.from_csr(everything, [f"u{k:04}" for k in range(n_users)], [f"i{k:04}" for k in range(n_items)])


def test_other_seeds_hold_out_other_items():
    plays = dense(20, 20)
    assert pairs(split_holdout(plays, seed=0).holdout) == pairs(split_holdout(plays, seed=0).holdout)
    assert pairs(split_holdout(plays, seed=0).holdout) != pairs(split_holdout(plays, seed=1).holdout)
    users = [set(split_users(plays, 5, seed=seed).holdout.user_ids.values.to_pylist()) for seed in (0, 0, 1)]
    assert users[0] == users[1] != users[2]


def test_every_item_is_as_likely_to_be_held_out():
    holdout = split_holdout(dense(2000, 10), fraction=0.3).holdout
    assert np.abs(holdout.item_listeners - 600).max() < 5 * np.sqrt(600 * 0.7)


def test_a_share_of_users_can_be_held_out():
    assert split_users(dense(40, 10), users=0.25).fold_in.n_users == 10


def test_items_of_held_out_users_only_are_dropped():
    own = np.eye(6)  # one item that nobody else has
    matrix = sparse.csr_array(np.hstack([np.ones((6, 10)), own]))
    plays = Interactions.from_csr(matrix, [f"u{k}" for k in range(6)], [f"i{k:02}" for k in range(16)])
    train, fold_in, holdout = split_users(plays, users=2)
    assert train.n_items == 14
    assert (fold_in.n_pairs, holdout.n_pairs) == (16, 4)


def test_users_below_the_least_number_of_items_have_no_holdout():
    matrix = np.ones((8, 10))
    matrix[:2, 4:] = 0
    plays = Interactions.from_csr(sparse.csr_array(matrix), list("abcdefgh"), [f"i{k}" for k in range(10)])
    for seed in range(5):
        _, fold_in, holdout = split_users(plays, users=3, seed=seed)
        assert fold_in.n_users == 3
        assert set(holdout.user_ids.values.to_pylist()) == set(fold_in.user_ids.values.to_pylist()) & set("cdefgh")


def test_times_go_with_their_pairs():
    table = pa.table({"u": ["a"] * 4, "i": list("wxyz"), "t": [7, 9, 8, 9]})
    train, holdout = split_last(read_plays(table, user=1, item=2, time=3), n=1)
    assert (pairs(holdout), holdout.last_played.tolist()) == ({("a", "x"): 1}, [9])
    assert train.last_played.tolist() == [7, 8, 9]


def test_a_user_of_one_item_keeps_it():
    plays = read_plays(pa.table({"u": ["a", "a", "b"], "i": ["x", "y", "x"], "t": [1, 2, 3]}), user=1, item=2, time=3)
    assert pairs(split_last(plays, n=5).train) == {("a", "x"): 1, ("b", "x"): 1}
    assert pairs(split_holdout(plays, fraction=0.99).train).keys() >= {("b", "x")}


@pytest.mark.parametrize(
    ("split", "arguments", "message"),
    [
        (split_holdout, {"fraction": 0.0}, "fraction is 0.0. Give a share above 0 and below 1."),
        (split_holdout, {"fraction": 1}, "fraction is 1. Give a share above 0 and below 1."),
        (split_holdout, {"fraction": float("nan")}, "fraction is nan. "),
        (split_holdout, {"seed": -1}, "seed is -1. Give a whole number of at least 0."),
        (split_holdout, {"seed": 0.5}, "seed is 0.5. "),
        (split_last, {"n": 0}, "n is 0. Give a whole number of at least 1."),
        (split_last, {"n": 1.5}, "n is 1.5. "),
        (split_users, {"fraction": -0.1}, "fraction is -0.1. "),
        (split_users, {"min_items": 1}, "min_items is 1. Give a whole number of at least 2."),
        (
            split_users,
            {"users": 0},
            "users=0 holds out 0 of 9 users. Give a share below 1 or a whole number, that holds ",
        ),
        (split_users, {"users": 0.1}, "users=0.1 holds out 0 of 9 users. "),
        (split_users, {"users": 9}, "users=9 holds out 9 of 9 users. "),
        (split_users, {"users": 2.5}, "users=2.5 holds out 2.5 of 9 users. "),
        (split_users, {"users": float("inf")}, "users is inf. Give a share below 1 or a whole number of users."),
        (split_users, {"users": 2, "seed": -1}, "seed is -1. "),
    ],
)
def test_arguments_out_of_range_are_refused(split, arguments, message):
    with pytest.raises(SettingsError) as caught:
        split(dense(9, 9), **arguments)
    assert str(caught.value).startswith(message)


def test_plays_without_times_have_no_latest():
    with pytest.raises(DataError, match=r"These plays have no times, so nothing is the latest\. Read them with time="):
        split_last(dense(2, 2))


def test_histories_too_short_to_hold_anything_out_are_refused():
    for split in (split_holdout, lambda plays: split_users(plays, users=1, min_items=2)):
        with pytest.raises(
            DataError, match=r"Nothing is held out: the longest of \d histor(y|ies) has 4 items\. Hold out more"
        ):
            split(dense(3, 4))
    timed = read_plays(pa.table({"u": ["a", "b"], "i": ["x", "x"], "t": [1, 2]}), user=1, item=2, time=3)
    with pytest.raises(DataError, match="the longest of 2 histories has 1 item"):
        split_last(timed)


def test_real_plays(shared_data):
    path = shared_data / "lastfm-hetrec2011" / "user_artists.dat"
    plays = prune(read_plays(path, user="userID", item="artistID", plays="weight"), min_users=3, min_items=10)
    train, holdout = split_holdout(plays)
    assert holdout.n_pairs == np.floor(np.diff(plays.indptr) * 0.2).sum()
    assert train.n_pairs + holdout.n_pairs == plays.n_pairs
    assert train.n_users == holdout.n_users == plays.n_users


@given(plays_of_some(timed=True), st.integers(1, 5))
@settings(deadline=None)
def test_what_was_played_from_a_moment_on_is_held_out(plays, moment):
    if not 0 < np.count_nonzero(plays.last_played >= moment) < plays.n_pairs:
        with pytest.raises(DataError, match=r"nothing was played (before it|from it on): pairs date from 1970-01-01"):
            split_at(plays, moment)
        return
    train, holdout = split_at(plays, moment)
    assert_halves(plays, train, holdout)
    assert train.last_played.max() < moment <= holdout.last_played.min()


@pytest.mark.parametrize(
    "moment",
    [
        *("2009", "2009-01", "2009-01-01", "2009-01-01T00:00:00Z", date(2009, 1, 1), datetime(2009, 1, 1), 1230768000),
        *(np.datetime64("2009"), np.datetime64("2009-01-01", "ns"), np.int64(1230768000), 1230768000.0, 1230767999.5),
    ],
)
def test_a_moment_is_a_date_in_any_form(moment):
    table = pa.table({"u": ["a", "a"], "i": ["x", "y"], "t": ["2008-12-31T23:59:59Z", "2009-01-01T00:00:00Z"]})
    train, holdout = split_at(read_plays(table, user="u", item="i", time="t"), moment)
    assert (train.item_ids[0], holdout.item_ids[0]) == ("x", "y")


@given(plays_of_some(), st.integers(2, 6), st.integers(0, 5))
@settings(deadline=None)
def test_folds_hold_out_every_pair_of_users_with_two_items_once(plays, k, seed):
    folds = list(split_folds(plays, k, seed))
    assert len(folds) == k
    for train, holdout in folds:
        assert_halves(plays, train, holdout)
        assert set(per_user(pairs(holdout))) <= set(per_user(pairs(train)))
    held_out = [pair for _, holdout in folds for pair in pairs(holdout)]
    several = {user for user, items in per_user(pairs(plays)).items() if len(items) > 1}
    assert sorted(held_out) == sorted(pair for pair in pairs(plays) if pair[0] in several)


def test_folds_are_even_and_of_the_seed():
    plays = dense(50, 10)
    sizes = [holdout.n_pairs for _, holdout in split_folds(plays, 5, seed=1)]
    assert sizes == [100] * 5
    first, again, other = (next(split_folds(plays, 5, seed)).holdout.to_arrow() for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_tables_are_split_as_the_plays_that_they_hold():
    plays = dc.generate_world(n_users=30, n_items=60, items_per_user=8, seed=0).plays
    table = plays.to_arrow()
    for form in (table, table.to_pandas(), table.to_reader()):
        train, holdout = dc.split_holdout(form, seed=3)
        assert holdout.to_arrow().equals(dc.split_holdout(plays, seed=3).holdout.to_arrow())
        assert train.n_pairs + holdout.n_pairs == plays.n_pairs
    assert len(list(dc.split_folds(table, k=3))) == 3
    assert dc.split_users(table, users=5).holdout.n_users == 5
    assert dc.drop_known(table, train.to_arrow()).n_pairs == holdout.n_pairs
    assert dc.prune(table, min_users=2).to_arrow().equals(dc.prune(plays, min_users=2).to_arrow())
    listed = dc.Popularity().fit(table).recommend(k=3)
    assert listed.equals(dc.Popularity().fit(plays).recommend(k=3))


def test_what_is_known_is_dropped_from_a_later_holdout():
    train = Interactions.from_csr(sparse.csr_array([[1, 1, 0], [1, 0, 1]]), ["a", "b"], ["x", "y", "z"])
    later = Interactions.from_csr(sparse.csr_array([[1, 2, 3], [1, 0, 5]]), ["a", "c"], ["w", "x", "z"])
    left = drop_known(later, train)
    assert pairs(left).keys() == {("a", "w"), ("a", "z"), ("c", "w"), ("c", "z")}
    assert drop_known(left, train) is left
    with pytest.raises(DataError, match="All of the holdout, 4 pairs, is in train"):
        drop_known(train, train)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda plays: split_folds(plays, 1), SettingsError, "k is 1"),
        (lambda plays: split_folds(plays, seed=-1), SettingsError, "seed is -1"),
        (lambda plays: split_folds(dense(3, 1)), DataError, "Nobody has two items"),
        (lambda plays: split_at(plays, 5), DataError, "no times"),
        (lambda plays: split_at(plays.to_arrow().select([0]), 5), DataError, "the columns user_id. Say what they are"),
        (lambda plays: split_holdout("plays.csv"), DataError, "the name of a file, 'plays.csv'. Read it first"),
        (lambda plays: split_folds(plays.to_csr()), DataError, "a SciPy matrix (csr_array), which has no ids"),
        (lambda plays: prune([1, 2]), DataError, "The plays are a list. Pass Interactions, such as read_plays"),
    ],
)
def test_wrong_calls_are_told_what_to_call(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(dense(3, 4))


def test_a_moment_that_is_none_is_told():
    plays = replace(dense(2, 2), last_played=np.arange(4))
    for moment in ("yesterday", True, None, np.timedelta64(1, "D"), np.datetime64("NaT"), float("nan")):
        with pytest.raises(SettingsError, match="Give a date such as 2024-01-31"):
            split_at(plays, moment)
