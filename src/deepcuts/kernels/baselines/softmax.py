"""Sampled softmax of users with several vectors: both sides at once, or the users on fixed items."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.baselines.sgd import add, best_persona, dot, draw_other, draw_own, user_stream
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.threads import over_ranges


@kernel()
def softmax_slopes(user, score, items, drawn, odds, slopes):
    """Write the softmax of every drawn item into `slopes`; return that of the item that was played, and −ln of it.

    Parameters
    ----------
    user
        float32, (n_factors,): the vector that scores.
    score
        Score of the item that was played.
    items
        float32, (n_items, n_factors).
    drawn
        int64, (n_negatives,): what it is compared with.
    odds
        float32: ln of the number of items that each drawn one stands for.
    slopes
        float32, (n_negatives,): overwritten.
    """
    highest = score
    for s in range(len(drawn)):
        slopes[s] = dot(user, items[drawn[s]]) + odds
        highest = max(highest, slopes[s])
    own = np.exp(score - highest)  # less the highest, so that no exponential overflows
    total = own
    for s in range(len(drawn)):
        slopes[s] = np.exp(slopes[s] - highest)
        total += slopes[s]
    for s in range(len(drawn)):
        slopes[s] /= total
    return own / total, np.log(total) - (score - highest)


@kernel(allocates=True)
def gradient_of_user(items, liked, own_slope, drawn, slopes, gradient):
    """Write v_liked · (1 − p_liked) − Σ p_s v_s, the direction in which a user's vector is to go."""
    gradient[:] = (np.float32(1.0) - own_slope) * items[liked]
    for s in range(len(drawn)):
        add(gradient, -slopes[s], items[drawn[s]])


@kernel()
def draw_others(own, n_items, stream, counter, drawn):
    """Draw items that the user has not played, evenly and independently."""
    for s in range(len(drawn)):
        drawn[s] = draw_other(own, n_items, stream, counter + s)


@kernel(allocates=True)
def both_epoch(order, user_of_pair, indptr, indices, rate, ridge, n_negatives, stream, users, items):
    """One epoch of −ln softmax over items with one vector per user, a sample for every pair.

    Parameters
    ----------
    order
        int64: pairs in the order in which they come.
    user_of_pair
        int32, (n_pairs,).
    indptr, indices
        int64, (n_users + 1,) and int32, (n_pairs,): the items of every user, ascending.
    rate, ridge
        float32: length of a step, and weight of ‖·‖² / 2 of the user and of the item that was played.
    n_negatives
        Items drawn for a sample.
    stream
        uint64: name of the random numbers of this epoch.
    users, items
        float32, (n_users, n_factors) and (n_items, n_factors): changed in place.

    Returns
    -------
    Sum of −ln softmax over the samples.
    """
    drawn, slopes = np.empty(n_negatives, np.int64), np.empty(n_negatives, np.float32)
    gradient, keep, loss = np.empty(items.shape[1], np.float32), np.float32(1.0) - rate * ridge, 0.0
    for pair in order:
        own = indices[indptr[user_of_pair[pair]] : indptr[user_of_pair[pair] + 1]]
        if len(own) == len(items):
            continue
        user, liked = users[user_of_pair[pair]], np.int64(indices[pair])
        draw_others(own, len(items), stream, pair * n_negatives, drawn)
        odds = np.float32(np.log((len(items) - len(own)) / n_negatives))
        own_slope, sample = softmax_slopes(user, dot(user, items[liked]), items, drawn, odds, slopes)
        loss += sample
        gradient_of_user(items, liked, own_slope, drawn, slopes, gradient)
        items[liked] *= keep
        add(items[liked], rate * (np.float32(1.0) - own_slope), user)
        for s in range(n_negatives):
            add(items[drawn[s]], -rate * slopes[s], user)
        user *= keep
        add(user, rate, gradient)
    return loss


@kernel(allocates=True)
def user_epoch(personas, own, items, rate, ridge, n_negatives, stream):
    """Move the vectors of one user by as many samples as the user has items; return the sum of −ln softmax."""
    drawn, slopes = np.empty(n_negatives, np.int64), np.empty(n_negatives, np.float32)
    gradient, keep, loss = np.empty(items.shape[1], np.float32), np.float32(1.0) - rate * ridge, 0.0
    odds = np.float32(np.log((len(items) - len(own)) / n_negatives))
    for sample in range(len(own)):
        counter = sample * (n_negatives + 1)
        liked = np.int64(draw_own(own, stream, counter))
        best, score = best_persona(personas, items[liked])
        draw_others(own, len(items), stream, counter + 1, drawn)
        own_slope, sample_loss = softmax_slopes(personas[best], score, items, drawn, odds, slopes)
        loss += sample_loss
        gradient_of_user(items, liked, own_slope, drawn, slopes, gradient)
        personas[best] *= keep
        add(personas[best], rate, gradient)
    return loss


@kernel()
def personas_epoch_of_range(first, last, indptr, indices, items, rate, ridge, n_negatives, stream, personas, losses):
    """One epoch of the vectors of some users, see `personas_epoch`."""
    for user in range(first, last):
        own = indices[indptr[user] : indptr[user + 1]]
        losses[user] = 0.0
        if len(own) < len(items):
            losses[user] = user_epoch(personas[user], own, items, rate, ridge, n_negatives, user_stream(stream, user))


@kernel_entry
def personas_epoch(indptr, indices, items, rate, ridge, n_negatives, stream, personas, losses):
    """One epoch of the vectors of all users with items fixed: the vector that scores what was played best moves.

    The parameters are as in `both_epoch`; `personas` is float32, (n_users, n_personas, n_factors), changed in place,
    and `losses` float64, (n_users,), overwritten with every user's sum of −ln softmax.
    """
    users = indptr, indices, items, rate, ridge, n_negatives, stream, personas, losses
    over_ranges(personas_epoch_of_range, len(indptr) - 1, *users)
