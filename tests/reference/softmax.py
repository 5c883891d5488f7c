"""Slow, readable twin of the kernels of sampled softmax: the loss as stated, its gradient by differences."""

from __future__ import annotations

import math

import numpy as np

from reference.maxmf import draw_other, gradient, stream_of_user, uniform


def sample(vector, items, liked, drawn, n_others):
    """Return −ln (e^s / (e^s + (m / S) Σ e^s_j)) and its gradients by the vector and by the items."""

    def loss() -> float:
        others = sum(math.exp(vector @ items[j]) for j in drawn) * n_others / len(drawn)
        own = math.exp(vector @ items[liked])
        return -math.log(own / (own + others))

    return loss(), gradient(loss, vector), gradient(loss, items)


def both_epoch(order, histories, rate, ridge, n_negatives, stream, users, items) -> float:
    """Users of one vector and items, a sample for every pair."""
    pairs = [(user, item) for user, own in enumerate(histories) for item in own]
    total = 0.0
    for pair in order:
        user, liked = pairs[pair]
        own = histories[user]
        if len(own) == len(items):
            continue
        drawn = [draw_other(own, len(items), stream, pair * n_negatives + s) for s in range(n_negatives)]
        loss, of_user, of_items = sample(users[user], items, liked, drawn, len(items) - len(own))
        total += loss
        users[user] = (1 - rate * ridge) * users[user] - rate * of_user
        items[liked] *= 1 - rate * ridge
        items -= rate * of_items
    return total


def personas_epoch(histories, items, rate, ridge, n_negatives, stream, personas) -> float:
    """Users of several vectors on fixed items."""
    total = 0.0
    for user, own in enumerate(histories):
        for n in range(len(own) if len(own) < len(items) else 0):
            name, counter = stream_of_user(stream, user), n * (n_negatives + 1)
            liked = own[int(uniform(name, counter) * len(own))]
            drawn = [draw_other(own, len(items), name, counter + 1 + s) for s in range(n_negatives)]
            best = int(np.argmax(personas[user] @ items[liked]))
            loss, of_vector, _ = sample(personas[user, best], items, liked, drawn, len(items) - len(own))
            total += loss
            personas[user, best] = (1 - rate * ridge) * personas[user, best] - rate * of_vector
    return total
