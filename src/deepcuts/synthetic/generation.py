"""Drawing a listening world: artists and scenes, listeners and their personas, then what they play."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.array_types import CountVector
from deepcuts.data.csr import indptr_of
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.kernels.worlds import Personas, draw_histories
from deepcuts.synthetic.catalogue import InventedCatalogue, invent_catalogue
from deepcuts.synthetic.listeners import draw_length_factors, draw_personas, fit_lengths
from deepcuts.synthetic.settings import WorldSettings, default_n_scenes
from deepcuts.synthetic.world import World
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_LOUDNESS = 100.0  # plays of a typical listener's dearest item
_LOUDNESS_SPREAD = 1.0  # standard deviation of its logarithm over listeners


def generate_world(
    n_users: int = 2_000,
    n_items: int = 1_500,
    *,
    items_per_user: float = 30.0,
    n_scenes: int | None = None,
    n_personas: int = 4,
    stray_share: float = 0.05,
    seed: int = 0,
) -> World:
    """Invent listeners with planted personas, and what they play.

    Every artist belongs to one scene; within it, popularity follows Zipf's law. Every scene has four circles, and a
    persona draws three of four items from its own circle, the others from the whole scene, so that there is more to
    learn than popularity. A listener's items are divided among the personas by their shares; a few stray plays lie
    outside their scenes. Lengths of histories and play counts are heavy-tailed (log-normal); an item has more plays
    where the persona's share is large and where it came to mind early.

    The artists and scenes depend on the seed, `n_items` and `n_scenes` alone. The same arguments give the same world,
    whatever the number of threads.

    Parameters
    ----------
    n_users
        Listeners, > 0.
    n_items
        Artists, at least 10 a scene.
    items_per_user
        Mean length of a history, ≥ 5, which is also the length of the shortest. No persona plays more than half of
        its scene.
    n_scenes
        Scenes, more than `n_personas`; None takes ``n_items**0.36`` of them, and at least 5.
    n_personas
        Most personas a user may have, 1 to 16. Short histories have fewer: at most log2 of their length.
    stray_share
        Share of pairs that lie outside the listener's scenes, 0 to 0.5.
    seed
        Of all randomness, ≥ 0.

    Returns
    -------
    World
        The plays and the truth behind them.

    Raises
    ------
    SettingsError
        If an argument is out of its range, or if `items_per_user` is more than the scenes can hold.
    """
    n_scenes = default_n_scenes(n_items) if n_scenes is None else n_scenes
    settings = WorldSettings(n_users, n_items, items_per_user, n_scenes, n_personas, stray_share, seed)
    n_users, n_items, stray_share = settings.n_users, settings.n_items, settings.stray_share
    rng = np.random.default_rng(settings.seed)
    catalogue = invent_catalogue(rng, n_items, settings.n_scenes)
    length_factors = draw_length_factors(rng, n_users)
    personas = draw_personas(rng, settings, length_factors, catalogue.popularity)
    lengths = fit_lengths(settings, length_factors, personas, catalogue.scene_sizes)
    plays = _draw_plays(rng, stray_share, lengths, catalogue, personas)
    logger.info("Invented %s, %s.", plays, counted(n_scenes, "scene"))
    return World(
        plays,
        catalogue.scene_names,
        catalogue.item_scenes,
        catalogue.item_ranks,
        personas.indptr,
        personas.scenes,
        personas.circles,
        personas.shares,
    )


def _draw_plays(
    rng: np.random.Generator, stray_share: float, lengths: CountVector, catalogue: InventedCatalogue, personas: Personas
) -> Interactions:
    indptr = indptr_of(lengths)
    # Rounded at random: the mean is exact.
    n_stray = np.floor(stray_share * lengths + rng.random(len(lengths))).astype(np.int64)
    loudness = (_LOUDNESS * rng.lognormal(sigma=_LOUDNESS_SPREAD, size=len(lengths))).astype(np.float32)
    seed = np.uint64(rng.integers(2**64, dtype=np.uint64))
    with np.errstate(over="ignore"):  # SplitMix64 wraps around, which NumPy would mention where the JIT is off
        drawn = draw_histories(seed, indptr, n_stray, loudness, np.float32(stray_share), catalogue.scenes(), personas)
    matrix = sparse.csr_array((drawn[1], drawn[0], indptr), shape=(len(lengths), len(catalogue.item_ids)))
    matrix.sort_indices()
    indices = matrix.indices.astype(np.int32, copy=False)
    return Interactions(indptr, indices, matrix.data, _user_ids(len(lengths)), catalogue.item_ids)


def _user_ids(n_users: int) -> Ids:
    """Return "user 0000001" and so on, padded so that they ascend."""
    numbers = pc.utf8_lpad(pa.array(np.arange(1, n_users + 1)).cast(pa.string()), max(7, len(str(n_users))), "0")
    return Ids(pc.binary_join_element_wise("user", numbers, " "), "user")
