"""The users of a world: their personas and the lengths of their histories."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import CountVector, DoubleVector, NumberMatrix
from deepcuts.data.csr import indptr_of
from deepcuts.errors import SettingsError
from deepcuts.kernels.worlds import N_CIRCLES, Personas
from deepcuts.synthetic.settings import LEAST_ITEMS, WorldSettings

_LENGTH_SPREAD = 0.9  # standard deviation of the logarithm of history lengths
_SHARE_EVENNESS = 2.0  # of the Dirichlet distribution of persona shares; higher is more even
_BLOCK = 65_536  # users whose scenes are drawn at a time, so that memory stays low
_HALVINGS = 60  # of the interval that holds the scale of history lengths


def draw_length_factors(rng: np.random.Generator, n_users: int) -> DoubleVector:
    """Length of each user's history, as a multiple of the mean: log-normal, float64, (n_users,)."""
    return rng.lognormal(-0.5 * _LENGTH_SPREAD**2, _LENGTH_SPREAD, n_users)  # exp(μ + σ²/2) = 1 is the mean


def draw_personas(
    rng: np.random.Generator, settings: WorldSettings, length_factors: DoubleVector, popularity: DoubleVector
) -> Personas:
    """Draw every user's personas: their scenes by `popularity`, their circles, and their shares, the largest first.

    A user has 1 to `n_personas` of them, all equally likely, but at most log2 of the items in the history.
    """
    shape = settings.n_users, settings.n_personas
    lengths = np.maximum(LEAST_ITEMS, settings.items_per_user * length_factors)
    counts = np.minimum(rng.integers(1, settings.n_personas, settings.n_users, endpoint=True), np.log2(lengths))
    present = np.arange(settings.n_personas) < counts.astype(np.int64)[:, None]
    # Normalised gamma variables are a Dirichlet draw; absent personas weigh 0 and come last.
    weights = -np.sort(-rng.gamma(_SHARE_EVENNESS, size=shape) * present, axis=1)
    return Personas(
        indptr=indptr_of(present.sum(axis=1)),
        scenes=_draw_scenes(rng, popularity, shape)[present],
        circles=rng.integers(N_CIRCLES, size=shape, dtype=np.int32)[present],
        shares=(weights / weights.sum(axis=1, keepdims=True))[present].astype(np.float32),
    )


def fit_lengths(
    settings: WorldSettings, length_factors: DoubleVector, personas: Personas, scene_sizes: CountVector
) -> CountVector:
    """Scale the length factors so that the world has the pairs it should, int64, (n_users,).

    Raises
    ------
    SettingsError
        If the users' scenes cannot hold that many.
    """
    most = _longest_histories(settings, personas, scene_sizes)
    if most.sum() < settings.n_pairs:
        raise SettingsError(
            f"items_per_user is {settings.items_per_user:,}, but a persona plays at most half of its scene, which "
            f"allows {most.mean():,.1f} items a user. Lower items_per_user or n_scenes, or raise n_items."
        )

    def lengths(scale: float) -> CountVector:
        return np.clip(np.rint(scale * length_factors), LEAST_ITEMS, most).astype(np.int64)

    low, high = 0.0, (most / length_factors).max()
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        # The sum of lengths grows with the scale, in steps: `high` nears the least scale that reaches the sum.
        low, high = (middle, high) if lengths(middle).sum() < settings.n_pairs else (low, middle)
    return lengths(high)


def _draw_scenes(rng: np.random.Generator, popularity: DoubleVector, shape: tuple[int, int]) -> NumberMatrix:
    """Draw distinct scenes for each user, without replacement by popularity: the smallest of exponential variables."""
    n_users, n_personas = shape
    scenes = np.empty(shape, np.int32)
    for start in range(0, n_users, _BLOCK):
        block = scenes[start : start + _BLOCK]
        # Of exponential variables with rates p, the i-th is the least with probability p[i] / Σ p.
        finish = rng.standard_exponential((len(block), len(popularity)), dtype=np.float32) / popularity
        block[:] = np.argpartition(finish, range(n_personas), axis=1)[:, :n_personas]
    return scenes


def _longest_histories(settings: WorldSettings, personas: Personas, scene_sizes: CountVector) -> DoubleVector:
    """Longest history in which no persona, nor the stray plays, take more than half of what they draw from."""
    starts, sizes = personas.indptr[:-1], scene_sizes[personas.scenes]
    inside = np.minimum.reduceat(sizes / personas.shares, starts) / (1.0 - settings.stray_share)
    outside = (settings.n_items - np.add.reduceat(sizes, starts)) / max(settings.stray_share, 1e-9)
    return np.floor(0.5 * np.minimum(inside, outside))
