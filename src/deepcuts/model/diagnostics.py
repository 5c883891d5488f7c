"""Whether the personas of a user differ or have collapsed into one: their numbers, shares, cosines and hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector, IndexVector, Indptr
from deepcuts.data.csr import block_of_rows, entries_of_rows, row_of_entry
from deepcuts.data.interactions import Interactions
from deepcuts.data.vectors import unit_vectors
from deepcuts.evaluation import rank_lists
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model.state import PersonaState
from deepcuts.model.training.persona_split import most_personas
from deepcuts.recommendation import ListSettings, recommend

COLLAPSED = 0.98  # cosine from which two personas are one: from here on, their lists share 17 of 20 items and more
LIST_LENGTH = 20  # of the lists that hits are counted in
_LISTED_USERS = 1_000  # whose lists `under_best` looks at
_BLOCK_USERS = 50_000  # bounds the copy of the personas as unit vectors


@dataclass(frozen=True)
class Diagnostics:
    """Numbers that describe the personas of all users of a model.

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
        Pairs of personas of a user with a cosine of at least `COLLAPSED`: 0, unless personas have collapsed.
    n_empty
        Personas whose vector is 0, so that they recommend nothing; users without plays have one.
    n_dropped
        Personas that users might have had by the number of their items, and which were found empty, or joined to one
        like them.
    under_best
        Share of the rows of lists of 20 whose persona scores the item highest, 0 to 1, over at most 1,000 users with
        several personas; other rows stand under a persona with a lower score. NaN where nobody has several.
    nondominant_hits
        Share of the hits among the first 20 items of all lists that are of a persona other than the dominant one, 0 to
        1; near 0, the others are worth nothing. NaN without hits, None without a holdout.
    """

    n_personas: int
    users_by_number: dict[int, int]
    effective_personas: float
    dominant_share: float
    mean_cosine: float
    n_alike: int
    n_empty: int
    n_dropped: int
    under_best: float
    nondominant_hits: float | None = None


def diagnose(model: PersonaState, holdout: Interactions | None) -> Diagnostics:
    """Describe the personas of all users, and what they hit in a holdout if there is one."""
    indptr, factors = model.persona_indptr, model.persona_factors
    n_personas = np.diff(indptr)
    numbers, n_users = np.unique(n_personas, return_counts=True)
    cosines, user_of_pair = pairwise_cosines(factors, indptr)
    allowed = most_personas(np.diff(model.seen.indptr), model.settings)
    return Diagnostics(
        n_personas=int(indptr[-1]),
        users_by_number=dict(zip(numbers.tolist(), n_users.tolist(), strict=True)),
        effective_personas=float(effective_personas(model.persona_shares, indptr).mean()),
        # Every user has a persona: of an empty row, reduceat would return the next user's first share.
        dominant_share=float(np.maximum.reduceat(model.persona_shares, indptr[:-1]).mean()),
        mean_cosine=_mean_over_users(cosines, user_of_pair),
        n_alike=count_collapsed(cosines),
        n_empty=int(np.sum(~np.any(factors, axis=1))),
        n_dropped=int(np.sum(allowed - n_personas)),
        under_best=under_best(model),
        nondominant_hits=None if holdout is None else nondominant_hits(model, holdout),
    )


def _mean_over_users(values: FloatVector, user_of_value: IndexVector) -> float:
    """Mean over the users that have values of the mean of theirs; NaN where nobody has any."""
    n_values, sums = np.bincount(user_of_value), np.bincount(user_of_value, values)
    several = n_values > 0
    return float(np.mean(sums[several] / n_values[several])) if several.any() else float("nan")


def under_best(model: PersonaState, **lists: Any) -> float:
    """Share of listed rows whose persona scores the item highest; `lists` are settings of lists."""
    several = np.flatnonzero(np.diff(model.persona_indptr) > 1)
    if not len(several):
        return float("nan")
    asked = several[:: -(-len(several) // _LISTED_USERS)]  # at even distances
    table = recommend(model, model.user_ids.take(asked), ListSettings(k=LIST_LENGTH, **lists))
    if not table.num_rows:
        return float("nan")
    users, items = model.user_ids.indexes_of(table["user_id"]), model.item_ids.indexes_of(table["item_id"])
    indptr, rows = entries_of_rows(model.persona_indptr, users)  # all personas of the user of every listed row
    scores = np.einsum(
        "ij,ij->i", model.persona_factors[rows], np.repeat(model.item_factors[items], np.diff(indptr), 0)
    )
    own = scores[indptr[:-1] + table["persona"].to_numpy()]
    return float(np.mean(own >= np.maximum.reduceat(scores, indptr[:-1])))


def nondominant_hits(model: PersonaState, holdout: Interactions) -> float:
    """Share of the hits in lists of 20 by personas other than the dominant one; NaN where there are none."""
    lists = rank_lists(recommend(model, None, ListSettings(k=LIST_LENGTH)), model.seen, holdout)
    hits = lists.hits[:, :LIST_LENGTH]
    n_hits = int(np.count_nonzero(hits))
    return int(np.count_nonzero(hits & (lists.list_personas[:, :LIST_LENGTH] > 0))) / n_hits if n_hits else float("nan")


def pairwise_cosines(factors: FloatMatrix, indptr: Indptr) -> tuple[FloatVector, IndexVector]:
    """Find the cosine of every two personas of the same user, 0 where one of them is zero.

    Parameters
    ----------
    factors
        float32, (n_rows, n_factors): the personas.
    indptr
        int64, (n_users + 1,): the personas of user u are the rows ``indptr[u]:indptr[u + 1]``.

    Returns
    -------
    The cosines, float32, and the user of each, int64, both (n_pairs of personas,).
    """
    n_users = len(indptr) - 1
    cosines, users = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
    for first in range(0, n_users, _BLOCK_USERS):
        own, rows = block_of_rows(indptr, first, min(first + _BLOCK_USERS, n_users))
        units, user_of_row = unit_vectors(factors[rows]), row_of_entry(own)
        for step in range(1, int(np.diff(own).max(initial=1))):  # pairs of personas that are `step` rows apart
            pairs = np.flatnonzero(user_of_row[:-step] == user_of_row[step:])
            cosines.append(np.einsum("ij,ij->i", units[pairs], units[pairs + step]))
            users.append(first + user_of_row[pairs])
    return np.concatenate(cosines), np.concatenate(users)


def count_collapsed(cosines: FloatVector) -> int:
    """How many pairs of personas have collapsed into one: those with a cosine of at least `COLLAPSED`."""
    return int(np.count_nonzero(cosines >= COLLAPSED))
