"""Users get the numbers that one machine gives them, however they came in parts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from deepcuts.model.training.rows import length_order
from deepcuts.recommendation.dial_scale import measured_indexes
from deepcuts.shelf import parts
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.units import Catalogue
from shelf.object_store import object_store
from shelf.small import N_USERS, put_on_shelf


@pytest.mark.parametrize("n_parts", [1, 3, 9])
def test_units_hold_all_users_by_length_and_then_by_id(plays, tmp_path, monkeypatch, n_parts):
    monkeypatch.setattr(parts, "_MOST_READERS", 4)
    some = plays.keep_pairs(np.random.default_rng(n_parts).random(plays.n_pairs) < 0.3)
    assert some.n_users < N_USERS
    put_on_shelf(some, str(tmp_path), n_parts)
    catalogue = Catalogue(Shelf.at(tmp_path))
    sizes = catalogue.shelf.manifest()
    units = [catalogue.unit(number) for number in range(sizes["n_units"])]
    order = length_order(np.diff(some.indptr))
    assert pa.concat_arrays([unit.user_ids.values for unit in units]).equals(some.user_ids.take(order))
    assert {unit.n_users for unit in units[:-1]} == {256}
    pairs = [plays for unit in units for plays in unit.plays]
    np.testing.assert_array_equal(pairs, np.concatenate([some.user_items(user)[1] for user in order]))
    np.testing.assert_array_equal(catalogue.counts.listeners, some.item_listeners)
    np.testing.assert_array_equal(catalogue.counts.plays, some.item_plays)
    assert sizes["measured"] == some.user_ids.take(measured_indexes(*some.shape)).to_pylist()


def test_few_pairs_of_many_parts_take_few_requests_of_a_store_of_objects(plays, monkeypatch):
    monkeypatch.setattr(parts, "_PAIRS_OF_READER", 4_000_000)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with object_store() as store:
        put_on_shelf(plays, store.url("shelf"), n_parts=8)
        assert store.requests.total() < 400  # 1,228 with eight readers of every file


def test_users_of_a_part_may_be_in_any_order(plays, tmp_path):
    put_on_shelf(plays, str(tmp_path / "first"))
    first = Catalogue(Shelf.at(tmp_path / "first"))
    n_units = first.shelf.manifest()["n_units"]
    put_on_shelf(first.unit, str(tmp_path / "again"), n_units)
    again = Catalogue(Shelf.at(tmp_path / "again"))
    for number in range(n_units):
        assert again.unit(number).user_ids == first.unit(number).user_ids
        np.testing.assert_array_equal(again.unit(number).plays, first.unit(number).plays)
