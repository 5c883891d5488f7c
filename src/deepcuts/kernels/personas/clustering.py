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


@kernel(fastmath=FASTMATH)
def join_alike(vectors, labels, n_clusters, threshold):
    """Join the two clusters whose sums of vectors are most alike, as long as that is `threshold`.

    See docs/maths.md, How a user is split. A threshold above 1 joins none, whatever rounding makes of a cosine.
    """
    sums = np.zeros((n_clusters, vectors.shape[1]), np.float32)
    for j in range(len(labels)):
        sums[labels[j]] += vectors[j]
    joined = np.arange(n_clusters)
    while threshold <= 1:
        kept, taken, highest = 0, 0, np.float32(-np.inf)
        for c in range(n_clusters):
            for earlier in range(c):
                lengths = np.sqrt(cosine(sums[c], sums[c]) * cosine(sums[earlier], sums[earlier]))
                # Clusters that are empty, or were joined to another, have a sum of 0.
                if lengths > 0 and cosine(sums[c], sums[earlier]) / lengths > highest:
                    kept, taken, highest = earlier, c, cosine(sums[c], sums[earlier]) / lengths
        if kept == taken or highest < threshold:
            break
        sums[kept] += sums[taken]
        sums[taken] = np.float32(0.0)
        joined[joined == taken] = kept
    for j in range(len(labels)):
        labels[j] = joined[labels[j]]


@kernel()
def cluster(vectors, stream, n_clusters, max_rounds, join_cosine, labels):
    """Cluster the items of one user, who has some; return the number of clusters, see `cluster_histories`."""
    labels[:] = 0  # what the first round compares with
    centres = spread_out(vectors, n_clusters, stream)
    for _ in range(max_rounds):
        if not nearest(vectors, centres, labels):
            break
        recentre(vectors, labels, centres)
    join_alike(vectors, labels, n_clusters, join_cosine)
    return largest_first(labels, n_clusters)


@kernel(parallel=True)
def cluster_histories(indptr, indices, directions, n_clusters, seed, max_rounds, join_cosine, labels, n_found):
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
    join_cosine
        float32: clusters whose mean vectors are at least so alike are joined; above 1, none are.
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
        own = indices[start:stop]
        stream = history_stream(seed, own)
        n_found[u] = cluster(directions[own], stream, n_clusters[u], max_rounds, join_cosine, labels[start:stop])
