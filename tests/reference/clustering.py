"""Spherical k-means++ once more, on lists of Python numbers, drawing the same random numbers."""

from __future__ import annotations

import math
from itertools import accumulate

from reference.sampling import GOLDEN, MASK, scramble

Vector = list[float]


def labels(
    history: list[int], directions: list[Vector], n_clusters: int, seed: int, max_rounds: int, join_cosine: float = 2.0
) -> list[int]:
    """Cluster of every item of one history, 0 the largest."""
    if not history:
        return []
    vectors = [directions[item] for item in history]
    centres = first_centres(vectors, n_clusters, stream_of(history, seed))
    found = [0] * len(vectors)
    for _ in range(max_rounds):
        new = [max(range(n_clusters), key=lambda c: dot(vector, centres[c])) for vector in vectors]
        if new == found:
            break
        found = new
        centres = [recentred(vectors, found, c) for c in range(n_clusters)]
    found = joined(vectors, found, join_cosine)
    by_size = sorted(range(n_clusters), key=lambda c: -found.count(c))
    return [by_size.index(label) for label in found]


def joined(vectors: list[Vector], found: list[int], least: float) -> list[int]:
    """Give the cluster that is most alike an earlier one its number, as long as their cosine is `least`."""
    while least <= 1 and len(numbers := sorted(set(found))) > 1:
        centres = {c: recentred(vectors, found, c) for c in numbers}
        pairs = [(c, earlier) for c in numbers for earlier in numbers if earlier < c and any(centres[c])]
        taken, kept = max(pairs, key=lambda pair: dot(centres[pair[0]], centres[pair[1]]))
        if dot(centres[taken], centres[kept]) < least:
            break
        found = [kept if label == taken else label for label in found]
    return found


def stream_of(history: list[int], seed: int) -> int:
    stream = scramble(seed)
    for item in history:
        stream = scramble(stream ^ item)
    return stream


def uniform(stream: int, counter: int) -> float:
    return ((scramble((stream + counter * GOLDEN) & MASK) >> 12) + 0.5) / 2**52


def first_centres(vectors: list[Vector], n_clusters: int, stream: int) -> list[Vector]:
    """Draw vectors in proportion to their distance 1 − cosine from the nearest of those drawn before."""
    centres: list[Vector] = []
    for c in range(n_clusters):
        distances = [min((max(1 - dot(vector, centre), 0) for centre in centres), default=1) for vector in vectors]
        drawn = uniform(stream, c) * sum(distances)
        reached = (j for j, so_far in enumerate(accumulate(distances)) if so_far >= drawn)
        centres.append(vectors[next(reached, -1)])
    return centres


def recentred(vectors: list[Vector], found: list[int], cluster: int) -> Vector:
    """Sum of the vectors of a cluster, scaled to length one unless it is zero."""
    members = [vector for vector, label in zip(vectors, found, strict=True) if label == cluster]
    total = [sum(member[f] for member in members) for f in range(len(vectors[0]))]
    length = math.sqrt(dot(total, total)) or 1.0
    return [value / length for value in total]


def dot(first: Vector, second: Vector) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))
