"""Pseudo-pairs cost what the pairs cost that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from deepcuts.model.training.pseudo_pairs import with_pseudo_pairs, with_pseudo_vectors
from deepcuts.model.training.rows import Rows, transpose


def some_rows(rng: np.random.Generator, n: int) -> Rows:
    """Rows of users with three items each, of which there are four."""
    items = np.stack([rng.permutation(4)[:3] for _ in range(n)]) if n else np.empty((0, 3))
    confidence, target = rng.random(3 * n, np.float32) + 0.1, rng.standard_normal(3 * n, np.float32)
    target[items.ravel() == 2] = 0
    return Rows(np.arange(n + 1) * 3, np.sort(items, axis=1).astype(np.int32).ravel(), confidence, target)


def item_misfit(rows: Rows, item: int, factors: np.ndarray, x: np.ndarray) -> float:
    its = transpose(rows, 4).block(item, item + 1)
    return misfit(x, factors[its.indices], its.confidence, its.target)


def misfit(x: np.ndarray, vectors: np.ndarray, confidence: np.ndarray, target: np.ndarray) -> float:
    return float(np.sum(confidence.astype(float) * (target - vectors.astype(float) @ x) ** 2))


@pytest.mark.parametrize("n", [0, 3, 20_000])
def test_the_misfit_of_an_item_is_that_of_all_its_pairs_for_every_vector(n):
    rng = np.random.default_rng(0)
    rows, factors = some_rows(rng, n), np.maximum(rng.standard_normal((n, 6), np.float32), 0)
    factors[:, 0] = 0  # a factor that nobody has: the sum is singular
    items = np.array([1, 2])  # of which the second has targets of 0 alone
    by_item = transpose(rows, 4).take(items)
    found, vectors = with_pseudo_pairs(rows, items, by_item, 6), with_pseudo_vectors(factors, by_item)
    assert found.n_rows == len(vectors) == n + 2 * 7
    assert np.sum(found.indices == 1) == np.sum(found.indices == 2) == 7
    for item, x in zip([0, 1, 2, 3], rng.standard_normal((4, 6)), strict=True):
        assert item_misfit(found, item, vectors, x) == pytest.approx(item_misfit(rows, item, factors, x), rel=1e-5)


def test_without_such_items_all_stays():
    rng = np.random.default_rng(0)
    rows, factors, none = some_rows(rng, 5), rng.standard_normal((5, 6), np.float32), np.empty(0, np.int64)
    by_item = transpose(rows, 4).take(none)
    found = with_pseudo_pairs(rows, none, by_item, 6)
    for name in ("indptr", "indices", "confidence", "target"):
        np.testing.assert_array_equal(getattr(found, name), getattr(rows, name))
    assert with_pseudo_vectors(factors, by_item) is factors
