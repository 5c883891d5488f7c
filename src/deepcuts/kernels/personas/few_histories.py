"""The clustering of a few histories, without threads and without the directions of all items.

It takes the direction of every pair: for a few users, those of all items would take longer than the clustering.
"""

from __future__ import annotations

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.personas.clustering import cluster, history_stream


@kernel()
def cluster_few_histories(indptr, indices, directions, n_clusters, seed, max_rounds, join_cosine, labels, n_found):
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
        stream, own_labels = history_stream(seed, indices[start:stop]), labels[start:stop]
        n_found[u] = cluster(directions[start:stop], stream, n_clusters[u], max_rounds, join_cosine, own_labels)
