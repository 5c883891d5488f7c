"""Clusters of listening histories: the twin, the laws, the corners."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.personas.clustering import cluster_histories
from reference import clustering as reference

N_ITEMS = 80

Histories = list[list[int]]


def cluster(
    histories: Histories,
    directions: np.ndarray,
    n_clusters: list[int],
    seed: int = 0,
    max_rounds: int = 20,
    join_cosine: float = 2.0,
) -> list[list[int]]:
    """Labels of every history; they use every number below what was reported as found."""
    indptr = np.concatenate([[0], np.cumsum([len(history) for history in histories], dtype=np.int64)])
    indices = np.array([item for history in histories for item in history], np.int32)
    labels, n_found = np.full(len(indices), -1, np.int8), np.full(len(histories), -1)
    inputs = map(read_only, (indptr, indices, indices, directions, np.array(n_clusters, np.int64)))
    with np.errstate(over="ignore"):
        cluster_histories(*inputs, seed, max_rounds, np.float32(join_cosine), labels, n_found)
    by_user = [part.tolist() for part in np.split(labels, indptr[1:-1])]
    assert [sorted(set(own)) for own in by_user] == [list(range(n)) for n in n_found]
    return by_user


def random_directions(seed: int, n_factors: int = 6, signed: bool = False) -> np.ndarray:
    """Vectors of length one, each strong in a few factors; one of them is zero."""
    vectors = np.random.default_rng(seed).gamma(0.3, size=(N_ITEMS, n_factors))
    vectors -= vectors.mean(axis=0) if signed else 0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[5] = 0
    return vectors.astype(np.float32)


def random_histories(seed: int, n_users: int = 30) -> tuple[Histories, list[int]]:
    rng = np.random.default_rng(seed)
    histories = [sorted(rng.choice(N_ITEMS, size, replace=False).tolist()) for size in rng.integers(0, 50, n_users)]
    return histories, rng.integers(1, 6, n_users).tolist()


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("max_rounds", [0, 1, 2, 20])
@pytest.mark.parametrize("seed", [0, 1, 12_345])
@pytest.mark.parametrize("join_cosine", [0.3, 0.8, 2.0])
def test_labels_are_those_of_the_twin(seed: int, max_rounds: int, signed: bool, join_cosine: float) -> None:
    directions = random_directions(seed, signed=signed)
    histories, n_clusters = random_histories(seed)
    found = cluster(histories, directions, n_clusters, seed, max_rounds, join_cosine)
    for history, n, labels in zip(histories, n_clusters, found, strict=True):
        assert labels == reference.labels(history, directions.tolist(), n, seed, max_rounds, join_cosine)


def test_halves_of_a_taste_are_joined_and_tastes_are_not() -> None:
    rng = np.random.default_rng(0)
    scenes = np.repeat(np.eye(6, dtype=np.float32)[:3], 20, axis=0)  # three scenes of twenty items, a bit apart
    directions = scenes + 0.2 * rng.uniform(size=scenes.shape).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    history = list(range(60))
    (halves,), (tastes,) = (cluster([history], directions, [6], join_cosine=limit) for limit in (2.0, 0.8))
    assert max(halves) == 5
    assert len({(scene, label) for scene, label in zip(np.repeat(range(3), 20), tastes, strict=True)}) == 3
    assert max(tastes) == 2
    assert set(cluster([history], directions, [6], join_cosine=0.0)[0]) == {0}


@given(
    histories=st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=30, unique=True), min_size=1, max_size=6),
    n_clusters=st.integers(1, 8),
    seed=st.integers(0, 2**62),
)
@settings(deadline=None, max_examples=50)
def test_clusters_are_numbered_from_the_largest_and_none_is_empty(
    histories: Histories, n_clusters: int, seed: int
) -> None:
    for history, labels in zip(
        histories, cluster(histories, random_directions(0), [n_clusters] * len(histories), seed), strict=True
    ):
        sizes = np.bincount(labels) if history else np.empty(0)
        assert len(sizes) <= min(n_clusters, len(history))
        assert np.all(sizes > 0)
        assert np.all(np.diff(sizes) <= 0)


def test_the_same_history_is_split_alike_whoever_has_it() -> None:
    directions = random_directions(2)
    histories, _ = random_histories(2)
    n_clusters = [4] * len(histories)
    together = cluster(histories, directions, n_clusters)
    assert cluster(histories[::-1], directions, n_clusters) == together[::-1]
    assert [cluster([history], directions, [4])[0] for history in histories] == together


def test_the_draw_depends_on_the_seed() -> None:
    directions = random_directions(2)
    histories, n_clusters = random_histories(2)
    assert cluster(histories, directions, n_clusters, seed=0) != cluster(histories, directions, n_clusters, seed=1)


@pytest.fixture
def one_thread() -> Iterator[None]:
    n_threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(n_threads)


@pytest.fixture
def on_all_threads() -> list[list[int]]:
    return cluster(random_histories(3)[0], random_directions(3), random_histories(3)[1])


def test_labels_do_not_depend_on_the_number_of_threads(on_all_threads: list[list[int]], one_thread: None) -> None:
    assert cluster(random_histories(3)[0], random_directions(3), random_histories(3)[1]) == on_all_threads


def test_separate_directions_are_found_apart() -> None:
    axes = np.repeat(np.eye(3, dtype=np.float32), [2, 5, 3], axis=0)
    for seed in range(20):
        assert cluster([list(range(10))], axes, [3], seed) == [[2, 2, 0, 0, 0, 0, 0, 1, 1, 1]]


def test_an_empty_history_has_no_cluster() -> None:
    assert cluster([[], [1, 2], []], random_directions(0), [3, 1, 1]) == [[], [0, 0], []]


@pytest.mark.parametrize("item", [5, 6])  # the first is a zero vector
def test_one_item_is_one_cluster(item: int) -> None:
    assert cluster([[item]], random_directions(0), [1]) == [[0]]
    assert cluster([[item]], random_directions(0), [3]) == [[0]]


def test_zero_vectors_are_one_cluster() -> None:
    assert cluster([[0, 3, 4, 9]], np.zeros((N_ITEMS, 6), np.float32), [3]) == [[0, 0, 0, 0]]


def test_identical_vectors_are_one_cluster() -> None:
    alike = np.repeat(random_directions(0)[:1], N_ITEMS, axis=0)
    assert cluster([[0, 3, 4, 9, 12]], alike, [3]) == [[0, 0, 0, 0, 0]]
