"""Slow, readable twin of the PFP kernel: the loss as stated, its gradient by differences."""

from __future__ import annotations

import numpy as np

from reference.maxmf import draw_other, gradient, stream_of_user, uniform


def score(projection: np.ndarray, mean: np.ndarray, vector: np.ndarray) -> float:
    """Pᵀv · Pᵀm, with P stored transposed."""
    return float((projection @ vector) @ (projection @ mean))


def epoch(order, histories, rate, regularization, stream, projections, items) -> float:
    """User by user; the mean stands still while a user's samples are drawn."""
    total = 0.0
    for user in order:
        own, projection = histories[user], projections[user]
        if not 0 < len(own) < len(items):
            continue
        name = stream_of_user(stream, user)
        mean, through_mean = items[own].mean(axis=0), np.zeros(items.shape[1])
        for n in range(len(own)):
            liked = own[int(uniform(name, 2 * n) * len(own))]
            other = draw_other(own, len(items), name, 2 * n + 1)

            def loss() -> float:
                margin = score(projection, mean, items[liked]) - score(projection, mean, items[other])  # noqa: B023
                return float(np.log1p(np.exp(-margin)))

            total += loss()
            slopes = [gradient(loss, array) for array in (projection, mean, items)]
            through_mean += slopes[1]
            projection -= rate * (slopes[0] + regularization * projection)
            for item in (liked, other):
                items[item] -= rate * (slopes[2][item] + regularization * items[item])
        items[own] -= rate / len(own) * through_mean
    return total
