"""Fold-in: personas of users that the model was not trained on, what these users refuse, and personas that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.array_types import BoolVector, FloatMatrix, FloatVector, IndexVector, Indices, PersonaVector
from deepcuts.checks import kind_of, real_number, shown
from deepcuts.data.id_text import refuse_doubles, to_text
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.merge import rename_items
from deepcuts.data.named_items import NamedItems
from deepcuts.data.selection import select_pairs
from deepcuts.data.vectors import unit_vectors
from deepcuts.errors import DataError, SettingsError
from deepcuts.model.some_users import scale_for_visitors
from deepcuts.model.state import VISITOR, PersonaState
from deepcuts.model.training.fold_in import (
    ItemSide,
    UserPersonas,
    check_finite,
    solve_personas,
    solve_users,
    with_shares,
)
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.weights import user_rows
from deepcuts.wording import counted

REFUSAL = 1.0  # strength of a refusal as a dislike, |n|: its confidence log2(1 + |n|) is 1, that of a usual item
_MOST_NEW = 0.2  # share of new items above which users are split anew

_LEAST_PLAYS, _MOST_PLAYS = 1e-30, 1e30  # as in files of plays
_ONE = "Give one item at least that was played."
_COUNTS = "Counts are above 0, or below 0 where an item is disliked."

Model = TypeVar("Model", bound=PersonaState)


def fold_in(
    model: Model,
    plays: Interactions | Mapping[Any, float],
    *,
    refused: IndexVector | None = None,
    keep_personas_of: PersonaState | None = None,
) -> Model:
    """Find the personas of other users, or of the same with other plays, with items fixed.

    Parameters
    ----------
    model
        The model whose items are used.
    plays
        Plays of users, or of one: a mapping from item ids, or names, to play counts. In a mapping, a count below 0 is
        a dislike. Items outside the catalogue are left out, with a warning.
    refused
        Indexes of items of the model that none of these users wants; see `with_refusals`.
    keep_personas_of
        A model of the same single user with slightly different plays, over the same items: where its split still
        fits, its personas are kept; see `keep_split`.

    Returns
    -------
    A model of those users, with the same items. The user of a mapping has the id `VISITOR`.

    Raises
    ------
    DataError
        If no item that was played is in the catalogue and not refused, or a count is 0 or no number.
    """
    items = model.named_items
    given = _plays_of_mapping(plays, items) if isinstance(plays, Mapping) else _by_ids(items, plays)
    aligned = replace(given.align_items(model.item_ids), labels=model.seen.labels)
    seen = aligned if refused is None else with_refusals(aligned, refused)
    if seen.n_pairs == 0:
        raise DataError(_nothing_played(model, given, aligned))
    rows = user_rows(seen, model.settings)
    found = solve_users(rows, model.item_side)
    if keep_personas_of is not None:
        _check_one_user(keep_personas_of, given)
        found = keep_split(rows, found, keep_personas_of, model.item_side)
        check_finite(found.persona_factors, model.settings)
    return replace(model, seen=seen, user_personas=found, epochs=(), dial_scale=scale_for_visitors(model))


def _check_one_user(before: Any, given: Interactions) -> None:
    """Refuse to keep personas but of one user for one user."""
    if not isinstance(before, PersonaState):
        raise DataError(f"keep_personas_of is {kind_of(before)}. Give a model of one user.")
    for what, n_users in (("keep_personas_of has", len(before.user_ids)), ("the plays are of", given.n_users)):
        if n_users != 1:
            raise DataError(f"Personas are kept of one user, and {what} {counted(n_users, 'user')}. Give one of each.")


def with_refusals(plays: Interactions, refused: IndexVector) -> Interactions:
    """Make items a dislike of all users of `plays`, of strength `REFUSAL`; their plays of these items are dropped.

    A pair that is disliked already keeps the greater strength.

    Parameters
    ----------
    plays
        Plays of one user or several.
    refused
        Item indexes, in any order.
    """
    items = np.unique(refused).astype(np.int32)  # ascending, as in every row of plays
    if not len(items):
        return plays
    wanted = select_pairs(plays, ~np.isin(plays.indices, items))
    return replace(wanted, dislikes=_dislikes_with(plays, items))


def _dislikes_with(plays: Interactions, items: Indices) -> Interactions:
    """Dislikes of all users: those there are, and some items, ascending, with at least the strength `REFUSAL`."""
    indptr = np.arange(plays.n_users + 1) * len(items)
    strengths = np.full(indptr[-1], REFUSAL, np.float32)
    matrix = sparse.csr_array((strengths, np.tile(items, plays.n_users), indptr), shape=plays.shape)
    if plays.dislikes is not None:
        matrix = sparse.csr_array(matrix.maximum(plays.dislikes.to_csr()))
        matrix.sort_indices()  # SciPy does not promise it of `maximum`
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    return Interactions(indptr, indices, matrix.data.astype(np.float32), plays.user_ids, plays.item_ids)


def keep_split(rows: Rows, found: UserPersonas, before: PersonaState, items: ItemSide) -> UserPersonas:
    """Solve for the personas of one user with the split that there was before, where that still fits.

    Clusters of slightly different plays can differ much, while somebody who adds an artist expects to find the personas
    that they have named and muted. An item that is new joins the persona whose items are nearest to it by cosine.

    Parameters
    ----------
    rows
        One row, of the user's plays as they are now.
    found
        What `solve_users` made of them.
    before
        A model of the same user with slightly different plays, over the same items.
    items
        What the user is solved with.

    Returns
    -------
    The personas by the old split and with their old numbers, so that 0 need not be the largest; `found` itself where
    more than a fifth of the items are new, a persona has lost all its items, or `found` has more personas. It may have
    fewer: an item can bring two clusters as near to each other as `join_cosine`.
    """
    n_personas = len(before.persona_shares)
    if len(found.persona_shares) > n_personas or n_personas == 1:
        return found
    known, personas = _split_before(rows, before)
    if np.mean(~known) > _MOST_NEW or len(np.unique(personas[known])) < n_personas:
        return found
    personas[~known] = _nearest_personas(unit_vectors(items.factors[rows.indices]), known, personas, n_personas)
    if np.array_equal(personas, found.personas):  # the same split, so the same solution
        return found
    split = PersonaSplit(personas, before.persona_indptr)
    factors = solve_personas(rows, found.base_factors, split, items)
    return with_shares(rows, found.base_factors, factors, split)


def _split_before(rows: Rows, before: PersonaState) -> tuple[BoolVector, PersonaVector]:
    """Which of the user's items were played before, and the persona that they belonged to; 0 for new ones."""
    rank = np.searchsorted(before.seen.indices, rows.indices)
    rank = np.minimum(rank, before.seen.n_pairs - 1)  # searchsorted puts what is beyond the last item after it
    known = before.seen.indices[rank] == rows.indices
    return known, np.where(known, before.user_personas.personas[rank], np.int8(0))


