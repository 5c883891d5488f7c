"""Parts of plays are what masks of a dense table of counts leave, with their times, labels and dislikes."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions

USERS, ITEMS = [f"u{n}" for n in range(5)], [f"i{n}" for n in range(6)]


def plays_of(counts: np.ndarray) -> Interactions:
    """Plays with times and names; counts below 0 are dislikes."""
    plays = Interactions.from_csr(sparse.csr_array(counts), USERS, ITEMS, dislikes=True)
    timed = replace(plays, last_played=np.arange(plays.n_pairs) + 1_600_000_000)
    return timed.with_labels(names={item: item.upper() for item in ITEMS})


def dense(plays: Interactions | None, shape: tuple[int, int]) -> list[list[float]]:
    return np.zeros(shape).tolist() if plays is None else plays.to_csr().toarray().tolist()


COUNTS = st.lists(st.integers(-2, 3), min_size=30, max_size=30).map(lambda counts: np.reshape(counts, (5, 6)))


@given(COUNTS, st.randoms(use_true_random=False))
def test_users_and_items_without_a_kept_pair_drop_out(counts, random):
    plays = plays_of(counts)
    mask = np.array([random.random() < 0.4 for _ in range(plays.n_pairs)], bool)
    kept = plays.keep_pairs(mask)
    left = np.zeros_like(counts)
    left[plays.user_of_pair()[mask], plays.indices[mask]] = plays.plays[mask]
    users, items = np.flatnonzero(left.any(axis=1)), np.flatnonzero(left.any(axis=0))
    assert kept.user_ids.values.to_pylist() == [USERS[user] for user in users]
    assert kept.item_ids.values.to_pylist() == [ITEMS[item] for item in items]
    assert kept.labels.names.to_pylist() == [ITEMS[item].upper() for item in items]
    assert kept.to_csr().toarray().tolist() == left[users][:, items].tolist()
    assert kept.last_played.tolist() == plays.last_played[mask].tolist()
    assert dense(kept.dislikes, kept.shape) == np.maximum(-counts, 0)[users][:, items].tolist()


@given(COUNTS, st.integers(0, 4))
def test_a_user_keeps_plays_and_dislikes_over_all_items(counts, user):
    plays = plays_of(counts)
    one = plays.user(user)
    assert (one.user_ids.values.to_pylist(), one.item_ids) == ([USERS[user]], plays.item_ids)
    assert one.to_csr().toarray().tolist() == [np.maximum(counts[user], 0).tolist()]
    assert dense(one.dislikes, (1, 6)) == [np.maximum(-counts[user], 0).tolist()]
    assert one.last_played is None


@given(COUNTS, st.sets(st.sampled_from([*ITEMS, "h", "i33", "z"]), min_size=1))
def test_pairs_take_the_indexes_of_another_catalogue(counts, catalogue):
    plays, item_ids = plays_of(counts), Ids.of(sorted(catalogue), "item")
    aligned = plays.align_items(item_ids)
    columns = np.array([[ITEMS.index(item)] if item in ITEMS else [-1] for item in sorted(catalogue)]).ravel()
    expected = np.where(columns >= 0, counts[:, columns], 0)
    assert (aligned.user_ids, aligned.item_ids, aligned.labels) == (plays.user_ids, item_ids, None)
    assert aligned.to_csr().toarray().tolist() == np.maximum(expected, 0).tolist()
    assert dense(aligned.dislikes, aligned.shape) == np.maximum(-expected, 0).tolist()
    assert len(aligned.last_played) == aligned.n_pairs


@given(COUNTS)
def test_known_pairs_are_plays_and_dislikes(counts):
    known = plays_of(counts).known_pairs
    assert known.to_csr().toarray().tolist() == np.abs(counts).tolist()
    assert known.dislikes is None


def test_parts_are_interactions_too():
    plays = plays_of(np.array([np.roll([1, -1, 2, 0, -2, 3], n) for n in range(5)]))
    parts = [plays.keep_pairs(np.ones(plays.n_pairs, bool)), plays.user(0), plays.align_items(plays.item_ids)]
    for part in [*parts, plays.known_pairs, plays.set_dislikes_apart()]:
        assert type(part) is Interactions
    assert all(type(part.dislikes) is Interactions for part in parts)


def test_items_outside_the_catalogue_are_named_in_a_warning(caplog: pytest.LogCaptureFixture):
    plays = plays_of(np.ones((5, 6), int))
    with caplog.at_level(logging.WARNING):
        plays.align_items(Ids.of(["i0"], "item"))
    assert "Left out, as the catalogue does not have them: 5 items of 6: 'i1', 'i2', 'i3', 'i4', 'i5'" in caplog.text
    assert "…" not in caplog.text
