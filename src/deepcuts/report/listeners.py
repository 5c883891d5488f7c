"""The users whose lists a report shows: which they are, their personas, and their lists at some rarities."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model import PersonaModel
from deepcuts.report.facts import ListedItem, ListenerFacts, PersonaSummary
from deepcuts.report.grouped_rows import rows_by
from deepcuts.report.settings import ReportSettings

SHOWN_RARITIES = (-0.5, 0.0, 0.5, 1.0)

_N_LISTED = 10
_N_PERSONA_ITEMS = 4


def choose_listeners(model: PersonaModel, holdout: Interactions, settings: ReportSettings) -> list[str]:
    """Ids of the users whose lists are shown: those asked for, or some with many, middling and few personas.

    Raises
    ------
    UnknownIdError
        If a user asked for is not in the model.
    """
    if settings.listeners:
        return [str(model.user_ids.values[model.user_ids.index_of(user)]) for user in settings.listeners]
    effective = effective_personas(model.persona_shares, model.persona_indptr)
    judged = np.flatnonzero(holdout.user_ids.indexes_of(model.user_ids.values) >= 0)
    order = judged[np.lexsort((judged, -effective[judged]))]
    n_shown = min(settings.n_listeners, len(order))
    ranks = np.unique(np.linspace(0, len(order) - 1, n_shown).round().astype(int))
    chosen: list[str] = model.user_ids.take(order[ranks]).to_pylist()
    return chosen


def listener_facts(model: PersonaModel, user: str, holdout: Interactions) -> ListenerFacts:
    """Personas of a listener, and lists at some rarities.

    Parameters
    ----------
    model
        A model.
    user
        Id of a user.
    holdout
        Marks what the user did play.
    """
    lists = [(rarity, model.recommend(user, k=_N_LISTED, rarity=rarity)) for rarity in SHOWN_RARITIES]
    held_out = _held_out_items(holdout, user)
    return ListenerFacts(
        user_id=user,
        n_items=len(model.seen.user_items(model.user_ids.index_of(user))[0]),
        personas=_personas(model, user),
        lists=tuple((rarity, _listed(model, table, held_out)) for rarity, table in lists),
    )


def _held_out_items(holdout: Interactions, user: str) -> set[str]:
    index = int(holdout.user_ids.indexes_of([user])[0])
    if index < 0:
        return set()
    items, _ = holdout.user_items(index)
    return set(holdout.item_ids.take(items).to_pylist())


def _personas(model: PersonaModel, user: str) -> tuple[PersonaSummary, ...]:
    by_number = rows_by(model.personas(user, _N_PERSONA_ITEMS), "persona")
    return tuple(
        PersonaSummary(rows[0]["persona_name"], rows[0]["share"], tuple(row["name"] for row in rows))
        for _, rows in sorted(by_number.items())
    )


def _listed(model: PersonaModel, lists: pa.Table, held_out: set[str]) -> tuple[ListedItem, ...]:
    items = model.item_ids.indexes_of(lists["item_id"])
    names = model.item_names(items).to_pylist()
    listeners = model.item_listeners[items].tolist()
    rows = zip(names, listeners, lists["persona"].to_pylist(), lists["item_id"].to_pylist(), strict=True)
    return tuple(ListedItem(name, count, persona, item in held_out) for name, count, persona, item in rows)