def _nearest_personas(units: FloatMatrix, known: BoolVector, personas: PersonaVector, n_personas: int) -> PersonaVector:
    """Persona of each item that is not known: that with the largest cosine to the sum of its known items' units."""
    centres = np.array([units[known & (personas == number)].sum(axis=0) for number in range(n_personas)])
    nearest: PersonaVector = np.argmax(units[~known] @ unit_vectors(centres).T, axis=1).astype(np.int8)
    return nearest


def visitor_plays(item_ids: Ids, items: IndexVector, counts: FloatVector) -> Interactions:
    """Plays of one user, `VISITOR`.

    Parameters
    ----------
    item_ids
        The catalogue.
    items
        Indexes of different items in it, in any order.
    counts
        float32, (n_items,): plays of each, above 0.
    """
    order = np.argsort(items)
    indptr, indices = np.array([0, len(items)]), items[order].astype(np.int32)
    return Interactions(indptr, indices, counts[order], Ids.of([VISITOR], "user"), item_ids)


def _by_ids(items: NamedItems, plays: Interactions) -> Interactions:
    """Give items the ids of the catalogue where they are called by their names; labels may drop out."""
    if items.labels is None or plays.item_ids is items.ids:
        return plays
    renamed = _ids_of(items, plays.item_ids.values)
    return plays if renamed.equals(plays.item_ids.values) else rename_items(plays, renamed)


def _ids_of(items: NamedItems, texts: pa.StringArray) -> pa.StringArray:
    """Ids of items that are called by id or by name; what is neither stays."""
    if items.labels is None or np.all(items.ids.indexes_of(texts) >= 0):  # all are ids, which is usual
        return texts
    indexes = items.indexes_of(texts)
    return pc.coalesce(items.ids.values.take(pa.array(indexes, mask=indexes < 0)), texts)


def _plays_of_mapping(plays: Mapping[Any, float], items: NamedItems) -> Interactions:
    """Plays and dislikes of one user, `VISITOR`, from a mapping of item ids or names to counts.

    Raises
    ------
    DataError
        If two keys are the same item, or the counts cannot be used.
    """
    ids = _ids_of(items, to_text(plays, "item"))
    refuse_doubles(ids, plays, "item")
    counts = np.array([_count(item, count) for item, count in plays.items()], np.float32)
    if not np.any(counts > 0):
        all_of_them = "The only count is" if len(counts) == 1 else f"All {len(counts):,} counts are"
        raise DataError(
            f"{all_of_them} below 0, as dislikes are. {_ONE}" if len(counts) else f"The plays are empty. {_ONE}"
        )
    order = pc.sort_indices(ids)
    own_ids = Ids.of(ids.take(order), "item")
    return visitor_plays(own_ids, np.arange(len(counts)), counts[np.asarray(order)]).set_dislikes_apart()


def _count(item: object, value: object) -> float:
    """Take the plays of an item: a number that single precision tells from 0."""
    try:
        count = real_number("A play count", value, -_MOST_PLAYS, _MOST_PLAYS)
    except SettingsError:
        count = 0.0
    if abs(count) < _LEAST_PLAYS:
        raise DataError(f"The play count of {shown(item)} is {shown(value)}. {_COUNTS}")
    return count


def _nothing_played(model: PersonaState, given: Interactions, aligned: Interactions) -> str:
    """Say why there is nothing to find personas from."""
    if aligned.n_pairs:
        return "All items that were played are refused. Refuse fewer of them, or give other plays."
    if not given.n_pairs:
        return f"The plays are empty. {_ONE}"
    first = model.named_items.unknown_message(given.item_ids.values[0].as_py())
    if given.n_items == 1:
        return first
    return (
        f"None of the {counted(given.n_items, 'item')} is in the catalogue of "
        f"{counted(len(model.item_ids), 'item')}. {first}"
    )
