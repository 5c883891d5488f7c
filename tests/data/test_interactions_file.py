"""Interactions come back from their file as they were, and only from such a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from deepcuts import storage
from deepcuts.data.interactions import Interactions
from deepcuts.errors import FileFormatError, OutputError

ARRAYS = ("indptr", "indices", "plays", "last_played", "item_listeners")
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
IDS = st.sets(st.text(CHARACTERS, min_size=1).filter(str.strip), max_size=6).map(sorted)


@pytest.fixture
def plays() -> Interactions:
    return Interactions.from_csr(sparse.csr_array([[5, 0, 1], [0, 2, 0]]), ["ada", "bob"], ["Grouper", "J Dilla", "嵐"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plays.safetensors"


def assert_same(found: Interactions, expected: Interactions) -> None:
    assert (found.user_ids.values, found.item_ids.values) == (expected.user_ids.values, expected.item_ids.values)
    for name in ARRAYS:
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)


@settings(deadline=None, max_examples=40)
@given(IDS, IDS, st.booleans(), st.integers(0, 2**32 - 1))
def test_saving_and_loading_is_the_identity(tmp_path_factory, users, items, timed, seed):
    path = tmp_path_factory.mktemp("plays") / "plays.safetensors"
    matrix = np.random.default_rng(seed).poisson(1, (len(users), len(items)))
    plays = Interactions.from_csr(sparse.csr_array(matrix), users, items)
    if timed:
        times = np.arange(plays.n_pairs) + 1_700_000_000
        plays = Interactions(plays.indptr, plays.indices, plays.plays, plays.user_ids, plays.item_ids, times)
    plays.save(path)
    assert_same(Interactions.load(path), plays)


def test_what_was_loaded_lies_in_the_file(plays, path):
    plays.save(path)
    loaded = Interactions.load(path)
    arrays = (loaded.indptr, loaded.indices, loaded.plays, loaded.item_listeners)
    assert not any(array.flags.owndata or array.flags.writeable for array in arrays)
    assert loaded.user_items(0)[0].tolist() == [0, 2]
    assert loaded.item_ids.index_of("嵐") == 2
    assert_same(loaded.keep_pairs([True, False, True]), plays.keep_pairs([True, False, True]))


def test_sizes_are_told_without_loading(plays, path):
    plays.save(path)
    header = storage.describe(path)
    assert (header.kind, header.meta) == ("interactions", {"n_users": 2, "n_items": 3, "n_pairs": 3})


def test_an_existing_file_needs_force(plays, path):
    plays.save(path)
    with pytest.raises(OutputError, match="exists already"):
        plays.save(path)
    plays.keep_pairs([True, False, False]).save(path, force=True)
    assert Interactions.load(path).shape == (1, 1)


def test_a_model_is_not_interactions(path):
    storage.write(path, "model", {}, {}, {})
    with pytest.raises(FileFormatError, match="holds a model, not interactions"):
        Interactions.load(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"indptr": np.array([0, 2])}, r"its array 'indptr' is int64 \(2,\), but has to be int64 \(3\)"),
        ({"indptr": np.array([1, 2, 3])}, "its array 'indptr' does not divide 3 entries among 2 rows"),
        ({"indptr": np.array([0, 2, 4])}, "its array 'indptr' does not divide 3 entries among 2 rows"),
        ({"indptr": np.array([0, 4, 3])}, "its array 'indptr' does not divide 3 entries among 2 rows"),
        ({"indices": np.array([0, 1, 3], np.int32)}, "its array 'indices' has the value 3, outside 0 to 2"),
        ({"indices": np.array([0, -1, 2], np.int32)}, "its array 'indices' has the value -1, outside 0 to 2"),
        ({"indices": np.array([0, 1, 2])}, r"its array 'indices' is int64 \(3,\), but has to be int32 \(any\)"),
        ({"plays": np.ones(2, np.float32)}, r"its array 'plays' is float32 \(2,\), but has to be float32 \(3\)"),
        ({"last_played": np.zeros(4, np.int64)}, r"its array 'last_played' is int64 \(4,\)"),
        ({"item_listeners": np.zeros(2, np.int64)}, r"its array 'item_listeners' is int64 \(2,\)"),
        ({"item_listeners": np.array([2, 0, 1])}, "its array 'item_listeners' has 2 for item 0, which 1 user plays"),
        ({"indices": np.array([2, 0, 2], np.int32)}, "its array 'indices' has 0 after 2 in row 0 and must ascend"),
        ({"indices": np.array([2, 2, 2], np.int32)}, "its array 'indices' has 2 after 2 in row 0 and must ascend"),
        ({"plays": np.array([1, 0, 1], np.float32)}, "its array 'plays' has the value 0, outside 1.4013e-45 to 3.4028"),
        ({"plays": np.array([1, 2, np.nan], np.float32)}, "its array 'plays' has the value nan, outside"),
        ({"plays": np.array([1, 2, np.inf], np.float32)}, "its array 'plays' has the value inf, outside"),
    ],
)
def test_interactions_that_contradict_themselves_are_refused(plays, path, changed, message):
    arrays = {name: getattr(plays, name) for name in ARRAYS if name != "last_played"}
    ids = {"user_ids": plays.user_ids.values, "item_ids": plays.item_ids.values}
    storage.write(path, "interactions", arrays | changed, ids, {})
    with pytest.raises(FileFormatError, match=rf"plays\.safetensors is inconsistent: {message}"):
        Interactions.load(path)


def test_what_a_file_lacks_is_named(path):
    storage.write(path, "interactions", {}, {"user_ids": pa.array(["ada"])}, {})
    with pytest.raises(FileFormatError, match="is incomplete: it has no strings 'item_ids'"):
        Interactions.load(path)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["bob", "ada"], "The user ids are not distinct and in ascending order"),
        (["ada", "ada"], "The user ids are not distinct and in ascending order"),
        (["", "ada"], "One id of the users is empty"),
        ([" ", "ada"], "One id of the users is empty"),
    ],
)
def test_ids_of_a_file_are_checked_like_any_others(plays, path, ids, message):
    arrays = {name: getattr(plays, name) for name in ARRAYS if name != "last_played"}
    storage.write(path, "interactions", arrays, {"user_ids": pa.array(ids), "item_ids": plays.item_ids.values}, {})
    with pytest.raises(FileFormatError, match=rf"plays\.safetensors is inconsistent\. {message}"):
        Interactions.load(path)


def test_a_pair_is_not_played_and_disliked(plays, path):
    arrays = {name: getattr(plays, name) for name in ARRAYS if name != "last_played"}
    disliked = {f"dislike_{name}": arrays[name] for name in ("indptr", "indices", "plays")}
    ids = {"user_ids": plays.user_ids.values, "item_ids": plays.item_ids.values}
    storage.write(path, "interactions", arrays | disliked, ids, {})
    with pytest.raises(FileFormatError, match="'dislike_indices' has item 0 of user 0, who plays it"):
        Interactions.load(path)
