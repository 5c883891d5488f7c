"""Every public call once, and what one machine gives for each.

Run as a program, ``python -m spark.every_call FOLDER URL`` makes the calls over a session of Spark Connect.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deepcuts as dc
from deepcuts import spark as on_spark
from deepcuts.data.forgetting import select_users
from deepcuts.data.named_draws import numbers_of_names, split_by_name
from deepcuts.errors import DataError
from deepcuts.shelf import judging, lists, training
from shelf.small import SETTINGS, Loop, few_rows_a_block, has_lists
from spark.conftest import assert_same

COLUMNS = {"user": "user_id", "item": "item_id", "plays": "plays"}
SONGS = [("ada", "s1", 2.0), ("bob", "s1", 1.0), ("bob", "s2", 3.0)]
HEAVY = 150  # listeners


def main() -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(sys.argv[2]).getOrCreate()
    assert "connect" in type(session).__module__
    with few_rows_a_block():
        make_every_call(session, Path(sys.argv[1]))
    session.stop()


def make_every_call(session: Any, folder: Path) -> None:
    """Make all calls on the plays of a folder, and leave there what they return."""
    artists = session.createDataFrame([(f"s{n}", f"a{n}") for n in range(3)], "song string, artist string")
    songs = session.createDataFrame(SONGS, "u string, s string, n double")
    few = on_spark.ingest(songs, user="u", item="s", plays="n", artists=artists, shelf=str(folder / "few"))
    whole, train = str(folder / "whole"), str(folder / "train")
    on_spark.ingest(str(folder / "plays.parquet"), **COLUMNS, shelf=whole, min_users=1, min_items=2)
    on_spark.split(whole, train, fraction=0.25, seed=7)
    asked = dc.PersonaNMF(**SETTINGS)
    of_heavy = on_spark.fit(train, asked, seed=1, item_blocks=5, heavy_items=HEAVY)
    np.save(folder / "heavy.npy", on_spark.to_model(train).item_factors)
    epochs = on_spark.fit(train, asked, seed=1, item_blocks=3)
    on_spark.recommend(train, out=str(folder / "lists"), k=20)
    judged = on_spark.evaluate(train, str(folder / "lists"))
    on_spark.to_model(train).save(folder / "model.safetensors")
    on_spark.sample(whole, users=0.2, seed=3).save(folder / "sample.safetensors")
    with pytest.raises(DataError) as refused:
        on_spark.ingest(songs.selectExpr("u", "s", "-n AS n"), user="u", item="s", plays="n", shelf=str(folder / "bad"))
    found = {
        "few": [few.n_users, few.n_items, few.n_pairs],
        "losses": [epoch.loss for epoch in epochs],
        "losses with heavy items": [epoch.loss for epoch in of_heavy],
        "figures": dict(judged.figures),
        "refused": str(refused.value),
    }
    (folder / "found.json").write_text(json.dumps(found))


def assert_local(folder: Path, plays: dc.Interactions) -> None:
    """Compare what calls have left in a folder with what one machine gives, to the bit.

    Heavy items, and sums of figures over units, are those of the same tasks without Spark, which other tests compare
    with those of one machine.
    """
    found = json.loads((folder / "found.json").read_text())
    assert found["few"] == [2, 2, 3]
    assert "plays are negative (3 rows)" in found["refused"]
    train, holdout = split_by_name(plays, fraction=0.25, seed=7)
    local = dc.PersonaNMF(**SETTINGS).fit(train, seed=1)
    assert found["losses"] == [epoch.loss for epoch in local.epochs]
    expected = local.recommend(k=20)
    assert has_lists(folder / "lists", expected)
    assert found["figures"] == judging.evaluate(Loop(), str(folder / "train"), str(folder / "lists")).figures
    assert found["figures"]["recall@20"] == pytest.approx(dc.evaluate(expected, train, holdout)["recall@20"])
    some = dc.load(folder / "model.safetensors")
    np.testing.assert_array_equal(some.item_factors, local.item_factors)
    user = str(some.user_ids[0])
    assert some.recommend(user, k=5).equals(local.recommend(user, k=5))
    drawn = np.flatnonzero(numbers_of_names(plays.user_ids.values, 3) < 0.2 * 2.0**64)
    of_drawn = select_users(plays, drawn)
    assert_same(
        dc.Interactions.load(folder / "sample.safetensors"), of_drawn.keep_pairs(np.ones(of_drawn.n_pairs, bool))
    )
    again = training.fit(
        Loop(), str(folder / "train"), dc.PersonaNMF(**SETTINGS), seed=1, item_blocks=2, heavy_items=HEAVY
    )
    assert found["losses with heavy items"] == [epoch.loss for epoch in again] != found["losses"]
    factors = lists.to_model(Loop(), str(folder / "train")).item_factors
    np.testing.assert_array_equal(np.load(folder / "heavy.npy"), factors)


if __name__ == "__main__":
    main()
