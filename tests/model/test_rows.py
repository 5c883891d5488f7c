"""Rows of pairs: some of them, and those of the other side."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.data.csr import indptr_of
from deepcuts.model.training.alternation import start_base
from deepcuts.model.training.rows import Rows, transpose
from deepcuts.model.training.settings import PersonaSettings

Pair = tuple[int, float, float]  # index, confidence, target


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def random_rows(rng: np.random.Generator, n_rows: int, n_columns: int) -> Rows:
    """Rows of 0 to 6 different columns, in no order."""
    n_pairs = rng.integers(7, size=n_rows)
    indices = [rng.permutation(n_columns)[:n] for n in n_pairs]
    numbers = rng.normal(size=(2, n_pairs.sum())).astype(np.float32)
    indptr = indptr_of(n_pairs)
    return Rows(indptr, np.concatenate(indices).astype(np.int32), *numbers)


def pairs_of(rows: Rows) -> list[list[Pair]]:
    """The pairs of every row, as they lie."""
    triples = list(zip(rows.indices.tolist(), rows.confidence.tolist(), rows.target.tolist(), strict=True))
    return [triples[first:last] for first, last in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)]


@pytest.mark.parametrize("chosen", [[], [3], [8, 2, 2, 0], [*range(9)]])
def test_chosen_rows_come_in_the_order_asked_for_with_their_pairs(rng: np.random.Generator, chosen: list[int]) -> None:
    disliked = random_rows(rng, 9, 12)
    every = random_rows(rng, 9, 12)
    rows = Rows(every.indptr, every.indices, every.confidence, every.target, disliked)
    taken = rows.take(np.array(chosen, np.int64))
    assert taken.disliked is not None
    for before, after in ((rows, taken), (disliked, taken.disliked)):
        assert pairs_of(after) == [pairs_of(before)[row] for row in chosen]
        assert (after.indptr.dtype, after.indices.dtype) == (np.int64, np.int32)
        assert (after.confidence.dtype, after.target.dtype) == (np.float32, np.float32)


def test_the_rows_of_the_other_side_have_the_same_pairs(rng: np.random.Generator) -> None:
    rows = random_rows(rng, 30, 12)
    expected: list[list[Pair]] = [[] for _ in range(12)]
    for row, pairs in enumerate(pairs_of(rows)):
        for column, confidence, target in pairs:
            expected[column].append((row, confidence, target))
    assert pairs_of(transpose(rows, 12)) == expected


def test_rows_are_freed_as_soon_as_nobody_refers_to_them(rng: np.random.Generator) -> None:
    rows = random_rows(rng, 9, 12)
    assert rows.with_dislikes is rows
    reference = weakref.ref(rows)
    gc.disable()
    try:
        del rows
        assert reference() is None
    finally:
        gc.enable()


def test_training_has_the_users_with_the_fewest_pairs_first() -> None:
    plays = dc.generate_world(n_users=40, n_items=80, items_per_user=6, seed=2).plays
    rows = start_base(plays, PersonaSettings(n_factors=4), seed=0).sides.problem.rows
    order = np.argsort(np.diff(plays.indptr), kind="stable")
    assert np.all(np.diff(rows.n_pairs) >= 0)
    assert [[pair[0] for pair in pairs] for pairs in pairs_of(rows)] == [plays.user_items(u)[0].tolist() for u in order]
