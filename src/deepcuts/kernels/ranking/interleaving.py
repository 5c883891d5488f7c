"""One list from what several voices rank: personas, and the base vector."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import BoolVector, CountVector, FloatMatrix, FloatVector, IndexMatrix, PersonaMatrix
from deepcuts.kernels.arrays import scratch
from deepcuts.kernels.compiling import kernel

NOTHING = np.int32(-1)  # marks the ranks that a short list leaves empty


class Voices(NamedTuple):
    """What the voices of one user rank, and work arrays for a list of theirs.

    Parameters
    ----------
    scores, items, labels
        float32, int32 and int8, (n_voices, depth): the best items of each voice, best first, and the personas that they
        stand under.
    sizes
        int64, (n_voices,): how many items each voice has.
    averages, n_taken, ranks
        float32 and int64, (n_voices,): what a voice would have more by one item more, how many of its items the list
        holds, and how far down its own list it is.
    listed
        bool, (n_items,): all false before and after; marks the items that the list holds already.
    """

    scores: FloatMatrix
    items: IndexMatrix
    labels: PersonaMatrix
    sizes: CountVector
    averages: FloatVector
    n_taken: CountVector
    ranks: CountVector
    listed: BoolVector


def voices_of(most, depth, n_items):
    """Make arrays for so many voices at most, and lists of at most so many items."""
    by_rank = scratch(most, depth), scratch(most, depth, dtype=np.int32), scratch(most, depth, dtype=np.int8)
    of_each = scratch(most, dtype=np.int64), scratch(most), scratch(most, dtype=np.int64), scratch(most, dtype=np.int64)
    return Voices(*by_rank, *of_each, np.zeros(n_items, np.bool_))


@kernel(inline="always")
def highest(averages):
    """Voice of the highest average above 0, the first of equals; −1 for none."""
    chosen, most = -1, np.float32(0.0)
    for p in range(len(averages)):
        if averages[p] > most:
            chosen, most = p, averages[p]
    return chosen


@kernel()
def interleave(voices, weights, list_items, list_scores, list_personas):
    """Fill one list from the ranked items of several voices, by highest averages (Sainte-Laguë), maths.md (18).

    No item is listed twice.

    Parameters
    ----------
    voices
        `Voices`.
    weights
        float32, (n_voices,): part of each voice in the list, up to a factor; 0 mutes it.
    list_items, list_scores, list_personas
        int32, float32 and int8, (k,): overwritten; ranks left empty hold −1 in `list_items`.

    Returns
    -------
    How many ranks are filled.
    """
    list_items[:] = NOTHING
    averages, n_taken, ranks, listed = voices.averages[: len(weights)], voices.n_taken, voices.ranks, voices.listed
    items, sizes, filled = voices.items, voices.sizes, 0
    for p in range(len(weights)):
        averages[p], n_taken[p], ranks[p] = weights[p], 0, 0
    while filled < len(list_items):
        p = highest(averages)
        if p < 0:
            break
        while ranks[p] < sizes[p] and listed[items[p, ranks[p]]]:  # the list has it from another voice
            ranks[p] += 1
        if ranks[p] == sizes[p]:
            averages[p] = np.float32(0.0)
            continue
        item = items[p, ranks[p]]
        listed[item] = True
        list_items[filled], list_scores[filled] = item, voices.scores[p, ranks[p]]
        list_personas[filled] = voices.labels[p, ranks[p]]
        filled, ranks[p], n_taken[p] = filled + 1, ranks[p] + 1, n_taken[p] + 1
        averages[p] = weights[p] / np.float32(2 * n_taken[p] + 1)
    for rank in range(filled):
        listed[list_items[rank]] = False
    return filled


@kernel()
def best_persona(before_dial):
    """Persona of the highest score that is not 0, the first of equals; −1 where all are 0."""
    best = -1
    for p in range(len(before_dial)):
        if before_dial[p] != np.float32(0.0) and (best < 0 or before_dial[p] > before_dial[best]):
            best = p
    return best
