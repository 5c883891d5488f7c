"""The best items of rows, lists of several rows, and what is done to scores before: twins and laws."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import dense_lists as ranking
from reference import ranking as reference
from reference.ranking import Entry

INF = float("inf")

# Few different scores, so that there are ties; halves and whole numbers, so that nothing is rounded.
SCORES = st.sampled_from([-INF, -1.0, 0.0, 0.5, 1.0, 2.0, 3.5, INF])
PERSONAS = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.lists(SCORES, min_size=n, max_size=n), min_size=1, max_size=4)
)


def top_of_row(row: list[float], depth: int) -> list[tuple[int, float]]:
    scores, items = np.empty(depth, np.float32), np.empty(depth, np.int32)
    size = ranking.top_of_row(np.array(row, np.float32), scores, items)
    return list(zip(items[:size].tolist(), scores[:size].tolist(), strict=True))


@given(st.lists(SCORES | st.just(float("nan")), max_size=40), st.integers(1, 50))
@settings(deadline=None)
def test_the_top_of_a_row_is_that_of_sorting(row: list[float], depth: int) -> None:
    assert top_of_row(row, depth) == reference.top(row, depth)


@given(st.lists(st.floats(width=32), max_size=40), st.integers(1, 10))
@settings(deadline=None)
def test_the_top_of_any_row_is_that_of_sorting(row: list[float], depth: int) -> None:
    assert top_of_row(row, depth) == reference.top(row, depth)


@pytest.mark.parametrize("depth", [1, 2, 31, 32, 33, 500, 501])
def test_the_top_of_a_long_row_is_that_of_sorting(depth: int) -> None:
    row = np.random.default_rng(0).normal(size=500).round(2).tolist()
    assert top_of_row(row, depth) == [(item, np.float32(score)) for item, score in reference.top(row, depth)]


def by_share(scores, indptr, weights, *own_lists) -> None:
    """The kernel without a base."""
    nothing = read_only(np.empty((0, 0), np.float32))
    ranking.lists_by_share(scores, nothing, indptr, weights, 0, *own_lists)


def lists(kernel, personas_of_users: list[list[list[float]]], n_items: int, k: int, *weights) -> list[list[Entry]]:
    """Lists of a kernel as entries, without the ranks that it left empty."""
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in personas_of_users], dtype=np.int64)])
    scores = np.array([row for rows in personas_of_users for row in rows], np.float32).reshape(-1, n_items)
    shape = len(personas_of_users), k
    items, values, personas = np.full(shape, 99, np.int32), np.empty(shape, np.float32), np.empty(shape, np.int8)
    kernel(scores, read_only(indptr), *map(read_only, weights), items, values, personas)
    for own in items:
        filled = np.sum(own >= 0)
        assert np.all(own[filled:] == ranking.NOTHING)
    columns = zip(items.tolist(), values.tolist(), personas.tolist(), strict=True)
    return [[entry for entry in zip(*own, strict=True) if entry[0] >= 0] for own in columns]


# Made once: hypothesis looks at a strategy that is new in every example for longer than it draws from it.
@functools.cache
def weights_of(n_personas: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 5), min_size=n_personas, max_size=n_personas)


@functools.cache
def seen_and_allowed(n_items: int) -> st.SearchStrategy[tuple[list[list[int]], list[bool]]]:
    """What each of three users has seen, and whether each item is allowed."""
    seen = st.lists(st.integers(0, n_items - 1), unique=True)
    allowed = st.lists(st.booleans(), min_size=n_items, max_size=n_items)
    return st.tuples(st.lists(seen, min_size=3, max_size=3), allowed)


@given(PERSONAS, st.data(), st.integers(1, 15))
@settings(deadline=None, max_examples=200)
def test_lists_by_share_are_those_of_the_twin(personas: list[list[float]], data: st.DataObject, k: int) -> None:
    n_items = len(personas[0])
    users = [personas, [], personas[:1], personas[::-1]]
    weights = [data.draw(weights_of(len(own))) for own in users]
    flat = np.array([weight for own in weights for weight in own], np.float32)
    expected = [reference.by_share(own, own_weights, k) for own, own_weights in zip(users, weights, strict=True)]
    assert lists(by_share, users, n_items, k, flat) == expected


@given(PERSONAS, st.integers(1, 15))
@settings(deadline=None, max_examples=200)
def test_lists_by_max_are_those_of_the_twin(personas: list[list[float]], k: int) -> None:
    users = [personas, [], personas[:1], personas[::-1]]
    expected = [reference.by_max(own, k) for own in users]
    assert lists(ranking.lists_by_max, users, len(personas[0]), k) == expected


def seats(weights: list[float], n: int) -> list[int]:
    """Which persona each of n items comes from, where no two personas have an item in common."""
    rows = [[1.0 if item // n == p else -INF for item in range(n * len(weights))] for p in range(len(weights))]
    (entries,) = lists(by_share, [rows], len(rows[0]), n, np.array(weights, np.float32))
    return [persona for _, _, persona in entries]


def test_personas_of_a_list_are_those_of_an_example_by_hand() -> None:
    # 5, 3 and 2 over 1, 3, 5, …: 5 | 3 | 2 | 5/3 | 5/5 and 3/3, the first of equals first | 3/3 | 5/7 | 2/3 | 3/5 | 5/9
    assert seats([5, 3, 2], 10) == [0, 1, 2, 0, 0, 1, 0, 2, 1, 0]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
@settings(deadline=None)
def test_every_persona_gets_its_share_of_a_list_to_within_rounding(weights: list[int]) -> None:
    total = sum(weights)
    assert np.bincount(seats(weights, total), minlength=len(weights)).tolist() == weights


def test_a_muted_persona_has_no_seat_even_where_ranks_stay_empty() -> None:
    assert seats([0, 1], 3) == [1, 1, 1]
    assert seats([0, 0], 3) == []


def test_an_item_of_two_personas_is_listed_once_and_takes_one_seat() -> None:
    rows = [[3.0, 2.0, 1.0, -INF], [3.0, -INF, -INF, 1.0]]
    (entries,) = lists(by_share, [rows], 4, 4, np.ones(2, np.float32))
    assert entries == [(0, 3.0, 0), (3, 1.0, 1), (1, 2.0, 0), (2, 1.0, 0)]


@given(PERSONAS, st.data())
@settings(deadline=None)
def test_what_must_not_be_listed_is_forbidden_and_nothing_else(
    personas: list[list[float]], data: st.DataObject
) -> None:
    n_items = len(personas[0])
    users = [personas, [], personas[:1]]
    indptr = np.cumsum([0, *map(len, users)])
    seen, is_allowed = data.draw(seen_and_allowed(n_items))
    allowed = np.array(is_allowed)
    scores = np.array([row for rows in users for row in rows], np.float32)
    expected = [
        [score if allowed[item] and score != 0 and item not in own else -INF for item, score in enumerate(row)]
        for rows, own in zip(users, seen, strict=True)
        for row in rows
    ]
    seen_items = np.array([item for own in seen for item in own], np.int32)
    ranking.forbid(scores, *map(read_only, (indptr, np.cumsum([0, *map(len, seen)]), seen_items, allowed)))
    np.testing.assert_array_equal(scores, expected)


def test_zero_of_either_sign_is_forbidden() -> None:
    scores = np.array([[0.0, -0.0, -1.0, 1e-30]], np.float32)
    nobody = np.zeros(2, np.int64), np.empty(0, np.int32)
    ranking.forbid(scores, *map(read_only, (np.array([0, 1]), *nobody, np.ones(4, bool))))
    np.testing.assert_array_equal(scores, np.array([[-INF, -INF, -1.0, 1e-30]], np.float32))


def test_the_spread_of_a_row_is_its_standard_deviation() -> None:
    scores = np.random.default_rng(0).normal(3, 2, (5, 40)).astype(np.float32)
    scores[1], scores[2], scores[3] = 0, 7.3, 1e4 + scores[3]
    spreads = np.empty(5, np.float32)
    ranking.spread_of_rows(scores, spreads)
    np.testing.assert_allclose(spreads, scores.astype(np.float64).std(axis=1), rtol=1e-5, atol=1e-6)


def test_a_shift_takes_off_what_is_common_and_leaves_forbidden_items_so() -> None:
    scores = np.array([[1.0, -INF, 3.0], [1.0, 2.0, -INF], [5.0, 6.0, 7.0]], np.float32)
    amounts, commonness = np.array([2.0, -1.0, 0.0], np.float32), np.array([1.0, 2.0, -0.5], np.float32)
    ranking.shift(scores, read_only(amounts), read_only(commonness))
    np.testing.assert_array_equal(scores, [[-1.0, -INF, 4.0], [2.0, 4.0, -INF], [5.0, 6.0, 7.0]])
