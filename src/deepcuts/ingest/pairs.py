"""The second pass over a source: play counts summed by user and item, and from there into NumPy."""

from __future__ import annotations

import duckdb
import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.ingest.tabular.time_rules import NO_RULES, TimeRules, timed_rows

_BATCH = 1 << 18


def sum_plays(
    connection: duckdb.DuckDBPyConnection, users: Ids, items: Ids, *, timed: bool, rules: TimeRules = NO_RULES
) -> Interactions:
    """Sum the plays of every pair of user and item in the view `good`, and find its latest time.

    Plays count by the rules; users and items that have none left drop out.

    A pair is one integer, user index · 2³² + item index: small to group by, and in order of rows and columns.
    """
    rows = f"({timed_rows('good', rules)})" if rules.active else "good"
    connection.execute(f"""
        CREATE TEMP TABLE pairs AS
        SELECT "user".index * {1 << 32} + item.index AS pair, fsum(plays) AS plays, max(played_at) AS last_played
        FROM {rows} JOIN "user" ON user_id = "user".raw JOIN item ON item_id = item.raw GROUP BY pair""")
    ((n_pairs,),) = connection.execute("SELECT count(*) FROM pairs").fetchall()
    user_index = np.empty(n_pairs, np.int32)
    columns = {"indices": np.empty(n_pairs, np.int32), "plays": np.empty(n_pairs, np.float32)}
    columns |= {"last_played": np.empty(n_pairs, np.int64)} if timed else {}
    _fetch(connection, {"user_index": user_index, **columns})
    indptr = np.zeros(len(users) + 1, np.int64)
    np.cumsum(np.bincount(user_index, minlength=len(users)), out=indptr[1:])
    plays = Interactions(indptr, columns["indices"], columns["plays"], users, items, columns.get("last_played"))
    return plays.keep_pairs(plays.plays != 0) if rules.active else plays


def _fetch(connection: duckdb.DuckDBPyConnection, columns: dict[str, np.ndarray]) -> None:
    """Fill the arrays with all pairs in order, a batch at a time."""
    pairs = connection.sql(f"""
        SELECT (pair >> 32)::INTEGER AS user_index, (pair & {(1 << 32) - 1})::INTEGER AS indices,
               plays::FLOAT AS plays, last_played FROM pairs ORDER BY pair""")
    start = 0
    for batch in pairs.to_arrow_reader(_BATCH):
        stop = start + len(batch)
        for name, column in columns.items():
            column[start:stop] = batch[name].to_numpy()
        start = stop
