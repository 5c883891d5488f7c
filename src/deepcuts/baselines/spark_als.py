"""Implicit ALS of Spark MLlib behind the interface of this package; it comes with the extra `spark`, and needs Java."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numba
import numpy as np
import pyarrow as pa

from deepcuts.array_types import FloatMatrix
from deepcuts.baselines.connect_server import REMOTE, check_server
from deepcuts.baselines.peers import import_peer
from deepcuts.baselines.scored import DotProduct, ScoredModel
from deepcuts.checks import check_ranges, seed_number
from deepcuts.data.interactions import Interactions
from deepcuts.data.play_checks import check_plays
from deepcuts.errors import MissingExtraError
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.setting_names import refusing_unknown

_N_BLOCKS = 2  # fixed: random starts are drawn block by block
_SUBMITTED = {"PYSPARK_GATEWAY_PORT", REMOTE}  # set by spark-submit, and for Spark Connect
LOCAL = {  # nothing listens beyond this machine, and nothing is shown
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


@refusing_unknown
@dataclass(frozen=True, kw_only=True)
class SparkALS:
    """`pyspark.ml.recommendation.ALS` with implicit preferences, run on this machine.

    Where a session of Spark is active, it is used and left running; otherwise one is started, and stopped at the end.

    Parameters
    ----------
    n_factors
        Length of the vectors, 1 to 4096.
    regularization
        Ridge of a row, for each of its observed pairs, above 0. The library calls it regParam.
    confidence
        Weight that an observed pair has above that of any other pair, which is 1, above 0. The library calls it alpha.
    n_epochs
        Epochs, at least 1.
    nonnegative
        Whether factors may not be negative.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    n_factors: int = 128
    regularization: float = 0.1
    confidence: float = 20.0
    n_epochs: int = 15
    nonnegative: bool = False

    def __post_init__(self) -> None:
        check_ranges(
            self, n_factors=(1, 4096), regularization=(1e-9, 1e9), confidence=(1e-9, 1e9), n_epochs=(1, 10_000)
        )

    def fit(self, plays: PlaysLike, *, seed: int = 0) -> ScoredModel:
        """Train.

        Raises
        ------
        MissingExtraError
            If the library or Java is not installed.
        DataError
            If there are fewer than two users or items.
        """
        plays = as_plays(plays)
        check_plays(plays)
        seed = seed_number(seed)
        with spark_session() as session:
            model = self.estimator(seed).fit(session.createDataFrame(ratings(plays)))
            users, items = (
                factor_matrix(frame.toArrow(), n_rows, self.n_factors)
                for frame, n_rows in ((model.userFactors, plays.n_users), (model.itemFactors, plays.n_items))
            )
        return ScoredModel.of_users(plays, DotProduct(users, items))

    def estimator(self, seed: int) -> Any:
        """Make the estimator of the library, of a DataFrame of user, item and rating, while a session is there."""
        return import_peer("pyspark.ml.recommendation", "spark").ALS(
            rank=self.n_factors,
            maxIter=self.n_epochs,
            regParam=self.regularization,
            implicitPrefs=True,
            alpha=self.confidence,
            nonnegative=self.nonnegative,
            seed=seed,
            numUserBlocks=_N_BLOCKS,
            numItemBlocks=_N_BLOCKS,
            checkpointInterval=-1,
        )


@contextmanager
def spark_session() -> Iterator[Any]:
    """Give the active session of Spark, or one of this machine that ends with the block.

    Raises
    ------
    MissingExtraError
        If the library or Java is not installed.
    SettingsError
        If the server of Spark Connect that SPARK_REMOTE names does not answer.
    """
    sql = import_peer("pyspark.sql", "spark")
    active = sql.SparkSession.getActiveSession()
    session = active or _start(sql)
    try:
        yield session
    finally:
        if active is None:
            session.stop()


def factor_matrix(table: pa.Table, n_rows: int, n_factors: int) -> FloatMatrix:
    """Lay rows (id, features) out by id, float32, (n_rows, n_factors); rows that are missing stay 0.

    Users and items without a pair have no factors in Spark.
    """
    factors = np.zeros((n_rows, n_factors), np.float32)
    features = table["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    factors[table["id"].to_numpy()] = features.reshape(-1, n_factors)
    return factors


def ratings(plays: Interactions) -> pa.Table:
    """1 for every pair, as Spark's ALS takes them: user, item, rating."""
    users = plays.user_of_pair().astype(np.int32)
    return pa.table({"user": users, "item": plays.indices, "rating": np.ones(plays.n_pairs, np.float32)})


def prepare() -> None:
    """Have a session that is started after this listen to this machine alone, and run this very Python."""
    os.environ.setdefault("SPARK_LOCAL_IP", LOCAL["spark.driver.host"])  # what its Java process reads first
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # or what is called python3, which may be another


def _start(sql: Any) -> Any:
    prepare()
    failures = import_peer("pyspark.errors", "spark")
    if os.environ.keys() & _SUBMITTED:  # which says where to run, and how
        try:
            if REMOTE in os.environ:
                import_module("pyspark.sql.connect.session")  # fails where something is missing that it needs
                check_server()
            return sql.SparkSession.builder.appName("deepcuts").getOrCreate()
        except failures.PySparkImportError as error:
            raise MissingExtraError.of("What Spark Connect needs", "spark-connect") from error
    builder = sql.SparkSession.builder.master(f"local[{numba.get_num_threads()}]").appName("deepcuts")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except failures.PySparkRuntimeError as error:
        raise MissingExtraError(
            f"Spark did not start: {error}. It needs Java 17 or later: install it, and set JAVA_HOME where it is not "
            "found."
        ) from error
