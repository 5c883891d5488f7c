"""How alike the tastes of two people are, and which personas they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector
from deepcuts.data.vectors import unit_vectors
from deepcuts.model.state import PersonaState

SHARED_FROM = 0.5  # cosine from which two personas are told as a taste in common


@dataclass(frozen=True)
class TasteMatch:
    """Two people compared.

    Parameters
    ----------
    match
        From 0, nothing in common, to 1, the same tastes in the same shares; see `match_tastes`.
    shared
        Pairs of personas that are alike, of the one and of the other, with their cosine, the most alike first; each
        persona is in one pair at most.
    """

    match: float
    shared: list[tuple[int, int, float]]


def match_tastes(one: PersonaState, other: PersonaState) -> TasteMatch:
    """Compare two models of one user each over the same items, as `fold_in` makes them.

    With c_pq the cosine of persona p of the one and q of the other, and s and t their shares of the artists,

        match = ½ (Σ_p s_p max_q c_pq + Σ_q t_q max_p c_pq),

    so every persona counts by its share, with the nearest one of the other person; cosines below 0 count as 0.
    """
    return match_vectors(one.persona_factors, one.persona_shares, other.persona_factors, other.persona_shares)


def match_vectors(one: FloatMatrix, shares: FloatVector, other: FloatMatrix, other_shares: FloatVector) -> TasteMatch:
    """Compare personas, (n_personas, n_factors), and their shares, (n_personas,); see `match_tastes`."""
    cosines = np.clip(unit_vectors(one) @ unit_vectors(other).T, 0, 1)
    match = (float(shares @ cosines.max(axis=1)) + float(other_shares @ cosines.max(axis=0))) / 2
    return TasteMatch(min(1.0, match), _pairs(cosines))


def usual_matches(model: PersonaState, n_pairs: int, seed: int) -> FloatVector:
    """Matches of pairs of users of a model drawn at random, ascending, float32, (n_pairs,); fewer without users."""
    users = np.flatnonzero(np.diff(model.seen.indptr))
    if len(users) < 2:
        return np.empty(0, np.float32)
    drawn = np.random.default_rng(seed)
    found = []
    for _ in range(n_pairs):
        one, other = (slice(*model.persona_indptr[user : user + 2]) for user in drawn.choice(users, 2, replace=False))
        factors, shares = model.persona_factors, model.persona_shares
        found.append(match_vectors(factors[one], shares[one], factors[other], shares[other]).match)
    return np.sort(np.array(found, np.float32))


def _pairs(cosines: FloatMatrix) -> list[tuple[int, int, float]]:
    """Pair rows and columns from the most alike on, as long as they are alike."""
    pairs: list[tuple[int, int, float]] = []
    for place in np.argsort(-cosines, axis=None, kind="stable").tolist():
        row, column = divmod(place, cosines.shape[1])
        if cosines[row, column] < SHARED_FROM:
            break
        if all(row != taken and column != other for taken, other, _ in pairs):
            pairs.append((row, column, float(cosines[row, column])))
    return pairs
