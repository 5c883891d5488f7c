"""How a user is split: the cluster start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.clustering import cluster_histories
from deepcuts.model.rows import Rows

_MAX_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Split:
    """Which persona each pair belongs to.

    Parameters
    ----------
    personas
        int8, (n_pairs,): 0 is the user's largest persona.
    persona_indptr
        int64, (n_users + 1,): the personas of user u are the rows ``persona_indptr[u]:persona_indptr[u + 1]``.
        Every user has at least one.
    """

    personas: np.ndarray
    persona_indptr: np.ndarray


def one_persona(rows: Rows) -> Split:
    """Every user as one persona."""
    return Split(np.zeros(len(rows.indices), np.int8), np.arange(rows.n_rows + 1))


def most_personas(n_items: np.ndarray, n_personas: int) -> np.ndarray:
    """Return the most personas of users with so many items: max(1, min(n_personas, ⌊log2 n⌋)), int64."""
    doublings = np.floor(np.log2(np.maximum(n_items, 1)))
    return np.asarray(np.clip(doublings, 1, n_personas), np.int64)


def cluster_start(rows: Rows, item_factors: np.ndarray, n_personas: int, seed: int) -> Split:
    """Split every user by spherical k-means++ over the vectors of their own items.

    Empty clusters are dropped. The draws depend on the seed and on the history alone: the same history is split the
    same way in training and in fold-in.
    """
    lengths = np.linalg.norm(item_factors, axis=1, keepdims=True)
    directions = np.divide(item_factors, lengths, out=np.zeros_like(item_factors), where=lengths > 0)
    personas = np.zeros(len(rows.indices), np.int8)
    n_found = np.empty(rows.n_rows, np.int64)
    most = most_personas(np.diff(rows.indptr), n_personas)
    inputs = map(read_only, (rows.indptr, rows.indices, directions, most))
    cluster_histories(*inputs, seed, _MAX_ROUNDS, personas, n_found)
    return Split(personas, np.concatenate([[0], np.cumsum(np.maximum(n_found, 1))]))
