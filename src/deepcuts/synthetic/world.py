"""A listening world whose truth is known: scenes, artists, listeners and their planted personas."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.kernels.worlds import N_CIRCLES, Personas, draw_histories
from deepcuts.storage import StrPath
from deepcuts.synthetic.catalogue import InventedCatalogue, invent_catalogue
from deepcuts.synthetic.files import write_world
from deepcuts.synthetic.listeners import draw_appetites, draw_personas, fit_lengths
from deepcuts.synthetic.settings import WorldSettings, default_n_scenes

logger = logging.getLogger(__name__)

_LOUDNESS = 100.0  # plays of a typical listener's dearest item
_LOUDNESS_SPREAD = 1.0  # standard deviation of its logarithm over listeners


@dataclass(frozen=True, eq=False)
class World:
    """Plays, and the truth behind them.

    Parameters
    ----------
    plays
        The play counts; ids of items are artist names.
    scene_names
        Name of each scene, (n_scenes,).
    item_scenes
        int32, (n_items,): scene of each item.
    item_ranks
        int32, (n_items,): popularity rank of each item within its scene, 1 = most popular.
    persona_indptr
        int64, (n_users + 1,): the personas of user u are ``persona_indptr[u]:persona_indptr[u + 1]``.
    persona_scenes
        int32, (n_persona_rows,): scene of each persona, distinct within a user.
    persona_circles
        int32, (n_persona_rows,): circle of its scene that each persona keeps to.
    persona_shares
        float32, (n_persona_rows,): share of each persona, the largest first, summing to 1 within a user.
    """

    plays: Interactions
    scene_names: tuple[str, ...]
    item_scenes: np.ndarray
    item_ranks: np.ndarray
    persona_indptr: np.ndarray
    persona_scenes: np.ndarray
    persona_circles: np.ndarray
    persona_shares: np.ndarray

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def item_circles(self) -> np.ndarray:
        """Circle of each item within its scene, int32, (n_items,)."""
        return (self.item_ranks - 1) % N_CIRCLES

    @property
    def persona_users(self) -> np.ndarray:
        """User of each persona, int32, (n_persona_rows,)."""
        return np.repeat(np.arange(self.plays.n_users, dtype=np.int32), np.diff(self.persona_indptr))

    @property
    def persona_places(self) -> np.ndarray:
        """Place of each persona among its user's, 0 for the largest share, int8, (n_persona_rows,)."""
        places: np.ndarray = np.arange(len(self.persona_scenes)) - self.persona_indptr[self.persona_users]
        return places.astype(np.int8)

    def planted_personas(self) -> np.ndarray:
        """Place of the persona that each pair was drawn for, int8, (n_pairs,); -1 for a stray play."""
        places = self.persona_places
        scenes_of_users = np.full((places.max() + 1, self.plays.n_users), -1, np.int32)
        scenes_of_users[places, self.persona_users] = self.persona_scenes
        users, scenes = self.plays.user_of_pair(), self.item_scenes[self.plays.indices]
        planted = np.full(self.plays.n_pairs, -1, np.int8)
        for place, scene_of_user in enumerate(scenes_of_users):
            planted[scene_of_user[users] == scenes] = place
        return planted

    def save(self, folder: StrPath, *, force: bool = False) -> None:
        """Write the raw plays and the truth beside them.

        ``plays.parquet`` has the columns user, artist and plays, as a table of plays from outside would;
        ``artists.parquet`` artist, scene, circle and rank; ``personas.parquet`` user, persona, scene, circle and share.

        Parameters
        ----------
        folder
            Where to write; it is made where it is missing.
        force
            Whether files that exist already may be replaced.

        Raises
        ------
        OutputError
            If a file exists and `force` is false, or where writing fails.
        """
        write_world(self, folder, force=force)

    def __repr__(self) -> str:
        return f"World({self.plays!r}, {len(self.scene_names):,} scenes, {len(self.persona_scenes):,} personas)"


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
    rng = np.random.default_rng(seed)
    catalogue = invent_catalogue(rng, n_items, n_scenes)
    appetites = draw_appetites(rng, n_users)
    personas = draw_personas(rng, settings, appetites, catalogue.popularity)
    lengths = fit_lengths(settings, appetites, personas, catalogue.scene_sizes)
    plays = _draw_plays(rng, stray_share, lengths, catalogue, personas)
    logger.info("Invented %s, %d scenes.", plays, n_scenes)
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
    rng: np.random.Generator, stray_share: float, lengths: np.ndarray, catalogue: InventedCatalogue, personas: Personas
) -> Interactions:
    indptr = np.concatenate([[0], np.cumsum(lengths)])
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
