"""How the pairs of a user are divided among personas, and reassigned once these are solved for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import CountVector, FloatMatrix, IndexVector, Indptr, PersonaVector
from deepcuts.data.csr import indptr_of
from deepcuts.data.vectors import unit_vectors
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.personas.assignment import assign, regroup
from deepcuts.kernels.personas.clustering import cluster_histories
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.settings import PersonaSettings

_MAX_ROUNDS = 20  # of k-means: docs/maths.md, How a user is split
_PERTURBATION = 0.01  # of every factor, relative: standard deviation


@dataclass(frozen=True, eq=False)
class PersonaSplit:
    """Which persona each pair belongs to.

    Parameters
    ----------
    personas
        int8, (n_pairs,): 0 is the user's largest persona.
    persona_indptr
        int64, (n_users + 1,): the personas of user u are the rows ``persona_indptr[u]:persona_indptr[u + 1]``.
        Every user has at least one, and every persona of a user who has items has one of them.
    """

    personas: PersonaVector
    persona_indptr: Indptr

    @classmethod
    def of(cls, personas: PersonaVector, n_personas: IndexVector) -> PersonaSplit:
        """Count the rows; users without items have one all the same."""
        return cls(personas, indptr_of(np.maximum(n_personas, 1)))


def one_persona(rows: Rows) -> PersonaSplit:
    """Every user as one persona."""
    return PersonaSplit(np.zeros(len(rows.indices), np.int8), np.arange(rows.n_rows + 1))


def initial_split(
    rows: Rows, item_factors: FloatMatrix, base: FloatMatrix, settings: PersonaSettings, seed: int
) -> PersonaSplit:
    """Split every user as the settings say: by clusters of their items, or by perturbed copies of their base vector."""
    most = most_personas(np.diff(rows.indptr), settings)
    if settings.start == "cluster":
        return cluster_start(rows, item_factors, most, seed, settings.by_ridge.join_cosine)
    return copy_start(rows, item_factors, base, most, seed)


def most_personas(n_items: CountVector, settings: PersonaSettings) -> CountVector:
    """Return the most personas of users with so many items, int64.

    "log2": max(1, min(n_personas, ⌊log2 n⌋)), the rule of MIND (Li et al. 2019, doi:10.1145/3357384.3357814).
    "all": as many as there are items for.
    """
    limit = np.floor(np.log2(np.maximum(n_items, 1))) if settings.persona_count == "log2" else n_items
    return np.asarray(np.clip(limit, 1, settings.n_personas), np.int64)


def cluster_start(
    rows: Rows, item_factors: FloatMatrix, most: CountVector, seed: int, join_cosine: float
) -> PersonaSplit:
    """Split every user by spherical k-means++ over the vectors of their own items.

    Clusters whose mean vectors are at least as alike as `join_cosine` are joined, and empty ones dropped. The draws
    depend on the seed and on the user's items alone: the same items are split the same way in training and in fold-in.
    """
    personas = np.zeros(len(rows.indices), np.int8)
    n_found = np.empty(rows.n_rows, np.int64)
    few = 8 * len(rows.indices) < len(item_factors)  # directions of all items would take longer than the clustering
    vectors = item_factors[rows.indices] if few else item_factors
    places = np.arange(len(rows.indices), dtype=np.int32) if few else rows.indices
    inputs = map(read_only, (rows.indptr, rows.indices, places, unit_vectors(vectors), most))
    cluster_histories(*inputs, seed, _MAX_ROUNDS, np.float32(join_cosine), personas, n_found)
    return PersonaSplit.of(personas, n_found)


def copy_start(rows: Rows, item_factors: FloatMatrix, base: FloatMatrix, most: CountVector, seed: int) -> PersonaSplit:
    """Split every user by slightly perturbed copies of their base vector: each item goes to the copy that scores best.

    The perturbations are the same for all users, so that the same items are always split the same way.
    """
    # Drawn copy by copy: the p-th copy has the same noise, however many copies other users have.
    noise = np.random.default_rng(seed).standard_normal((int(most.max(initial=1)), base.shape[1]), np.float32)
    indptr = indptr_of(most)
    copy = np.arange(indptr[-1]) - np.repeat(indptr[:-1], most)  # number of each row within its user
    copies = np.repeat(base, most, axis=0) * (1 + np.float32(_PERTURBATION) * noise[copy])
    empty = PersonaSplit(np.zeros(len(rows.indices), np.int8), indptr)
    return reassign(rows, item_factors, copies, empty, how="score", merge_cosine=2.0)


def reassign(
    rows: Rows, item_factors: FloatMatrix, factors: FloatMatrix, split: PersonaSplit, how: str, merge_cosine: float
) -> PersonaSplit:
    """Give pairs to the persona that now fits them best, give empty personas a pair, and join those that are alike.

    Parameters
    ----------
    rows, item_factors
        One row per user, and the items.
    factors
        The personas, float32, (n_rows, n_factors).
    split
        The split they were made by.
    how
        "kept" leaves the pairs where they are; "cosine" takes the persona of the nearest direction, "score" the one of
        the best score, which lets large personas swallow small ones.
    merge_cosine
        Personas at least this alike are joined; above 1, none are.
    """
    units = unit_vectors(factors)
    personas, matches = split.personas.copy(), np.zeros(len(rows.indices), np.float32)
    if how != "kept":
        # maths.md (17)
        vectors = (item_factors, factors) if how == "score" else (unit_vectors(item_factors), units)
        pairs = (rows.indptr, rows.indices, vectors[0], split.persona_indptr, vectors[1])
        assign(*map(read_only, pairs), personas, matches)
    n_left = np.empty(rows.n_rows, np.int64)
    users = (rows.indptr, split.persona_indptr, units, matches)
    regroup(*map(read_only, users), np.float32(merge_cosine), personas, n_left)
    return PersonaSplit.of(personas, n_left)
