"""One list from what several voices rank: personas, and the base vector."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel

NOTHING = np.int32(-1)  # marks the ranks that a short list leaves empty


@kernel()
def highest(averages):
    """Voice of the highest average above 0, the first of equals; −1 for none."""
    chosen, most = -1, np.float32(0.0)
    for p in range(len(averages)):
        if averages[p] > most:
            chosen, most = p, averages[p]
    return chosen


@kernel()
def interleave(top_scores, top_items, labels, sizes, weights, listed, list_items, list_scores, list_personas):
    """Fill one list from the ranked items of several voices, by highest averages (Sainte-Laguë), maths.md (18).

    No item is listed twice.

    Parameters
    ----------
    top_scores, top_items, labels
        float32, int32 and int8, (n_voices, depth): the best items of each voice, best first, and the personas that they
        stand under.
    sizes
        int64, (n_voices,): how many items each voice has.
    weights
        float32, (n_voices,): part of each voice in the list, up to a factor; 0 mutes it.
    listed
        bool, (n_items,): all false before and after; marks the items that the list holds already.
    list_items, list_scores, list_personas
        int32, float32 and int8, (k,): overwritten; ranks left empty hold −1 in `list_items`.

    Returns
    -------
    How many ranks are filled.
    """
    list_items[:] = NOTHING
    averages, n_taken = weights.copy(), np.zeros(len(weights), np.int64)
    ranks = np.zeros(len(weights), np.int64)  # how far down its own list each voice is
    filled = 0
    while filled < len(list_items):
        p = highest(averages)
        if p < 0:
            break
        while ranks[p] < sizes[p] and listed[top_items[p, ranks[p]]]:  # the list has it from another voice
            ranks[p] += 1
        if ranks[p] == sizes[p]:
            averages[p] = np.float32(0.0)
            continue
        item = top_items[p, ranks[p]]
        listed[item] = True
        list_items[filled], list_scores[filled] = item, top_scores[p, ranks[p]]
        list_personas[filled] = labels[p, ranks[p]]
        filled, ranks[p], n_taken[p] = filled + 1, ranks[p] + 1, n_taken[p] + 1
        averages[p] = weights[p] / np.float32(2 * n_taken[p] + 1)
    for item in list_items[:filled]:
        listed[item] = False
    return filled


@kernel()
def best_persona(before_dial):
    """Persona of the highest score that is not 0, the first of equals; −1 where all are 0."""
    best = -1
    for p in range(len(before_dial)):
        if before_dial[p] != np.float32(0.0) and (best < 0 or before_dial[p] > before_dial[best]):
            best = p
    return best
