"""Regions of the map: near one another, named with support or not at all, the same each time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts.model.item_map import draw_map
from deepcuts.web.page.state.map_marks import map_background, map_place
from deepcuts.web.page.state.map_regions import map_regions


@pytest.fixture(scope="module")
def world():
    return dc.generate_world(300, 300, items_per_user=25, seed=0)


def fitted(plays) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=12).fit(plays, seed=0)


def test_regions_of_a_map_with_tags(world):
    ids = world.plays.item_ids.values
    tags = pa.table({"item_id": ids, "tag": [f"tag {scene}" for scene in world.item_scenes], "weight": [20] * len(ids)})
    model = fitted(world.plays.with_labels(tags=tags))
    item_map = draw_map(model.item_factors, model.item_listeners, 0)
    found = map_regions(model, item_map)
    assert 1 < len(found.names) <= 16
    assert any(found.names)
    assert {name for name in found.names if name} <= set(model.seen.labels.tag_names.to_pylist()) | {
        f"{one} / {other}" for one in model.seen.labels.tag_names.to_pylist()
        for other in model.seen.labels.tag_names.to_pylist()
    }  # fmt: skip
    places = np.asarray(item_map.positions, np.float64)
    nearest = np.argmin(((places[:, None] - found.centres[None]) ** 2).sum(axis=2), axis=1)
    assert np.mean(nearest == found.region_of_item) > 0.95
    again = map_regions(model, item_map)
    assert np.array_equal(again.region_of_item, found.region_of_item)
    drawn = map_background(model, item_map)
    assert len(drawn["regions"]) == len(drawn["ids"])
    assert len(drawn["region_names"]) == len(found.names)
    item = int(item_map.items[3])
    assert map_place(model, item_map, item) == pytest.approx(tuple(places[3]), abs=1e-6)


def test_without_tags_no_region_has_a_name(world):
    model = fitted(world.plays)
    assert set(map_regions(model, draw_map(model.item_factors, model.item_listeners, 0)).names) == {""}
