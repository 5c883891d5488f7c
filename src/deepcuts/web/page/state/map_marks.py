"""What the map shows: all artists faintly, and on top of them the visitor's own, the list and the personas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import FloatMatrix, IndexVector
from deepcuts.model import PersonaModel
from deepcuts.model.item_map import ItemMap
from deepcuts.web.page.state.map_regions import map_regions
from deepcuts.web.page.state.view_models import PersonaCard, RecommendedList, card_titles
from deepcuts.web.page.state.visit import Visit

_MOST_OWN = 300  # own artists on the map, the most played ones
_GRID = 10_000  # coordinates are sent as whole numbers of this part


@dataclass(frozen=True)
class MapMark:
    """A marked point of the map: its kind ("own", "listed", "persona"), and coordinates from −1 to 1."""

    kind: str
    item_id: str
    name: str
    persona: int
    x: float
    y: float


def map_background(model: PersonaModel, item_map: ItemMap) -> dict[str, object]:
    """All artists on the map, the most listened first, and its regions; coordinates are in ten-thousandths."""
    xy = np.rint(item_map.positions * _GRID).astype(int)
    regions = map_regions(model, item_map)
    centres = np.rint(regions.centres * _GRID).astype(int).tolist()
    return {
        "ids": model.item_ids.take(item_map.items).to_pylist(),
        "names": model.item_names(item_map.items).to_pylist(),
        "xs": xy[:, 0].tolist(),
        "ys": xy[:, 1].tolist(),
        "listeners": model.item_listeners[item_map.items].tolist(),
        "regions": regions.region_of_item.tolist(),
        "region_names": [[name, *centre] for name, centre in zip(regions.names, centres, strict=True)],
    }


def map_marks(visit: Visit, item_map: ItemMap, listed: RecommendedList, cards: list[PersonaCard]) -> list[MapMark]:
    """Marks of the visitor's artists, list and personas; personas come last, to be drawn on top."""
    visitor = visit.visitor_model
    if visitor is None:
        return []
    own = np.argsort(-visitor.model.seen.plays, kind="stable")[:_MOST_OWN]
    personas = visitor.model.user_personas.personas[own]
    xy = _map_xy(item_map, visitor.model.seen.indices[own], visit.model.item_factors)
    return [
        *_own_marks(visitor.model, own, xy),
        *_listed_marks(visit.model, item_map, listed),
        *(
            MapMark("persona", "", title, card.number, *_median(xy[personas == card.number]))
            for card, title in zip(cards, card_titles(cards), strict=True)
        ),
    ]


def map_place(model: PersonaModel, item_map: ItemMap, item: int) -> tuple[float, float]:
    """Coordinates of an item, whether it is on the map or between those that are."""
    x, y = _map_xy(item_map, np.array([item]), model.item_factors)[0]
    return float(x), float(y)


def _own_marks(visitor: PersonaModel, pairs: IndexVector, xy: FloatMatrix) -> list[MapMark]:
    """Marks of some of the visitor's artists: `pairs` are indexes into their plays, `xy` the coordinates."""
    items, personas = visitor.seen.indices[pairs], visitor.user_personas.personas[pairs]
    ids, names = visitor.item_ids.take(items).to_pylist(), visitor.item_names(items).to_pylist()
    return [
        MapMark("own", item_id, name, persona, x, y)
        for item_id, name, persona, (x, y) in zip(ids, names, personas.tolist(), xy.tolist(), strict=True)
    ]


def _listed_marks(model: PersonaModel, item_map: ItemMap, listed: RecommendedList) -> list[MapMark]:
    """Marks of the artists on the list."""
    xy = _map_xy(item_map, model.item_ids.indexes_of([row.item_id for row in listed.rows]), model.item_factors)
    return [
        MapMark("listed", row.item_id, row.name, row.badge, x, y)
        for row, (x, y) in zip(listed.rows, xy.tolist(), strict=True)
    ]


def _median(xy: FloatMatrix) -> tuple[float, float]:
    """Median of points, in both coordinates; the middle of the map where there are none."""
    if not len(xy):
        return 0.0, 0.0
    x, y = np.median(xy, axis=0)
    return float(x), float(y)


def _map_xy(item_map: ItemMap, items: IndexVector, item_factors: FloatMatrix) -> FloatMatrix:
    """Coordinates of items, (n_items, 2); those that are not on the map lie between the mapped ones most like them."""
    if not len(items):
        return np.zeros((0, 2), np.float32)
    order = np.argsort(item_map.items, kind="stable")
    # searchsorted gives len(order) past the last id; the comparison below finds these.
    rank = np.minimum(np.searchsorted(item_map.items, items, sorter=order), len(order) - 1)
    rows = order[rank]
    xy = item_map.positions[rows].copy()
    missing = item_map.items[rows] != items
    if np.any(missing):
        xy[missing] = item_map.locate(item_factors[items[missing]], item_factors)
    return xy
