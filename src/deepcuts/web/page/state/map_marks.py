"""What the map shows: all artists faintly, and on top of them the visitor's own, their personas and the list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.model import PersonaModel
from deepcuts.model.item_map import ItemMap
from deepcuts.web.page.state.titles import titles_of
from deepcuts.web.page.state.view_models import Card, Listed
from deepcuts.web.page.state.visit import Visit

_MOST_OWN = 300  # own artists on the map, the most played ones


@dataclass(frozen=True)
class Place:
    """A marked point: what it is ("own", "listed", "persona"), and where."""

    kind: str
    item_id: str
    name: str
    persona: int
    x: float
    y: float


def backdrop(model: PersonaModel, item_map: ItemMap) -> dict[str, list[object]]:
    """All artists on the map, the most listened first: ids, names, places in whole numbers, listeners."""
    places = np.rint(item_map.places * 10_000).astype(int)
    return {
        "ids": model.item_ids.take(item_map.items).to_pylist(),
        "names": model.item_names(item_map.items).to_pylist(),
        "xs": places[:, 0].tolist(),
        "ys": places[:, 1].tolist(),
        "listeners": model.item_listeners[item_map.items].tolist(),
    }


def marked(visit: Visit, item_map: ItemMap, listed: Listed, cards: list[Card]) -> list[Place]:
    """Places of the visitor's artists, list and personas; personas come last, to be drawn on top."""
    folded = visit.folded
    if folded is None:
        return []
    model, factors = folded.model, visit.model.item_factors
    own = sorted(range(len(model.seen.indices)), key=lambda pair: -float(model.seen.plays[pair]))[:_MOST_OWN]
    own_items = model.seen.indices[own]
    personas = model.user_personas.personas[own]
    found = _places(item_map, own_items, factors)
    names, ids = model.item_names(own_items).to_pylist(), model.item_ids.take(own_items).to_pylist()
    marks = [
        Place("own", item, name, int(persona), float(x), float(y))
        for item, name, persona, (x, y) in zip(ids, names, personas, found, strict=True)
    ]
    places = _places(item_map, model.item_ids.indexes_of([row.item_id for row in listed.rows]), factors)
    marks += [
        Place("listed", row.item_id, row.name, row.persona, float(x), float(y))
        for row, (x, y) in zip(listed.rows, places, strict=True)
    ]
    for card, title in zip(cards, titles_of(cards), strict=True):
        x, y = np.median(found[personas == card.number], axis=0) if np.any(personas == card.number) else (0.0, 0.0)
        marks.append(Place("persona", "", title, card.number, float(x), float(y)))
    return marks


def _places(item_map: ItemMap, items: np.ndarray, item_factors: np.ndarray) -> np.ndarray:
    """Places of items, between those like them where they are not on the map themselves."""
    if not len(items):
        return np.zeros((0, 2), np.float32)
    order = np.argsort(item_map.items, kind="stable")
    place = np.minimum(np.searchsorted(item_map.items, items, sorter=order), len(order) - 1)
    rows = order[place]
    found = item_map.places[rows].copy()
    missing = item_map.items[rows] != items
    if np.any(missing):
        found[missing] = item_map.place(item_factors[items[missing]], item_factors)
    return found
