"""MaxMF: users as the mean of their items, users as several vectors, or both sides at once."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.baselines.sgd import (
    add,
    best_persona,
    dot,
    draw_own,
    find_violator,
    mean_vector,
    project,
    user_stream,
)
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.threads import over_ranges


@kernel(allocates=True)
def mean_user_epoch(order, indptr, indices, weights, rate, max_norm, stream, items):
    """One epoch of item vectors by maths.md (25), where a user is the mean m of the vectors of their items.

    User by user, as many samples are drawn as the user has items. m stands still meanwhile; the part of the gradient
    that goes through it is summed up and given to the user's items at the end, so that a user costs
    O(pairs · n_factors).

    Parameters
    ----------
    order
        int64: users in the order in which they come.
    indptr, indices
        int64, (n_users + 1,) and int32, (n_pairs,): the items of every user, ascending.
    weights
        float32, (most_draws + 1,): as in `find_violator`.
    rate, max_norm
        float32: length of a step, and of the longest item vector.
    stream
        uint64: name of the random numbers of this epoch.
    items
        float32, (n_items, n_factors): changed in place.

    Returns
    -------
    Sum of weight × violation over the samples.
    """
    loss = 0.0
    for user in order:
        own = indices[indptr[user] : indptr[user + 1]]
        if len(own) == 0 or len(own) == len(items):  # nothing to draw, or nothing to draw against
            continue
        own_stream = user_stream(stream, user)
        mean, through_mean = mean_vector(items, own), np.zeros(items.shape[1], np.float32)
        for sample in range(len(own)):
            counter = sample * len(weights)
            liked = draw_own(own, own_stream, counter)
            score = dot(mean, items[liked])
            other, _, weight, excess = find_violator(
                mean.reshape(1, -1), score, own, items, weights, own_stream, counter
            )
            if weight > 0:
                loss += weight * excess
                add(through_mean, weight, items[liked])
                add(through_mean, -weight, items[other])
                add(items[liked], rate * weight, mean)
                add(items[other], -rate * weight, mean)
                project(items[liked], max_norm)
                project(items[other], max_norm)
        for item in own:
            add(items[item], rate / np.float32(len(own)), through_mean)  # ∂m / ∂v_i = 1 / |D(u)|
            project(items[item], max_norm)
    return loss


@kernel()
def user_epoch(personas, own, items, weights, rate, max_norm, stream):
    """Move the vectors of one user by as many samples as the user has items; return the loss of the samples."""
    loss = 0.0
    for sample in range(len(own)):
        counter = sample * len(weights)
        liked = draw_own(own, stream, counter)
        best, score = best_persona(personas, items[liked])
        other, worst, weight, excess = find_violator(personas, score, own, items, weights, stream, counter)
        if weight > 0:
            loss += weight * excess
            add(personas[best], rate * weight, items[liked])
            add(personas[worst], -rate * weight, items[other])
            project(personas[best], max_norm)
            project(personas[worst], max_norm)
    return loss


@kernel()
def persona_epoch_of_range(first, last, indptr, indices, items, weights, rate, max_norm, stream, personas, losses):
    """One epoch of the vectors of some users, see `persona_epoch`."""
    for user in range(first, last):
        own = indices[indptr[user] : indptr[user + 1]]
        losses[user] = 0.0
        if len(own) < len(items):
            losses[user] = user_epoch(personas[user], own, items, weights, rate, max_norm, user_stream(stream, user))


@kernel_entry
def persona_epoch(indptr, indices, items, weights, rate, max_norm, stream, personas, losses):
    """One epoch of the vectors of all users with items fixed, every user on their own.

    The parameters are as in `mean_user_epoch`; `personas` is float32, (n_users, n_personas, n_factors), changed in
    place, and `losses` float64, (n_users,), overwritten with every user's sum of weight × violation.
    """
    users = indptr, indices, items, weights, rate, max_norm, stream, personas, losses
    over_ranges(persona_epoch_of_range, len(indptr) - 1, *users)


@kernel()
def move(amount, best, worst, liked, other):
    """Move two vectors of a user and two items at once; `best` and `worst` may be the same vector."""
    for f in range(len(liked)):
        up, down, towards, away = best[f], worst[f], liked[f], other[f]  # all are read before any is written
        best[f] += amount * towards
        worst[f] -= amount * away
        liked[f] = towards + amount * up
        other[f] = away - amount * down


@kernel()
def joint_epoch(order, user_of_pair, indptr, indices, weights, rate, max_norm, stream, personas, items):
    """One epoch of users and items together, one sample for every pair.

    The parameters are as in `mean_user_epoch`, but `order` is of pairs, `user_of_pair` is int32, (n_pairs,), and
    `personas` float32, (n_users, n_personas, n_factors), changed in place as `items` are.
    """
    loss = 0.0
    for pair in order:
        own = indices[indptr[user_of_pair[pair]] : indptr[user_of_pair[pair] + 1]]
        if len(own) == len(items):
            continue
        vectors, liked = personas[user_of_pair[pair]], indices[pair]
        best, score = best_persona(vectors, items[liked])
        other, worst, weight, excess = find_violator(vectors, score, own, items, weights, stream, pair * len(weights))
        if weight > 0:
            loss += weight * excess
            move(rate * weight, vectors[best], vectors[worst], items[liked], items[other])
            project(vectors[best], max_norm)
            project(vectors[worst], max_norm)
            project(items[liked], max_norm)
            project(items[other], max_norm)
    return loss


@kernel_entry
def persona_shares(indptr, indices, items, personas, shares):
    """Write the share of the user's items that each vector scores highest, float32, (n_users, n_personas)."""
    over_ranges(persona_shares_of_range, len(indptr) - 1, indptr, indices, items, personas, shares)


@kernel()
def persona_shares_of_range(first, last, indptr, indices, items, personas, shares):
    """Write the shares of some users, see `persona_shares`."""
    for u in range(first, last):
        shares[u] = np.float32(0.0)
        n_own = indptr[u + 1] - indptr[u]
        for item in indices[indptr[u] : indptr[u + 1]]:
            best, _ = best_persona(personas[u], items[item])
            shares[u, best] += np.float32(1.0) / np.float32(n_own)
