"""From listens to plays for each artist."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from deepcuts.ingest.tabular.time_rules import TimeRules, timed_rows

_SCHEMA = pa.schema(
    [("artist", pa.string()), ("plays", pa.float32()), ("n_listens", pa.int64()), ("last_played", pa.int64())]
)


def count_plays(connection: duckdb.DuckDBPyConnection, rules: TimeRules) -> tuple[pa.Table, int, int]:
    """Plays for each artist, most first; the number of listens listed twice, and of those that count 0 by the rules.

    A listen is one artist, one track and one second; listed again, in the same file or in another, it counts once.
    Listens without a known time, or with one that is not exact enough to tell them apart, are all different.
    """
    before = _size(connection, "listens")
    connection.execute("""
        CREATE TEMP TABLE single AS
        SELECT artist, played_at, max(plays) AS plays FROM listens WHERE played_at IS NOT NULL AND single
        GROUP BY artist, track, played_at
        UNION ALL SELECT artist, played_at, plays FROM listens WHERE played_at IS NULL OR NOT single""")
    n_single = _size(connection, "single")
    counted = "(SELECT 0 AS user_id, artist AS item_id, plays, played_at FROM single)"
    rows = timed_rows(counted, rules) if rules.active else f"SELECT * FROM {counted}"
    connection.execute(f"CREATE TEMP TABLE counted AS {rows}")
    # After the cast, as decay can leave an old artist less than float32 holds: 0, which is no play.
    table = connection.sql("""
        SELECT item_id AS artist, fsum(plays)::FLOAT AS plays, count(*) AS n_listens, max(played_at) AS last_played
        FROM counted GROUP BY item_id HAVING fsum(plays)::FLOAT > 0 ORDER BY plays DESC, artist""").to_arrow_table()
    return table.cast(_SCHEMA), before - n_single, n_single - _size(connection, "counted")


def _size(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    ((n_rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(n_rows)
