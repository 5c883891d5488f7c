"""Rows in flat arrays are what lists of lists would be."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcuts.data.csr import (
    UserItems,
    block_of_rows,
    divides,
    entries_of_rows,
    indptr_of,
    quotient,
    row_of_entry,
    sums_of_rows,
)

ROWS = st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=8)


def flat(rows: list[list[int]]) -> UserItems:
    sizes = np.array([len(row) for row in rows], np.int64)
    return UserItems(indptr_of(sizes), np.array([item for row in rows for item in row], np.int32))


def listed(user_items: UserItems) -> list[list[int]]:
    bounds = user_items.indptr.tolist()
    return [user_items.items[start:stop].tolist() for start, stop in pairwise(bounds)]


def test_rows_begin_where_those_before_end():
    indptr = indptr_of(np.array([2, 0, 3]))
    assert indptr.dtype == np.int64
    assert indptr.tolist() == [0, 2, 2, 5]
    assert indptr_of(np.zeros(0, np.int64)).tolist() == [0]


@pytest.mark.parametrize("sizes", [np.array([1, 2], np.int8), np.array([True, True, False]), np.array([3], np.uint32)])
def test_sizes_may_be_of_any_integer_type(sizes):
    assert indptr_of(sizes).tolist() == [0, *np.cumsum(sizes).tolist()]
    assert indptr_of(sizes).dtype == np.int64


def test_many_small_sizes_do_not_overflow():
    assert indptr_of(np.full(1000, 127, np.int8))[-1] == 127_000


@given(ROWS)
def test_every_entry_is_in_its_row(rows):
    assert row_of_entry(flat(rows).indptr).tolist() == [n for n, row in enumerate(rows) for _ in row]


def test_rows_of_entries_have_the_type_asked_for():
    indptr = indptr_of(np.array([1, 2]))
    assert row_of_entry(indptr).dtype == np.int64
    assert row_of_entry(indptr, np.int32).dtype == np.int32
    np.testing.assert_array_equal(row_of_entry(indptr, np.int32), row_of_entry(indptr))


@given(ROWS, st.randoms(use_true_random=False))
def test_a_mask_of_entries_gives_the_indptr_of_what_it_keeps(rows, random):
    ragged = flat(rows)
    mask = np.array([random.random() < 0.5 for _ in ragged.items], bool)
    kept = UserItems(indptr_of(mask)[ragged.indptr], ragged.items[mask])
    keep = iter(mask.tolist())
    assert listed(kept) == [[item for item in row if next(keep)] for row in rows]


@given(ROWS, st.data())
def test_rows_are_taken_in_any_order_and_any_number_of_times(rows, data):
    ragged = flat(rows)
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=12)) if rows else []
    indexes = np.array(chosen, np.int64)
    indptr, entries = entries_of_rows(ragged.indptr, indexes)
    assert (indptr.dtype, entries.dtype) == (np.int64, np.int64)
    assert listed(UserItems(indptr, ragged.items[entries])) == [rows[row] for row in chosen]
    assert listed(ragged.take(indexes)) == [rows[row] for row in chosen]


@given(ROWS, st.data())
def test_rows_in_a_block_are_those_of_a_slice(rows, data):
    ragged = flat(rows)
    first = data.draw(st.integers(0, len(rows)))
    last = data.draw(st.integers(first, len(rows)))
    indptr, entries = block_of_rows(ragged.indptr, first, last)
    assert listed(UserItems(indptr, ragged.items[entries])) == rows[first:last]
    assert listed(ragged.part(slice(first, last))) == rows[first:last]


def test_a_part_is_a_view_and_what_is_taken_is_a_copy():
    ragged = flat([[1, 2], [], [3]])
    assert np.shares_memory(ragged.part(slice(0, 2)).items, ragged.items)
    assert not np.shares_memory(ragged.take(np.array([0])).items, ragged.items)


@given(ROWS)
def test_sums_of_rows_are_those_of_lists(rows):
    ragged = flat(rows)
    sums = sums_of_rows(ragged.items, ragged.indptr)
    assert sums.dtype == np.float64
    assert sums.tolist() == [sum(row) for row in rows]


def test_sums_are_in_double_precision():
    values = np.full(3, 2**24 + 1, np.int64).astype(np.float32)
    assert sums_of_rows(np.concatenate([values, [1.0]]).astype(np.float32), np.array([0, 4]))[0] == 3.0 * 2**24 + 1


def test_masks_are_counted():
    assert sums_of_rows(np.array([True, False, True]), np.array([0, 0, 2, 3])).tolist() == [0, 1, 1]


def test_entries_after_the_last_row_are_left_out():
    assert sums_of_rows(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 2])).tolist() == [1, 2]


@given(ROWS)
def test_values_of_items_are_summed_and_averaged_by_user(rows):
    ragged, values = flat(rows), np.linspace(1, 2, 10)
    expected = [[values[item] for item in row] for row in rows]
    assert ragged.n_users == len(rows)
    assert ragged.sizes.tolist() == [len(row) for row in rows]
    assert ragged.rows.tolist() == row_of_entry(ragged.indptr).tolist()
    assert ragged.sums(values).dtype == np.float64
    np.testing.assert_allclose(ragged.sums(values), [sum(row) for row in expected])
    np.testing.assert_allclose(ragged.means(values), [np.mean(row) if row else np.nan for row in expected])


def test_a_quotient_is_nan_where_nothing_is_divided():
    np.testing.assert_array_equal(quotient([1, 2, 0], [2, 0, 0]), [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(quotient([1, 2], 4), [0.25, 0.5])
    assert np.isnan(quotient(1, 0))
    assert quotient(np.zeros(0), np.zeros(0)).shape == (0,)


def test_a_quotient_broadcasts():
    np.testing.assert_array_equal(quotient([[1.0], [2.0]], [1.0, 2.0]), [[1, 0.5], [2, 1]])


@given(ROWS)
def test_an_indptr_of_sizes_divides_its_entries(rows):
    ragged = flat(rows)
    assert divides(ragged.indptr, len(ragged.items))
    assert not divides(ragged.indptr, len(ragged.items) + 1)


@pytest.mark.parametrize("indptr", [[1, 3], [0, 2], [0, 2, 1, 3], [-1, 0, 3]])
def test_an_indptr_that_skips_entries_or_runs_back_divides_nothing(indptr):
    assert not divides(np.array(indptr), 3)
