"""Plays whose items are renamed while they are summed: songs become their artists, aliases the artist they mean.

The road is that of `deepcuts.ingest`: a census of all ids, bad rows settled, pairs summed. Between the census and the
sum, the items are numbered by what they map to, so that the renaming costs no pass over the plays.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import number_ids
from deepcuts.ingest.bad_rows import settle_bad_rows
from deepcuts.ingest.pairs import sum_plays
from deepcuts.ingest.reading import settle_scans
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.files import find_files, take_sample
from deepcuts.ingest.tabular.options import IngestReport, ReadOptions
from deepcuts.ingest.tabular.text_files import scan_text
from deepcuts.ingest.tabular.time_rules import NO_RULES, TimeRules
from deepcuts.storage import StrPath


def take_text_census(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[StrPath], columns: Columns, options: ReadOptions
) -> IngestReport:
    """Find all ids of text files and settle their bad rows; see `deepcuts.ingest.aggregation.take_census`.

    Raises
    ------
    DataError
        If there are no rows, or there are bad ones and they are not to be skipped.
    """
    samples = [take_sample(path) for path in find_files(paths)]
    scans, count = settle_scans(connection, list(scan_text(connection, samples, columns, options)))
    if not count.n_rows:
        raise DataError(f"There are no rows in {paths[0]}.")
    return settle_bad_rows(connection, scans, count, options)


def sum_mapped(
    connection: duckdb.DuckDBPyConnection, mapping: str, *, timed: bool = False, rules: TimeRules = NO_RULES
) -> Interactions:
    """Sum the plays of all users by what their items map to.

    Users and items without a pair drop out.

    Parameters
    ----------
    connection
        The database, after `take_text_census`.
    mapping
        A table with the columns raw and id: each item of the census at most once, and what it is from now on. Items
        that are not in it, and their plays, are left out.
    timed
        Whether the rows have times.
    rules
        How much a play counts, by when it was heard.

    Raises
    ------
    DataError
        If nothing is left.
    """
    users = number_ids(connection, "user", trim=False)
    plays = sum_plays(connection, users, _number_mapped(connection, mapping), timed=timed, rules=rules)
    if not plays.n_pairs:
        raise DataError("No play is left: not one item of the plays could be mapped. Do the files belong together?")
    is_whole = np.all(np.diff(plays.indptr) > 0)
    return plays if is_whole else plays.keep_pairs(np.ones(plays.n_pairs, bool))


def _number_mapped(connection: duckdb.DuckDBPyConnection, mapping: str) -> Ids:
    """Number what the items map to, in ascending order; the twin of `deepcuts.ingest.aggregation.number_ids`."""
    connection.execute(f"""
        CREATE TEMP TABLE item AS
        SELECT mapped.raw, mapped.id, dense_rank() OVER (ORDER BY mapped.id) - 1 AS index
        FROM census JOIN {mapping} AS mapped ON mapped.raw = census.id WHERE NOT is_user""")
    return Ids.of(connection.sql("SELECT DISTINCT id FROM item ORDER BY id").to_arrow_table()["id"], "item")
