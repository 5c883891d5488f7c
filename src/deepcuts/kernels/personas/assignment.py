"""Which persona of its user each observed pair belongs to."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.personas.clustering import cosine, largest_first
from deepcuts.kernels.threads import over_ranges


@kernel(fastmath=FASTMATH)
def assign_range(first, last, indptr, indices, vectors, persona_indptr, factors, personas, matches):
    """Give the pairs of some users to personas, see `assign`."""
    for u in range(first, last):
        for pair in range(indptr[u], indptr[u + 1]):
            matches[pair] = -np.inf
            for row in range(persona_indptr[u], persona_indptr[u + 1]):
                product = cosine(vectors[indices[pair]], factors[row])  # of vectors of any length: a score
                if product > matches[pair]:
                    matches[pair], personas[pair] = product, row - persona_indptr[u]


@kernel_entry
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
    pairs = indptr, indices, vectors, persona_indptr, factors, personas, matches
    over_ranges(assign_range, len(indptr) - 1, *pairs)


@kernel(inline="always")
def reseed(labels, matches, sizes):
    """Give each empty persona the worst match of a persona that has others to lose; `sizes`, int64, are overwritten."""
    sizes[:] = 0
    for pair in range(len(labels)):
        sizes[labels[pair]] += 1
    for persona in range(len(sizes)):
        worst = -1
        for pair in range(len(labels)):
            # No persona gives its last pair away.
            if sizes[labels[pair]] > 1 and (worst < 0 or matches[pair] < matches[worst]):
                worst = pair
        if sizes[persona] == 0 and worst >= 0:
            sizes[labels[worst]] -= 1
            sizes[persona] = 1
            labels[worst] = persona


@kernel(inline="always")
def merge(labels, factors, threshold, joined):
    """Join every persona with the first before it that it is as alike as `threshold`, by the cosine of directions.

    `joined`, int64, (n_personas,), is overwritten with the persona that each becomes.
    """
    for persona in range(len(factors)):
        joined[persona] = persona
        for earlier in range(persona):
            # Only a persona that stays takes others in, so that labels need one look-up.
            if joined[earlier] == earlier and cosine(factors[persona], factors[earlier]) >= threshold:
                joined[persona] = earlier
                break
    for pair in range(len(labels)):
        labels[pair] = joined[labels[pair]]


@kernel()
def regroup_range(first, last, indptr, persona_indptr, directions, matches, threshold, personas, n_left, numbers):
    """Re-seed, join and renumber the personas of some users, see `regroup`; `numbers`, int64, has one for each."""
    for u in range(first, last):
        labels = personas[indptr[u] : indptr[u + 1]]
        rows = directions[persona_indptr[u] : persona_indptr[u + 1]]
        of_personas = numbers[: len(rows)]
        reseed(labels, matches[indptr[u] : indptr[u + 1]], of_personas)
        merge(labels, rows, threshold, of_personas)
        n_left[u] = largest_first(labels, of_personas)


@kernel_entry
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
    users = indptr, persona_indptr, directions, matches, threshold, personas, n_left
    most = int(np.diff(persona_indptr).max(initial=0))
    over_ranges(regroup_range, len(indptr) - 1, *users, scratch=lambda: (np.empty(most, np.int64),))
