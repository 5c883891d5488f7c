"""The data of the evidence: real plays, and generated worlds of several densities and numbers of scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from common import DATA, hetrec, hetrec_tags

import deepcuts as dc
from deepcuts.ingest import prune

VALIDATION_SEED = 100


@dataclass(frozen=True)
class DataSet:
    """Plays, and how they are used.

    Parameters
    ----------
    about
        What it is, in a line.
    read
        Reads or generates the plays.
    n_factors
        Of rivals that have factors: what ours take by themselves on the validation part.
    labels
        Reads tags of the items, where there are any.
    """

    about: str
    read: Callable[[], dc.Interactions]
    n_factors: int
    labels: Callable[[], pa.Table] | None = None


def audioscrobbler() -> dc.Interactions:
    """Return the cut of 50 heavy listeners; artists with at least two of them."""
    path = DATA / "audioscrobbler-2005-small" / "user_artist_data_small.txt"
    return prune(dc.read_plays(path, user=1, item=2, plays=3), min_users=2)


def taste_profile() -> dc.Interactions:
    """Return the head of the Taste Profile by its top songs: songs with 3 users and users with 5 songs at least."""
    path = DATA / "tasteprofile-heads" / "train_triplets_top_songs_head.txt"
    return prune(dc.read_plays(path, user=1, item=2, plays=3), min_users=3, min_items=5)


def world(n_users: int, n_items: int, items_per_user: float, n_scenes: int) -> dc.Interactions:
    """Generate a world."""
    return dc.generate_world(n_users, n_items, items_per_user=items_per_user, n_scenes=n_scenes, seed=0).plays


def _world(n_users: int, n_items: int, items_per_user: float, n_scenes: int, n_factors: int) -> DataSet:
    about = f"generated: {n_users:,} × {n_items:,}, {items_per_user:g} items a user, {n_scenes} scenes"
    return DataSet(about, partial(world, n_users, n_items, items_per_user, n_scenes), n_factors)


DATA_SETS: dict[str, DataSet] = {
    "HetRec": DataSet("Last.fm of HetRec 2011", hetrec, 256, hetrec_tags),
    "Audioscrobbler": DataSet("50 heavy listeners of 2005", audioscrobbler, 128),
    "Taste Profile": DataSet("a head of it, by top songs", taste_profile, 512),
    "world, sparse": _world(6_000, 3_000, 12, 18, 128),
    "world, dense": _world(3_000, 2_000, 60, 15, 256),
    "world, few scenes": _world(4_000, 2_000, 25, 6, 128),
    "world, many scenes": _world(4_000, 4_000, 25, 80, 512),
    "world, 20,000 × 8,000": _world(20_000, 8_000, 25, 25, 256),
}


def cut(name: str, seed: int) -> tuple[dc.Interactions, dc.Interactions]:
    """Train and holdout of a data set; a fifth of everyone's items is held out."""
    return dc.split_holdout(DATA_SETS[name].read(), fraction=0.2, seed=seed)


def validation_cut(name: str) -> tuple[dc.Interactions, dc.Interactions]:
    """Cut the training part of seed 0 once more, to choose settings on; the holdout stays untouched."""
    return dc.split_holdout(cut(name, 0)[0], fraction=0.2, seed=VALIDATION_SEED)
