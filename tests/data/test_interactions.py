"""Interactions and ids: checked once, frozen, in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from deepcuts.data.ids import Ids, as_strings
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, UnknownIdError
from reference.plays import pairs

MATRIX = np.array([[0, 2, 0], [1, 0, 3]])


@pytest.fixture
def plays() -> Interactions:
    return Interactions.from_csr(sparse.csr_array(MATRIX), ["zoe", "ada"], ["坂本龍一", "Grouper", "Änglagård"])


def test_a_matrix_is_put_into_the_order_of_its_ids(plays):
    assert plays.user_ids.values.to_pylist() == ["ada", "zoe"]
    assert plays.item_ids.values.to_pylist() == ["Grouper", "Änglagård", "坂本龍一"]
    assert plays.to_csr().toarray().tolist() == [[0, 3, 1], [2, 0, 0]]
    assert (plays.shape, plays.n_users, plays.n_items, plays.n_pairs) == ((2, 3), 2, 3, 3)
    assert [array.dtype for array in (plays.indptr, plays.indices, plays.plays)] == [np.int64, np.int32, np.float32]
    assert repr(plays) == "Interactions(2 users × 3 items, 3 pairs)"


def test_duplicates_are_summed_and_zeros_dropped():
    matrix = sparse.coo_array(([1, 2, 0], ([0, 0, 0], [1, 1, 0])), shape=(1, 2))
    plays = Interactions.from_csr(matrix.tocsr(), ["ada"], ["A", "B"])
    assert pairs(plays) == {("ada", "B"): 3}
    matrix = sparse.csr_array((np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 2])), shape=(1, 2))
    assert pairs(Interactions.from_csr(matrix, ["ada"], ["A", "B"])) == {("ada", "B"): 3}
    assert matrix.nnz == 2


def test_plays_cannot_be_changed(plays):
    for array in (plays.indptr, plays.indices, plays.plays):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    copy = plays.to_csr()
    copy.data[:] = 7
    assert plays.plays.tolist() == [3, 1, 2]


def test_counts_of_items_and_users(plays):
    assert plays.item_listeners.tolist() == [1, 1, 1]
    assert plays.item_plays.tolist() == [2, 3, 1]
    assert plays.user_of_pair().tolist() == [0, 0, 1]
    items, counts = plays.user_items(0)
    assert (items.tolist(), counts.tolist()) == ([1, 2], [3, 1])


def test_a_table_has_one_row_a_pair(plays):
    assert plays.to_arrow().to_pydict() == {
        "user_id": ["ada", "ada", "zoe"],
        "item_id": ["Änglagård", "坂本龍一", "Grouper"],
        "plays": [3, 1, 2],
    }


@given(st.data())
def test_pairs_that_are_kept_keep_their_plays_and_times(data):
    matrix = np.array(data.draw(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=6)))
    plays = Interactions.from_csr(sparse.csr_array(matrix), [f"u{k}" for k in range(len(matrix))], list("abcd"))
    times = np.arange(plays.n_pairs)
    plays = Interactions(plays.indptr, plays.indices, plays.plays, plays.user_ids, plays.item_ids, times)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=plays.n_pairs, max_size=plays.n_pairs)), bool)
    kept = plays.keep_pairs(mask)
    assert kept.to_arrow().equals(plays.to_arrow().filter(pa.array(mask)))
    assert kept.user_ids.values.to_pylist() == sorted({user for user, _ in pairs(kept)})
    assert kept.item_ids.values.to_pylist() == sorted({item for _, item in pairs(kept)})
    assert (kept.indptr.dtype, kept.indices.dtype) == (np.int64, np.int32)


@pytest.mark.parametrize(
    ("matrix", "users", "message"),
    [
        (MATRIX, ["a"], "The matrix is 2 × 3, with 1 user id and 3 item ids. Give one id for "),
        (-MATRIX, ["a", "b"], "3 play counts are negative, NaN or infinite; the first is -2.0. Play "),
        (MATRIX * np.nan, ["a", "b"], "6 play counts are negative, NaN or infinite; the first is nan."),
        (MATRIX * 1e300, ["a", "b"], "3 play counts are negative, NaN or infinite; the first is inf."),
        (MATRIX, ["a", "a"], "Of the user ids, 1 is there more than once; the first is 'a'. Give every row one"),
        (MATRIX, [1, "1"], "Of the user ids, 1 is there more than once; the first is '1'. Give every row one"),
        (MATRIX, ["a", " "], "One id of the users is empty. Give every user an id, or leave those rows out."),
        (MATRIX, ["a", None], "One id of the users is empty. "),
    ],
)
def test_matrices_that_cannot_be_used_are_refused(matrix, users, message):
    with pytest.raises(DataError) as caught:
        Interactions.from_csr(sparse.csr_array(matrix), users, ["x", "y", "z"])
    assert str(caught.value).startswith(message)


def test_ids_know_their_indexes():
    ids = Ids.of(["ada", "bob", "坂本"], "user")
    assert len(ids) == 3
    assert ids.index_of("bob") == 1
    assert ids.indexes_of(["坂本", "nobody", "ada"]).tolist() == [2, -1, 0]
    assert ids.take(np.array([2, 0])).to_pylist() == ["坂本", "ada"]


def test_an_unknown_id_names_one_that_is_spelt_alike():
    ids = Ids.of(["Aphex Twin", "Grouper"], "item")
    with pytest.raises(UnknownIdError, match=r"^There is no item 'Groupr' among 2 items\. Did you mean 'Grouper'\?$"):
        ids.index_of("Groupr")
    with pytest.raises(UnknownIdError, match=r"^There is no item 'xyz' among 2 items\.$"):
        ids.index_of("xyz")


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        pa.array(["a", "b"]),
        pa.chunked_array([["a"], ["b"]]),
        pa.array(["a", "b"]).dictionary_encode(),
        pa.array(["a", "b"], pa.large_string()),
    ],
)
def test_ids_come_in_any_sequence(values):
    assert as_strings(values).equals(pa.array(["a", "b"]))


def test_numbers_are_ids_and_nothing_is_none():
    assert as_strings([1, 2]).to_pylist() == ["1", "2"]
    assert as_strings(pa.array([1, 2])).to_pylist() == ["1", "2"]
    assert as_strings(["a", None]).null_count == 1


def broken(indices: list[int], data: list[float], indptr: tuple[int, ...] = (0, 2, 3)) -> sparse.csr_array:
    """A matrix of 2 × 3 whose arrays SciPy has not checked."""
    matrix = sparse.csr_array((2, 3))
    matrix.data, matrix.indices, matrix.indptr = np.array(data), np.array(indices, np.int32), np.array(indptr, np.int32)
    return matrix


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (broken([0, 1, 99], [1.0, 2.0, 3.0]), "inconsistent: indices must be < 3"),
        (broken([0, 1, -1], [1.0, 2.0, 3.0]), "inconsistent: indices must be >= 0"),
        (broken([0, 1, 2], [1.0, 2.0, 3.0], (0, 5, 3)), "inconsistent: indptr"),
        (broken([0, 1, 2], [1.0, 2.0, 3.0], (0, 1, 1 << 30)), "inconsistent: Last value of index pointer"),
        (broken([0, 0, 1], [3e38, 3e38, 3.0]), "1 play count is negative, NaN or infinite; the first is inf"),
        (
            sparse.csr_array(np.ones((2, 3), complex)),
            "holds complex128. Pass one of users and items that holds numbers",
        ),
        (np.ones((2, 3)), "The plays are an ndarray. Pass a SciPy matrix"),
    ],
)
def test_a_matrix_that_is_not_sound_is_refused(matrix, message):
    with pytest.raises(DataError, match=message):
        Interactions.from_csr(matrix, ["ada", "bob"], ["x", "y", "z"])


@pytest.mark.parametrize("chunk_bytes", [1, 7, 1 << 30])
def test_a_table_of_much_text_comes_in_chunks(plays, monkeypatch, chunk_bytes):
    whole = plays.to_arrow()
    monkeypatch.setattr("deepcuts.data.arrow_columns._CHUNK_BYTES", chunk_bytes)
    table = plays.to_arrow()
    assert table.equals(whole)
    assert table.column("user_id").type == pa.string()
    assert table.column("item_id").num_chunks == (1 if chunk_bytes > 7 else plays.n_pairs)
    none = replace(plays, indices=plays.indices[:0], plays=plays.plays[:0], indptr=np.zeros_like(plays.indptr))
    assert none.to_arrow().num_rows == 0
