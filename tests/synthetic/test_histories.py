"""The sampling kernel against its twin, and the laws of its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from deepcuts.data.csr import indptr_of
from deepcuts.kernels import worlds as sampling
from reference import sampling as reference


def kernel_inputs(rng: np.random.Generator, n_users: int) -> tuple[sampling.Scenes, sampling.Personas]:
    sizes = np.array([10, 23, 40, 17, 11])
    cumulative = np.cumsum([0.3, 0.1, 0.3, 0.2, 0.1])
    scenes = sampling.Scenes(indptr_of(sizes), rng.permutation(101).astype(np.int32), cumulative / cumulative[-1])
    counts = rng.integers(1, 4, n_users)
    own = [rng.choice(5, count, replace=False) for count in counts]
    shares = [rng.dirichlet(np.ones(count)) for count in counts]
    personas = sampling.Personas(
        indptr_of(counts),
        np.concatenate(own).astype(np.int32),
        rng.integers(sampling.N_CIRCLES, size=counts.sum(), dtype=np.int32),
        np.concatenate(shares).astype(np.float32),
    )
    return scenes, personas


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_histories_are_those_of_the_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes, personas = kernel_inputs(rng, 40)
    lengths, n_stray = rng.integers(0, 9, 40), rng.integers(0, 3, 40)
    indptr = indptr_of(lengths + n_stray)
    loudness = rng.lognormal(3, 1, 40).astype(np.float32)
    with np.errstate(over="ignore"):
        indices, plays = sampling.draw_histories(
            np.uint64(seed), indptr, n_stray, loudness, np.float32(0.25), scenes, personas
        )
    for user in range(40):
        pairs = slice(indptr[user], indptr[user + 1])
        expected = reference.history(
            seed, user, lengths[user] + n_stray[user], n_stray[user], loudness[user], 0.25, scenes, personas
        )
        assert indices[pairs].tolist() == list(expected)
        assert plays[pairs].tolist() == list(expected.values())


def test_splitmix_gives_the_published_numbers() -> None:
    assert [reference.scramble(n * reference.GOLDEN & reference.MASK) for n in (1, 2, 3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_uniform_numbers_are_uniform() -> None:
    with np.errstate(over="ignore"):
        numbers = np.array([sampling.uniform(np.uint64(99), counter) for counter in range(20_000)])
    assert numbers.min() > 0
    assert numbers.max() < 1
    counts = np.histogram(numbers, bins=50, range=(0, 1))[0]
    assert np.sum((counts - 400) ** 2 / 400) < 86.7  # chi-square of 49 degrees of freedom, 0.999


@pytest.mark.parametrize("n", [1, 2, 7, 1_000])
def test_zipf_ranks_have_their_probabilities(n: int) -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    counts = np.bincount([sampling.zipf(n, each) for each in u], minlength=n)
    ranks = np.arange(n)
    np.testing.assert_allclose(counts / 20_000, np.log((ranks + 2) / (ranks + 1)) / np.log(n + 1), atol=1e-4)
    assert sampling.zipf(n, np.nextafter(1.0, 0.0)) == n - 1
