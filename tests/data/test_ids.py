"""Ids behave as a sequence of strings, and go round through matrices, arrays and frames."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepcuts as dc
from deepcuts.data.ids import Ids
from deepcuts.errors import UnknownIdError

TEXTS = st.sets(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)).map(
    lambda texts: sorted(texts, key=str.encode)
)


@given(TEXTS, st.slices(8), st.data())
def test_ids_are_the_list_of_them(texts, part, data):
    ids = Ids.of(texts, "item")
    assert list(ids) == ids.to_pylist() == np.asarray(ids).tolist() == pa.array(ids).to_pylist() == texts
    assert len(ids) == len(texts)
    assert ids[part] == texts[part]
    assert list(reversed(ids)) == texts[::-1]
    if texts:
        index = data.draw(st.integers(-len(texts), len(texts) - 1))
        assert ids[index] == texts[index]
        assert ids.index(texts[index]) == index % len(texts)
        assert texts[index] in ids
        assert ids.count(texts[index]) == 1


@pytest.mark.parametrize("index", [2, -3])
def test_an_index_outside_is_one(index):
    with pytest.raises(IndexError):
        Ids.of(["a", "b"], "user")[index]


def test_arrays_of_indexes_and_masks_choose_as_in_numpy():
    ids = Ids.of(["a", "b", "c"], "item")
    assert ids[np.array([2, 0, -1])] == ids[[2, 0, -1]] == ["c", "a", "c"]
    assert ids[np.array([True, False, True])] == ["a", "c"]
    assert ids[[]] == ids[np.array([], np.int32)] == []
    assert ids[np.int64(1)] == "b"
    for outside in ([3], np.array([-4])):
        with pytest.raises(IndexError):
            ids[outside]
    with pytest.raises(TypeError, match=r"Ids are indexed by numbers\. index_of\('b'\) is the number of an id"):
        ids["b"]


def test_membership_is_by_the_text_of_an_id():
    ids = Ids.of(["1", "7"], "user")
    assert 7 in ids
    assert np.int64(1) in ids
    assert [None in ids, 1.5 in ids, True in ids, "8" in ids] == [False] * 4


def test_index_in_a_range_outside_says_so():
    with pytest.raises(UnknownIdError, match="The user 'a' has the index 0, which lies outside"):
        Ids.of(["a", "b"], "user").index("a", 1)


def test_a_repr_shows_the_first_three():
    assert repr(Ids.of(["a", "b"], "user")) == "Ids(2 users: 'a', 'b')"
    assert repr(Ids.of(["a", "b", "c", "d"], "item")) == "Ids(4 items: 'a', 'b', 'c', …)"


def test_matrix_and_ids_make_the_same_plays_again():
    plays = dc.generate_world(n_users=40, n_items=80, items_per_user=8, seed=0).plays
    again = dc.Interactions.from_csr(plays.to_csr(), plays.user_ids, plays.item_ids)
    assert again.to_arrow().equals(plays.to_arrow())
    assert again.item_ids.values.equals(plays.item_ids.values)


def test_ids_are_columns_of_frames():
    ids = Ids.of(["a", "b"], "user")
    frame = pd.DataFrame({"user": ids, "n": [1, 2]})
    assert frame.user.tolist() == ["a", "b"]
    assert np.asarray(ids, dtype="U1").dtype == np.dtype("U1")


def test_ids_are_equal_by_what_they_are():
    ids = Ids.of(["a", "b"], "user")
    again = pickle.loads(pickle.dumps(ids))
    assert again == ids == copy.deepcopy(ids)
    assert hash(again) == hash(ids)
    assert ids != Ids.of(["a", "b"], "item")
    assert ids != Ids.of(["a", "c"], "user")
    assert ids != ["a", "b"]


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (2, IndexError, "There is no index 2 among 2 user ids."),
        (-3, IndexError, "There is no index -3 among 2 user ids."),
        (1.0, TypeError, "Ids are indexed by whole numbers, not by a float."),
        (None, TypeError, "Ids are indexed by whole numbers, not by None."),
    ],
)
def test_an_index_that_is_none_is_told(index, error, message):
    with pytest.raises(error, match=message):
        Ids.of(["a", "b"], "user")[index]
    assert Ids.of(["a", "b"], "user")[np.int8(-1)] == "b"
