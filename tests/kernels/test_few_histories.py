"""Few histories are clustered like many, and few users get what they get among many, to the last bit."""

from __future__ import annotations

import numba
import numpy as np
import pytest

import deepcuts as dc
from deepcuts.data.vectors import unit_vectors
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.personas.clustering import cluster_histories
from deepcuts.kernels.threads import threads_for
from deepcuts.model.training.fold_in import solve_users
from deepcuts.model.training.weights import user_rows


@pytest.mark.parametrize("seed", range(3))
def test_few_histories_are_clustered_like_many(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_pairs = np.array([0, 1, 2, 9, 40, 0, 17])
    indptr = np.concatenate([[0], np.cumsum(n_pairs)])
    indices = np.concatenate([np.sort(rng.permutation(60)[:n]) for n in n_pairs]).astype(np.int32)
    ways = unit_vectors(rng.gamma(0.3, size=(60, 7)).astype(np.float32))
    most = np.clip(np.floor(np.log2(np.maximum(n_pairs, 1))), 1, 4).astype(np.int64)
    found = []
    of_pairs = np.arange(len(indices), dtype=np.int32)
    for places, vectors in ((indices, ways), (of_pairs, ways[indices])):
        labels, n_found = np.zeros(len(indices), np.int8), np.empty(len(n_pairs), np.int64)
        with np.errstate(over="ignore"):  # without the JIT, random numbers overflow as they should, but warn of it
            cluster_histories(
                *map(read_only, (indptr, indices, places, vectors, most)), 5, 20, np.float32(0.8), labels, n_found
            )
        found.append((labels, n_found))
    np.testing.assert_array_equal(found[1][0], found[0][0])
    np.testing.assert_array_equal(found[1][1], found[0][1])


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="training takes minutes without the JIT")
def test_a_user_alone_has_the_tastes_that_they_have_among_many() -> None:
    plays = dc.generate_world(n_users=300, n_items=400, items_per_user=20, seed=5).plays
    model = dc.PersonaNMF(n_factors=16, n_personas=4, base_epochs=5).fit(plays, seed=0)
    rows = user_rows(plays, model.settings)
    for user in range(40):
        alone = solve_users(rows.block(user, user + 1), model.item_side)
        personas = slice(*model.persona_indptr[user : user + 2])
        pairs = slice(*plays.indptr[user : user + 2])
        np.testing.assert_array_equal(alone.persona_factors, model.persona_factors[personas])
        np.testing.assert_array_equal(alone.personas, model.user_personas.personas[pairs])
        np.testing.assert_array_equal(alone.base_factors[0], model.user_personas.base_factors[user])


def test_small_work_stays_in_its_thread_and_the_setting_comes_back() -> None:
    before = numba.get_num_threads()
    with threads_for(50):
        assert numba.get_num_threads() == 1
    with threads_for(10**9):
        assert numba.get_num_threads() == before
    with pytest.raises(ZeroDivisionError), threads_for(50):
        raise ZeroDivisionError
    assert numba.get_num_threads() == before
