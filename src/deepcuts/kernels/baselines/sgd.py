"""Stochastic gradient descent for ranking: draw what a user has not played until it ranks too high, push it down.

Every sample owns ``len(weights)`` numbers of its stream: the first chooses the item that was played, the others what
it is compared with.
"""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.random_streams import GOLDEN, scramble, uniform


@kernel(fastmath=FASTMATH)
def dot(first, second):
    """Dot product of two vectors."""
    total = np.float32(0.0)
    for f in range(len(first)):
        total += first[f] * second[f]
    return total


@kernel(fastmath=FASTMATH)
def add(vector, amount, other):
    """Add amount × other to a vector, in place."""
    for f in range(len(vector)):
        vector[f] += amount * other[f]


@kernel()
def project(vector, max_norm):
    """Shorten a vector to the ball ‖vector‖ ≤ max_norm, in place."""
    length = np.sqrt(dot(vector, vector))
    if length > max_norm:
        vector *= max_norm / length


@kernel(allocates=True)
def mean_vector(items, own):
    """Mean of the vectors of a user's items, float32, (n_factors,)."""
    mean = np.zeros(items.shape[1], np.float32)
    for item in own:
        add(mean, np.float32(1.0 / len(own)), items[item])
    return mean


@kernel()
def user_stream(stream, user):
    """Name the stream of one user."""
    return scramble(stream + np.uint64(user) * GOLDEN)


@kernel()
def draw_own(own, stream, counter):
    """Draw one of the user's items."""
    return own[np.int64(uniform(stream, counter) * len(own))]


@kernel()
def draw_other(own, n_items, stream, counter):
    """Draw an item that is not among the user's, all alike; `own` is ascending and leaves at least one.

    own[j] − j items before own[j] are not the user's; bisection finds how many of the user's precede the drawn one.
    """
    drawn = np.int64(uniform(stream, counter) * (n_items - len(own)))
    low, high = 0, len(own)
    while low < high:
        middle = (low + high) // 2
        if own[middle] - middle <= drawn:
            low = middle + 1
        else:
            high = middle
    return drawn + low


@kernel()
def best_persona(personas, vector):
    """Return the persona with the highest dot product, the first of equals, and that product."""
    best, highest = 0, dot(personas[0], vector)
    for p in range(1, len(personas)):
        score = dot(personas[p], vector)
        if score > highest:
            best, highest = p, score
    return best, highest


@kernel()
def find_violator(personas, score, own, items, weights, stream, counter):
    """Draw items the user has not played until one scores above `score` − 1.

    Parameters
    ----------
    personas
        float32, (n_personas, n_factors): an item's score is the highest of its dot products with them.
    score
        Score of the item that was played.
    own
        int32: the user's items, ascending.
    items
        float32, (n_items, n_factors).
    weights
        float32, (most_draws + 1,): weight of a violator that it took n draws to find.
    stream, counter
        Where the numbers of this sample start.

    Returns
    -------
    The violator, the persona that scores it, its weight, and by how much it violates the margin; the weight is 0 where
    the draws are spent.
    """
    for n_draws in range(1, len(weights)):
        other = draw_other(own, len(items), stream, counter + n_draws)
        persona, other_score = best_persona(personas, items[other])
        # maths.md (25)
        excess = np.float32(1.0) + other_score - score
        if excess > 0:
            return other, persona, weights[n_draws], excess
    return np.int64(0), 0, np.float32(0.0), np.float32(0.0)
