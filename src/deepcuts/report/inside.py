"""What there is to see inside a model: its training, personas, factors, and a few of its listeners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.evaluation import ItemFeatures
from deepcuts.model import PersonaModel
from deepcuts.report.facts import FactorFacts, ListedItem, ListenerFacts, ModelFacts, PersonaSummary
from deepcuts.report.personas import effective_by_user, persona_facts
from deepcuts.report.settings import ReportSettings

SHOWN_TURNS = (-0.5, 0.0, 0.5, 1.0)

_N_FACTOR_ITEMS = 8
_N_LISTED = 10
_N_PERSONA_ITEMS = 4


def model_facts(
    name: str,
    model: PersonaModel,
    holdout: Interactions,
    features: ItemFeatures | None,
    settings: ReportSettings,
    listeners: Sequence[str],
) -> ModelFacts:
    """Look inside a model.

    Parameters
    ----------
    name
        As in the legend.
    model
        The model.
    holdout
        Marks what listeners did play of their lists.
    features
        Labels of the items, for the purity of personas.
    settings
        How much to show.
    listeners
        Ids of the users to show.
    """
    return ModelFacts(
        name,
        dict(vars(model.settings)),
        model.item_side.seed,
        model.interrupted,
        tuple(model.history().to_pylist()) if model.epochs else (),
        persona_facts(model, features),
        factor_facts(model, settings.n_factors),
        tuple(listener_facts(model, user, holdout) for user in listeners),
    )


def factor_facts(model: PersonaModel, n_factors: int) -> tuple[FactorFacts, ...]:
    """Describe the factors that most of all scores come through.

    Parameters
    ----------
    model
        A model.
    n_factors
        The most factors.
    """
    if not n_factors:
        return ()
    rows = model.factors(_N_FACTOR_ITEMS).to_pylist()
    by_factor: dict[int, list[dict[str, object]]] = {}
    for row in rows:
        by_factor.setdefault(row["factor"], []).append(row)
    strongest = sorted(by_factor, key=lambda factor: (-float(str(by_factor[factor][0]["share"])), factor))[:n_factors]
    return tuple(_factor(number, by_factor[number]) for number in strongest)


def _factor(number: int, rows: list[dict[str, object]]) -> FactorFacts:
    items = tuple((str(row["name"]), float(str(row["loading"]))) for row in rows)
    return FactorFacts(number, str(rows[0]["factor_name"]), float(str(rows[0]["share"])), items)


def choose_listeners(model: PersonaModel, holdout: Interactions, settings: ReportSettings) -> list[str]:
    """Ids of the users whose lists are shown: those asked for, or some with many, middling and few personas.

    Raises
    ------
    UnknownIdError
        If a user asked for is not in the model.
    """
    if settings.listeners:
        return [str(model.user_ids.values[model.user_ids.index_of(user)]) for user in settings.listeners]
    known = np.flatnonzero(holdout.user_ids.indexes_of(model.user_ids.values) >= 0)
    order = known[np.lexsort((known, -effective_by_user(model)[known]))]
    places = np.unique(np.linspace(0, len(order) - 1, min(settings.n_listeners, len(order))).round().astype(int))
    chosen: list[str] = model.user_ids.take(order[places]).to_pylist()
    return chosen


def listener_facts(model: PersonaModel, user: str, holdout: Interactions) -> ListenerFacts:
    """Personas of a listener, and lists at some turns of the dial.

    Parameters
    ----------
    model
        A model.
    user
        Id of a user.
    holdout
        Marks what the user did play.
    """
    index = model.user_ids.index_of(user)
    turns = [(rarity, model.recommend(user, k=_N_LISTED, rarity=rarity)) for rarity in SHOWN_TURNS]
    held = _held_items(holdout, user)
    return ListenerFacts(
        user,
        len(model.seen.user_items(index)[0]),
        _personas(model, user),
        tuple((rarity, _listed(model, lists, held)) for rarity, lists in turns),
    )


def _held_items(holdout: Interactions, user: str) -> set[str]:
    index = int(holdout.user_ids.indexes_of([user])[0])
    if index < 0:
        return set()
    items, _ = holdout.user_items(index)
    return set(holdout.item_ids.take(items).to_pylist())


def _personas(model: PersonaModel, user: str) -> tuple[PersonaSummary, ...]:
    by_number: dict[int, list[dict[str, object]]] = {}
    for row in model.personas(user, _N_PERSONA_ITEMS).to_pylist():
        by_number.setdefault(row["persona"], []).append(row)
    return tuple(
        PersonaSummary(
            str(rows[0]["persona_name"]), float(str(rows[0]["share"])), tuple(str(row["name"]) for row in rows)
        )
        for _, rows in sorted(by_number.items())
    )


def _listed(model: PersonaModel, lists: pa.Table, held: set[str]) -> tuple[ListedItem, ...]:
    items = model.item_ids.indexes_of(lists["item_id"])
    names = model.item_names(items).to_pylist()
    listeners = model.item_listeners[items].tolist()
    rows = zip(names, listeners, lists["persona"].to_pylist(), lists["item_id"].to_pylist(), strict=True)
    return tuple(ListedItem(name, count, persona, item in held) for name, count, persona, item in rows)
