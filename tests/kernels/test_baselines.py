"""The kernels of MaxMF, PFP and sampled softmax against their twins, draw for draw."""

from __future__ import annotations

import numpy as np
import pytest

from deepcuts.baselines.maxmf import auc_weights, warp_weights, within
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.baselines import maxmf, sgd, softmax
from deepcuts.kernels.baselines.pfp import projection_epoch
from reference import maxmf as reference
from reference import pfp as pfp_reference
from reference import softmax as softmax_reference

HISTORIES = [[0, 3, 4, 8], [1, 2], [], [5], list(range(9)), [0, 1, 6, 7, 8]]  # one has nothing, one has everything
N_ITEMS, N_FACTORS = 9, 4
INDPTR = read_only(np.cumsum([0, *map(len, HISTORIES)]))
INDICES = read_only(np.concatenate(HISTORIES).astype(np.int32))
STREAM = 2**63 + 12345
RATE, MAX_NORM = np.float32(0.25), np.float32(0.9)
WEIGHTS = {"auc": auc_weights(), "warp": warp_weights(N_ITEMS, most_draws=5)}


@pytest.fixture(autouse=True)
def _wrapping_integers():
    with np.errstate(over="ignore"):  # the streams wrap on purpose; only the interpreted kernels would warn
        yield


def vectors(*shape: int) -> np.ndarray:
    return within(np.random.default_rng(shape).standard_normal((*shape, N_FACTORS), np.float32) / 2, float(MAX_NORM))


@pytest.mark.parametrize("loss", ["auc", "warp"])
def test_kernels_of_personas_are_those_of_the_twin(loss):
    items, personas, losses = vectors(N_ITEMS), vectors(6, 3), np.empty(6)
    expected = personas.astype(np.float64)
    args = (WEIGHTS[loss], RATE, MAX_NORM)
    maxmf.persona_epoch(
        INDPTR, INDICES, read_only(items), read_only(args[0]), *args[1:], np.uint64(STREAM), personas, losses
    )
    total = reference.persona_epoch(HISTORIES, items.astype(np.float64), *args, STREAM, expected)
    np.testing.assert_allclose(personas, expected, atol=1e-5)
    assert losses.sum() == pytest.approx(total, rel=1e-5)
    assert total > 0


@pytest.mark.parametrize("loss", ["auc", "warp"])
def test_kernels_of_both_sides_are_those_of_the_twin(loss):
    items, personas = vectors(N_ITEMS), vectors(6, 3)
    items_, personas_ = items.astype(np.float64), personas.astype(np.float64)
    order = np.random.default_rng(0).permutation(len(INDICES))
    users = read_only(np.repeat(np.arange(6, dtype=np.int32), np.diff(INDPTR)))
    weights, *step = WEIGHTS[loss], RATE, MAX_NORM
    total = maxmf.joint_epoch(
        read_only(order), users, INDPTR, INDICES, read_only(weights), *step, np.uint64(STREAM), personas, items
    )
    expected = reference.joint_epoch(order, HISTORIES, weights, *step, STREAM, personas_, items_)
    np.testing.assert_allclose(personas, personas_, atol=1e-5)
    np.testing.assert_allclose(items, items_, atol=1e-5)
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["auc", "warp"])
def test_kernels_of_mean_users_are_those_of_the_twin(loss):
    items, order = vectors(N_ITEMS), np.array([3, 0, 5, 2, 4, 1])
    items_ = items.astype(np.float64)
    weights, *step = WEIGHTS[loss], RATE, MAX_NORM
    total = maxmf.mean_user_epoch(
        read_only(order), INDPTR, INDICES, read_only(weights), *step, np.uint64(STREAM), items
    )
    expected = reference.mean_user_epoch(order, HISTORIES, weights, *step, STREAM, items_)
    np.testing.assert_allclose(items, items_, atol=1e-5)
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("n_projected", [1, 3])
def test_kernels_of_projections_are_those_of_the_twin(n_projected):
    items, projections = vectors(N_ITEMS), vectors(6, n_projected)
    items_, projections_ = items.astype(np.float64), projections.astype(np.float64)
    order, ridge = np.array([3, 0, 5, 2, 4, 1]), np.float32(0.05)
    total = projection_epoch(read_only(order), INDPTR, INDICES, RATE, ridge, np.uint64(STREAM), projections, items)
    expected = pfp_reference.epoch(order, HISTORIES, RATE, ridge, STREAM, projections_, items_)
    np.testing.assert_allclose(projections, projections_, atol=1e-5)
    np.testing.assert_allclose(items, items_, atol=1e-5)
    assert total == pytest.approx(expected, rel=1e-5)


