"""Slow, readable twin of the sampling kernel, on Python's own integers."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator

from deepcuts.kernels.worlds import CIRCLE_PULL, N_CIRCLES, PLAYS_SPREAD, Personas, Scenes

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def scramble(bits: int) -> int:
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


def stream_of(seed: int, user: int) -> Iterator[tuple[float, float, float, float]]:
    """Numbers between 0 and 1, four for each attempt to draw an item."""
    start = scramble((seed + user * GOLDEN) & MASK)
    counter = 0
    while True:
        bits = [scramble((start + (counter + i) * GOLDEN) & MASK) >> 12 for i in range(4)]
        yield tuple((b + 0.5) / 2**52 for b in bits)
        counter += 4


def zipf(n: int, u: float) -> int:
    """Smallest rank whose cumulative probability log(rank + 2) / log(n + 1) exceeds u."""
    return next(rank for rank in range(n) if (rank + 2) > (n + 1) ** u or rank == n - 1)


def history(
    seed: int,
    user: int,
    length: int,
    n_stray: int,
    loudness: float,
    stray_share: float,
    scenes: Scenes,
    personas: Personas,
) -> dict[int, float]:
    """Items of one user in the order in which they are drawn, with their plays."""
    draws = stream_of(seed, user)
    mine = range(personas.indptr[user], personas.indptr[user + 1])
    catalogues = [scenes.items[a:b].tolist() for a, b in zip(scenes.indptr[:-1], scenes.indptr[1:], strict=True)]
    drawn: dict[int, float] = {}
    share_so_far = 0.0
    for p in mine:
        share_so_far += personas.shares[p]
        wanted = int(share_so_far * (length - n_stray) + 0.5) - len(drawn)
        items = catalogues[personas.scenes[p]]
        circle = items[personas.circles[p] :: N_CIRCLES]

        def own(u: float, v: float, items: list[int] = items, circle: list[int] = circle) -> int:
            pool = circle if u < CIRCLE_PULL else items
            return pool[zipf(len(pool), v)]

        drawn |= part(draws, wanted, own, loudness, float(personas.shares[p]))

    def stray(u: float, v: float) -> int | None:
        scene = bisect_left(scenes.cumulative, u)
        foreign = scene not in [personas.scenes[p] for p in mine]
        return catalogues[scene][zipf(len(catalogues[scene]), v)] if foreign else None

    return drawn | part(draws, n_stray, stray, loudness, stray_share)


def part(
    draws: Iterator[tuple[float, ...]],
    wanted: int,
    item_of: Callable[[float, float], int | None],
    loudness: float,
    share: float,
) -> dict[int, float]:
    drawn: dict[int, float] = {}
    while len(drawn) < wanted:
        u, v, a, b = next(draws)
        item = item_of(u, v)
        if item is not None and item not in drawn:
            normal = math.sqrt(-2 * math.log(a)) * math.cos(2 * math.pi * b)
            drawn[item] = math.ceil(loudness * math.sqrt(share / (len(drawn) + 1)) * math.exp(PLAYS_SPREAD * normal))
    return drawn
