"""Which persona of its user each observed pair belongs to."""

from __future__ import annotations

import numpy as np
from numba import prange

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.personas.clustering import cosine, largest_first


@kernel(fastmath=FASTMATH, parallel=True)
def assign(indptr, indices, vectors, persona_indptr, factors, personas, matches):
    """Give every pair to the persona with the largest product, the first of equals, maths.md (17).

    Parameters
    ----------
    indptr, indices
        int64, (n_users + 1,) and int32, (n_pairs,): the items of every user.
    vectors
        float32, (n_items, n_factors).
    persona_indptr
        int64, (n_users + 1,): the personas of user u are the rows ``persona_indptr[u]:persona_indptr[u + 1]``.
    factors
        float32, (n_rows, n_factors): of length one, for an assignment by cosine.
    personas, matches
        int8 and float32, (n_pairs,): overwritten with the persona of each pair and its product.
    """
    for u in prange(len(indptr) - 1):
        for pair in range(indptr[u], indptr[u + 1]):
            matches[pair] = -np.inf
            for row in range(persona_indptr[u], persona_indptr[u + 1]):
                product = cosine(vectors[indices[pair]], factors[row])  # of vectors of any length: a score
                if product > matches[pair]:
                    matches[pair], personas[pair] = product, row - persona_indptr[u]


@kernel()
def reseed(labels, matches, n_personas):
    """Give each empty persona the worst match of a persona that has others to lose."""
    sizes = np.zeros(n_personas, np.int64)
    for label in labels:
        sizes[label] += 1
    for persona in range(n_personas):
        worst = -1
        for pair in range(len(labels)):
            # No persona gives its last pair away.
            if sizes[labels[pair]] > 1 and (worst < 0 or matches[pair] < matches[worst]):
                worst = pair
        if sizes[persona] == 0 and worst >= 0:
            sizes[labels[worst]] -= 1
            sizes[persona] = 1
            labels[worst] = persona


@kernel()
def merge(labels, factors, threshold):
    """Join every persona with the first before it that it is as alike as `threshold`, by the cosine of directions."""
    joined = np.arange(len(factors))
    for persona in range(1, len(factors)):
        for earlier in range(persona):
            # Only a persona that stays takes others in, so that labels need one look-up.
            if joined[earlier] == earlier and cosine(factors[persona], factors[earlier]) >= threshold:
                joined[persona] = earlier
                break
    for pair in range(len(labels)):
        labels[pair] = joined[labels[pair]]


@kernel(parallel=True)
def regroup(indptr, persona_indptr, directions, matches, threshold, personas, n_left):
    """Re-seed empty personas, join those alike, and renumber by falling size.

    Parameters
    ----------
    indptr, persona_indptr
        Pairs and persona rows of every user.
    directions
        float32, (n_rows, n_factors): persona vectors of length one, or zero.
    matches
        float32, (n_pairs,): how well each pair fits its persona.
    threshold
        Cosine from which personas are joined; above 1 joins none.
    personas
        int8, (n_pairs,): changed in place.
    n_left
        int64, (n_users,): overwritten with the number of personas that have items.
    """
    for u in prange(len(indptr) - 1):
        labels = personas[indptr[u] : indptr[u + 1]]
        rows = directions[persona_indptr[u] : persona_indptr[u + 1]]
        reseed(labels, matches[indptr[u] : indptr[u + 1]], len(rows))
        merge(labels, rows, threshold)
        n_left[u] = largest_first(labels, len(rows))
