"""Spherical k-means++ over the items of each user on their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import CountVector, FloatMatrix, FloatVector
from deepcuts.kernels.arrays import scratch
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.random_streams import scramble, uniform
from deepcuts.kernels.threads import over_ranges


@kernel(inline="always")
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


@kernel(inline="always")
def add_row(row, total):
    """Add one vector to another, in place."""
    for f in range(len(total)):
        total[f] += row[f]


@kernel(inline="always")
def copy_row(row, copy):
    """Copy a vector."""
    for f in range(len(copy)):
        copy[f] = row[f]


@kernel(inline="always")
def spread_out(vectors, stream, distances, centres):
    """Draw the first centre evenly, each further one in proportion to its distance (k-means++, maths.md (14)).

    `distances`, float32, (n,), and `centres`, float32, (n_clusters, n_factors), are overwritten.
    """
    n = len(vectors)
    for j in range(n):
        distances[j] = np.float32(1.0)  # alike for the first centre
    for c in range(len(centres)):
        total = np.float32(0.0)
        for j in range(n):
            total += distances[j]
        threshold = uniform(stream, c) * total
        chosen, passed = 0, distances[0]
        while passed < threshold and chosen < n - 1:  # rounding may leave the threshold above the sum
            chosen += 1
            passed += distances[chosen]
        copy_row(vectors[chosen], centres[c])
        for j in range(n):
            away = max(np.float32(1.0) - cosine(vectors[j], centres[c]), np.float32(0.0))
            # maths.md (14), kept up to date centre by centre
            distances[j] = away if c == 0 else min(distances[j], away)


@kernel(inline="always")
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


@kernel(inline="always")
def sum_clusters(vectors, labels, sums):
    """Write the sum of the vectors of every cluster, those of a label, float32, (n_clusters, n_factors)."""
    sums[:] = np.float32(0.0)
    for j in range(len(vectors)):
        add_row(vectors[j], sums[labels[j]])


@kernel(inline="always")
def recentre(vectors, labels, centres):
    """Point every centre along the sum of its vectors, maths.md (16)."""
    sum_clusters(vectors, labels, centres)
    for c in range(len(centres)):
        length = np.sqrt(cosine(centres[c], centres[c]))
        if length > np.float32(0.0):  # an empty cluster keeps a centre of 0, with a cosine of 0 to all
            for f in range(centres.shape[1]):
                centres[c, f] /= length


@kernel()
def largest_first(labels, sizes):
    """Renumber labels by falling size, the first of equals first; empty clusters vanish. Return how many are left.

    `sizes`, int64, is as long as there are clusters, and overwritten.
    """
    sizes[:] = 0
    for j in range(len(labels)):
        sizes[labels[j]] += 1
    for j in range(len(labels)):
        rank = 0
        for c in range(len(sizes)):
            rank += sizes[c] > sizes[labels[j]] or (sizes[c] == sizes[labels[j]] and c < labels[j])
        labels[j] = rank
    n_left = 0
    for c in range(len(sizes)):
        n_left += sizes[c] > 0
    return n_left


@kernel(fastmath=FASTMATH)
def join_alike(vectors, labels, threshold, sums):
    """Join the two clusters whose sums of vectors are most alike, as long as that is `threshold`.

    See docs/maths.md, How a user is split. A threshold above 1 joins none, whatever rounding makes of a cosine. `sums`,
    float32, (n_clusters, n_factors), are overwritten.
    """
    sum_clusters(vectors, labels, sums)
    while threshold <= 1:
        kept, taken, highest = 0, 0, np.float32(-np.inf)
        for c in range(len(sums)):
            for earlier in range(c):
                lengths = np.sqrt(cosine(sums[c], sums[c]) * cosine(sums[earlier], sums[earlier]))
                # Clusters that are empty, or were joined to another, have a sum of 0.
                if lengths > 0 and cosine(sums[c], sums[earlier]) / lengths > highest:
                    kept, taken, highest = earlier, c, cosine(sums[c], sums[earlier]) / lengths
        if kept == taken or highest < threshold:
            break
        add_row(sums[taken], sums[kept])
        sums[taken] = np.float32(0.0)
        for j in range(len(labels)):
            if labels[j] == taken:
                labels[j] = kept


class ClusteringScratch(NamedTuple):
    """Arrays for intermediate results, for the longest history and the most clusters that there are.

    Parameters
    ----------
    vectors, distances
        float32, (longest, n_factors) and (longest,): of the items of one user.
    centres, sizes
        float32, (most, n_factors), and int64, (most,): of their clusters.
    """

    vectors: FloatMatrix
    distances: FloatVector
    centres: FloatMatrix
    sizes: CountVector

    @classmethod
    def of(cls, longest, most, n_factors):
        """Make them."""
        distances, sizes = scratch(longest), scratch(most, dtype=np.int64)
        return cls(scratch(longest, n_factors), distances, scratch(most, n_factors), sizes)


@kernel()
def cluster_range(
    first, last, indptr, indices, places, directions, n_clusters, seed, max_rounds, join_cosine, labels, n_found, work
):
    """Cluster the items of some users, see `cluster_histories`; `work` is a `ClusteringScratch`."""
    for u in range(first, last):
        start, n = indptr[u], indptr[u + 1] - indptr[u]
        n_found[u] = 0
        if n == 0:
            continue
        vectors, distances, own = work.vectors[:n], work.distances[:n], labels[start : start + n]
        centres, sizes = work.centres[: n_clusters[u]], work.sizes[: n_clusters[u]]
        for j in range(n):
            copy_row(directions[places[start + j]], vectors[j])
            own[j] = 0  # what the first round compares with
        spread_out(vectors, history_stream(seed, indices[start : start + n]), distances, centres)
        for _ in range(max_rounds):
            if not nearest(vectors, centres, own):
                break
            recentre(vectors, own, centres)
        join_alike(vectors, own, join_cosine, centres)
        n_found[u] = largest_first(own, sizes)


@kernel_entry
def cluster_histories(indptr, indices, places, directions, n_clusters, seed, max_rounds, join_cosine, labels, n_found):
    """Divide every user's items into clusters of like direction.

    Parameters
    ----------
    indptr, indices
        int64, (n_users + 1,) and int32, (n_pairs,): the items of every user.
    places
        int32, (n_pairs,): the row of `directions` that belongs to each pair.
    directions
        float32, (n_directions, n_factors): item vectors of length one, or zero.
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
    users = indptr, indices, places, directions, n_clusters, seed, max_rounds, join_cosine, labels, n_found
    sizes = int(np.diff(indptr).max(initial=0)), int(n_clusters.max(initial=0)), directions.shape[1]
    over_ranges(cluster_range, len(indptr) - 1, *users, scratch=lambda: (ClusteringScratch.of(*sizes),))
