"""Personalised feature projection by stochastic gradient descent on pairs of items."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.baselines.sgd import add, dot, draw_other, draw_own, mean_vector, user_stream
from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.flags import FASTMATH


@kernel(fastmath=FASTMATH)
def pull(projection, vector, pulled):
    """Write Pᵀ vector into `pulled`; P is stored transposed, (n_projected, n_factors)."""
    for s in range(len(projection)):
        pulled[s] = dot(projection[s], vector)


@kernel(fastmath=FASTMATH)
def push(projection, pulled, vector):
    """Write P pulled into `vector`."""
    vector[:] = np.float32(0.0)
    for s in range(len(projection)):
        add(vector, pulled[s], projection[s])


@kernel(allocates=True)
def projection_epoch(order, indptr, indices, rate, regularization, stream, projections, items):
    """One epoch of −ln σ(f(i) − f(j)) with f(i) = Pᵀv_i · Pᵀm, m the mean of the vectors of the user's items.

    User by user, as many samples are drawn as the user has items. m stands still meanwhile; the part of the gradient
    that goes through it is summed up and given to the user's items at the end.

    Parameters
    ----------
    order
        int64: users in the order in which they come.
    indptr, indices
        int64, (n_users + 1,) and int32, (n_pairs,): the items of every user, ascending.
    rate, regularization
        float32: length of a step, and weight of ‖·‖² / 2 of what the sample touches.
    stream
        uint64: name of the random numbers of this epoch.
    projections
        float32, (n_users, n_projected, n_factors): the transposed Pᵘ, changed in place.
    items
        float32, (n_items, n_factors): changed in place.

    Returns
    -------
    Sum of −ln σ(f(i) − f(j)) over the samples.
    """
    n_projected, n_factors = projections.shape[1:]
    projected_mean, gap = np.empty(n_projected, np.float32), np.empty(n_projected, np.float32)
    difference = np.empty(n_factors, np.float32)
    to_items, to_mean = np.empty(n_factors, np.float32), np.empty(n_factors, np.float32)
    loss, keep = 0.0, np.float32(1.0) - rate * regularization
    for user in order:
        own, projection = indices[indptr[user] : indptr[user + 1]], projections[user]
        if len(own) == 0 or len(own) == len(items):
            continue
        own_stream = user_stream(stream, user)
        mean, through_mean = mean_vector(items, own), np.zeros(n_factors, np.float32)
        for sample in range(len(own)):
            liked = np.int64(draw_own(own, own_stream, 2 * sample))
            other = draw_other(own, len(items), own_stream, 2 * sample + 1)
            difference[:] = items[liked] - items[other]
            pull(projection, mean, projected_mean)
            pull(projection, difference, gap)
            margin = np.float64(dot(projected_mean, gap))
            # maths.md (26) and its slope along the margin
            loss += np.log1p(np.exp(-abs(margin))) + max(-margin, 0.0)  # −ln σ(margin), without overflow
            slope = np.float32(1.0 / (1.0 + np.exp(margin)))  # −d loss / d margin
            push(projection, projected_mean, to_items)
            push(projection, gap, to_mean)
            add(through_mean, slope, to_mean)
            for s in range(n_projected):
                projection[s] *= keep
                add(projection[s], rate * slope * projected_mean[s], difference)
                add(projection[s], rate * slope * gap[s], mean)
            for item, sign in ((liked, slope), (other, -slope)):
                items[item] *= keep
                add(items[item], rate * sign, to_items)
        for item in own:
            add(items[item], rate / np.float32(len(own)), through_mean)
    return loss
