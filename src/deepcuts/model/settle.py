"""Users on fixed items: the last step of training, and all of fold-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deepcuts.model.rows import Rows
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.solve import EXACT, gram
from deepcuts.model.start import cluster_start, one_persona
from deepcuts.model.user_side import base_side, persona_side

_BLOCK_PAIRS = 2_000_000


@dataclass(frozen=True, eq=False)
class Tastes:
    """What is known of users: their base vectors and their personas.

    Parameters
    ----------
    base_factors
        float32, (n_users, n_factors): the single-vector solution.
    persona_factors
        float32, (n_rows, n_factors).
    persona_indptr
        int64, (n_users + 1,): the personas of user u are the rows ``persona_indptr[u]:persona_indptr[u + 1]``.
    persona_shares
        float32, (n_rows,): share of the user's items that belong to each persona, falling within a user.
    personas
        int8, (n_pairs,): the persona that each pair of the plays belongs to.
    """

    base_factors: np.ndarray
    persona_factors: np.ndarray
    persona_indptr: np.ndarray
    persona_shares: np.ndarray
    personas: np.ndarray


@dataclass(frozen=True, eq=False)
class FixedItems:
    """All that a user's solution depends on besides the user's own plays.

    Parameters
    ----------
    factors
        float32, (n_items, n_factors).
    gram
        float64, (n_factors, n_factors): ``factors.T @ factors``.
    w0
        Weight of a pair that was not observed.
    settings
        Hyperparameters.
    seed
        Seed of the cluster start.
    """

    factors: np.ndarray
    gram: np.ndarray
    w0: float
    settings: PersonaSettings
    seed: int

    @classmethod
    def of(cls, factors: np.ndarray, w0: float, settings: PersonaSettings, seed: int) -> FixedItems:
        """Compute the Gram matrix and keep the rest."""
        return cls(factors, gram(factors), w0, settings, seed)


def settle(rows: Rows, items: FixedItems, on_block: Callable[[int], None] = lambda n_users: None) -> Tastes:
    """Find the base vector and the personas of every user, each on their own, with items fixed.

    Parameters
    ----------
    rows
        One row per user.
    items
        What the users' solutions depend on.
    on_block
        Called with the number of users done so far.
    """
    parts = []
    for first, last in user_blocks(rows.indptr):
        block = rows.block(first, last)
        nothing = np.zeros((block.n_rows, items.factors.shape[1]), np.float32)
        base, _ = base_side(block, items.w0, len(items.factors), items.settings).solve(
            items.factors, items.gram, nothing, EXACT
        )
        parts.append(split_users(block, base, items) if items.settings.n_personas > 1 else as_one_persona(block, base))
        on_block(last)
    return join(parts)


def as_one_persona(rows: Rows, base: np.ndarray) -> Tastes:
    """Take every base vector as its user's only persona."""
    split = one_persona(rows)
    return Tastes(base, base, split.persona_indptr, np.ones(rows.n_rows, np.float32), split.personas)


def split_users(rows: Rows, base: np.ndarray, items: FixedItems) -> Tastes:
    """Split users by the cluster start and solve for their personas."""
    split = cluster_start(rows, items.factors, items.settings.n_personas, items.seed)
    side = persona_side(rows, base, split, items.w0, len(items.factors), items.settings)
    user_of_row = np.repeat(np.arange(rows.n_rows), np.diff(split.persona_indptr))
    factors, _ = side.solve(items.factors, items.gram, base[user_of_row], EXACT)
    shares = np.diff(side.rows.indptr) / np.maximum(np.diff(rows.indptr)[user_of_row], 1)
    return Tastes(base, factors, split.persona_indptr, shares.astype(np.float32), split.personas)


def user_blocks(indptr: np.ndarray) -> list[tuple[int, int]]:
    """Cut users into runs of about as many pairs as memory is meant for."""
    n_users = len(indptr) - 1
    ends = np.searchsorted(indptr, np.arange(_BLOCK_PAIRS, indptr[-1] + _BLOCK_PAIRS, _BLOCK_PAIRS))
    bounds = np.unique(np.concatenate([[0], np.minimum(ends, n_users), [n_users]]))
    return [(int(first), int(last)) for first, last in pairwise(bounds)]


def join(parts: list[Tastes]) -> Tastes:
    """Put the tastes of consecutive blocks of users together."""
    if len(parts) == 1:
        return parts[0]
    n_rows = np.concatenate([np.diff(part.persona_indptr) for part in parts])
    return Tastes(
        np.concatenate([part.base_factors for part in parts]),
        np.concatenate([part.persona_factors for part in parts]),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(n_rows)]),
        np.concatenate([part.persona_shares for part in parts]),
        np.concatenate([part.personas for part in parts]),
    )
