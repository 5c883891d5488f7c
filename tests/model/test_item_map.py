"""The map of items: like near like, the same every time, saved with the model."""

from __future__ import annotations

import numpy as np
import pytest

import deepcuts as dc
from deepcuts import storage
from deepcuts.errors import FileFormatError
from deepcuts.model.item_map import ItemMap, draw_map


def three_groups(n_each: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate(
        [np.eye(6, dtype=np.float32)[group] + 0.15 * rng.random((n_each, 6), np.float32) for group in range(3)]
    )


def test_items_of_a_group_lie_together():
    factors = three_groups()
    drawn = draw_map(factors, np.arange(120), seed=0)
    group = drawn.items // 40
    centres = np.array([drawn.positions[group == g].mean(axis=0) for g in range(3)])
    nearest = np.argmin(np.linalg.norm(drawn.positions[:, None] - centres, axis=2), axis=1)
    assert np.mean(nearest == group) > 0.95
    assert np.abs(drawn.positions).max() <= 1
    assert len(np.unique(drawn.positions, axis=0)) == 120


def test_the_same_map_every_time_but_not_for_another_seed():
    factors, listeners = three_groups(), np.arange(120)
    drawn = draw_map(factors, listeners, seed=0)
    np.testing.assert_array_equal(drawn.positions, draw_map(factors, listeners, seed=0).positions)
    assert not np.array_equal(drawn.positions, draw_map(factors, listeners, seed=1).positions)


def test_other_vectors_are_located_among_their_own():
    factors = three_groups()
    drawn = draw_map(factors[:-1], np.ones(119, np.int64), seed=0)
    found = drawn.locate(factors[-1:], factors)[0]
    own = drawn.positions[drawn.items >= 80]
    assert np.linalg.norm(found - own.mean(axis=0)) < np.linalg.norm(own - own.mean(axis=0), axis=1).max()


@pytest.mark.parametrize("n_items", [1, 2, 5])
def test_tiny_catalogues(n_items):
    drawn = draw_map(np.ones((n_items, 1), np.float32), np.ones(n_items, np.int64), seed=0)
    assert drawn.positions.shape == (n_items, 2)
    assert np.all(np.isfinite(drawn.positions))


def test_it_is_saved_with_the_model(tmp_path):
    model = dc.PersonaNMF(n_factors=4).fit(dc.generate_world(40, 60, items_per_user=8, seed=0).plays)
    model.save(tmp_path / "bare.safetensors")
    assert dc.load(tmp_path / "bare.safetensors").item_map is None
    mapped = model.with_map()
    assert mapped.with_map() is mapped
    mapped.save(tmp_path / "mapped.safetensors")
    loaded = dc.load(tmp_path / "mapped.safetensors").item_map
    np.testing.assert_array_equal(loaded.positions, mapped.item_map.positions)
    np.testing.assert_array_equal(loaded.items, mapped.item_map.items)


def test_a_map_of_other_items_is_refused(tmp_path):
    drawn = ItemMap(np.array([0, 9], np.int32), np.zeros((2, 2), np.float32))
    storage.write(tmp_path / "x.safetensors", "model", drawn.to_stored(), {}, {})
    with pytest.raises(FileFormatError, match="array 'map_items' has the value 9, outside 0 to 4"):
        ItemMap.from_stored(storage.read(tmp_path / "x.safetensors", "model"), n_items=5)
