"""Ranking once more, with sorted() and fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

Entry = tuple[int, float, int]  # item, score, persona


def top(scores: Sequence[float], depth: int) -> list[tuple[int, float]]:
    """The best items and their scores, the first of equals first."""
    listable = [(item, score) for item, score in enumerate(scores) if not math.isnan(score) and score > -math.inf]
    return sorted(listable, key=lambda entry: (-entry[1], entry[0]))[:depth]


def by_share(rows: Sequence[Sequence[float]], weights: Sequence[float], k: int) -> list[Entry]:
    """One list from the rankings of several personas; the next one is chosen as Sainte-Laguë gives seats."""
    queues = [top(row, len(row)) for row in rows]
    entries: list[Entry] = []
    while len(entries) < k:
        waiting = [p for p, queue in enumerate(queues) if queue and weights[p] > 0]
        if not waiting:
            break
        seats = [sum(persona == p for _, _, persona in entries) for p in range(len(rows))]
        chosen = max(waiting, key=lambda p: Fraction(weights[p]) / (2 * seats[p] + 1))
        item, score = queues[chosen].pop(0)
        if item not in [listed for listed, _, _ in entries]:
            entries.append((item, score, chosen))
    return entries


def by_max(rows: Sequence[Sequence[float]], k: int) -> list[Entry]:
    """One list by the best score of every item, which is the first persona's that has it."""
    if not rows:
        return []
    best = [max(of_item) for of_item in zip(*rows, strict=True)]
    personas = [of_item.index(score) for of_item, score in zip(zip(*rows, strict=True), best, strict=True)]
    return [(item, score, personas[item]) for item, score in top(best, k)]


def rank_of(item: int, scores: Sequence[float], hidden: Sequence[int], deepest: int) -> int:
    """Place of an item in the list of all that are not hidden; 0 where it is not among the first `deepest`."""
    shown = [score if other == item or other not in hidden else -math.inf for other, score in enumerate(scores)]
    listed = [other for other, _ in top([score or -math.inf for score in shown], deepest)]
    return listed.index(item) + 1 if item in listed else 0


def best_persona(scores: Sequence[float]) -> int:
    """Persona of the highest score that is not 0, the first of equals."""
    return max((p for p, score in enumerate(scores) if score), key=lambda p: scores[p])
