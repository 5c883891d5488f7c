"""Plays whose items are renamed while they are summed: songs become their artists, aliases the artist they mean.

Between the two passes of `deepcuts.ingest.aggregation` the items are numbered by what they map to, so that renaming
them takes no pass over the plays.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import count_rows, number_ids, sum_plays
from deepcuts.ingest.bad_rows import handle_bad_rows
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.files import find_files, take_sample
from deepcuts.ingest.tabular.options import IngestReport, ReadOptions
from deepcuts.ingest.tabular.text_files import scan_text
from deepcuts.ingest.tabular.time_rules import NO_RULES, TimeRules
from deepcuts.storage import StrPath


def count_text_rows(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[StrPath], columns: Columns, options: ReadOptions
) -> IngestReport:
    """Find the ids of text files and refuse or leave out their bad rows.

    Afterwards there is a table `id_counts` (is_user, id, n_rows): each id of a user or an item, or null for the bad
    rows, and how many rows it has.

    Raises
    ------
    DataError
        If there are no rows, or there are bad ones and they are not to be skipped.
    """
    samples = [take_sample(path) for path in find_files(paths)]
    scans, counts = count_rows(connection, list(scan_text(connection, samples, columns, options)), options)
    if not counts.n_rows:
        raise DataError(f"There are no rows in {paths[0]}.")
    return handle_bad_rows(connection, scans, counts, options)


def sum_mapped(
    connection: duckdb.DuckDBPyConnection, mapping: str, *, timed: bool = False, rules: TimeRules = NO_RULES
) -> Interactions:
    """Sum the plays of all users by what their items map to.

    Users and items without a pair drop out.

    Parameters
    ----------
    connection
        The database, after `count_text_rows`.
    mapping
        A table with the columns raw and id: each item of `id_counts` at most once, and its new id. Items that are not
        in it, and their plays, are left out.
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
    # Users all of whose items were left out have an index but no pair; keep_pairs drops them.
    has_all_users = np.all(np.diff(plays.indptr) > 0)
    return plays if has_all_users else plays.keep_pairs(np.ones(plays.n_pairs, bool))


def _number_mapped(connection: duckdb.DuckDBPyConnection, mapping: str) -> Ids:
    """Number what the items map to, in ascending order, as `number_ids` numbers the items themselves."""
    connection.execute(f"""
        CREATE TEMP TABLE item AS
        SELECT mapped.raw, mapped.id, dense_rank() OVER (ORDER BY mapped.id) - 1 AS index
        FROM id_counts JOIN {mapping} AS mapped ON mapped.raw = id_counts.id WHERE NOT is_user""")
    return Ids.of(connection.sql("SELECT DISTINCT id FROM item ORDER BY id").to_arrow_table()["id"], "item")
