"""Slow, readable twin of the MaxMF kernels: the losses as stated, their gradients by differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.sampling import GOLDEN, MASK, scramble


def uniform(stream: int, counter: int) -> float:
    return ((scramble((stream + int(counter) * GOLDEN) & MASK) >> 12) + 0.5) / 2**52


def stream_of_user(stream: int, user: int) -> int:
    return scramble((stream + int(user) * GOLDEN) & MASK)


def gradient(loss: Callable[[], float], array: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of a loss that reads `array`."""
    slopes = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        array[index] = value + step
        above = loss()
        array[index] = value - step
        slopes[index] = (above - loss()) / (2 * step)
        array[index] = value
    return slopes


def score(personas: np.ndarray, vector: np.ndarray) -> float:
    """max_t u_t · v."""
    return float(np.max(personas @ vector))


def draw_other(own: list[int], n_items: int, stream: int, counter: int) -> int:
    others = [item for item in range(n_items) if item not in own]
    return others[int(uniform(stream, counter) * len(others))]


def warp_weight(n_items: int, n_draws: int) -> float:
    """L(⌊(items − 1) / N⌋) / L(items − 1), L the harmonic sum."""
    return sum(1 / r for r in range(1, (n_items - 1) // n_draws + 1)) / sum(1 / r for r in range(1, n_items))


def violator(personas, items, liked, own, weights, stream, counter) -> tuple[int, float]:
    """Return the first drawn item that violates the margin, and its weight."""
    for n_draws in range(1, len(weights)):
        other = draw_other(own, len(items), stream, counter + n_draws)
        if score(personas, items[other]) > score(personas, items[liked]) - 1:
            return other, float(weights[n_draws])
    return -1, 0.0


def shorten(vectors: np.ndarray, max_norm: float) -> None:
    for row in range(len(vectors)):
        vectors[row] *= min(1.0, max_norm / max(float(np.linalg.norm(vectors[row])), 1e-30))


def sample(personas, items, liked, own, weights, stream, counter, *, through: tuple[str, ...]):
    """Return loss and gradients, with respect to what `through` names, of one sample; None where nothing violates."""
    other, weight = violator(personas, items, liked, own, weights, stream, counter)
    if other < 0:
        return None

    def loss() -> float:
        return weight * max(0.0, 1 + score(personas, items[other]) - score(personas, items[liked]))

    arrays = {"personas": personas, "items": items}
    return loss(), {name: gradient(loss, arrays[name]) for name in through}


def persona_epoch(histories, items, weights, rate, max_norm, stream, personas) -> float:
    """Users on fixed items."""
    total = 0.0
    for user, own in enumerate(histories):
        for n in range(len(own) if len(own) < len(items) else 0):
            name, counter = stream_of_user(stream, user), n * len(weights)
            liked = own[int(uniform(name, counter) * len(own))]
            found = sample(personas[user], items, liked, own, weights, name, counter, through=("personas",))
            if found:
                total += found[0]
                personas[user] -= rate * found[1]["personas"]
                shorten(personas[user], max_norm)
    return total


def joint_epoch(order, histories, weights, rate, max_norm, stream, personas, items) -> float:
    """Both sides at once, a sample for every pair."""
    pairs = [(user, item) for user, own in enumerate(histories) for item in own]
    total = 0.0
    for pair in order:
        user, liked = pairs[pair]
        own, counter = histories[user], pair * len(weights)
        if len(own) == len(items):
            continue
        found = sample(personas[user], items, liked, own, weights, stream, counter, through=("personas", "items"))
        if found:
            total += found[0]
            personas[user] -= rate * found[1]["personas"]
            items -= rate * found[1]["items"]
            shorten(personas[user], max_norm)
            shorten(items, max_norm)
    return total


def mean_user_epoch(order, histories, weights, rate, max_norm, stream, items) -> float:
    """Items, where a user is the mean of their items; the mean stands still while their samples are drawn."""
    total = 0.0
    for user in order:
        own = histories[user]
        if not 0 < len(own) < len(items):
            continue
        mean, through_mean = items[own].mean(axis=0)[None, :], np.zeros(items.shape[1])
        for n in range(len(own)):
            name, counter = stream_of_user(stream, user), n * len(weights)
            liked = own[int(uniform(name, counter) * len(own))]
            found = sample(mean, items, liked, own, weights, name, counter, through=("personas", "items"))
            if found:
                total += found[0]
                through_mean += found[1]["personas"][0]
                items -= rate * found[1]["items"]
                shorten(items, max_norm)
        items[own] -= rate / len(own) * through_mean
        shorten(items, max_norm)
    return total
