"""Pseudo-pairs cost what the pairs cost that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from deepcuts.model.training.pseudo_pairs import moment, moment_size, pseudo_pairs


def pairs_of(rng: np.random.Generator, n: int, n_factors: int) -> tuple[np.ndarray, ...]:
    vectors = np.maximum(rng.standard_normal((n, n_factors), np.float32), 0)
    vectors[:, 0] = 0  # a factor that nobody has: the sum is singular
    return vectors, rng.random(n, np.float32) + 0.1, rng.standard_normal(n, np.float32)


def misfit(x: np.ndarray, vectors: np.ndarray, confidence: np.ndarray, target: np.ndarray) -> float:
    return float(np.sum(confidence.astype(float) * (target - vectors.astype(float) @ x) ** 2))


@pytest.mark.parametrize("n", [0, 3, 20_000])
def test_the_misfit_is_that_of_all_pairs_for_every_row(n):
    rng = np.random.default_rng(0)
    parts = [pairs_of(rng, size, 6) for size in (n, 5)]
    total = sum(moment(*part).astype(float) for part in parts)
    assert total.shape == (moment_size(6),)
    vectors, targets = pseudo_pairs(total, 6)
    assert (vectors.shape, targets.shape) == ((7, 6), (7,))
    for x in rng.standard_normal((4, 6)):
        expected = sum(misfit(x, *part) for part in parts)
        assert misfit(x, vectors, np.ones(7), targets) == pytest.approx(expected, rel=1e-5)
