"""Whether personas are several tastes, or one taste several times: what a collapse would show in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import rank_lists
from deepcuts.model.state import PersonaState
from deepcuts.model.training.persona_split import directions, most_personas
from deepcuts.recommendation import ListSettings, recommend

ALIKE = 0.99  # the cosine from which two personas are one
LIST_LENGTH = 20  # of the lists that hits are counted in


@dataclass(frozen=True)
class Diagnostics:
    """Figures of the personas of all users of a model.

    Parameters
    ----------
    n_personas
        Personas in all.
    users_by_number
        Number of users for every number of personas, ascending.
    effective_personas
        exp(entropy of the shares), the mean over users: that many equal personas would be as diverse.
    dominant_share
        Share of the largest persona, the mean over users.
    mean_cosine
        Cosine of two personas of a user: the mean over pairs, then over users who have two; NaN where nobody has.
    n_alike
        Pairs of personas of a user with a cosine of at least 0.99: 0, unless personas have collapsed.
    n_empty
        Personas whose vector is 0, so that they recommend nothing; users without plays have one.
    n_dropped
        Personas that users might have had by the lengths of their histories, and which were found empty, or joined to
        one like them.
    nondominant_hits
        Share of the hits among everyone's first 20 items that personas other than the dominant one have brought, 0 to
        1: near 0, the others are worth nothing. NaN where nothing was hit, None without a holdout.
    """

    n_personas: int
    users_by_number: dict[int, int]
    effective_personas: float
    dominant_share: float
    mean_cosine: float
    n_alike: int
    n_empty: int
    n_dropped: int
    nondominant_hits: float | None = None


def diagnose(model: PersonaState, holdout: Interactions | None) -> Diagnostics:
    """Look at the personas of all users, and at what they hit in a holdout if there is one."""
    indptr = model.persona_indptr
    n_personas = np.diff(indptr)
    numbers, n_users = np.unique(n_personas, return_counts=True)
    cosines, user_of_pair = _pairwise_cosines(model.persona_factors, indptr)
    n_pairs = np.bincount(user_of_pair, minlength=len(n_personas))
    sums = np.bincount(user_of_pair, weights=cosines, minlength=len(n_personas))
    several = n_pairs > 0
    allowed = most_personas(np.diff(model.seen.indptr), model.settings)
    return Diagnostics(
        int(indptr[-1]),
        dict(zip(numbers.tolist(), n_users.tolist(), strict=True)),
        float(effective_personas(model).mean()),
        float(np.maximum.reduceat(model.persona_shares, indptr[:-1]).mean()),
        float(np.mean(sums[several] / n_pairs[several])) if several.any() else float("nan"),
        int(np.sum(cosines >= ALIKE)),
        int(np.sum(~np.any(model.persona_factors, axis=1))),
        int(np.sum(allowed - n_personas)),
        None if holdout is None else nondominant_hits(model, holdout),
    )


def nondominant_hits(model: PersonaState, holdout: Interactions) -> float:
    """Share of the hits in lists of 20 by personas other than the dominant one; NaN where there are none."""
    lists = rank_lists(recommend(model, None, ListSettings(k=LIST_LENGTH)), model.seen, holdout)
    hits = lists.hits[:, :LIST_LENGTH]
    n_hits = int(np.count_nonzero(hits))
    return int(np.count_nonzero(hits & (lists.list_personas[:, :LIST_LENGTH] > 0))) / n_hits if n_hits else float("nan")


def effective_personas(model: PersonaState) -> np.ndarray:
    """exp(entropy of the persona shares) of each user, float64, (n_users,)."""
    shares = model.persona_shares.astype(np.float64)
    terms = -shares * np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    numbers: np.ndarray = np.exp(np.add.reduceat(terms, model.persona_indptr[:-1]))
    return numbers


def _pairwise_cosines(factors: np.ndarray, indptr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of all pairs of personas of a user, and the user of each pair; a step apart at a time."""
    user_of_row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    ways = directions(factors)
    cosines, users = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
    for step in range(1, int(np.diff(indptr).max(initial=1))):
        first = np.flatnonzero(user_of_row[:-step] == user_of_row[step:])
        cosines.append(np.einsum("ij,ij->i", ways[first], ways[first + step]))
        users.append(user_of_row[first])
    return np.concatenate(cosines), np.concatenate(users)
