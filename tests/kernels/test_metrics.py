"""Loops over the items of users, against dense twins; the JIT may be off."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import divergences, nearest_of_history, nearest_to_item, sum_rows


def arrays_of(matrix):
    rows = sparse.csr_array(matrix)
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int32)


@pytest.fixture
def world():
    """Plays of 40 users and lists of 8 of them over 70 items; one item is played by nobody, one user plays nothing."""
    rng = np.random.default_rng(0)
    plays = rng.random((40, 70)) < 0.15
    plays[:, 69] = plays[7] = False
    seen = plays[[0, 3, 5, 7, 11, 20, 21, 39]]
    listed = (rng.random(seen.shape) < 0.1) & ~seen
    listed[2] = False
    return plays, seen, listed


def test_nearest_items_agree_with_the_dense_twin(world):
    plays, seen, listed = world
    listeners = plays.sum(axis=0)
    together = plays.T.astype(float) @ plays
    cosines = together / np.sqrt(np.outer(np.maximum(listeners, 1), np.maximum(listeners, 1)))
    items, rows = np.nonzero(listed.T)
    nearness = np.empty(len(rows))
    arrays = [*arrays_of(plays), *arrays_of(plays.T), *arrays_of(seen), *arrays_of(listed.T)]
    nearest_of_history(*map(read_only, arrays), nearness)
    assert nearness == pytest.approx(
        [cosines[item, seen[row]].max(initial=0) for item, row in zip(items, rows, strict=True)]
    )


@pytest.mark.parametrize("counts", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize("n_users", [3, 250])  # few are forgotten one by one, many all at once
def test_one_item_agrees_with_the_dense_twin_whatever_holds_the_counts(counts, n_users):
    rng = np.random.default_rng(n_users)
    plays = rng.random((n_users, 4000)) < 0.002
    plays[:, 0] = True
    own = np.arange(n_users, dtype=np.int32)
    weights, together, found = 1 / np.maximum(plays.sum(axis=0), 1), np.zeros(4001, counts), np.empty(n_users)
    rows = arrays_of(plays)
    nearest_to_item(*map(read_only, (*rows, own, *rows, own, weights)), together, found)
    assert found == pytest.approx([np.sqrt((plays.sum(axis=0) ** 2 * weights)[row].max()) for row in plays])
    assert not together[:-1].any()


def test_sums_of_rows_agree_with_the_matrix_product(world):
    _, seen, _ = world
    rng = np.random.default_rng(1)
    matrix = sparse.csr_array(rng.random((70, 5)) * (rng.random((70, 5)) < 0.4))
    totals = np.full((len(seen), 5), np.nan)
    rows = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data
    sum_rows(*map(read_only, (*arrays_of(seen), *rows)), totals)
    assert totals == pytest.approx(seen @ matrix)


def test_divergences_agree_with_the_dense_twin():
    rng = np.random.default_rng(2)
    p, q = (rng.random((6, 4)) * (rng.random((6, 4)) < 0.7) for _ in range(2))
    p, q = (rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9) for rows in (p, q))
    p[1] = q[1]
    p[2] = q[3] = np.nan
    values = np.empty(6)
    divergences(read_only(p), read_only(q), 0.01, values)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = p * np.log(p / (0.99 * q + 0.01 * p))
    expected = np.sum(np.where(p == 0, 0, terms), axis=1)
    expected[3] = np.nan
    assert values == pytest.approx(expected, abs=1e-12, nan_ok=True)
