"""Personas as an assignment of pairs, learned or planted: how many there are, how pure, and how alike two are.

An assignment says for every pair of train which of the user's personas it belongs to: 0 the dominant one, -1 none.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray, DoubleMatrix, DoubleVector, IndexVector, Indptr, NumberVector
from deepcuts.data.csr import block_of_rows, quotient, row_of_entry, sums_of_rows
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.evaluation.item_labels import ItemFeatures, check_features
from deepcuts.evaluation.lists_table import N_PERSONAS
from deepcuts.evaluation.metrics.mutual_information import adjusted_mutual_information
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.wording import counted

_BLOCK_PAIRS = 1 << 20


def persona_shares(train: Interactions, personas: AnyArray) -> DoubleMatrix:
    """Share of each user's assigned items that belong to each persona.

    Parameters
    ----------
    train
        Plays of the users.
    personas
        Integers, (train.n_pairs,): the persona of each pair, 0 the user's dominant one, -1 none.

    Returns
    -------
    numpy.ndarray
        float64, (train.n_users, n_personas): rows sum to 1, or are 0 for a user of whom nothing is assigned.

    Raises
    ------
    DataError
        If `personas` is not one integer from -1 to 127 for each pair.
    """
    personas = check_assignment(personas, train)
    counts = np.zeros((train.n_users, max(1, int(personas.max(initial=0)) + 1)))
    for rows, users, pairs in _user_blocks(train):
        block, assigned = counts[rows], personas[pairs] >= 0
        keys = (users * counts.shape[1] + personas[pairs])[assigned]  # one number per user and persona, counted below
        block[:] = np.bincount(keys, minlength=block.size).reshape(block.shape)
    counts /= np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return counts


def effective_personas(shares: NumberVector, indptr: Indptr) -> DoubleVector:
    """How many personas of equal size would be as diverse as a user's.

    ::

        exp(−Σ_p share_p ln share_p)

    (Hill 1973, "Diversity and evenness", doi:10.2307/1934352.)

    Parameters
    ----------
    shares
        (n_personas of all users,), ≥ 0: those of a user sum to 1, or are 0 for a user without personas.
    indptr
        int64, (n_users + 1,): the shares of user u are ``shares[indptr[u]:indptr[u + 1]]``.

    Returns
    -------
    numpy.ndarray
        float64, (n_users,), from 1 to the user's number of personas; NaN for a user without.
    """
    shares = shares.astype(np.float64)
    # share ln share is 0 where share is 0.
    terms = -shares * np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.where(sums_of_rows(shares, indptr) > 0, np.exp(sums_of_rows(terms, indptr)), np.nan)


def persona_purity(
    train: Interactions, personas: AnyArray, item_labels: ItemFeatures
) -> tuple[DoubleVector, DoubleVector]:
    """How far each persona keeps to one main label.

    ::

        purity = Σ_p items of persona p with its most common main label / Σ_p labelled items of persona p

    Smaller personas are purer by chance alone, so the purity of the user's items taken as one persona is given too
    (Manning, Raghavan, Schütze 2008, "Introduction to information retrieval", section 16.3,
    doi:10.1017/CBO9780511809071).

    Parameters
    ----------
    train
        Plays of the users.
    personas
        Integers, (train.n_pairs,): the persona of each pair, -1 for none.
    item_labels
        Labels of the items.

    Returns
    -------
    purity, purity_of_one
        float64, (train.n_users,), from 0 to 1; NaN for a user without an item that has both a persona and a label.

    Raises
    ------
    DataError
        If `personas` is not one integer from -1 to 127 for each pair.
    """
    personas = check_assignment(personas, train)
    check_features(item_labels, train.item_ids)
    n_personas, n_labels = max(1, int(personas.max(initial=0)) + 1), max(1, item_labels.n_labels)
    parts = []
    for rows, users, pairs in _user_blocks(train, n_personas * n_labels):
        label, persona = item_labels.main_labels[train.indices[pairs]], personas[pairs]
        keys = ((users * n_personas + persona) * n_labels + label)[(label >= 0) & (persona >= 0)]
        shape = rows.stop - rows.start, n_personas, n_labels
        counts = np.bincount(keys, minlength=shape[0] * n_personas * n_labels).reshape(shape)
        # Of each persona its most common label, added up; and of all personas together theirs.
        common = np.array([counts.max(axis=2).sum(axis=1), counts.sum(axis=1).max(axis=1)])
        parts.append(quotient(common, counts.sum(axis=(1, 2))))
    purity, purity_of_one = np.concatenate(parts, axis=1)
    return purity, purity_of_one


def describe_personas(train: PlaysLike, personas: AnyArray, features: ItemFeatures | None = None) -> pa.Table:
    """Describe the personas of every user of train.

    Parameters
    ----------
    train
        Plays of the users; also as a table, whose pairs are in the order of `read_plays`.
    personas
        Integers, (train.n_pairs,): the persona of each pair, 0 the user's dominant one, -1 none.
    features
        Labels of the items, for purity.

    Returns
    -------
    pyarrow.Table
        user_id, n_personas, dominant_share, effective_personas and, with features, purity and purity_of_one.

    Raises
    ------
    DataError
        If `personas` is not one integer from -1 to 127 for each pair.
    """
    train = as_plays(train)
    shares = persona_shares(train, personas)
    columns = {
        "n_personas": np.count_nonzero(shares, axis=1),
        "dominant_share": shares.max(axis=1),
        "effective_personas": effective_personas(shares.ravel(), np.arange(len(shares) + 1) * shares.shape[1]),
    }
    if features is not None:
        columns["purity"], columns["purity_of_one"] = persona_purity(train, personas, features)
    arrays = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    return pa.table({"user_id": train.user_ids.values, **arrays})


def persona_agreement(train: PlaysLike, personas: AnyArray, others: AnyArray) -> pa.Table:
    """Compare two assignments of the same pairs, such as planted and learned ones, user by user.

    Pairs that either leaves unassigned do not count.

    Parameters
    ----------
    train
        Plays of the users; also as a table, whose pairs are in the order of `read_plays`.
    personas, others
        Integers, (train.n_pairs,): the persona of each pair, -1 for none.

    Returns
    -------
    pyarrow.Table
        user_id and adjusted_mutual_information, null for a user without a pair that both assign.

    Raises
    ------
    DataError
        If an assignment is not one integer from -1 to 127 for each pair.
    """
    train = as_plays(train)
    first, second = (check_assignment(assignment, train) for assignment in (personas, others))
    values = np.full(train.n_users, np.nan)
    for user in range(train.n_users):
        pairs = slice(train.indptr[user], train.indptr[user + 1])
        both = (first[pairs] >= 0) & (second[pairs] >= 0)
        if np.any(both):
            values[user] = adjusted_mutual_information(first[pairs][both], second[pairs][both])
    agreement = pa.array(values, from_pandas=True)
    return pa.table({"user_id": train.user_ids.values, "adjusted_mutual_information": agreement})


def check_assignment(personas: AnyArray, train: Interactions) -> NumberVector:
    """Return an assignment as an array.

    Raises
    ------
    DataError
        If it is not one integer from -1 to 127 for each pair of train.
    """
    train = as_plays(train)
    personas = np.asarray(personas)
    if personas.shape != (train.n_pairs,) or personas.dtype.kind not in "iu":
        raise DataError(
            f"The personas are {personas.dtype} of shape {personas.shape}, but train has "
            f"{counted(train.n_pairs, 'pair')}. "
            "Give one whole number for each pair."
        )
    if len(wrong := np.flatnonzero((personas < -1) | (personas >= N_PERSONAS))):
        raise DataError(
            f"The persona of pair {wrong[0]} is {personas[wrong[0]]}. Personas are numbered from 0 to "
            f"{N_PERSONAS - 1}; -1 stands for none."
        )
    return personas


def _user_blocks(train: Interactions, cells_per_user: int = 1) -> Iterator[tuple[slice, IndexVector, slice]]:
    """Give users in a row, the user of each of their pairs, from 0, and these pairs.

    Pairs and cells of a block are about `_BLOCK_PAIRS` together.
    """
    # Pairs and cells up to each user: a block ends where a further _BLOCK_PAIRS of them are full.
    size = train.indptr[1:] + np.arange(1, train.n_users + 1) * cells_per_user
    ends = np.flatnonzero(np.diff(size // _BLOCK_PAIRS)) + 1
    for start, stop in zip([0, *ends.tolist()], [*ends.tolist(), train.n_users], strict=True):
        indptr, pairs = block_of_rows(train.indptr, start, stop)
        yield slice(start, stop), row_of_entry(indptr), pairs
