"""Leaving out rare items and short histories."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError, SettingsError
from deepcuts.ingest import prune, read_plays
from reference import plays as reference
from reference.plays import pairs


def interactions(listening: list[list[int]]) -> Interactions:
    matrix = sparse.csr_array(np.array(listening))
    return Interactions.from_csr(
        matrix, [f"u{k}" for k in range(len(listening))], [f"i{k}" for k in range(matrix.shape[1])]
    )


def test_pruning_goes_on_until_nothing_drops_out():
    """Without i2, which has one user, u2 has one item; without u2, i1 has one user; without i1, u1 has one item."""
    chain = interactions([[1, 0, 0, 2, 2], [1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 3, 3]])
    assert pairs(prune(chain, min_users=2, min_items=2)) == {
        ("u0", "i3"): 2,
        ("u0", "i4"): 2,
        ("u3", "i3"): 3,
        ("u3", "i4"): 3,
    }


def test_where_nothing_drops_out_the_same_plays_come_back():
    plays = interactions([[1, 2], [3, 4]])
    assert prune(plays) is plays
    assert prune(plays, min_users=2, min_items=2) is plays


def test_items_that_nobody_plays_and_users_who_play_nothing_are_left_out_at_one():
    plays = interactions([[1, 0, 2], [0, 0, 0], [0, 0, 3]])
    left = prune(plays, min_users=1, min_items=1)
    assert left.user_ids.to_pylist() == ["u0", "u2"]
    assert left.item_ids.to_pylist() == ["i0", "i2"]
    assert pairs(left) == pairs(plays)
    assert prune(left) is left


@given(
    listening=st.lists(st.lists(st.integers(0, 2), min_size=5, max_size=5), min_size=1, max_size=8),
    min_users=st.integers(1, 3),
    min_items=st.integers(1, 3),
)
def test_what_is_left_is_what_dropping_one_by_one_leaves(listening, min_users, min_items):
    plays = interactions(listening)
    left = reference.prune(pairs(plays), min_users, min_items)
    if left:
        assert pairs(prune(plays, min_users, min_items)) == left
    else:
        with pytest.raises(DataError, match="Nothing is left"):
            prune(plays, min_users, min_items)


def test_nothing_left_tells_how_much_there_was():
    with pytest.raises(DataError) as caught:
        prune(interactions([[1, 1, 1], [0, 0, 1]]), min_users=1, min_items=1000)
    assert str(caught.value) == (
        "Nothing is left with min_users=1 and min_items=1,000: no item has more than 2 users and no user more than 3 "
        "items, before any drops out. Ask for fewer."
    )


@pytest.mark.parametrize("least", [{"min_users": 0}, {"min_items": -1}])
def test_numbers_below_one_are_refused(least):
    with pytest.raises(SettingsError, match=r"min_\w+ is -?\d\. Give a whole number of at least 1\."):
        prune(interactions([[1]]), **least)


def test_times_stay_with_their_pairs():
    plays = read_plays(pa.table({"u": ["a", "a", "b"], "i": ["x", "y", "y"], "t": [3, 4, 5]}), user=1, item=2, time=3)
    assert prune(plays, min_users=2).last_played.tolist() == [4, 5]


def test_the_protocol_of_the_real_data(shared_data):
    """At least 3 users an item and 10 items a user, as in the published cuts of this set."""
    path = shared_data / "lastfm-hetrec2011" / "user_artists.dat"
    plays = read_plays(path, user="userID", item="artistID", plays="weight")
    assert prune(plays, min_users=3, min_items=10).shape == (1853, 4577)
