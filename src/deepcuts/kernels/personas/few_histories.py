"""The clustering of a few histories, without threads and without the directions of all items.

It takes the direction of every pair: for a few users, those of all items would take longer than the clustering.
"""

from __future__ import annotations

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.personas.clustering import history_stream, largest_first, nearest, recentre, spread_out


@kernel()
def cluster_few_histories(indptr, indices, directions, n_clusters, seed, max_rounds, labels, n_found):
    """Do what `deepcuts.kernels.personas.clustering.cluster_histories` does, one user after the other.

    Parameters
    ----------
    directions
        float32, (n_pairs, n_factors): the direction of the item of every pair.
    """
    for u in range(len(indptr) - 1):
        start, stop = indptr[u], indptr[u + 1]
        n_found[u] = 0
        if start == stop:
            continue
        vectors, own_labels = directions[start:stop], labels[start:stop]
        own_labels[:] = 0
        centres = spread_out(vectors, n_clusters[u], history_stream(seed, indices[start:stop]))
        for _ in range(max_rounds):
            if not nearest(vectors, centres, own_labels):
                break
            recentre(vectors, own_labels, centres)
        n_found[u] = largest_first(own_labels, n_clusters[u])
