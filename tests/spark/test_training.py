"""Training on Spark: the bits of the local mode, however the work is dealt out."""

from __future__ import annotations

import shutil
from itertools import product

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import deepcuts as dc
from deepcuts import spark as on_spark
from shelf.small import SETTINGS, has_lists
from spark.conftest import no_users_collected


@pytest.fixture(scope="module")
def local(plays):
    return dc.PersonaNMF(**SETTINGS).fit(plays, seed=5)


QUICK = {(3, 4)}
PAIRS = [
    pytest.param(*pair, marks=[] if pair in QUICK else [pytest.mark.slow]) for pair in product((1, 3, 8), (1, 4, 16))
]


@pytest.mark.parametrize(("n_partitions", "n_blocks"), PAIRS)
def test_everything_is_that_of_the_local_mode_to_the_bit(
    spark, shelf, plays, local, tmp_path, n_partitions, n_blocks, collected
):
    shutil.rmtree(shelf / "trainings", ignore_errors=True)  # or it would go on after what other partitions have done
    spark.conf.set("spark.sql.leafNodeDefaultParallelism", str(n_partitions))
    some = plays.user_ids.values[::40].to_pylist()
    blas_threads = set[int]()

    def note_threads(_: dc.Epoch) -> None:
        blas_threads.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    asked = dc.PersonaNMF(**SETTINGS)
    with no_users_collected(collected):
        epochs = on_spark.fit(str(shelf), asked, seed=5, item_blocks=n_blocks, on_epoch=note_threads)
        model = on_spark.to_model(str(shelf), some)
        on_spark.recommend(str(shelf), out=str(tmp_path / "lists"), k=10, rarity=0.3)
    assert blas_threads == {1}  # of the driver, or Gram matrices may have other bits
    assert [epoch.loss for epoch in epochs] == [epoch.loss for epoch in local.epochs]
    np.testing.assert_array_equal(model.item_factors, local.item_factors)
    assert model.item_side.scale == local.item_side.scale
    np.testing.assert_array_equal(model.base_factors, local.base_factors[::40])
    assert has_lists(tmp_path / "lists", local.recommend(k=10, rarity=0.3))
