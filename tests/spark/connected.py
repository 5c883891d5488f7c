"""Every public call over a session of Spark Connect: ``python -m spark.connected FOLDER`` needs plays.parquet there.

A server of its own on loopback is started, and what calls return is left in the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import deepcuts as dc
from deepcuts import spark as on_spark
from deepcuts.baselines.spark_als import LOCAL, prepare
from deepcuts.errors import DataError
from deepcuts.kernels import threads
from deepcuts.model.training import user_sums
from shelf.small import BLOCK, SETTINGS
from spark.conftest import FEW_PARTS


def main() -> None:
    from pyspark.sql import SparkSession

    folder = Path(sys.argv[1])
    for module in (threads, user_sums):
        module.BLOCK_ROWS = BLOCK
    prepare()
    builder = SparkSession.builder.remote("local[2]")
    for name, value in (LOCAL | FEW_PARTS).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    assert "connect" in type(session).__module__
    columns = {"user": "user_id", "item": "item_id", "plays": "plays"}
    kinds = [(f"s{n}", f"a{n}") for n in range(3)]
    artists = session.createDataFrame(kinds, "song string, artist string")
    songs = session.createDataFrame(
        [("ada", "s1", 2.0), ("bob", "s1", 1.0), ("bob", "s2", 3.0)], "u string, s string, n double"
    )
    few = on_spark.ingest(songs, user="u", item="s", plays="n", artists=artists, shelf=str(folder / "few"))
    whole, train = str(folder / "whole"), str(folder / "train")
    on_spark.ingest(str(folder / "plays.parquet"), **columns, shelf=whole, min_users=1, min_items=2)
    on_spark.split(whole, train, fraction=0.25, seed=7)
    epochs = on_spark.fit(train, dc.PersonaNMF(**SETTINGS), seed=1, item_blocks=3)
    on_spark.recommend(train, out=str(folder / "lists"), k=20)
    judged = on_spark.evaluate(train, str(folder / "lists"), {"recall": [20]})
    on_spark.to_model(train).save(folder / "model.safetensors")
    on_spark.sample(whole, users=0.2, seed=3).save(folder / "sample.safetensors")
    try:
        on_spark.ingest(songs.selectExpr("u", "s", "-n AS n"), user="u", item="s", plays="n", shelf=str(folder / "bad"))
    except DataError as error:
        refused = str(error)
    found = {
        "few": [few.n_users, few.n_items, few.n_pairs],
        "losses": [epoch.loss for epoch in epochs],
        "recall@20": judged["recall@20"],
        "refused": refused,
    }
    (folder / "found.json").write_text(json.dumps(found))
    session.stop()


if __name__ == "__main__":
    main()
