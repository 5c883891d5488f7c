"""Spherical k-means++ over the items of each user on their own."""

from __future__ import annotations

import numpy as np
from numba import prange

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.random_streams import scramble, uniform


@kernel()
def history_stream(seed, indices):
    """Name a stream of random numbers after what was played, so that the same history draws the same numbers."""
    stream = scramble(np.uint64(seed))
    for index in indices:
        stream = scramble(stream ^ np.uint64(index))
    return stream


@kernel(fastmath=FASTMATH)
def cosine(first, second):
    """Cosine of two vectors of length one."""
    total = np.float32(0.0)
    for f in range(len(first)):
        total += first[f] * second[f]
    return total


@kernel()
def spread_out(vectors, n_clusters, stream):
    """Draw the first centre evenly, each further one in proportion to its distance (k-means++, maths.md (14))."""
    n = len(vectors)
    centres = np.empty((n_clusters, vectors.shape[1]), np.float32)
    distances = np.ones(n, np.float32)
    for c in range(n_clusters):
        threshold = uniform(stream, c) * np.sum(distances)  # distances are all 1 for the first centre
        chosen, passed = 0, distances[0]
        while passed < threshold and chosen < n - 1:  # rounding may leave the threshold above the sum
            chosen += 1
            passed += distances[chosen]
        centres[c] = vectors[chosen]
        for j in range(n):
            away = max(np.float32(1.0) - cosine(vectors[j], centres[c]), np.float32(0.0))
            # maths.md (14), kept up to date centre by centre
            distances[j] = away if c == 0 else min(distances[j], away)
    return centres


@kernel()
def nearest(vectors, centres, labels):
    """Label every vector with its nearest centre, maths.md (15); return whether a label changed."""
    changed = False
    for j in range(len(vectors)):
        best, closest = 0, cosine(vectors[j], centres[0])
        for c in range(1, len(centres)):
            similarity = cosine(vectors[j], centres[c])
            if similarity > closest:
                best, closest = c, similarity
        changed |= labels[j] != best
        labels[j] = best
    return changed


@kernel()
def recentre(vectors, labels, centres):
    """Point every centre along the sum of its vectors, maths.md (16)."""
    centres[:] = np.float32(0.0)
    for j in range(len(vectors)):
        centres[labels[j]] += vectors[j]
    for c in range(len(centres)):
        length = np.sqrt(cosine(centres[c], centres[c]))
        if length > np.float32(0.0):  # an empty cluster keeps a centre of 0, with a cosine of 0 to all
            centres[c] /= length


@kernel()
def largest_first(labels, n_clusters):
    """Renumber labels by falling size, the first of equals first; empty clusters vanish. Return how many are left."""
    sizes = np.zeros(n_clusters, np.int64)
    for label in labels:
        sizes[label] += 1
    order = np.argsort(-sizes, kind="mergesort")  # stable
    rank_of = np.empty(n_clusters, np.int64)
    for rank in range(n_clusters):
        rank_of[order[rank]] = rank
    for j in range(len(labels)):
        labels[j] = rank_of[labels[j]]
    return np.sum(sizes > 0)


@kernel(parallel=True)
def cluster_histories(indptr, indices, directions, n_clusters, seed, max_rounds, labels, n_found):
    """Divide every user's items into clusters of like direction.

    Parameters
    ----------
    indptr, indices
        int64, (n_users + 1,) and int32, (n_pairs,): the items of every user.
    directions
        float32, (n_items, n_factors): item vectors of length one, or zero.
    n_clusters
        int64, (n_users,): the most clusters of each user, at least 1.
    seed
        Names the random numbers, together with the history itself.
    max_rounds
        Rounds of k-means at the most.
    labels
        int8, (n_pairs,): overwritten with the cluster of each pair, 0 the largest of its user.
    n_found
        int64, (n_users,): overwritten with the number of clusters that are not empty.
    """
    for u in prange(len(indptr) - 1):
        start, stop = indptr[u], indptr[u + 1]
        if start == stop:
            n_found[u] = 0
            continue
        own, own_labels = indices[start:stop], labels[start:stop]
        own_labels[:] = 0  # what the first round compares with
        vectors = directions[own]
        centres = spread_out(vectors, n_clusters[u], history_stream(seed, own))
        for _ in range(max_rounds):
            if not nearest(vectors, centres, own_labels):
                break
            recentre(vectors, own_labels, centres)
        n_found[u] = largest_first(own_labels, n_clusters[u])
