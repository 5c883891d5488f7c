"""Draw listening histories: scenes, circles, stray plays and play counts.

Randomness is a pure function of (seed, user, counter), so a user's history does not depend on the thread that draws it.
Every attempt to draw an item owns four numbers of the user's stream: two choose the item, two its plays.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import DoubleVector, FloatVector, Indices, Indptr
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.random_streams import GOLDEN, scramble, uniform
from deepcuts.kernels.threads import over_ranges

N_CIRCLES = 4  # circles in a scene; circle c holds the popularity ranks c, c + 4, c + 8, … of its scene
CIRCLE_PULL = 0.75  # share of a persona's draws that stay within its own circle
PLAYS_SPREAD = 1.0  # standard deviation of the logarithm of a pair's plays


class Scenes(NamedTuple):
    """Items by scene.

    Parameters
    ----------
    indptr
        int64, (n_scenes + 1,): the items of scene s are ``items[indptr[s]:indptr[s + 1]]``.
    items
        int32, (n_items,): item indexes, the most popular of each scene first.
    cumulative
        float64, (n_scenes,): cumulative popularity of the scenes; the last is exactly 1.
    """

    indptr: Indptr
    items: Indices
    cumulative: DoubleVector


class Personas(NamedTuple):
    """Personas by user.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the personas of user u are ``indptr[u]:indptr[u + 1]``.
    scenes
        int32, (n_rows,): scene of each persona, distinct within a user.
    circles
        int32, (n_rows,): circle of its scene that the persona keeps to, 0 … N_CIRCLES − 1.
    shares
        float32, (n_rows,): share of the user's items, summing to 1 within a user.
    """

    indptr: Indptr
    scenes: Indices
    circles: Indices
    shares: FloatVector


@kernel()
def zipf(n, u):
    """Rank 0 … n − 1 of the uniform number u, maths.md (27)."""
    return min(int((n + 1) ** u), n) - 1


@kernel()
def _draw_own(stream, counter, size, circle):
    """Draw a popularity rank for a persona: from its circle, or from its whole scene."""
    u = uniform(stream, counter + 1)
    if uniform(stream, counter) < CIRCLE_PULL:
        return circle + N_CIRCLES * zipf((size - circle + N_CIRCLES - 1) // N_CIRCLES, u)
    return zipf(size, u)


@kernel()
def _draw_plays(stream, counter, loudness, share, position):
    """Plays of an item, maths.md (28), at a position of a persona's draws, from 0."""
    radius = math.sqrt(-2.0 * math.log(uniform(stream, counter)))  # Box–Muller
    normal = radius * math.cos(2.0 * math.pi * uniform(stream, counter + 1))
    return math.ceil(loudness * math.sqrt(share / (position + 1.0)) * math.exp(PLAYS_SPREAD * normal))


@kernel()
def _contains(values, wanted):
    found = False
    for value in values:  # to the end: without an early exit the loop is vectorised
        found |= value == wanted
    return found


@kernel()
def _draw_persona(stream, attempt, scene_items, circle, share, loudness, indices, plays):
    """Fill `indices` and `plays` with distinct items of one scene; return the attempts used up so far."""
    filled = 0
    while filled < len(indices):
        item = scene_items[_draw_own(stream, 4 * attempt, len(scene_items), circle)]
        if not _contains(indices[:filled], item):
            indices[filled] = item
            plays[filled] = _draw_plays(stream, 4 * attempt + 2, loudness, share, filled)
            filled += 1
        attempt += 1
    return attempt


@kernel()
def _draw_stray(stream, attempt, scenes, own_scenes, share, loudness, indices, plays):
    """Fill `indices` and `plays` with distinct items by global popularity, outside the user's own scenes."""
    filled = 0
    while filled < len(indices):
        scene, u = 0, uniform(stream, 4 * attempt)
        while scenes.cumulative[scene] < u:  # ends: the last is 1, and u is below
            scene += 1
        start, stop = scenes.indptr[scene], scenes.indptr[scene + 1]
        item = scenes.items[start + zipf(stop - start, uniform(stream, 4 * attempt + 1))]
        if not _contains(own_scenes, scene) and not _contains(indices[:filled], item):
            indices[filled] = item
            plays[filled] = _draw_plays(stream, 4 * attempt + 2, loudness, share, filled)
            filled += 1
        attempt += 1


@kernel()
def _draw_history(stream, user, n_stray, loudness, stray_share, scenes, personas, indices, plays):
    """Fill `indices` and `plays` persona by persona, then with stray plays."""
    first, last = personas.indptr[user], personas.indptr[user + 1]
    attempt, start, cumulative = np.int64(0), 0, 0.0  # one type of attempts is enough to compile for
    for p in range(first, last):
        scene, circle, share = personas.scenes[p], personas.circles[p], personas.shares[p]
        cumulative += share
        part = slice(start, int(cumulative * (len(indices) - n_stray) + 0.5))  # rounded as sums, so that parts add up
        items = scenes.items[scenes.indptr[scene] : scenes.indptr[scene + 1]]
        attempt = _draw_persona(stream, attempt, items, circle, share, loudness, indices[part], plays[part])
        start = part.stop
    own = personas.scenes[first:last]
    _draw_stray(stream, attempt, scenes, own, stray_share, loudness, indices[start:], plays[start:])


@kernel()
def _draw_range(first, last, seed, indptr, n_stray, loudness, stray_share, scenes, personas, indices, plays):
    """Draw the histories of some users, see `draw_histories`."""
    for user in range(first, last):
        pairs = slice(indptr[user], indptr[user + 1])
        stream = scramble(seed + np.uint64(user) * GOLDEN)
        _draw_history(
            stream, user, n_stray[user], loudness[user], stray_share, scenes, personas, indices[pairs], plays[pairs]
        )


@kernel_entry
def draw_histories(seed, indptr, n_stray, loudness, stray_share, scenes, personas):
    """Draw the items and plays of every user.

    The personas' parts of a history follow their shares exactly, up to rounding. A part must leave room: at most
    half of the items it draws from, plus one, or the redrawing of repeated items takes long.

    Parameters
    ----------
    seed
        uint64.
    indptr
        int64, (n_users + 1,): where each user's history starts.
    n_stray
        int64, (n_users,): how many items of the history lie outside the user's own scenes.
    loudness
        float32, (n_users,): level of the user's plays, > 0.
    stray_share
        Share of stray items, 0 … 1; it lowers their plays as a persona's share does.
    scenes, personas
        `Scenes` and `Personas`.

    Returns
    -------
    indices
        int32, (n_pairs,): item indexes, in the order in which they were drawn.
    plays
        float32, (n_pairs,): whole numbers from 1.
    """
    indices = np.empty(indptr[-1], np.int32)
    plays = np.empty(indptr[-1], np.float32)
    users = seed, indptr, n_stray, loudness, stray_share, scenes, personas, indices, plays
    over_ranges(_draw_range, len(indptr) - 1, *users)
    return indices, plays