def test_kernels_of_softmax_on_both_sides_are_those_of_the_twin():
    items, users = vectors(N_ITEMS), vectors(6)
    items_, users_ = items.astype(np.float64), users.astype(np.float64)
    order = np.random.default_rng(0).permutation(len(INDICES))
    of_pair = read_only(np.repeat(np.arange(6, dtype=np.int32), np.diff(INDPTR)))
    step = RATE, np.float32(0.1), 3
    total = softmax.both_epoch(read_only(order), of_pair, INDPTR, INDICES, *step, np.uint64(STREAM), users, items)
    expected = softmax_reference.both_epoch(order, HISTORIES, *step, STREAM, users_, items_)
    np.testing.assert_allclose(users, users_, atol=1e-5)
    np.testing.assert_allclose(items, items_, atol=1e-5)
    assert total == pytest.approx(expected, rel=1e-5)


def test_kernels_of_softmax_on_fixed_items_are_those_of_the_twin():
    items, personas, losses = vectors(N_ITEMS), vectors(6, 3), np.empty(6)
    expected = personas.astype(np.float64)
    step = RATE, np.float32(0.1), 3
    softmax.personas_epoch(INDPTR, INDICES, read_only(items), *step, np.uint64(STREAM), personas, losses)
    total = softmax_reference.personas_epoch(HISTORIES, items.astype(np.float64), *step, STREAM, expected)
    np.testing.assert_allclose(personas, expected, atol=1e-5)
    assert losses.sum() == pytest.approx(total, rel=1e-5)
    assert total > 0


def test_softmax_of_large_scores_does_not_overflow():
    items, slopes = np.array([[300.0], [200.0], [-200.0]], np.float32), np.empty(2, np.float32)
    own, loss = softmax.softmax_slopes(
        np.ones(1, np.float32), np.float32(300.0), items, np.array([1, 2]), np.float32(0.0), slopes
    )
    assert (own, loss) == (1, 0)
    np.testing.assert_allclose(slopes, 0, atol=1e-30)


def test_kernels_share_out_items_to_the_persona_that_scores_them_highest():
    items, personas, shares = vectors(N_ITEMS), vectors(6, 3), np.empty((6, 3), np.float32)
    maxmf.persona_shares(INDPTR, INDICES, read_only(items), read_only(personas), shares)
    for user, own in enumerate(HISTORIES):
        best = np.argmax(items[own] @ personas[user].T, axis=1)
        expected = np.bincount(best, minlength=3) / max(len(own), 1)
        np.testing.assert_allclose(shares[user], expected, rtol=1e-6)


def test_kernels_draw_others_evenly():
    own = read_only(np.array([0, 2, 3, 8], np.int32))
    drawn = np.bincount([sgd.draw_other(own, 10, np.uint64(7), n) for n in range(6_000)], minlength=10)
    assert np.all(drawn[own] == 0)
    assert np.sum((drawn[drawn > 0] - 1_000) ** 2 / 1_000) < 20.5  # chi-square of 5 degrees of freedom, 0.999


def test_weights_of_warp_are_those_of_the_twin():
    assert warp_weights(50, most_draws=10)[1:] == pytest.approx([reference.warp_weight(50, n) for n in range(1, 11)])
    assert len(warp_weights(4, most_draws=100)) == 4  # no rank is below 1
