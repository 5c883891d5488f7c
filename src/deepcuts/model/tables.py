"""One user or one item of a model as Arrow tables: personas, explanations, similar items."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from deepcuts.array_types import FloatVector
from deepcuts.checks import shown, whole_number
from deepcuts.data.arrow_columns import take_text
from deepcuts.data.csr import block_of_rows, indptr_of
from deepcuts.data.vectors import cosines
from deepcuts.errors import UnknownIdError
from deepcuts.model.explain import Explanation, explain_score
from deepcuts.model.state import PersonaState
from deepcuts.model.training.fold_in import UserPersonas
from deepcuts.model.training.weights import user_rows
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.turned_personas import leans_of_user


def tabulate_personas(model: PersonaState, user_index: int, persona_names: list[str], n_items: int) -> pa.Table:
    """Personas of a user and the items that made them; see `PersonaModel.personas`."""
    n_items = whole_number("n_items", n_items, 1)
    rows, pairs = _rows_and_pairs(model, user_index)
    items, plays = model.seen.user_items(user_index)
    personas = model.user_personas.personas[pairs].astype(np.int64)
    order = np.lexsort((items, -plays, personas))  # the last key counts first: persona, plays, item
    first = indptr_of(np.bincount(personas, minlength=rows.stop - rows.start))
    rank = 1 + np.arange(len(items)) - first[personas[order]]  # within the persona, from 1
    order, rank = order[rank <= n_items], rank[rank <= n_items]
    return pa.table(
        {
            "persona": personas[order].astype(np.int8),
            "persona_name": take_text(pa.array(persona_names, pa.string()), personas[order]),
            "share": model.persona_shares[rows][personas[order]],
            "rank": rank.astype(np.int32),
            "item_id": model.item_ids.take_chunks(items[order]),
            "name": model.item_names(items[order]),
            "plays": plays[order],
        }
    )


def tabulate_explanation(
    model: PersonaState, user_index: int, item_index: int, k: int, persona: int | None, settings: ListSettings
) -> pa.Table:
    """The user's own items that speak for an item; see `PersonaModel.explain`."""
    k = whole_number("k", k, 1)
    _, pairs = _rows_and_pairs(model, user_index)
    persona = None if persona is None else _known_persona(model, user_index, persona)
    explanation = explain_item(model, user_index, item_index, leans_of_user(model, user_index, settings), persona)
    items, plays = model.seen.user_items(user_index)
    order = np.lexsort((items, -explanation.contributions))[:k]
    contributions = explanation.contributions[order]
    return pa.table(
        {
            "item_id": model.item_ids.take_chunks(items[order]),
            "rank": np.arange(1, len(order) + 1, dtype=np.int32),
            "plays": plays[order],
            "persona": model.user_personas.personas[pairs][order],
            "contribution": contributions,
            "share": contributions / explanation.score if explanation.score else np.zeros(len(order)),
        }
    )


def tabulate_neighbours(model: PersonaState, item_index: int, k: int) -> pa.Table:
    """The items most like one; see `PersonaModel.similar_items`."""
    k = whole_number("k", k, 1)
    similarity = cosines(model.item_factors, model.item_factors[item_index])
    order = np.lexsort((np.arange(len(similarity)), -similarity))
    order = order[(order != item_index) & (similarity[order] > 0)][:k]
    return pa.table(
        {
            "item_id": model.item_ids.take_chunks(order),
            "rank": np.arange(1, len(order) + 1, dtype=np.int32),
            "similarity": similarity[order],
        }
    )


def explain_item(
    model: PersonaState, user_index: int, item_index: int, leans: FloatVector, persona: int | None
) -> Explanation:
    """Divide the score of an item by a persona, or by the best one, among the items of a user of the model."""
    rows, pairs = _rows_and_pairs(model, user_index)
    # A model of this user alone: views of its rows, renumbered from 0.
    own = UserPersonas(
        model.base_factors[user_index : user_index + 1],
        model.persona_factors[rows],
        np.array([0, rows.stop - rows.start]),
        model.persona_shares[rows],
        model.user_personas.personas[pairs],
    )
    plays = user_rows(model.seen.user(user_index), model.settings)
    return explain_score(plays, own, model.item_side, item_index, leans, persona)


def _known_persona(model: PersonaState, user_index: int, persona: int) -> int:
    persona = whole_number("persona", persona, 0)
    rows, _ = _rows_and_pairs(model, user_index)
    n_personas = rows.stop - rows.start
    if persona >= n_personas:
        user = model.user_ids.values[user_index].as_py()
        raise UnknownIdError(
            f"There is no persona {persona} of user {shown(user)}, who has {n_personas}, numbered from 0. Pass the "
            "persona that a row of a list names, or none for the one that scores the item highest."
        )
    return persona


def _rows_and_pairs(model: PersonaState, user_index: int) -> tuple[slice, slice]:
    """Find the rows of a user's personas, and the user's pairs."""
    _, rows = block_of_rows(model.persona_indptr, user_index, user_index + 1)
    _, pairs = block_of_rows(model.seen.indptr, user_index, user_index + 1)
    return rows, pairs
